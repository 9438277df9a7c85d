// SPDX-License-Identifier: Apache-2.0
#include "local/checks/host_view.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aliases/alias_file.h"
#include "aliases/logical_lines.h"
#include "aliases/tables/index_builder.h"
#include "aliases/tables/map_types.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"
#include "transports/configuration_files.h"
#include "transports/entry_services.h"
#include "transports/table_keys.h"
#include "transports/table_release.h"

namespace lastmile {
namespace {

/// Octets of one text that is looked at.
constexpr std::size_t kMaxTextSize = std::size_t{256} * 1024 * 1024;

bool is_alias_parameter(std::string_view parameter) {
  return parameter == "alias_maps" || parameter == "alias_database";
}

/// The settings of one file as they are written.
void add_written(std::string_view content, const std::string& file,
                 std::vector<WrittenParameter>& written) {
  bool inside = false;  // Of a logical line.
  for (int number = 1; !content.empty(); ++number) {
    const std::size_t end = content.find('\n');
    const std::string_view line = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    const std::string_view text = trim(line);
    if (text.empty() || text.front() == '#') {
      continue;
    }
    if (is_space(line.front())) {
      if (inside) {
        written.back().value.append(line);
        written.back().continuations.emplace_back(number, std::string(line));
      }
      continue;
    }
    const std::size_t equals = text.find('=');
    const std::string_view name = trim(text.substr(0, equals));
    inside =
        equals != std::string_view::npos && name.find_first_of(" \t") == std::string_view::npos;
    if (inside) {
      written.push_back({std::string(name),
                         std::string(trim(text.substr(equals + 1))),
                         SourcePos{file, number},
                         {}});
    }
  }
}

/// What stands behind `check_..._access` and the like in a list of restrictions.
bool takes_table(std::string_view restriction) {
  return restriction.starts_with("check_") &&
         (restriction.ends_with("_access") || restriction.ends_with("_a") ||
          restriction.ends_with("_maps"));
}

constexpr std::array<std::string_view, 8> kRestrictionLists = {
    "smtpd_client_restrictions", "smtpd_helo_restrictions",       "smtpd_sender_restrictions",
    "smtpd_relay_restrictions",  "smtpd_recipient_restrictions",  "smtpd_data_restrictions",
    "smtpd_etrn_restrictions",   "smtpd_end_of_data_restrictions"};

/// Parameters without a row in the catalogue that name tables all the same.
bool names_tables(std::string_view parameter) {
  // These two say which tables proxymap(8) may be asked for, and by whom.
  const bool is_of_proxymap = parameter == "proxy_read_maps" || parameter == "proxy_write_maps";
  return !is_of_proxymap && (parameter.ends_with("_maps") || parameter.ends_with("_checks") ||
                             parameter == "smtpd_sender_login_maps");
}

/// The tables behind `proxy:` and the like; `spec` itself for any other.
std::vector<TableSpec> innermost(const TableSpec& spec, bool& behind_proxy) {
  if (spec.type == "proxy") {
    behind_proxy = true;
  }
  if (spec.type == "pipemap") {
    return {spec};  // What one of its tables answers is a key for the next.
  }
  const auto inner = inner_tables(spec);
  if (!inner || inner->empty()) {
    return {spec};
  }
  std::vector<TableSpec> specs;
  for (const TableSpec& one : *inner) {
    for (TableSpec& nested : innermost(one, behind_proxy)) {
      specs.push_back(std::move(nested));
    }
  }
  return specs;
}

/// The list of tables that a text has, one broken item left out after the other.
std::vector<TableSpec> specs_in(std::string_view text) {
  std::vector<TableSpec> specs;
  for (const std::string_view word : split_list(text, Braces::protect)) {
    if (auto spec = parse_table_spec(word)) {
      specs.push_back(*std::move(spec));
    }
  }
  return specs;
}

void read_aliases(const std::string& text, const std::string& path, TableContent& content) {
  AliasReader reader(text, path, TablePolicy{});
  while (auto entry = reader.next()) {
    if (!*entry) {
      content.warnings.push_back(std::move(*entry).error());
    } else if ((**entry).key != kMarkOfAliases) {
      content.entries.push_back(
          {std::move((**entry).key), std::move((**entry).value), {}, (**entry).source});
    }
  }
}

void read_pairs(const std::string& text, const std::string& path, TableContent& content) {
  LineReader lines(text);
  while (const auto line = lines.next()) {
    if (line->is_stray) {
      content.warnings.push_back(line_warning(path, line->number, stray_line_text(line->text)));
      continue;
    }
    const auto pair = split_key_value(line->text);
    if (!pair) {
      content.warnings.push_back(line_warning(path, line->number, pair.error().text));
      continue;
    }
    content.entries.push_back(
        {fold_case(pair->key), std::string(pair->value), {}, SourcePos{path, line->number}});
  }
}

void read_patterns(const std::string& text, const std::string& path, TableContent& content) {
  LineReader lines(text);
  std::vector<int> blocks = {0};
  int last_block = 0;
  while (const auto line = lines.next()) {
    const std::string_view rule = trim(line->text);
    if (starts_with_ignoring_case(rule, "if")) {
      blocks.push_back(++last_block);
    } else if (starts_with_ignoring_case(rule, "endif") && blocks.size() > 1) {
      blocks.pop_back();
    } else if (auto entry = parse_pattern_line(rule)) {
      entry->block = blocks.back();
      entry->source = SourcePos{path, line->number};
      content.entries.push_back(*std::move(entry));
    }
  }
}

}  // namespace

std::optional<WrittenEntry> parse_pattern_line(std::string_view line) {
  line = trim(line);
  if (!line.empty() && line.front() == '!') {
    line = trim(line.substr(1));
  }
  if (line.size() < 2 || is_name_char(line.front())) {
    return std::nullopt;
  }
  std::size_t end = 1;
  while (end < line.size() && line[end] != line.front()) {
    end += line[end] == '\\' ? 2 : 1;
  }
  if (end >= line.size()) {
    return std::nullopt;
  }
  const std::string_view rest = line.substr(end + 1);
  std::size_t flags = 0;
  while (flags < rest.size() && !is_space(rest[flags])) {
    ++flags;
  }
  return WrittenEntry{std::string(line.substr(0, end + 1)),
                      std::string(trim(rest.substr(flags))),
                      std::string(rest.substr(0, flags)),
                      {}};
}

HostView::HostView(LoadedHost& host, Sight sight)
    : host_(host),
      sight_(sight),
      configurations_(host.settings, *host.world),
      resolver_(host.settings, *host.world) {}

const std::vector<WrittenParameter>& HostView::written() {
  if (!written_) {
    written_.emplace();
    for (const char* const name : {"/lastmile.cf", "/main.cf"}) {
      const std::string path = settings().config_directory.value + name;
      if (const std::string* const content = text(path)) {
        add_written(*content, path, *written_);
      }
    }
  }
  return *written_;
}

bool HostView::is_set(std::string_view parameter) const {
  const auto found = settings().main_cf.find(parameter);
  return found && found->source;
}

std::string HostView::value(std::string_view parameter) const {
  const auto found = settings().main_cf.expand(parameter);
  return found ? found->value_or("") : "";
}

SourcePos HostView::place(std::string_view parameter) const {
  const auto found = settings().main_cf.find(parameter);
  return found && found->source ? *found->source : main_cf();
}

SourcePos HostView::main_cf() const {
  return {settings().config_directory.value + "/main.cf", 0};
}

SourcePos HostView::master_cf() const {
  return {settings().config_directory.value + "/master.cf", 0};
}

void HostView::add_tables(const std::string& parameter, const Parameter* row,
                          const std::vector<TableSpec>& specs,
                          const std::optional<SourcePos>& source, bool behind_proxy) {
  for (const TableSpec& spec : specs) {
    bool proxied = behind_proxy;
    for (TableSpec& inner : innermost(spec, proxied)) {
      tables_->push_back({parameter, row, std::move(inner), proxied, source});
    }
  }
}

void HostView::add_catalogue_tables() {
  for (const Parameter& row : parameter_catalogue()) {
    const std::string name(row.name);
    if (const auto* const tables = std::get_if<TablesParameter>(&row.kind)) {
      const auto& setting = settings().*(tables->member);
      add_tables(name, &row, setting.value, setting.source, false);
    } else if (const auto* const list = std::get_if<MatchListParameter>(&row.kind)) {
      const auto& setting = settings().*(list->member);
      for (const std::string& item : setting.value) {
        const bool is_table = !item.starts_with('/') && !item.starts_with('[');
        if (auto spec = parse_table_spec(item.substr(item.starts_with('!') ? 1 : 0));
            is_table && spec) {
          add_tables(name, &row, {*spec}, setting.source, false);
        }
      }
    }
  }
}

void HostView::add_other_tables() {
  for (const std::string& name : settings().main_cf.set_names()) {
    if (names_tables(name) && find_parameter(name) == nullptr && is_set(name)) {
      add_tables(name, nullptr, specs_in(value(name)), place(name), false);
    }
  }
}

void HostView::add_access_tables(std::string_view parameter) {
  const std::string text = value(parameter);
  const auto words = split_list(text, Braces::protect);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (takes_table(words[i])) {
      add_tables(std::string(parameter), nullptr, specs_in(words[i + 1]), place(parameter), false);
    }
  }
}

const std::vector<TableInUse>& HostView::tables() {
  if (!tables_) {
    tables_.emplace();
    add_catalogue_tables();
    add_other_tables();
    for (const std::string_view list : kRestrictionLists) {
      add_access_tables(list);
    }
    for (const std::string& restriction_class : settings().smtpd_restriction_classes.value) {
      add_access_tables(restriction_class);
    }
  }
  return *tables_;
}

std::vector<TableInUse> HostView::tables_of(std::string_view parameter) {
  std::vector<TableInUse> found;
  std::ranges::copy_if(tables(), std::back_inserter(found), [parameter](const TableInUse& table) {
    return table.parameter == parameter;
  });
  return found;
}

std::string HostView::text_path(const TableSpec& spec) {
  const MapType* const type = find_map_type(spec.type);
  const bool is_text =
      spec.type == "texthash" || spec.type == "cidr" || is_expression_type(spec.type);
  const bool has_text = is_text || (type != nullptr && type->index != nullptr);
  return has_text && spec.name.starts_with('/') ? spec.name : "";
}

TableSpec HostView::opened_as(const TableSpec& spec) {
  TablePolicy policy;
  follow_release(policy, settings().main_cf, world());
  auto type = policy.redirect ? policy.redirect(spec) : Result<std::string>(spec.type);
  return {type ? *std::move(type) : spec.type, spec.name};
}

std::string HostView::index_path(const TableSpec& spec) {
  const MapType* const type = find_map_type(opened_as(spec).type);
  return type != nullptr && type->index != nullptr && spec.name.starts_with('/')
             ? spec.name + std::string(type->index->suffix)
             : "";
}

std::string HostView::other_index(const TableSpec& spec) {
  const std::string own = index_path(spec);
  for (const MapType* const type : own.empty() ? std::span<const MapType* const>() : map_types()) {
    std::string path = type->index == nullptr ? "" : spec.name + std::string(type->index->suffix);
    if (!path.empty() && path != own && file(path)) {
      return path;
    }
  }
  return "";
}

const std::string* HostView::text(const std::string& path) {
  auto found = texts_.find(path);
  if (found == texts_.end()) {
    auto file = host_.as_written->read_file(path, Rights{}, Symlinks::follow, kMaxTextSize);
    const bool is_there =
        file && *file && (**file).type == FileType::regular && (**file).unreadable.empty();
    found =
        texts_.emplace(path, is_there ? std::optional(std::move((**file).content)) : std::nullopt)
            .first;
  }
  return found->second ? &*found->second : nullptr;
}

std::optional<FileView> HostView::file(const std::string& path) {
  auto found = world().file_attributes(path, Rights{}, Symlinks::follow);
  return found ? *std::move(found) : std::nullopt;
}

Result<std::unique_ptr<Table>> HostView::open(const TableInUse& table) {
  TablePolicy policy;
  policy.parameter = values_of(settings().main_cf);
  policy.utf8 = settings().smtputf8_enable.value;
  follow_release(policy, settings().main_cf, world());
  if (table.row != nullptr) {
    policy = policy_for(*table.row, std::move(policy));
  }
  return world().open_table(table.spec, policy);
}

Result<std::optional<TableEntry>> HostView::ask(const TableInUse& table, std::string_view key) {
  auto opened = open(table);
  if (!opened) {
    return std::move(opened).error();
  }
  return (*opened)->lookup(key);
}

void HostView::read_entries(const TableInUse& table, TableContent& content) {
  auto opened = open(table);
  if (!opened) {
    content.is_listed = false;
    return;
  }
  const auto listing = (*opened)->for_each([&](std::string_view key, const TableEntry& entry) {
    content.entries.push_back({std::string(key), entry.value, {}, entry.source});
    return true;
  });
  content.is_listed = listing && *listing != Listing::not_supported;
}

TableContent HostView::read_content(const TableInUse& table) {
  TableContent content;
  const std::string path = text_path(table.spec);
  const std::string* const written = path.empty() ? nullptr : text(path);
  if (written == nullptr) {
    read_entries(table, content);
    return content;
  }
  content.is_text = true;
  if (is_expression_type(table.spec.type)) {
    read_patterns(*written, path, content);
  } else if (is_alias_parameter(table.parameter) && table.spec.type != "texthash") {
    read_aliases(*written, path, content);
  } else {
    read_pairs(*written, path, content);
  }
  return content;
}

const TableContent& HostView::content(const TableInUse& table) {
  const std::string key =
      to_string(table.spec) + (is_alias_parameter(table.parameter) ? " alias" : "");
  auto found = contents_.find(key);
  if (found == contents_.end()) {
    found = contents_.emplace(key, read_content(table)).first;
  }
  return found->second;
}

const std::map<std::string, Account, std::less<>>& HostView::accounts() {
  if (!accounts_) {
    accounts_.emplace();
    static_cast<void>(world().for_each_account([this](const Account& account) {
      accounts_->emplace(account.name, account);
      return true;
    }));
  }
  return *accounts_;
}

const std::map<std::string, WrittenEntry, std::less<>>& HostView::aliases() {
  if (!aliases_) {
    aliases_.emplace();
    for (const TableInUse& table : tables_of("alias_maps")) {
      if (!is_expression_type(table.spec.type)) {
        for (const WrittenEntry& entry : content(table).entries) {
          aliases_->emplace(entry.key, entry);
        }
      }
    }
  }
  return *aliases_;
}

bool HostView::is_alias(const std::string& name) {
  const std::string folded = fold_case(settings(), name);
  if (aliases().contains(folded)) {
    return true;
  }
  const auto hit = configuration().tables(&Settings::alias_maps).lookup(folded);
  return hit && *hit;
}

bool HostView::is_local(const Address& address) {
  const std::string domain = address.domain.empty() ? settings().myorigin.value : address.domain;
  const auto match = is_local_domain(configuration(), domain);
  return match && *match == Match::yes;
}

AddressClass HostView::class_of(const std::string& domain) {
  return classify_domain(configuration(), fold_case(settings(), domain))
             ? *classify_domain(configuration(), fold_case(settings(), domain))
             : AddressClass::other;
}

std::vector<std::string> HostView::domains_of(std::string_view list) {
  const Parameter* const row = find_parameter(list);
  const auto* const kind = row == nullptr ? nullptr : std::get_if<MatchListParameter>(&row->kind);
  std::vector<std::string> domains;
  if (kind == nullptr) {
    return domains;
  }
  for (const std::string& item : (settings().*(kind->member)).value) {
    if (!item.empty() && item.find_first_of("/!:#[") == std::string::npos) {
      domains.push_back(fold_case(settings(), item));
    }
  }
  return domains;
}

const std::vector<NamedTransport>& HostView::transports() {
  if (transports_) {
    return *transports_;
  }
  transports_.emplace();
  constexpr std::pair<std::string_view, bool> kParameters[] = {
      {"local_transport", false},   {"virtual_transport", false}, {"relay_transport", false},
      {"default_transport", false}, {"mailbox_transport", true},  {"fallback_transport", true}};
  for (const auto& [name, is_local_agents] : kParameters) {
    if (const std::string text = value(name); !text.empty()) {
      transports_->push_back({text, std::string(name), "", place(name), is_local_agents});
    }
  }
  constexpr std::pair<std::string_view, bool> kTables[] = {
      {"transport_maps", false},
      {"sender_dependent_default_transport_maps", false},
      {"mailbox_transport_maps", true},
      {"fallback_transport_maps", true}};
  for (const auto& [name, is_local_agents] : kTables) {
    for (const TableInUse& table : tables_of(name)) {
      for (const WrittenEntry& entry : content(table).entries) {
        transports_->push_back({entry.value, std::string(name), entry.key,
                                entry.source ? entry.source : table.source, is_local_agents});
      }
    }
  }
  return *transports_;
}

bool HostView::uses_local_agent() const {
  const auto target = split_transport(settings().local_transport.value);
  const Service* const service = settings().master_cf.find_transport(target.transport);
  return service == nullptr || service->program == "local";
}

const Trace& HostView::trace(const Address& address) {
  auto& made = traces_[to_internal(address)];
  if (made == nullptr) {
    ResolveRequest request =
        resolver_.request_from(Address{}, Stage::full, default_entry(settings().master_cf));
    request.recipient.address = address;
    request.recipient.original = to_external(address);
    made = std::make_unique<Trace>(resolver_.resolve(request));
  }
  return *made;
}

std::string HostView::failure(const Address& address) {
  const Trace& made = trace(address);
  std::string text;
  for (const NodeId id : made.leaves()) {
    const Leaf leaf = made.leaf(id);
    const auto* const bounce = std::get_if<Bounce>(&leaf.destination);
    if (bounce == nullptr) {
      return "";
    }
    text = text.empty() ? bounce->text : text;
  }
  return text;
}

}  // namespace lastmile

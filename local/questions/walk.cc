// SPDX-License-Identifier: Apache-2.0
#include "local/questions/walk.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "aliases/forward_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "aliases/overloaded.h"
#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "local/questions/pattern_samples.h"
#include "transports/parameter_catalogue.h"
#include "transports/site_contents.h"
#include "transports/table_keys.h"

namespace lastmile {

namespace {

const Rights kRoot = {0, 0, {}, "root"};
constexpr std::size_t kLongestFile = std::size_t{256} * 1024 * 1024;
constexpr std::string_view kForward = ".forward";

/// The names that every domain has to have, and those that the system writes to.
constexpr std::string_view kRoles[] = {"abuse", "mailer-daemon", "postmaster", "root"};

/// A parameter whose tables are asked for recipients, and what its keys are.
struct RecipientTables {
  Setting<std::vector<TableSpec>> Settings::*member = nullptr;
  Mark mark = Mark::listed;
  /// Whether its values name members, which then are known as well.
  enum class Values { members, others };
  Values values = Values::others;
};

constexpr RecipientTables kRecipientTables[] = {
    {&Settings::alias_maps, Mark::alias, RecipientTables::Values::members},
    {&Settings::local_recipient_maps, Mark::listed},
    {&Settings::virtual_alias_maps, Mark::virtual_alias, RecipientTables::Values::members},
    {&Settings::canonical_maps, Mark::canonical, RecipientTables::Values::members},
    {&Settings::recipient_canonical_maps, Mark::canonical, RecipientTables::Values::members},
    {&Settings::relocated_maps, Mark::canonical},
    {&Settings::virtual_mailbox_maps, Mark::mailbox},
    {&Settings::relay_recipient_maps, Mark::relay},
    {&Settings::mailbox_transport_maps, Mark::transport},
    {&Settings::fallback_transport_maps, Mark::transport},
    {&Settings::mailbox_command_maps, Mark::transport},
    {&Settings::transport_maps, Mark::transport},
    {&Settings::recipient_bcc_maps, Mark::listed},
};

const RecipientTables* recipient_tables(const Parameter& parameter) {
  const auto* const tables = std::get_if<TablesParameter>(&parameter.kind);
  for (const RecipientTables& known : kRecipientTables) {
    if (tables != nullptr && tables->member == known.member) {
      return &known;
    }
  }
  return nullptr;
}

bool takes_whole_addresses(KeyOrder order) {
  return order == KeyOrder::address || order == KeyOrder::transport;
}

}  // namespace

/// Reads one source after the other into a walk.
class AddressSources {
 public:
  AddressSources(Walk& walk, const Settings& settings, World& world)
      : walk_(walk), settings_(settings), world_(world), configuration_(settings, world) {
    walk_.domains_ = find_own_domains(configuration_, walk_.coverage_);
  }

  Result<Ok> read(const WalkOptions& options) {
    using Part = void (AddressSources::*)();
    for (const Part part : {&AddressSources::read_accounts, &AddressSources::read_tables,
                            &AddressSources::read_includes, &AddressSources::read_parameters,
                            &AddressSources::add_roles}) {
      (this->*part)();
    }
    for (const Address& address : options.given) {
      add(address, Mark::given);
    }
    for (const Address& address : options.logged) {
      if (is_ours(address)) {
        add(address, Mark::log);
      }
    }
    add_names(options.all_domains);
    return std::move(result_);
  }

 private:
  using Domains = std::set<std::string, std::less<>>;

  bool is_ours(const Address& address) const {
    return address.domain.empty() || walk_.domains_.contains(fold_case(address.domain));
  }

  /// As tables, accounts and domains are compared.
  void add(const Address& address, Mark mark) {
    if (address.is_null() || !result_) {
      return;
    }
    const bool is_name = address.domain.empty();
    auto added = (is_name ? names_ : *walk_.addresses_).add(fold_case(settings_, address), mark);
    if (!added) {
      result_ = std::move(added);
    }
  }

  /// A name at every domain of local(8).
  void add_name(std::string_view name, Mark mark) { add({std::string(name), ""}, mark); }

  // Accounts, and their .forward files.

  void read_accounts() {
    const auto listing = world_.for_each_account([this](const Account& account) {
      add_name(account.name, Mark::account);
      read_forward_files(account);
      return result_.ok();
    });
    if (!listing || *listing == Listing::not_supported) {
      walk_.coverage_.not_listed.emplace(
          "accounts", listing ? "the account database does not enumerate" : listing.error().text);
    }
  }

  void read_forward_files(const Account& account) {
    if (!account.home.starts_with('/')) {
      return;
    }
    const auto candidates =
        forward_candidates(settings_.forward_path.value, [&account](std::string_view name) {
          return name == "home"   ? std::optional(account.home)
                 : name == "user" ? std::optional(account.name)
                                  : std::nullopt;
        });
    for (const ForwardCandidate& candidate : candidates) {
      read_members(candidate.path, rights_of(account), Symlinks::refuse);
    }
    const std::string& delimiters = settings_.recipient_delimiter.value;
    if (!delimiters.empty() &&
        settings_.forward_path.value.find("extension") != std::string::npos) {
      find_extensions(account, delimiters);
    }
  }

  /// `.forward+ext` in a home gives the address of the account with that extension.
  void find_extensions(const Account& account, const std::string& delimiters) {
    const auto names = world_.list_directory(account.home, rights_of(account));
    if (!names || !*names) {
      return;
    }
    for (const std::string& name : **names) {
      const bool has_extension = name.size() > kForward.size() + 1 && name.starts_with(kForward) &&
                                 delimiters.find(name[kForward.size()]) != std::string::npos;
      if (has_extension) {
        add_name(account.name + name.substr(kForward.size()), Mark::extension);
        read_members(account.home + '/' + name, rights_of(account), Symlinks::refuse);
      }
    }
  }

  // Tables.

  void read_tables() {
    std::set<std::pair<std::string, std::size_t>> seen;
    for (const TableToExport& named : named_tables(settings_, world_).tables) {
      const Parameter& parameter = parameter_catalogue()[named.parameter.value_or(0)];
      const RecipientTables* const use = recipient_tables(parameter);
      const bool is_new =
          use != nullptr && seen.emplace(to_string(named.spec), *named.parameter).second;
      if (is_new) {
        read_table(named.spec, parameter, *use);
      }
    }
  }

  void read_table(const TableSpec& spec, const Parameter& parameter, const RecipientTables& use) {
    const KeyOrder order = key_order_of(parameter).value_or(KeyOrder::text);
    TablePolicy policy = listing_policy(configuration_, parameter);
    const MapType* const type = find_map_type(spec.type);
    if (type != nullptr && type->is_pattern) {
      policy.want_source = true;
      read_patterns(spec, policy, order);
      return;
    }
    if (spec.type == "static") {
      return;  // It answers every name alike.
    }
    if (to_string(spec).ends_with("unix:passwd.byname")) {
      return;  // The accounts.
    }
    auto table = world_.open_table(spec, policy);
    const auto listing =
        table ? (*table)->for_each([&](std::string_view key, const TableEntry& entry) {
          take_key(key, order, use.mark, **table);
          if (use.values == RecipientTables::Values::members) {
            add_members(entry.value);
          }
          return result_.ok();
        })
              : Result<Listing>(table.error());
    if (!listing || *listing == Listing::not_supported) {
      walk_.coverage_.not_listed.emplace(
          to_string(spec), listing ? "asked for the known names only" : listing.error().text);
      tells_all_apart_ = tells_all_apart_ || takes_whole_addresses(order);
    }
  }

  void take_key(std::string_view key, KeyOrder order, Mark mark, Table& table) {
    if (takes_whole_addresses(order)) {
      note_domain(key);
    }
    if (order == KeyOrder::address && key.starts_with('@') && key.size() > 1) {
      add_sample(std::string(key.substr(1)), &table);
      return;
    }
    const auto addresses = addresses_asked_with(settings_, order, key);
    const bool is_name = key.find('@') == std::string_view::npos || !takes_whole_addresses(order);
    if (addresses.empty() || !is_name) {
      for (const Address& address : addresses) {
        add(address, mark);
      }
      return;
    }
    add_name(addresses.front().local_part, mark);
    if (order == KeyOrder::address && !is_ours({"", settings_.myorigin.value})) {
      add({addresses.front().local_part, settings_.myorigin.value}, mark);
    }
  }

  /// A key that holds a domain can tell that one from the others.
  void note_domain(std::string_view key) {
    const std::size_t at = key.rfind('@');
    std::string_view domain = at == std::string_view::npos ? key : key.substr(at + 1);
    if (domain.starts_with('.')) {
      parents_apart_.emplace(fold_case(domain));
    } else if (!domain.empty()) {
      apart_.emplace(fold_case(domain));
    }
  }

  /// An address that stands for every name at a domain: one that nobody has.
  void add_sample(const std::string& domain, Table* table) {
    constexpr int kMostTries = 100;
    std::string name(kSampleName);
    for (int i = 2; table != nullptr && i < kMostTries; ++i) {
      const auto taken = table->lookup(name + '@' + fold_case(domain));
      if (!taken || !*taken) {
        break;
      }
      name = std::string(kSampleName) + '-' + std::to_string(i);
    }
    add({name, domain}, Mark::sample);
  }

  // Patterns.

  void read_patterns(const TableSpec& spec, const TablePolicy& policy, KeyOrder order) {
    tells_all_apart_ = tells_all_apart_ || takes_whole_addresses(order);
    const auto file = spec.name.starts_with('/')
                          ? world_.read_file(spec.name, kRoot, Symlinks::follow, kLongestFile)
                          : Result<std::optional<FileView>>(std::optional<FileView>());
    auto table = world_.open_table(spec, policy);
    if (!table || !file || !*file || spec.type == "cidr") {
      walk_.coverage_.not_listed.emplace(
          to_string(spec), !table ? table.error().text : "asked for the known names only");
      return;
    }
    std::vector<int> without;
    const auto rules = pattern_rules((**file).content);
    for (const PatternRule& rule : rules) {
      if (!add_samples_of(rule, **table, order)) {
        without.push_back(rule.line);
      }
    }
    if (!without.empty()) {
      walk_.coverage_.rules.emplace(to_string(spec), rules.size());
      walk_.coverage_.without_sample.emplace(to_string(spec), std::move(without));
    }
  }

  /// \return whether there is one that the table answers from this line
  bool add_samples_of(const PatternRule& rule, Table& table, KeyOrder order) {
    bool found = false;
    std::vector<std::string> texts = rule.samples;
    for (const std::string& text : texts_matching(rule.pattern)) {
      for (std::string& completed : completions(text, order)) {
        texts.push_back(std::move(completed));
      }
    }
    std::set<std::string> tried;
    for (const std::string& text : texts) {
      if (!tried.insert(text).second) {
        continue;
      }
      const auto entry = table.lookup(text);
      const bool is_of_rule =
          entry && *entry && (**entry).source && (**entry).source->line == rule.line;
      if (is_of_rule) {
        found = true;
        for (const Address& address : addresses_asked_with(settings_, order, text)) {
          add(takes_whole_addresses(order) ? address : Address{address.local_part, ""},
              Mark::sample);
        }
      }
    }
    return found;
  }

  /// What a text of a pattern becomes as a key: one that has no domain is tried at each of ours,
  /// and elsewhere.
  std::vector<std::string> completions(const std::string& text, KeyOrder order) const {
    constexpr std::size_t kMostDomains = 50;
    if (!takes_whole_addresses(order)) {
      return {text.empty() ? std::string(kSampleName) : text.substr(0, text.find('@'))};
    }
    std::string start = text;
    if (start.empty() || start.starts_with('@')) {
      start.insert(0, kSampleName);
    }
    const std::size_t at = start.rfind('@');
    if (at != std::string::npos && at + 1 < start.size()) {
      // Perhaps the end of the domain is open.
      return {start, start + ".example"};
    }
    const std::string head = at == std::string::npos ? start + '@' : start;
    std::vector<std::string> all;
    for (const auto& [domain, its_class] : walk_.domains_) {
      if (all.size() < kMostDomains) {
        all.push_back(head + domain);
      }
    }
    all.push_back(head + "elsewhere.example");
    all.push_back(head + "elsewhere.invalid");
    // A domain alone.
    if (at == std::string::npos) {
      all.push_back(std::string(kSampleName) + '@' + text);
    }
    return all;
  }

  // Members.

  void add_members(std::string_view list) {
    for (const Member& member : parse_members(list)) {
      std::visit(Overloaded{[this](const AddressMember& address) { add_member(address.address); },
                            [this](const IncludeMember& include) {
                              if (includes_.insert(include.path).second) {
                                unread_includes_.push_back(include.path);
                              }
                            },
                            [](const FileMember&) {}, [](const CommandMember&) {}},
                 member);
    }
  }

  /// Those at domains of ours. Others are destinations.
  void add_member(Address address) {
    if (address.local_part.starts_with('\\')) {
      address.local_part.erase(0, 1);
    }
    if (address.local_part.empty() || !is_ours(address)) {
      return;
    }
    const auto domain = walk_.domains_.find(fold_case(address.domain));
    // A name of local(8) is walked at one of its domains.
    if (address.domain.empty() || equal_ignoring_case(address.domain, settings_.myorigin.value)) {
      const bool is_local = address.domain.empty() || domain->second == AddressClass::local;
      add(is_local ? Address{address.local_part, ""} : address, Mark::member);
      return;
    }
    add(address, Mark::member);
  }

  void read_members(const std::string& path, const Rights& as, Symlinks symlinks) {
    const auto file = world_.read_file(path, as, symlinks, kLongestFile);
    if (!file || !*file || (**file).type != FileType::regular) {
      return;  // The trace of whoever it belongs to says so.
    }
    MemberLines lines((**file).content,
                      static_cast<std::size_t>(settings_.line_length_limit.value));
    while (const auto line = lines.next()) {
      add_members(line->text);
    }
  }

  void read_includes() {
    while (!unread_includes_.empty()) {
      const std::string path = std::move(unread_includes_.back());
      unread_includes_.pop_back();
      read_members(path, kRoot, Symlinks::follow);
    }
  }

  void read_parameters() {
    const std::string& relay = settings_.luser_relay.value;
    if (relay.find('$') == std::string::npos) {
      add_members(relay);
    }
    add_members(settings_.always_bcc.value);
  }

  // Names times domains.

  void add_roles() {
    for (const std::string_view role : kRoles) {
      add_name(role, Mark::role);
    }
    for (const auto& [domain, its_class] : walk_.domains_) {
      for (const std::string_view role : kRoles) {
        if (its_class != AddressClass::local) {
          add({std::string(role), domain}, Mark::role);
        }
      }
      // Without a list of recipients a relay domain takes every name.
      if (its_class == AddressClass::relay && settings_.relay_recipient_maps.value.empty()) {
        add_sample(domain, nullptr);
      }
    }
  }

  bool is_told_apart(const std::string& domain) const {
    const bool below_one = std::ranges::any_of(
        parents_apart_, [&domain](const std::string& parent) { return domain.ends_with(parent); });
    return tells_all_apart_ || below_one || apart_.contains(domain);
  }

  /// local(8) sees local parts alone: where nothing tells two of its domains apart, a name is
  /// walked at one of them.
  void add_names(bool all_domains) {
    std::vector<std::string> walked;
    std::vector<std::string> alike;
    const std::string origin = fold_case(settings_.myorigin.value);
    for (const auto& [domain, its_class] : walk_.domains_) {
      if (its_class == AddressClass::local) {
        (all_domains || is_told_apart(domain) ? walked : alike).push_back(domain);
      }
    }
    if (!alike.empty()) {
      const auto preferred = std::ranges::find(alike, origin);
      const auto chosen = preferred == alike.end() ? alike.begin() : preferred;
      walked.push_back(*chosen);
      alike.erase(chosen);
    }
    walk_.coverage_.alike = std::move(alike);
    auto read = names_.for_each([&](const KnownAddress& name) {
      for (const std::string& domain : walked) {
        if (auto added = walk_.addresses_->add({name.address.local_part, domain}, name.marks);
            !added) {
          result_ = std::move(added);
        }
      }
      return result_.ok();
    });
    if (!read) {
      result_ = std::move(read);
    }
  }

  Walk& walk_;
  const Settings& settings_;
  World& world_;
  Configuration configuration_;
  AddressSorter names_ = AddressSorter();  ///< Local parts of local(8), without a domain.
  Domains apart_ = {};                     ///< What keys that hold a domain hold.
  Domains parents_apart_ = {};             ///< `.example.com`
  bool tells_all_apart_ = false;  ///< A table that is asked for whole addresses is unknown.
  std::set<std::string> includes_ = {};
  std::vector<std::string> unread_includes_ = {};
  Result<Ok> result_ = Ok{};
};

Result<Walk> Walk::make(const Settings& settings, World& world, const WalkOptions& options) {
  Walk walk;
  AddressSources sources(walk, settings, world);
  if (auto read = sources.read(options); !read) {
    return std::move(read).error();
  }
  return walk;
}

Result<Ok> Walk::for_each(const std::function<bool(const KnownAddress&)>& visit) {
  return addresses_->for_each(visit);
}

std::vector<Address> addresses_in_log_line(std::string_view line) {
  std::vector<Address> addresses;
  // orig_to=< ends in the same letters.
  constexpr std::string_view kTo = "to=<";
  for (std::size_t at = line.find(kTo); at != std::string_view::npos;
       at = line.find(kTo, at + kTo.size())) {
    const std::size_t begin = at + kTo.size();
    const std::size_t end = line.find('>', begin);
    if (end == std::string_view::npos) {
      break;
    }
    // The log has the external form; older ones the internal.
    const auto text = line.substr(begin, end - begin);
    auto address = parse_address(text);
    if (!text.empty()) {
      addresses.push_back(address ? *std::move(address) : split_address(text));
    }
  }
  return addresses;
}

}  // namespace lastmile

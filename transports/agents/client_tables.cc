// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/client_tables.h"

#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "aliases/tables/table_list.h"
#include "aliases/text.h"
#include "lmtpclient/mime_header.h"
#include "transports/address_lookup.h"
#include "transports/agents/client_parameters.h"
#include "transports/agents/content_actions.h"
#include "transports/agents/generic_addresses.h"
#include "transports/configuration.h"
#include "transports/table_release.h"

namespace lastmile {
namespace {

/// The tables of one parameter, and how it is called.
struct NamedTables {
  std::string parameter = {};
  std::unique_ptr<TableList> list = {};

  bool is_set() const { return list != nullptr; }
};

/// How each parameter wants its keys. \see postconf(5), smtputf8_enable
enum class Keys { as_they_are, folded, addresses };

class Opener {
 public:
  Opener(const Settings& settings, ClientParameters& parameters, World* world)
      : settings_(settings), parameters_(parameters), world_(world) {}

  NamedTables open(const std::string& name, Keys keys) {
    NamedTables tables{parameters_.prefix() + name, nullptr};
    std::vector<TableSpec> specs = parameters_.tables(name);
    if (specs.empty()) {
      return tables;
    }
    if (world_ == nullptr) {
      parameters_.reader().reject(tables.parameter, "", std::nullopt, "no table can be asked here");
      return tables;
    }
    TablePolicy policy;
    policy.fold_key = keys != Keys::as_they_are;
    policy.utf8 = keys == Keys::addresses && settings_.smtputf8_enable.value;
    policy.want_source = false;
    policy.parameter = values_of(settings_.main_cf);
    follow_release(policy, settings_.main_cf, *world_);
    tables.list = std::make_unique<TableList>(std::move(specs), *world_, std::move(policy));
    // Whoever asks them may have given up the rights to open them.
    static_cast<void>(tables.list->warnings());
    return tables;
  }

 private:
  const Settings& settings_;
  ClientParameters& parameters_;
  World* world_;
};

lmtp::ContentRules read_limits(ClientParameters& parameters) {
  lmtp::ContentRules rules;
  const std::pair<const char*, std::size_t*> limits[] = {
      {"line_length_limit", &rules.max_line},
      {"header_size_limit", &rules.max_header},
      {"mime_boundary_length_limit", &rules.max_boundary},
      {"mime_nesting_limit", &rules.max_nesting},
  };
  for (const auto& [name, limit] : limits) {
    Setting<long> setting;
    parameters.reader().integer(name, setting, 1);
    *limit = static_cast<std::size_t>(setting.value);
  }
  return rules;
}

}  // namespace

struct ClientTables::Tables {
  std::unique_ptr<Configuration> configuration = {};  ///< For the keys of an address.
  std::shared_ptr<LogLines> log = {};
  NamedTables generic = {};
  std::array<NamedTables, 3> headers = {};  ///< By lmtp::HeaderClass.
  NamedTables body = {};
  NamedTables replies = {};
  NamedTables keywords = {};  ///< Of LHLO, by the address of a server.
  lmtp::ContentRules limits = {};

  void warn(std::string text) const { log->push_back({true, std::move(text)}); }

  Result<std::optional<Address>> mapped(const Address& address) const;
  std::optional<CheckedContent> check(const NamedTables& tables, const CheckedPart& part,
                                      std::string_view content) const;
  bool rewrite_header(lmtp::HeaderClass header_class, std::string_view header,
                      const std::string& queue_id, std::string& result) const;
  bool rewrite_line(std::string_view line, bool ends_line, const std::string& queue_id,
                    std::string& result) const;
  lmtp::FilteredLine filtered(std::string_view line) const;

  bool checks_headers() const {
    return headers[0].is_set() || headers[1].is_set() || headers[2].is_set();
  }
};

Result<ClientTables> ClientTables::open(const Settings& settings, const Lmtp& server, World* world,
                                        std::shared_ptr<LogLines> log) {
  const Service* const service = settings.master_cf.find_transport(server.service);
  const MainCf main_cf = main_cf_of_service(settings.main_cf, service);
  ClientParameters parameters(main_cf, server.dialect);
  Opener opener(settings, parameters, world);
  auto tables = std::make_shared<Tables>();
  tables->log = std::move(log);
  tables->generic = opener.open("generic_maps", Keys::addresses);
  tables->headers[0] = opener.open("header_checks", Keys::as_they_are);
  tables->headers[1] = opener.open("mime_header_checks", Keys::as_they_are);
  tables->headers[2] = opener.open("nested_header_checks", Keys::as_they_are);
  tables->body = opener.open("body_checks", Keys::as_they_are);
  tables->replies = opener.open("reply_filter", Keys::folded);
  tables->keywords =
      opener.open(server.dialect == Dialect::lmtp ? "discard_lhlo_keyword_address_maps"
                                                  : "discard_ehlo_keyword_address_maps",
                  Keys::folded);
  tables->limits = read_limits(parameters);
  if (tables->generic.is_set()) {
    tables->configuration = std::make_unique<Configuration>(settings, *world, TableUse::deliver);
  }
  if (const Error* const failure = parameters.reader().failure()) {
    return Error(*failure).during("reading the parameters of " + server.service);
  }
  return ClientTables(std::move(tables));
}

// ---- generic(5)

/// One map, asked once: what it gives is not looked up again.
Result<std::optional<Address>> ClientTables::Tables::mapped(const Address& address) const {
  auto found = find_address(*configuration, *generic.list, address, PatternForms::external);
  if (!found) {
    return std::move(found).error().during("looking in " + generic.parameter);
  }
  if (!*found) {
    return std::nullopt;
  }
  auto results = mapped_addresses(*configuration, address, **found, "generic");
  if (results.empty()) {
    return no_address_in(generic.parameter, **found);
  }
  if (results.size() > 1) {
    warn("multi-valued " + generic.parameter + " result for " + to_external(address));
  }
  return std::optional(std::move(results.front()));
}

bool ClientTables::has_generic_maps() const {
  return tables_->generic.is_set();
}

Result<Address> ClientTables::outside_address(const Address& address) const {
  if (!tables_->generic.is_set() || address.is_null()) {
    return address;
  }
  auto mapped = tables_->mapped(address);
  if (!mapped) {
    return std::move(mapped).error();
  }
  return std::move(*mapped).value_or(address);
}

// ---- header_checks(5)

/// \return nullopt when a table could not answer
std::optional<CheckedContent> ClientTables::Tables::check(const NamedTables& tables,
                                                          const CheckedPart& part,
                                                          std::string_view content) const {
  if (!tables.is_set()) {
    return CheckedContent{{}, std::string(content)};
  }
  const auto hit = tables.list->lookup(content);
  if (!hit) {
    warn(tables.parameter + ": " + hit.error().message());
    return std::nullopt;
  }
  return *hit ? apply_check(part, (*hit)->entry.value, content, *log)
              : CheckedContent{{}, std::string(content)};
}

bool ClientTables::Tables::rewrite_header(lmtp::HeaderClass header_class, std::string_view header,
                                          const std::string& queue_id, std::string& result) const {
  const NamedTables& own = headers[static_cast<std::size_t>(header_class)];
  auto checked = check(own, {"header", own.parameter, queue_id}, header);
  if (!checked) {
    return false;
  }
  result += checked->before;
  if (!checked->content) {
    return true;
  }
  std::string written = *std::move(checked->content);
  if (generic.is_set() && header_class == lmtp::HeaderClass::primary &&
      has_addresses(lmtp::header_name(header))) {
    auto rewritten =
        generic_header(written, [this](const Address& address) { return mapped(address); });
    if (!rewritten) {
      warn(rewritten.error().message());
      return false;
    }
    written = std::move(*rewritten).value_or(std::move(written));
  }
  result.append(written).append("\n");
  return true;
}

bool ClientTables::Tables::rewrite_line(std::string_view line, bool ends_line,
                                        const std::string& queue_id, std::string& result) const {
  const auto checked = check(body, {"body", body.parameter, queue_id}, line);
  if (!checked) {
    return false;
  }
  result += checked->before;
  if (checked->content) {
    result.append(*checked->content).append(ends_line ? "\n" : "");
  }
  return true;
}

bool ClientTables::are_asked_in_session() const {
  return tables_->checks_headers() || tables_->generic.is_set() || tables_->body.is_set() ||
         tables_->replies.is_set() || tables_->keywords.is_set();
}

lmtp::ContentRules ClientTables::content_rules(const std::string& queue_id) const {
  lmtp::ContentRules rules = tables_->limits;
  rules.reads_structure = tables_->checks_headers() || tables_->body.is_set();
  if (tables_->checks_headers() || tables_->generic.is_set()) {
    rules.header = [tables = tables_, queue_id](lmtp::HeaderClass header_class,
                                                std::string_view header, std::string& result) {
      return tables->rewrite_header(header_class, header, queue_id, result);
    };
  }
  if (tables_->body.is_set()) {
    rules.line = [tables = tables_, queue_id](std::string_view line, bool ends_line,
                                              std::string& result) {
      return tables->rewrite_line(line, ends_line, queue_id, result);
    };
  }
  return rules;
}

// ---- what the server says

lmtp::FilteredLine ClientTables::Tables::filtered(std::string_view line) const {
  const auto hit = replies.list->lookup(line);
  if (!hit) {
    warn(replies.parameter + ": " + hit.error().message());
    return {.failed = true};
  }
  if (!*hit) {
    return {};
  }
  log->push_back({false, "replacing server reply \"" + lmtp::printable(line) + "\" with \"" +
                             lmtp::printable((*hit)->entry.value) + '"'});
  return {.text = (*hit)->entry.value};
}

std::function<lmtp::AddressKeywords(const std::string&)> ClientTables::discard_keywords() const {
  if (!tables_->keywords.is_set()) {
    return {};
  }
  return [tables = tables_](const std::string& address) -> lmtp::AddressKeywords {
    const auto hit = tables->keywords.list->lookup(address);
    if (!hit) {
      tables->warn(tables->keywords.parameter + ": " + hit.error().message());
      return {.failed = true};
    }
    if (!*hit) {
      return {};
    }
    std::vector<std::string> words;
    for (const std::string_view word : split_list((*hit)->entry.value)) {
      words.emplace_back(word);
    }
    return {.keywords = std::move(words)};
  };
}

lmtp::ReplyFilter ClientTables::reply_filter() const {
  if (!tables_->replies.is_set()) {
    return {};
  }
  return [tables = tables_](std::string_view line) { return tables->filtered(line); };
}

}  // namespace lastmile

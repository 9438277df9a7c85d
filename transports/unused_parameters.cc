// SPDX-License-Identifier: Apache-2.0
#include "transports/unused_parameters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "aliases/text.h"
#include "transports/default_changes.h"
#include "transports/default_parameters.h"

namespace lastmile {
namespace {

bool is_name_octet(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
         (octet >= '0' && octet <= '9') || octet == '_';
}

/// Adds the names behind each `$`, `${` and `$(`.
void add_names(std::string_view text, std::set<std::string, std::less<>>& names) {
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    auto begin = at + 1;
    if (begin < text.size() && (text[begin] == '{' || text[begin] == '(')) {
      ++begin;
    }
    const auto end =
        std::find_if_not(text.begin() + static_cast<std::ptrdiff_t>(std::min(begin, text.size())),
                         text.end(), is_name_octet);
    if (const auto name =
            text.substr(std::min(begin, text.size()), static_cast<std::size_t>(end - text.begin()) -
                                                          std::min(begin, text.size()));
        !name.empty()) {
      names.emplace(name);
    }
  }
}

/// Adds the NAME of each `sqlite:NAME` whose settings stand in main.cf as NAME_dbpath and so on.
/// \see pgsql_table(5), OBSOLETE MAIN.CF PARAMETERS
void add_table_prefixes(std::string_view text, std::set<std::string, std::less<>>& prefixes) {
  constexpr std::array<std::string_view, 5> kTypes = {
      "ldap:", "mysql:", "pgsql:", "sqlite:", "memcache:"};
  for (const std::string_view type : kTypes) {
    for (auto at = text.find(type); at != std::string_view::npos; at = text.find(type, at + 1)) {
      const auto rest = text.substr(at + type.size());
      const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_octet);
      if (end != rest.begin()) {
        prefixes.emplace(rest.substr(0, static_cast<std::size_t>(end - rest.begin())));
      }
    }
  }
}

/// What is read beside the parameters that are built in.
struct Uses {
  std::set<std::string, std::less<>> names = {};
  std::set<std::string, std::less<>> table_prefixes = {};

  void add(std::string_view text) {
    add_names(text, names);
    add_table_prefixes(text, table_prefixes);
  }
  bool contain(std::string_view name) const {
    return names.contains(name) ||
           std::ranges::any_of(table_prefixes, [name](const std::string& prefix) {
             return name.size() > prefix.size() && name.starts_with(prefix) &&
                    name[prefix.size()] == '_';
           });
  }
};

Uses uses_of(const MainCf& main_cf, const MasterCf& master_cf) {
  Uses uses;
  // The defaults as well: some name what a parameter was called before.
  for (const DefaultParameter& parameter : default_parameters()) {
    uses.add(parameter.value);
  }
  for (const std::string& name : main_cf.set_names()) {
    uses.add(main_cf.find(name)->value);
  }
  for (const Service& service : master_cf.services()) {
    for (const auto& [name, value] : service.overrides) {
      uses.add(value);
    }
  }
  if (const auto classes = main_cf.expand("smtpd_restriction_classes"); classes && *classes) {
    for (const std::string_view name : split_list(**classes)) {
      uses.names.emplace(name);
    }
  }
  return uses;
}

/// The parameters that each delivery agent of master.cf has under its own name.
void add_service_names(const MasterCf& master_cf, std::set<std::string>& names) {
  const std::set<std::string_view> agents = {"error", "lmtp", "local", "pipe", "smtp", "virtual"};
  constexpr std::string_view kTimeLimit = "_time_limit";
  for (const Service& service : master_cf.services()) {
    if (service.type != "unix") {
      continue;
    }
    for (const DefaultParameter& ending : default_service_parameters()) {
      const bool has = ending.name == kTimeLimit
                           ? service.program == "pipe" || service.program == "spawn"
                           : agents.contains(service.program);
      if (has) {
        names.insert(service.name + std::string(ending.name));
      }
    }
  }
}

/// Collects what is not used.
class Search {
 public:
  Search(const MainCf& main_cf, const Uses& uses, const std::set<std::string>& known)
      : main_cf_(main_cf), uses_(uses), known_(known), candidates_(known.begin(), known.end()) {}

  void look_at(const std::string& name, const std::string& value,
               const std::optional<SourcePos>& source, const std::string& service) {
    if (!known_.contains(name) && !uses_.contain(name)) {
      found_.push_back(
          {name, value, source, service, std::string(closest_match(name, candidates_)), false});
    }
  }

  void look_for_undefined(const Service& service, const std::string& value) {
    std::set<std::string, std::less<>> asked;
    add_names(value, asked);
    for (const std::string& name : asked) {
      if (!known_.contains(name) && !main_cf_.find(name)) {
        found_.push_back({name, value, service.source, service.name,
                          std::string(closest_match(name, candidates_)), true});
      }
    }
  }

  std::vector<UnusedParameter> take_found() { return std::move(found_); }

 private:
  const MainCf& main_cf_;
  const Uses& uses_;
  const std::set<std::string>& known_;
  std::vector<std::string_view> candidates_;
  std::vector<UnusedParameter> found_ = {};
};

Error warning_of(const UnusedParameter& parameter) {
  if (parameter.is_undefined) {
    return malformed("undefined parameter: " + parameter.name, parameter.source);
  }
  return malformed(
      "unused parameter: " + parameter.name + '=' + parameter.value +
          (parameter.meant.empty() ? "" : " (did you mean \"" + parameter.meant + "\"?)"),
      parameter.source);
}

}  // namespace

std::set<std::string> known_parameters(const MasterCf& master_cf, const PostfixVersion& version) {
  std::set<std::string> names = {"mydomain", "myhostname", "mynetworks", "process_id",
                                 "process_name"};
  for (const std::string_view name : parameters_of(version)) {
    names.emplace(name);
  }
  add_service_names(master_cf, names);
  return names;
}

std::vector<UnusedParameter> find_unused_parameters(const MainCf& main_cf,
                                                    const MasterCf& master_cf,
                                                    const std::set<std::string>& known) {
  const Uses uses = uses_of(main_cf, master_cf);
  Search search(main_cf, uses, known);
  for (const std::string& name : main_cf.set_names()) {
    const auto parameter = main_cf.find(name);
    search.look_at(name, parameter->value, parameter->source, "");
  }
  for (const Service& service : master_cf.services()) {
    for (const auto& [name, value] : service.overrides) {
      search.look_at(name, value, service.source, service.name);
      search.look_for_undefined(service, value);
    }
  }
  return search.take_found();
}

std::vector<Error> unused_parameters(const MainCf& main_cf, const MasterCf& master_cf,
                                     const std::set<std::string>& known) {
  std::vector<Error> warnings;
  for (const UnusedParameter& parameter : find_unused_parameters(main_cf, master_cf, known)) {
    warnings.push_back(warning_of(parameter));
  }
  return warnings;
}

}  // namespace lastmile

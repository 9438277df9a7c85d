#include "transports/unused_parameters.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "aliases/text.h"

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

Error unused(const std::string& name, const std::string& value,
             const std::optional<SourcePos>& source, const std::set<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  return malformed("unused parameter: " + name + '=' + value + did_you_mean(name, candidates),
                   source);
}

}  // namespace

std::vector<Error> unused_parameters(const MainCf& main_cf, const MasterCf& master_cf,
                                     const std::set<std::string>& known) {
  const Uses uses = uses_of(main_cf, master_cf);
  std::vector<Error> warnings;
  for (const std::string& name : main_cf.set_names()) {
    if (!known.contains(name) && !uses.contain(name)) {
      const auto parameter = main_cf.find(name);
      warnings.push_back(unused(name, parameter->value, parameter->source, known));
    }
  }
  for (const Service& service : master_cf.services()) {
    for (const auto& [name, value] : service.overrides) {
      if (!known.contains(name) && !uses.contain(name)) {
        warnings.push_back(unused(name, value, service.source, known));
      }
      std::set<std::string, std::less<>> asked;
      add_names(value, asked);
      for (const std::string& other : asked) {
        if (!known.contains(other) && !main_cf.find(other)) {
          warnings.push_back(
              {Error::Kind::malformed, "undefined parameter: " + other, service.source, {}});
        }
      }
    }
  }
  return warnings;
}

}  // namespace lastmile

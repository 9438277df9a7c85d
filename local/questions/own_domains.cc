// SPDX-License-Identifier: Apache-2.0
#include "local/questions/own_domains.h"

#include <memory>
#include <utility>

#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "transports/parameter_catalogue.h"
#include "transports/table_keys.h"
#include "transports/table_release.h"

namespace lastmile {

namespace {

const Rights kRoot = {0, 0, {}, "root"};
constexpr std::size_t kLongestList = std::size_t{64} * 1024 * 1024;

/// Collects the names of one list after the other.
class DomainCollector {
 public:
  DomainCollector(Configuration& configuration, Coverage& coverage)
      : configuration_(configuration), coverage_(coverage) {}

  void add_list(const Parameter& parameter, const std::vector<std::string>& items) {
    for (std::string_view item : items) {
      while (item.starts_with('!')) {
        item.remove_prefix(1);
      }
      add_item(parameter, item);
    }
  }

  void add_name(std::string_view name) {
    // `.example.com` stands for what is below it, of which nothing is known here.
    const std::string domain = fold_case(name);
    if (domain.empty() || domain.front() == '.' || domain.find('@') != std::string::npos) {
      return;
    }
    const auto found = classify_domain(configuration_, domain);
    if (found && *found != AddressClass::other) {
      domains_.emplace(domain, *found);
    }
  }

  OwnDomains take() { return std::move(domains_); }

 private:
  /// Whether it names what it does because another parameter does ($virtual_alias_maps): that one's
  /// tables are named as not listed for what they are.
  bool is_default(const Parameter& parameter) const {
    const auto* const list = std::get_if<MatchListParameter>(&parameter.kind);
    return list != nullptr && !(configuration_.settings().*list->member).source;
  }

  void add_item(const Parameter& parameter, std::string_view item) {
    if (item.starts_with('/')) {
      add_file(parameter, std::string(item));
      return;
    }
    auto spec = parse_table_spec(item);
    if (spec && find_map_type(spec->type) != nullptr) {
      add_table(parameter, *spec);
      return;
    }
    add_name(item);
  }

  void add_file(const Parameter& parameter, const std::string& path) {
    const auto file = configuration_.world().read_file(path, kRoot, Symlinks::follow, kLongestList);
    if (!file || !*file) {
      coverage_.not_listed.emplace(path, file ? "no such file" : file.error().text);
      return;
    }
    for (std::string_view rest = (**file).content; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = trim(rest.substr(0, end));
      if (!line.starts_with('#')) {
        for (const std::string_view item : split_list(line)) {
          // A file in a file would go on for ever with one that names itself.
          if (!item.starts_with('/')) {
            add_item(parameter, item);
          }
        }
      }
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }

  void add_table(const Parameter& parameter, const TableSpec& spec) {
    const auto table =
        configuration_.world().open_table(spec, listing_policy(configuration_, parameter));
    const auto listing =
        table ? (*table)->for_each([this](std::string_view key, const TableEntry& /*entry*/) {
          add_name(key);
          return true;
        })
              : Result<Listing>(table.error());
    if (!listing) {
      coverage_.not_listed.emplace(to_string(spec), listing.error().text);
    } else if (*listing == Listing::not_supported && !is_default(parameter)) {
      coverage_.not_listed.emplace(to_string(spec), "the domains that it answers are not known");
    }
  }

  Configuration& configuration_;
  Coverage& coverage_;
  OwnDomains domains_ = {};
};

}  // namespace

TablePolicy listing_policy(Configuration& configuration, const Parameter& parameter) {
  const Settings& settings = configuration.settings();
  TablePolicy policy;
  policy.parameter = values_of(settings.main_cf);
  policy.utf8 = settings.smtputf8_enable.value;
  policy.want_source = false;
  follow_release(policy, settings.main_cf, configuration.world());
  return policy_for(parameter, std::move(policy));
}

OwnDomains find_own_domains(Configuration& configuration, Coverage& coverage) {
  const Settings& settings = configuration.settings();
  DomainCollector collector(configuration, coverage);
  for (const auto member : {&Settings::mydestination, &Settings::virtual_alias_domains,
                            &Settings::virtual_mailbox_domains, &Settings::relay_domains}) {
    collector.add_list(parameter_of(member), (settings.*member).value);
  }
  collector.add_name(settings.myorigin.value);
  return collector.take();
}

}  // namespace lastmile

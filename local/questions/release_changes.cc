// SPDX-License-Identifier: Apache-2.0
#include "local/questions/release_changes.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <span>
#include <string_view>

#include "aliases/text.h"
#include "transports/default_changes.h"
#include "transports/restriction_rules.h"

namespace lastmile {
namespace {

using ChangeKind = ReleaseChange::Kind;

/// What main.cf and master.cf set, each name once.
std::vector<ReleaseChange> unknown_names(const Settings& was, const Settings& is) {
  const auto known = parameters_of(was.postfix->version());
  const auto left = parameters_of(is.postfix->version());
  std::vector<ReleaseChange> changes;
  std::set<std::string, std::less<>> told;
  const auto look_at = [&](const std::string& name, const std::optional<SourcePos>& source) {
    const bool is_lost = std::ranges::binary_search(known, std::string_view(name)) &&
                         !std::ranges::binary_search(left, std::string_view(name));
    if (is_lost && told.insert(name).second) {
      changes.push_back({ChangeKind::unknown_name, name + " has no effect any more", source});
    }
  };
  for (const std::string& name : was.main_cf.set_names()) {
    look_at(name, was.main_cf.find(name)->source);
  }
  for (const Service& service : was.master_cf.services()) {
    for (const auto& [name, value] : service.overrides) {
      look_at(name, service.source);
    }
  }
  return changes;
}

std::string shown(std::string_view value) {
  return value.empty() ? "(empty)" : printable(value);
}

/// The words of `list` that `other` does not have: some by name, the others by number.
std::string missing_words(const std::vector<std::string_view>& list,
                          const std::vector<std::string_view>& other) {
  constexpr std::size_t kMostNamed = 8;
  std::vector<std::string_view> missing;
  std::ranges::copy_if(list, std::back_inserter(missing), [&other](std::string_view word) {
    return std::ranges::find(other, word) == other.end();
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(missing.size(), kMostNamed); ++i) {
    text.append(" ").append(printable(missing[i]));
  }
  return missing.size() > kMostNamed
             ? text + " and " + std::to_string(missing.size() - kMostNamed) + " more"
             : text;
}

/// How one value becomes another; of long lists, only where they differ.
std::string shown_change(std::string_view before, std::string_view after) {
  constexpr std::size_t kLong = 60;
  const auto was = split_list(before);
  const auto is = split_list(after);
  const bool are_lists = was.size() > 1 && is.size() > 1;
  if (are_lists && std::max(before.size(), after.size()) > kLong) {
    const std::string gained = missing_words(is, was);
    const std::string lost = missing_words(was, is);
    if (!gained.empty() || !lost.empty()) {
      return (gained.empty() ? "" : "gains" + gained) +
             (gained.empty() || lost.empty() ? "" : ", ") + (lost.empty() ? "" : "loses" + lost);
    }
  }
  return shown(before) + " becomes " + shown(after);
}

std::vector<ReleaseChange> other_defaults(const Settings& was, const Settings& is) {
  std::vector<ReleaseChange> changes;
  std::string_view last;
  for (const DefaultChange& change : default_changes()) {
    if (change.name == last || was.main_cf.is_set(change.name)) {
      continue;
    }
    last = change.name;
    const auto before = default_parameter_in(was.postfix->version(), change.name);
    const auto after = default_parameter_in(is.postfix->version(), change.name);
    if (before && after && *before != *after) {
      changes.push_back({ChangeKind::default_value,
                         std::string(change.name) + ": " + shown_change(*before, *after),
                         {}});
    }
  }
  return changes;
}

/// The restrictions of a list that a release has given up.
void add_gone(const std::vector<std::string>& words, std::string_view parameter,
              const std::optional<SourcePos>& source, std::vector<ReleaseChange>& changes) {
  for (const std::string& word : words) {
    if (is_given_up_restriction(word)) {
      changes.push_back({ChangeKind::gone,
                         std::string(parameter) + ": " + word +
                             " is an error, and all mail that gets there is put off (451 4.3.5)",
                         source});
    }
  }
}

std::vector<ReleaseChange> gone_restrictions(const Settings& was, const Settings& is) {
  std::vector<ReleaseChange> changes;
  constexpr VersionRule kRule = VersionRule::old_restrictions_gone;
  if (has_rule(was.postfix->version(), kRule) || !has_rule(is.postfix->version(), kRule)) {
    return changes;
  }
  const std::pair<std::string_view, const Setting<std::vector<std::string>>*> lists[] = {
      {"smtpd_client_restrictions", &was.smtpd_client_restrictions},
      {"smtpd_helo_restrictions", &was.smtpd_helo_restrictions},
      {"smtpd_sender_restrictions", &was.smtpd_sender_restrictions},
      {"smtpd_relay_restrictions", &was.smtpd_relay_restrictions},
      {"smtpd_recipient_restrictions", &was.smtpd_recipient_restrictions},
  };
  for (const auto& [name, list] : lists) {
    add_gone(list->value, name, list->source, changes);
  }
  for (const auto& [name, words] : was.restrictions_of_classes) {
    add_gone(words, name, std::nullopt, changes);
  }
  return changes;
}

/// Whether main.cf or a service sets a parameter whose name ends so.
bool sets_any(const Settings& settings, std::string_view ending) {
  const auto fits = [ending](std::string_view name) { return name.ends_with(ending); };
  return std::ranges::any_of(settings.main_cf.set_names(), fits) ||
         std::ranges::any_of(settings.master_cf.services(), [&](const Service& service) {
           return std::ranges::any_of(service.overrides,
                                      [&](const auto& set) { return fits(set.first); });
         });
}

/// Whether a value of main.cf has a text in it.
bool mentions(const Settings& settings, std::string_view text) {
  return std::ranges::any_of(settings.main_cf.set_names(), [&](const std::string& name) {
    return settings.main_cf.find(name)->value.find(text) != std::string::npos;
  });
}

bool has_program(const Settings& settings, std::string_view program) {
  return std::ranges::any_of(settings.master_cf.services(), [program](const Service& service) {
    return service.program == program;
  });
}

/// Whether a rule can matter to a host at all.
bool touches(VersionRule rule, const Settings& settings) {
  switch (rule) {
    case VersionRule::pgsql_utf8:
      return mentions(settings, "pgsql:");
    case VersionRule::mysql_utf8mb4:
      return mentions(settings, "mysql:");
    case VersionRule::memcache_key_digest:
    case VersionRule::memcache_no_control:
      return mentions(settings, "memcache:");
    case VersionRule::socketmap_query_limit:
      return mentions(settings, "socketmap:");
    case VersionRule::sqlite_is_not_made:
      return mentions(settings, "sqlite:");
    case VersionRule::filter_empties_text:
      return sets_any(settings, "_delivery_status_filter");
    case VersionRule::biff_by_name:
      return settings.biff.value;
    case VersionRule::smtputf8_other_servers:
      return settings.smtputf8_enable.value;
    case VersionRule::tls_in_log:
    case VersionRule::requiretls:
    case VersionRule::requiretls_header:
      return has_program(settings, "smtp") || has_program(settings, "lmtp");
    default:
      return true;
  }
}

std::vector<ReleaseChange> only_running(const Settings& was, const Settings& is) {
  std::vector<ReleaseChange> changes;
  for (const VersionRuleRow& row : version_rules()) {
    const bool before = has_rule(was.postfix->version(), row.rule);
    const bool after = has_rule(is.postfix->version(), row.rule);
    if (row.seen == VersionRuleRow::Seen::when_running && before != after &&
        touches(row.rule, was)) {
      changes.push_back({ChangeKind::running,
                         std::string(after ? "" : "no longer: ") + std::string(row.says) + " (" +
                             std::string(row.id) + ")",
                         {}});
    }
  }
  return changes;
}

}  // namespace

std::string_view name_of(ChangeKind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"unknown", "default", "gone", "running"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<ReleaseChange> release_changes(const Settings& was, const Settings& is) {
  std::vector<ReleaseChange> all;
  for (auto* const part : {unknown_names, other_defaults, gone_restrictions, only_running}) {
    for (ReleaseChange& change : part(was, is)) {
      all.push_back(std::move(change));
    }
  }
  return all;
}

}  // namespace lastmile

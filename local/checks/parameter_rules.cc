// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "aliases/macro.h"
#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"
#include "transports/default_changes.h"
#include "transports/default_parameters.h"
#include "transports/unused_parameters.h"

namespace lastmile {
namespace {

std::string in_quotes(std::string_view name) {
  return "`" + std::string(name) + "`";
}

// Names

/// A name that Postfix has given up. \see DEPRECATION_README
struct ObsoleteParameter {
  std::string_view name = {};
  std::string_view instead = {};
};

constexpr std::array kObsoleteParameters = {
    ObsoleteParameter{"authorized_verp_clients", "smtpd_authorized_verp_clients = ..."},
    ObsoleteParameter{"disable_dns_lookups", "smtp_dns_support_level = disabled"},
    ObsoleteParameter{"fallback_relay", "smtp_fallback_relay = ..."},
    ObsoleteParameter{"lmtp_enforce_tls", "lmtp_tls_security_level = encrypt"},
    ObsoleteParameter{"lmtp_per_record_deadline", "lmtp_per_request_deadline = yes"},
    ObsoleteParameter{"lmtp_tls_per_site", "lmtp_tls_policy_maps = ..."},
    ObsoleteParameter{"lmtp_use_tls", "lmtp_tls_security_level = may"},
    ObsoleteParameter{"postscreen_blacklist_action", "postscreen_denylist_action = ..."},
    ObsoleteParameter{"postscreen_dnsbl_whitelist_threshold",
                      "postscreen_dnsbl_allowlist_threshold = ..."},
    ObsoleteParameter{"postscreen_whitelist_interfaces", "postscreen_allowlist_interfaces = ..."},
    ObsoleteParameter{"smtp_enforce_tls", "smtp_tls_security_level = encrypt"},
    ObsoleteParameter{"smtp_per_record_deadline", "smtp_per_request_deadline = yes"},
    ObsoleteParameter{"smtp_tls_per_site", "smtp_tls_policy_maps = ..."},
    ObsoleteParameter{"smtp_use_tls", "smtp_tls_security_level = may"},
    ObsoleteParameter{"smtpd_enforce_tls", "smtpd_tls_security_level = encrypt"},
    ObsoleteParameter{"smtpd_per_record_deadline", "smtpd_per_request_deadline = yes"},
    ObsoleteParameter{"smtpd_tls_dh1024_param_file", "smtpd_tls_dh_param_file is built in"},
    ObsoleteParameter{"smtpd_use_tls", "smtpd_tls_security_level = may"},
    ObsoleteParameter{"virtual_maps", "virtual_alias_maps = ..."},
};

const ObsoleteParameter* find_obsolete(std::string_view name) {
  const auto found = std::ranges::find(kObsoleteParameters, name, &ObsoleteParameter::name);
  return found == kObsoleteParameters.end() ? nullptr : &*found;
}

std::set<std::string> known_names(HostView& host) {
  std::set<std::string> known =
      known_parameters(host.settings().master_cf, host.settings().postfix->version());
  for (const Parameter& parameter : parameter_catalogue()) {
    known.emplace(parameter.name);
  }
  return known;
}

/// What main.cf sets and nothing reads, without names that are of another version.
std::vector<UnusedParameter> unused_names(HostView& host) {
  auto unused =
      find_unused_parameters(host.settings().main_cf, host.settings().master_cf, known_names(host));
  std::erase_if(unused, [](const UnusedParameter& parameter) {
    return has_changed_default(parameter.name) || find_obsolete(parameter.name) != nullptr;
  });
  return unused;
}

void parameter_unknown(HostView& host, Report& report) {
  for (const UnusedParameter& unused : unused_names(host)) {
    if (unused.service.empty() && !unused.meant.empty()) {
      report
          .add(unused.source, unused.name,
               in_quotes(unused.name) + " is no parameter of Postfix; did you mean " +
                   in_quotes(unused.meant) + "?",
               unused.meant + " = " + unused.value)
          .subject = unused.name;
    }
  }
}

void parameter_unused(HostView& host, Report& report) {
  for (const UnusedParameter& unused : unused_names(host)) {
    if (unused.service.empty() && unused.meant.empty()) {
      report
          .add(unused.source, unused.name, in_quotes(unused.name) + " is set but nothing uses it",
               "use $" + unused.name + " somewhere, or remove the line")
          .subject = unused.name;
    }
  }
}

/// The first releases without a parameter that later ones do not have; empty: all have it.
std::vector<PostfixVersion> first_without(std::string_view name) {
  std::vector<PostfixVersion> first;
  for (const DefaultChange& change : default_changes()) {
    if (change.name == name && default_parameter(name)) {
      first = change.is_gone && first_with_parameter(name).empty() ? change.first
                                                                   : std::vector<PostfixVersion>{};
    }
  }
  return first;
}

void parameter_obsolete(HostView& host, Report& report) {
  for (const WrittenParameter& written : host.written()) {
    const ObsoleteParameter* const obsolete = find_obsolete(written.name);
    const auto gone = first_without(written.name);
    if (obsolete == nullptr && gone.empty()) {
      continue;
    }
    report
        .add(written.source, written.name,
             in_quotes(written.name) + (gone.empty() ? " is given up by later versions of Postfix"
                                                     : " is no parameter any more from Postfix " +
                                                           to_string(std::span(gone)) + " on"),
             obsolete != nullptr ? std::string(obsolete->instead) : "remove the line")
        .subject = written.name;
  }
}

void parameter_too_new(HostView& host, Report& report) {
  const PostfixVersion& version = host.settings().postfix->version();
  for (const WrittenParameter& written : host.written()) {
    const auto first = first_with_parameter(written.name);
    if (first.empty() || is_since(first, version)) {
      continue;
    }
    report
        .add(written.source, written.name,
             in_quotes(written.name) + " came with Postfix " + to_string(std::span(first)) +
                 " and has no effect in " + to_string(version),
             "a later Postfix, or remove the line")
        .subject = written.name;
  }
}

// Lines

void parameter_duplicate(HostView& host, Report& report) {
  std::map<std::string, const WrittenParameter*> first;
  for (const WrittenParameter& written : host.written()) {
    const auto [earlier, is_new] = first.emplace(written.name, &written);
    if (is_new) {
      continue;
    }
    const bool is_equal = earlier->second->value == written.value;
    Finding& finding = report.add(
        written.source, written.name,
        in_quotes(written.name) + " is set again here; " + to_string(earlier->second->source) +
            (is_equal ? " says the same" : " (" + earlier->second->value + ") has no effect"),
        "remove one of the two lines");
    finding.severity = is_equal ? Severity::notice : Severity::warning;
    finding.subject = written.name;
    finding.also.push_back(earlier->second->source);
    earlier->second = &written;
  }
}

/// "transport_maps" of "  transport_maps = hash:/x"; empty for a line that is no setting.
std::string_view name_set_in(std::string_view line) {
  line = trim(line);
  std::size_t end = 0;
  while (end < line.size() && is_name_char(line[end])) {
    ++end;
  }
  const std::string_view rest = trim(line.substr(end));
  return rest.starts_with('=') && !rest.starts_with("==") ? line.substr(0, end) : "";
}

void parameter_swallowed(HostView& host, Report& report) {
  const std::set<std::string> known = known_names(host);
  for (const WrittenParameter& written : host.written()) {
    for (const auto& [number, line] : written.continuations) {
      const std::string name(name_set_in(line));
      const bool is_environment = written.name.ends_with("_environment");
      if (known.contains(name) && !is_environment) {
        Finding& finding =
            report.add(SourcePos{written.source.file, number}, name,
                       "this line belongs to " + in_quotes(written.name) + " (line " +
                           std::to_string(written.source.line) + ") because it is indented; " +
                           in_quotes(name) + " is not set by it",
                       "remove the white space at the start of the line");
        finding.subject = name;
        finding.also.push_back(written.source);
      }
    }
  }
}

/// Where a '#' stands behind white space; npos: nowhere.
std::size_t comment_in(std::string_view value) {
  for (std::size_t at = value.find('#'); at != std::string_view::npos;
       at = value.find('#', at + 1)) {
    if (at > 0 && is_space(value[at - 1])) {
      return at;
    }
  }
  return std::string_view::npos;
}

void parameter_comment_in_value(HostView& host, Report& report) {
  for (const WrittenParameter& written : host.written()) {
    const std::size_t at = comment_in(written.value);
    if (at != std::string::npos && !is_raw_parameter(written.name)) {
      report
          .add(written.source, "#",
               "Postfix has no comments behind a value: " + in_quotes(written.value.substr(at)) +
                   " is a part of it",
               "put the comment on a line of its own")
          .subject = written.name;
    }
  }
  for (const TableInUse& table : host.tables()) {
    const bool is_list_of_addresses = table.parameter == "virtual_alias_maps";
    if (!is_list_of_addresses || !host.content(table).is_text) {
      continue;
    }
    for (const WrittenEntry& entry : host.content(table).entries) {
      const std::size_t at = comment_in(entry.value);
      if (at != std::string::npos && entry.flags.empty()) {
        report
            .add(entry.source, "#",
                 "tables have no comments behind a value: " + in_quotes(entry.value.substr(at)) +
                     " are more addresses",
                 "put the comment on a line of its own")
            .subject = entry.key;
      }
    }
  }
}

void parameter_without_equals(HostView& host, Report& report) {
  for (const Error& error : host.broken_lines()) {
    if (error.source && !error.source->file->ends_with("/master.cf") &&
        error.text.starts_with("missing ")) {
      report.add(error.source, "", error.text + "; no Postfix program starts with this line",
                 "NAME = VALUE, or remove the line");
    }
  }
}

void text_byte_order_mark(HostView& host, Report& report) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  const auto look_at = [&](const std::string& path) {
    const std::string* const text = path.empty() ? nullptr : host.text(path);
    if (text != nullptr && text->starts_with(kMark)) {
      report
          .add(SourcePos{path, 1}, "",
               "the file begins with a byte order mark, so the first name is unreachable",
               "save it as UTF-8 without BOM")
          .subject = path;
    }
  };
  std::set<std::string> paths = {*host.main_cf().file, *host.master_cf().file};
  for (const TableInUse& table : host.tables()) {
    paths.insert(HostView::text_path(table.spec));
  }
  std::ranges::for_each(paths, look_at);
}

// Values

void parameter_undefined_macro(HostView& host, Report& report) {
  const std::set<std::string> known = known_names(host);
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  for (const WrittenParameter& written : host.written()) {
    const bool is_for_sessions = is_raw_parameter(written.name) ||
                                 written.name.ends_with("_reject_footer") ||
                                 has_changed_default(written.name);
    if (is_for_sessions) {
      continue;
    }
    std::set<std::string> missing;
    const auto expanded = expand_macros(written.value, [&](std::string_view name) {
      auto raw = host.settings().main_cf.find(name);
      if (!raw && known.contains(std::string(name))) {
        return std::optional<std::string>("x");  // Found out by each program, such as mynetworks.
      }
      if (!raw) {
        missing.emplace(name);
      }
      return raw ? std::optional(std::move(raw->value)) : std::nullopt;
    });
    if (!expanded || !expanded->undefined_name) {
      continue;
    }
    for (const std::string& name : missing) {
      Finding& finding =
          report.add(written.source, name,
                     in_quotes("$" + name) + " is not defined, so it stands for nothing" +
                         did_you_mean(name, candidates),
                     "define " + name + ", or take it out");
      finding.subject = name;
      // A table that is not there need not be allowed.
      const bool is_harmless = written.name == "proxy_read_maps";
      finding.severity = is_harmless ? Severity::notice : Severity::error;
    }
  }
}

/// Which programs end, in words.
std::string stopped(const Daemons& daemons) {
  constexpr std::pair<Daemon, std::string_view> kNames[] = {
      {Daemon::smtpd, "smtpd(8)"},
      {Daemon::cleanup, "cleanup(8)"},
      {Daemon::trivial_rewrite, "trivial-rewrite(8)"},
      {Daemon::qmgr, "qmgr(8)"},
      {Daemon::local, "local(8)"},
      {Daemon::virtual_mailbox, "virtual(8)"},
      {Daemon::pipe, "pipe(8)"},
      {Daemon::smtp, "smtp(8) and lmtp(8)"},
      {Daemon::lastmile, "lastmile"}};
  if (daemons.contains(Daemon::every)) {
    return "every Postfix program ends with this";
  }
  std::vector<std::string_view> names;
  for (const auto& [daemon, name] : kNames) {
    if (daemons.contains(daemon)) {
      names.push_back(name);
    }
  }
  return names.empty() ? "the program that reads it does not start"
                       : comma_list(names) + (names.size() == 1 ? " does" : " do") + " not start";
}

/// The faults that have a rule of their own.
bool is_elsewhere(const ParameterFault& fault) {
  constexpr std::array<std::string_view, 4> kOwnRules = {
      "mailbox_size_limit", "default_privs", "virtual_mailbox_limit", "virtual_mailbox_base"};
  const Parameter* const row = find_parameter(fault.parameter);
  const bool names_tables = row != nullptr && std::holds_alternative<TablesParameter>(row->kind);
  const bool is_limit = fault.error.text.find("configuration error") != std::string::npos;
  const bool has_rule = std::ranges::find(kOwnRules, fault.parameter) != kOwnRules.end();
  return names_tables || (has_rule && (is_limit || !fault.parameter.ends_with("_limit")));
}

/// What a value that has no typed member here must be, by the default of its parameter.
enum class PlainKind { any, boolean, number, time };

PlainKind plain_kind(std::string_view name, std::string_view otherwise) {
  constexpr std::array<std::string_view, 2> kMoreThanTheyLook = {"compatibility_level",
                                                                 "mail_release_date"};
  if (std::ranges::find(kMoreThanTheyLook, name) != kMoreThanTheyLook.end() ||
      name.ends_with("_feedback") || name.ends_with("_version")) {
    return PlainKind::any;
  }
  if (otherwise == "yes" || otherwise == "no") {
    return PlainKind::boolean;
  }
  const auto digits = std::ranges::find_if_not(otherwise, is_digit) - otherwise.begin();
  const std::string_view unit = otherwise.substr(static_cast<std::size_t>(digits));
  if (digits == 0) {
    return PlainKind::any;
  }
  return unit.empty() ? PlainKind::number
         : unit.size() == 1 && std::string_view("smhdw").find(unit) != std::string_view::npos
             ? PlainKind::time
             : PlainKind::any;
}

std::int64_t seconds_in(char unit) {
  switch (unit) {
    case 'm':
      return 60;
    case 'h':
      return 3600;
    case 'd':
      return 86400;
    case 'w':
      return 604800;
    default:
      return 1;
  }
}

/// What is wrong with a time, whose default gives the unit; empty: nothing.
std::string time_problem(std::string_view value, char unit) {
  if (!value.empty() && !is_digit(value.back())) {
    unit = value.back();
    value.remove_suffix(1);
  }
  const bool is_number = !value.empty() && std::ranges::all_of(value, is_digit);
  if (!is_number || std::string_view("smhdw").find(unit) == std::string_view::npos) {
    return "is no time (a number, and s, m, h, d or w)";
  }
  constexpr std::size_t kMostDigits = 12;  // Far above what fits into any time.
  std::int64_t number = 0;
  for (const char digit : value.substr(0, kMostDigits)) {
    number = number * 10 + (digit - '0');
  }
  return number * seconds_in(unit) > std::numeric_limits<int>::max()
             ? std::string("is more than fits into a time; a number alone is in units of ") + unit
             : "";
}

/// What is wrong with the value of a parameter that has no row in the catalogue.
std::string plain_problem(std::string_view name, std::string_view value) {
  const auto otherwise = default_parameter(name);
  if (!otherwise || find_parameter(name) != nullptr || is_raw_parameter(name)) {
    return "";
  }
  switch (plain_kind(name, *otherwise)) {
    case PlainKind::boolean:
      return equal_ignoring_case(value, "yes") || equal_ignoring_case(value, "no")
                 ? ""
                 : "is not yes or no";
    case PlainKind::number: {
      const bool is_number =
          !value.empty() &&
          std::ranges::all_of(value.substr(value.starts_with('-') ? 1 : 0), is_digit);
      return is_number ? "" : "is no number";
    }
    case PlainKind::time:
      return time_problem(value, otherwise->back());
    case PlainKind::any:
      break;
  }
  return "";
}

void report_plain(const std::string& name, const std::string& value,
                  const std::optional<SourcePos>& source, Report& report) {
  if (const std::string problem = plain_problem(name, value); !problem.empty()) {
    report
        .add(source, value,
             name + ": " + in_quotes(value) + " " + problem + "; the program that reads it ends",
             name + " = " + std::string(default_parameter(name).value_or("")))
        .subject = name;
  }
}

/// Whether a fault of main.cf is mended by the `-o` of every service that would meet it.
bool is_mended(const Settings& settings, const ParameterFault& fault) {
  bool has_service = false;
  for (const Service& service : settings.master_cf.services()) {
    const Daemon daemon = daemon_of(service.program);
    if (daemon == Daemon::every || !fault.stops.contains(daemon)) {
      continue;
    }
    if (!service.overrides.contains(fault.parameter)) {
      return false;
    }
    has_service = true;
  }
  return has_service;
}

void report_faults(const Settings& settings, Report& report, std::set<std::string>& told) {
  for (const ParameterFault& fault : settings.faults) {
    if (!is_elsewhere(fault) && !is_mended(settings, fault) &&
        told.insert(fault.error.message()).second) {
      report
          .add(fault.error.source, "", fault.error.text + "; " + stopped(fault.stops),
               fault.parameter + " = " +
                   std::string(default_parameter(fault.parameter).value_or("...")))
          .subject = fault.parameter;
    }
  }
}

void parameter_bad_value(HostView& host, Report& report) {
  for (const Error& error : host.broken_lines()) {
    if (!error.source->file->ends_with("/master.cf") && !error.text.starts_with("missing ")) {
      report.add(error.source, "", error.text, "");
    }
  }
  std::set<std::string> told;
  report_faults(host.settings(), report, told);
  for (const auto& [name, settings] : host.settings().services) {
    report_faults(*settings, report, told);
  }
  for (const std::string& name : host.settings().main_cf.set_names()) {
    if (host.is_set(name)) {
      report_plain(name, host.value(name), host.place(name), report);
    }
  }
  for (const Service& service : host.settings().master_cf.services()) {
    for (const auto& [name, value] : service.overrides) {
      const auto expanded = host.settings().main_cf.expand_text(value);
      report_plain(name, expanded ? *expanded : value, service.source, report);
    }
  }
}

/// Whether quotes have no meaning in the value of a parameter.
bool takes_no_quotes(std::string_view name) {
  constexpr std::array<std::string_view, 12> kTexts = {
      "mynetworks",        "relayhost",         "myorigin",           "myhostname",
      "mydomain",          "local_transport",   "virtual_transport",  "relay_transport",
      "default_transport", "mailbox_transport", "fallback_transport", "home_mailbox"};
  const Parameter* const row = find_parameter(name);
  if (row == nullptr || std::holds_alternative<TextParameter>(row->kind)) {
    return std::ranges::find(kTexts, name) != kTexts.end();
  }
  return std::holds_alternative<MatchListParameter>(row->kind) ||
         std::holds_alternative<TablesParameter>(row->kind);
}

void parameter_quoted(HostView& host, Report& report) {
  for (const WrittenParameter& written : host.written()) {
    if (!takes_no_quotes(written.name)) {
      continue;
    }
    for (const std::string_view item : split_list(written.value, Braces::protect)) {
      if (item.size() > 1 && item.front() == '"') {
        report
            .add(written.source, std::string(item),
                 "the quotes are a part of this item, which never matches", "remove them")
            .subject = written.name;
      }
    }
  }
}

void compatibility_level_missing(HostView& host, Report& report) {
  if (!host.is_set("compatibility_level")) {
    report.add(host.main_cf(), "",
               "compatibility_level is not set: the defaults are those of Postfix 2, such as "
               "append_dot_mydomain = yes and chroot \"y\"",
               "compatibility_level = 3.6, after reading COMPATIBILITY_README");
  }
}

constexpr std::array kParameterRules = {
    Rule{"parameter-unknown", Severity::warning, Needs::text,
         "A name in main.cf that is no parameter, and close to one that is. Postfix's daemons "
         "ignore it without a word; only postconf(1) prints `unused parameter`.",
         "correct the name, or remove the line", "mailbox_trasport = lmtp:unix:/run/lmtp",
         "mailbox_transport = lmtp:unix:/run/lmtp", parameter_unknown},
    Rule{"parameter-unused", Severity::notice, Needs::text,
         "A name of the administrator's own that nothing refers to as `$name`. It has no effect.",
         "use `$corp_domain` somewhere, or remove the line", "corp_domain = example.com",
         "corp_domain = example.com; mydestination = $corp_domain", parameter_unused},
    Rule{"parameter-duplicate", Severity::warning, Needs::text,
         "One parameter on two lines; the last one counts, all programs warn `overriding earlier "
         "entry` on every start. Equal values: notice.",
         "remove one of the two lines", "relay_domains = a.example; relay_domains = b.example",
         "relay_domains = a.example, b.example", parameter_duplicate},
    Rule{"parameter-swallowed", Severity::error, Needs::text,
         "A line that starts with white space continues the parameter above it, also when it reads "
         "`name = value`. The setting does not exist, and its words become items of the other "
         "list: a table among domains, for one, makes every lookup of the list fail with 451.",
         "remove the white space at the start of the line",
         "virtual_alias_domains = v.example;   transport_maps = hash:/etc/postfix/transport",
         "virtual_alias_domains = v.example; transport_maps = hash:/etc/postfix/transport",
         parameter_swallowed},
    Rule{"parameter-comment-in-value", Severity::warning, Needs::text,
         "`#` behind a value is a part of the value: list items `#`, `the`, `boss`, or a banner "
         "with the remark in it.",
         "put the comment on a line of its own", "mynetworks = 127.0.0.0/8 # this host",
         "# this host; mynetworks = 127.0.0.0/8", parameter_comment_in_value},
    Rule{"parameter-undefined-macro", Severity::error, Needs::text,
         "`$name` of something that is set nowhere expands to nothing, silently in the daemons.",
         "define the name, or take it out", "proxy_interfaces = $nosuchparam",
         "proxy_interfaces = $inet_interfaces", parameter_undefined_macro},
    Rule{"parameter-bad-value", Severity::error, Needs::text,
         "A value that its parameter cannot have. One that every program reads (a boolean, a "
         "number, a time) ends all of them, sendmail(1) included; one of a single daemon ends that "
         "daemon each time it is started, its mail waits, and `postfix check` is content.",
         "owner_request_special = yes", "owner_request_special = true",
         "owner_request_special = yes", parameter_bad_value},
    Rule{"parameter-quoted", Severity::warning, Needs::text,
         "Quotes mean nothing in values of main.cf: `\"quoted.example\"` is a domain with quotes "
         "in its name, and mail to quoted.example is refused.",
         "remove them", "mydestination = example.com, \"quoted.example\"",
         "mydestination = example.com, quoted.example", parameter_quoted},
    Rule{"parameter-without-equals", Severity::error, Needs::text,
         "A line without `=`, or with a name of two words: `missing '=' after attribute name`, and "
         "no program of Postfix starts.",
         "NAME = VALUE", "relayhost", "relayhost =", parameter_without_equals},
    Rule{"parameter-obsolete", Severity::notice, Needs::text,
         "A parameter that later versions of Postfix warn about or no longer have.",
         "the parameter that took its place", "disable_dns_lookups = yes",
         "smtp_dns_support_level = disabled", parameter_obsolete},
    Rule{"parameter-too-new", Severity::warning, Needs::text,
         "A parameter of a later version of Postfix than the one that is meant (`--postfix 3.7`). "
         "It has no effect there.",
         "a later Postfix, or remove the line", "smtp_tls_enable_rpk = yes", "", parameter_too_new},
    Rule{"compatibility-level-missing", Severity::notice, Needs::text,
         "Without `compatibility_level` the old defaults hold (`append_dot_mydomain = yes`, "
         "`relay_domains = $mydestination`, chroot `y`), and the same files mean something else on "
         "the next host.",
         "compatibility_level = 3.6, after reading COMPATIBILITY_README",
         "myhostname = mail.example.com",
         "compatibility_level = 3.6; myhostname = mail.example.com", compatibility_level_missing},
    Rule{"text-byte-order-mark", Severity::error, Needs::text,
         "A byte order mark at the start of a text becomes a part of its first name, which is "
         "never found. No tool says so.",
         "save it as UTF-8 without BOM", "(EF BB BF)bob: alice", "bob: alice",
         text_byte_order_mark},
};

}  // namespace

std::span<const Rule> parameter_rules() {
  return kParameterRules;
}

}  // namespace lastmile

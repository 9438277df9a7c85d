// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/text.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"
#include "transports/main_cf.h"
#include "transports/pipe_rules.h"
#include "transports/unused_parameters.h"

namespace lastmile {
namespace {

constexpr std::size_t kFields = 8;  // Before the arguments of a service.

/// A line of master.cf in words; `{...}` is one.
struct ServiceWords {
  std::vector<std::string> words = {};
  SourcePos source = {};
};

/// Splits at white space alone: commas belong to words here.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  int depth = 0;
  std::string word;
  for (const char octet : text) {
    depth += octet == '{' ? 1 : octet == '}' ? -1 : 0;
    if (is_space(octet) && depth <= 0) {
      if (!word.empty()) {
        words.push_back(std::move(word));
      }
      word.clear();
    } else {
      word += octet;
    }
  }
  if (!word.empty()) {
    words.push_back(std::move(word));
  }
  return words;
}

std::vector<ServiceWords> service_lines(HostView& host) {
  std::vector<ServiceWords> lines;
  const std::string path = *host.master_cf().file;
  if (const std::string* const text = host.text(path)) {
    for (const LogicalLine& line : read_logical_lines(*text)) {
      lines.push_back({words_of(line.text), SourcePos{path, line.line}});
    }
  }
  return lines;
}

/// Faults of the lines of master.cf for which master(8) or the loader gives up.
bool is_split_option(const Error& error) {
  return error.text.starts_with("-o ");
}

void master_option_split(HostView& host, Report& report) {
  for (const ServiceWords& line : service_lines(host)) {
    for (std::size_t i = kFields; i + 1 < line.words.size(); ++i) {
      const std::string& option = line.words[i + 1];
      if (line.words[i] != "-o" || option.starts_with('{')) {
        continue;
      }
      const bool has_value = option.find('=') != std::string::npos && !option.ends_with('=');
      const bool is_cut = i + 2 < line.words.size() && !line.words[i + 2].starts_with('-');
      if (!has_value && (is_cut || !option.ends_with('='))) {
        const std::string value = is_cut ? line.words[i + 2] : "";
        report
            .add(line.source, option,
                 "blanks around `=` end the option: the daemon does not start, and what it would "
                 "take waits",
                 "-o { " + option.substr(0, option.find('=')) + " = ... }, or without the blanks")
            .subject = line.words.front();
        break;
      }
    }
  }
}

void master_option_unknown(HostView& host, Report& report) {
  for (const UnusedParameter& unused : find_unused_parameters(
           host.settings().main_cf, host.settings().master_cf,
           known_parameters(host.settings().master_cf, host.settings().postfix->version()))) {
    if (!unused.service.empty() && find_parameter(unused.name) == nullptr) {
      report
          .add(unused.source, unused.name,
               "`" + unused.name + "` is no parameter, so this -o of " + unused.service +
                   " does nothing" +
                   (unused.meant.empty() ? "" : " (did you mean `" + unused.meant + "`?)"),
               unused.meant.empty() ? "remove it" : unused.meant)
          .subject = unused.name;
    }
  }
}

void master_comment_behind(HostView& host, Report& report) {
  for (const ServiceWords& line : service_lines(host)) {
    const bool has_command = line.words.size() > kFields;
    const auto comment =
        has_command ? std::find_if(line.words.begin() + kFields, line.words.end(),
                                   [](const std::string& word) { return word.starts_with('#'); })
                    : line.words.end();
    if (comment != line.words.end() && line.words[kFields - 1] != "pipe" &&
        line.words[kFields - 1] != "spawn") {
      report
          .add(line.source, *comment, "this comment is given to the program, which will not start",
               "put it on a line of its own")
          .subject = line.words.front();
    }
  }
}

void master_service_twice(HostView& host, Report& report) {
  std::map<std::pair<std::string, std::string>, SourcePos> first;
  for (const ServiceWords& line : service_lines(host)) {
    if (line.words.size() < kFields) {
      continue;
    }
    const auto [earlier, is_new] =
        first.emplace(std::pair(line.words[0], line.words[1]), line.source);
    if (!is_new) {
      Finding& finding = report.add(line.source, line.words[0],
                                    line.words[0] + "/" + line.words[1] +
                                        " is defined again here; the entry in line " +
                                        std::to_string(earlier->second.line) + " has no effect",
                                    "remove one of the two");
      finding.subject = line.words[0];
      finding.also.push_back(earlier->second);
      earlier->second = line.source;
    }
  }
}

void master_program_missing(HostView& host, Report& report) {
  const std::string directory = host.value("daemon_directory");
  if (!host.file(directory)) {
    report.not_judged("no programs of Postfix in " + directory);
    return;
  }
  for (const Service& service : host.settings().master_cf.services()) {
    const bool is_path = service.program.starts_with('/');
    if (service.source &&
        !host.file(is_path ? service.program : directory + "/" + service.program)) {
      report
          .add(service.source, service.program,
               "there is no program `" + service.program + "` in " + directory,
               "correct the eighth field")
          .subject = service.name;
    }
  }
}

void master_fields_missing(HostView& host, Report& report) {
  for (const Error& error : host.broken_lines()) {
    if (error.source && error.source->file->ends_with("/master.cf") && !is_split_option(error)) {
      report.add(error.source, "", error.text + "; Postfix does not start with this line",
                 "name type private unpriv chroot wakeup maxproc command");
    }
  }
}

/// Transports that are named outside of routing: content filters.
std::vector<NamedTransport> filters(HostView& host) {
  std::vector<NamedTransport> found;
  if (const std::string text = host.value("content_filter"); !text.empty()) {
    found.push_back({text, "content_filter", "", host.place("content_filter"), false});
  }
  for (const Service& service : host.settings().master_cf.services()) {
    const auto filter = service.overrides.find("content_filter");
    if (filter != service.overrides.end() && !filter->second.empty()) {
      const auto text = host.settings().main_cf.expand_text(filter->second);
      found.push_back({text ? *text : filter->second, "content_filter", "", service.source, false});
    }
  }
  return found;
}

/// The services that some mail goes to by the configuration.
std::set<std::string> used_services(HostView& host) {
  std::set<std::string> used;
  std::vector<NamedTransport> named = host.transports();
  const auto of_filters = filters(host);
  named.insert(named.end(), of_filters.begin(), of_filters.end());
  for (const NamedTransport& one : named) {
    used.insert(split_transport(one.text).transport);
  }
  return used;
}

void pipe_user_missing(HostView& host, Report& report) {
  const std::set<std::string> used = used_services(host);
  for (const Service& service : host.settings().master_cf.services()) {
    // Many a master.cf has services for programs that are not installed.
    if (service.program != "pipe" || service.type != "unix" || !used.contains(service.name)) {
      continue;
    }
    const auto parsed = parse_pipe_service(service);
    std::optional<Error> problem;
    if (!parsed) {
      problem = parsed.error();
    } else if (const auto rights =
                   pipe_rights(*parsed, service.source, host.settings(), host.world());
               !rights && rights.error().kind == Error::Kind::misconfigured) {
      problem = rights.error();
    }
    if (problem) {
      report
          .add(service.source, "", problem->text + "; mail for " + service.name + " waits",
               "user=NAME argv=/PATH/TO/PROGRAM ...")
          .subject = service.name;
    }
  }
}

void service_does_not_start(HostView& host, Report& report) {
  const std::set<std::string> used = used_services(host);
  for (const Service& service : host.settings().master_cf.services()) {
    if (service.type != "unix" || !service.source ||
        host.settings().master_cf.find_transport(service.name) != &service) {
      continue;
    }
    const auto failure = host.settings().failure_of_service(service.name);
    const auto services = host.settings().services.find(service.name);
    const Settings& own =
        services == host.settings().services.end() ? host.settings() : *services->second;
    const auto by_parameter = own.failure_of(daemon_of(service.program));
    const bool is_parameters = failure && by_parameter && by_parameter->text == failure->text;
    // What lastmile alone cannot do stops nobody else.
    const bool is_ours = failure && failure->text.find("not supported") != std::string::npos;
    const bool is_comment = failure && failure->text.find(": #") != std::string::npos;
    if (failure && !is_parameters && !is_comment && !is_ours) {
      Finding& finding =
          report.add(failure->source ? failure->source : service.source, "",
                     failure->text + "; mail for " + service.name + " waits", "correct the line");
      finding.subject = service.name;
      finding.severity = used.contains(service.name) ? Severity::error : Severity::warning;
    }
  }
}

/// Whether a default that nobody set is of use: a class without domains sends no mail anywhere.
bool is_used(HostView& host, const NamedTransport& named) {
  if (host.is_set(named.parameter) || !named.key.empty()) {
    return true;
  }
  const Settings& settings = host.settings();
  if (named.parameter == "local_transport") {
    return !settings.mydestination.value.empty();
  }
  if (named.parameter == "virtual_transport") {
    return !settings.virtual_mailbox_domains.value.empty();
  }
  return named.parameter != "relay_transport" || !settings.relay_domains.value.empty();
}

/// A transport table of Postfix's own, whose services are decided without asking them.
bool is_built_in(std::string_view transport) {
  return transport == "error" || transport == "retry" || transport == "discard";
}

void service_missing(HostView& host, Report& report) {
  std::vector<NamedTransport> named = host.transports();
  const auto of_filters = filters(host);
  named.insert(named.end(), of_filters.begin(), of_filters.end());
  std::map<std::string, std::size_t> told;
  for (const NamedTransport& one : named) {
    const std::string transport = split_transport(one.text).transport;
    if (transport.empty() || fold_ascii(transport) == "dunno" || is_built_in(transport) ||
        !is_used(host, one) || host.settings().master_cf.find_transport(transport) != nullptr ||
        transport.find_first_of(" \t$/[") != std::string::npos ||
        !told.emplace(transport, 0).second) {
      continue;
    }
    const bool is_socket = transport == "unix" || transport == "inet";
    report
        .add(one.source, one.text,
             "no service `" + transport + "` in master.cf: mail to it waits for ever (" +
                 one.parameter + (one.key.empty() ? "" : " " + one.key) + ")",
             is_socket ? "did you mean lmtp:" + one.text + "?"
                       : "add the service, private and of type unix, to master.cf")
        .subject = transport;
  }
}

void content_filter_unmapped(HostView& host, Report& report) {
  const Settings& settings = host.settings();
  if (!settings.receive_override_options.value.contains("no_address_mappings") ||
      !host.is_set("receive_override_options")) {
    return;
  }
  const bool maps_again =
      std::ranges::any_of(settings.master_cf.services(), [](const Service& service) {
        const auto options = service.overrides.find("receive_override_options");
        return options != service.overrides.end() &&
               options->second.find("no_address_mappings") == std::string::npos;
      });
  if (!maps_again) {
    report.add(settings.receive_override_options.source, "no_address_mappings",
               "no_address_mappings holds for every way into this host: no virtual alias is "
               "expanded, behind a filter either",
               "receive_override_options = no_address_mappings for the listener before the filter "
               "alone (-o in master.cf)");
  }
}

constexpr std::array kServiceRules = {
    Rule{"master-option-split", Severity::error, Needs::text,
         "`-o name = value` is three words: the daemon ends (`missing '='`), and its mail waits. "
         "`postconf -M` and `postfix check` are silent.",
         "-o { lmtp_tls_loglevel = 1 } or -o lmtp_tls_loglevel=1",
         "lmtp unix - - n - - lmtp -o lmtp_tls_loglevel = 1",
         "lmtp unix - - n - - lmtp -o { lmtp_tls_loglevel = 1 }", master_option_split},
    Rule{"master-option-unknown", Severity::warning, Needs::text,
         "`-o` with a name that is no parameter: the daemon ignores it, and postconf(1) alone "
         "prints `unused parameter`.",
         "remove it", "-o lmtp_nosuch=1", "-o lmtp_tls_loglevel=1", master_option_unknown},
    Rule{"master-comment-behind", Severity::error, Needs::text,
         "`#` behind an entry is handed to the daemon as an argument: `fatal: unknown attribute "
         "name: #`.",
         "put it on a line of its own", "foo unix - - n - - lmtp # note",
         "# note; foo unix - - n - - lmtp", master_comment_behind},
    Rule{"master-service-twice", Severity::warning, Needs::text,
         "Two entries with one name and type: the last one counts, and nothing says so.",
         "remove one", "lmtp unix - - n - - lmtp; lmtp unix - - n - - discard",
         "lmtp unix - - n - - lmtp", master_service_twice},
    Rule{"master-program-missing", Severity::error, Needs::live,
         "The program is not in `daemon_directory`: `bad command startup -- throttling`, mail "
         "deferred.",
         "correct the eighth field", "bar unix - - n - - nosuchd", "bar unix - - n - - lmtp",
         master_program_missing},
    Rule{"master-fields-missing", Severity::error, Needs::text,
         "A line of master.cf with a field that is missing, or that makes no sense: Postfix does "
         "not start at all.",
         "eight fields: name, type, private, unprivileged, chroot, wakeup, maxproc, command",
         "lmtp unix - - n - lmtp", "lmtp unix - - n - - lmtp", master_fields_missing},
    Rule{"pipe-user-missing", Severity::error, Needs::text,
         "A pipe(8) service without user= or argv=, or whose user does not exist or is root: each "
         "delivery ends with a fatal error, and its mail waits.",
         "user=vmail argv=/usr/bin/program ...",
         "maildrop unix - n n - - pipe argv=/usr/bin/maildrop",
         "maildrop unix - n n - - pipe user=vmail argv=/usr/bin/maildrop", pipe_user_missing},
    Rule{"service-does-not-start", Severity::error, Needs::text,
         "Words or options of a service for which its program ends as soon as it is started; its "
         "mail waits. `postfix check` says nothing.",
         "correct the line in master.cf", "local unix - - n - - local",
         "local unix - n n - - local", service_does_not_start},
    Rule{"service-missing", Severity::error, Needs::text,
         "A transport that master.cf does not have, or has with another type or not as private: "
         "mail to it waits (4.3.0), and local(8) tries to connect for a minute with each message "
         "and holds up others.",
         "lmtp:unix:/run/lmtp, or add the service", "mailbox_transport = unix:/run/lmtp",
         "mailbox_transport = lmtp:unix:/run/lmtp", service_missing},
    Rule{"content-filter-unmapped", Severity::warning, Needs::text,
         "no_address_mappings in main.cf, and no listener that turns it off again behind a filter: "
         "no virtual alias is expanded.",
         "receive_override_options = no_address_mappings for the listener before the filter alone",
         "receive_override_options = no_address_mappings; content_filter =",
         "receive_override_options =", content_filter_unmapped},
};

}  // namespace

std::span<const Rule> service_rules() {
  return kServiceRules;
}

}  // namespace lastmile

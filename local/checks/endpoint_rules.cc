// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/path.h"
#include "aliases/text.h"
#include "lmtpclient/endpoint.h"
#include "local/checks/host_view.h"
#include "local/checks/rule.h"

namespace lastmile {
namespace {

/// A transport whose service is the LMTP client.
struct LmtpUse {
  NamedTransport named = {};
  const Service* service = nullptr;
  std::string nexthop = {};
};

std::vector<LmtpUse> lmtp_uses(HostView& host) {
  std::vector<LmtpUse> uses;
  std::set<std::string> seen;
  for (const NamedTransport& named : host.transports()) {
    const auto target = split_transport(named.text);
    const Service* const service = host.settings().master_cf.find_transport(target.transport);
    const bool is_new = seen.insert(named.text).second;
    if (service != nullptr && service->program == "lmtp" && is_new && !target.nexthop.empty()) {
      uses.push_back({named, service, target.nexthop});
    }
  }
  return uses;
}

/// The path of a socket; empty for any other nexthop.
std::string socket_of(const LmtpUse& use) {
  const auto parsed = lmtp::parse_endpoint(use.nexthop);
  const auto* const socket = std::get_if<lmtp::UnixEndpoint>(&parsed.endpoint);
  return parsed.problem.empty() && socket != nullptr ? socket->path : "";
}

/// The same where the host has it: below the queue directory for one that is relative, or whose
/// client is chrooted.
std::string place_of(HostView& host, const LmtpUse& use, const std::string& path) {
  const std::string& queue = host.settings().queue_directory.value;
  if (!path.starts_with('/')) {
    return queue + "/" + path;
  }
  return use.service->chroot && !path.starts_with(queue + "/") ? queue + path : path;
}

void lmtp_endpoint_form(HostView& host, Report& report) {
  for (const LmtpUse& use : lmtp_uses(host)) {
    const auto parsed = lmtp::parse_endpoint(use.nexthop);
    const bool is_path = use.nexthop.starts_with('/');
    if (is_path || !parsed.problem.empty()) {
      report
          .add(use.named.source, use.named.text,
               "`" + use.nexthop + "` names no server" + (is_path ? "" : ": " + parsed.problem) +
                   "; the client ends, and its mail waits",
               is_path
                   ? use.service->name + ":unix:" + use.nexthop
                   : use.service->name + ":unix:/PATH or " + use.service->name + ":inet:HOST:PORT")
          .subject = use.named.text;
      continue;
    }
    const std::string path = socket_of(use);
    const bool is_odd = !path.empty() && !path.starts_with('/') && !path.starts_with("private/") &&
                        !path.starts_with("public/");
    if (is_odd) {
      Finding& finding =
          report.add(use.named.source, use.named.text,
                     std::string(path)
                         .append(" is relative: it is ")
                         .append(below_queue_directory(host.settings(), path)),
                     use.service->name + ":unix:/" + path + ", if that is not meant");
      finding.severity = Severity::notice;
      finding.subject = use.named.text;
    }
  }
}

void lmtp_socket_missing(HostView& host, Report& report) {
  for (const LmtpUse& use : lmtp_uses(host)) {
    const std::string path = socket_of(use);
    const bool is_elsewhere = use.service->chroot && path.starts_with('/') &&
                              !path.starts_with(host.settings().queue_directory.value + "/");
    if (path.empty() || is_elsewhere) {
      continue;
    }
    const std::string place = place_of(host, use, path);
    if (!host.file(place)) {
      report
          .add(use.named.source, use.named.text, place + " does not exist; is the server running?",
               "start the server that listens there")
          .subject = use.named.text;
    }
  }
}

void lmtp_socket_chroot(HostView& host, Report& report) {
  const std::string& queue = host.settings().queue_directory.value;
  for (const LmtpUse& use : lmtp_uses(host)) {
    const std::string path = socket_of(use);
    if (!use.service->chroot || !path.starts_with('/') || path.starts_with(queue + "/")) {
      continue;
    }
    if (host.sight().is_live && host.file(queue + path)) {
      continue;  // Somebody has put one there.
    }
    Finding& finding =
        report.add(use.named.source, path,
                   use.service->name + " is chrooted, and for it " +
                       std::string(path).append(" is ").append(queue).append(path),
                   use.service->name +
                       ":unix:private/... with a listener there, or \"n\" in the fifth column "
                       "of " +
                       use.service->name + " in master.cf");
    finding.subject = use.named.text;
    if (use.service->source) {
      finding.also.push_back(*use.service->source);
    }
  }
}

/// The permission bits of a file that hold for an account.
mode_t bits_for(const FileView& file, const Account& account) {
  return file.owner == account.uid   ? file.mode >> 6U
         : file.group == account.gid ? file.mode >> 3U
                                     : file.mode;
}

/// The first directory above a path that the account may not search; empty where there is none.
std::string closed_directory(HostView& host, const std::string& path, const Account& account) {
  constexpr mode_t kSearch = 1;
  for (std::size_t end = path.find('/', 1); end != std::string::npos;
       end = path.find('/', end + 1)) {
    const auto directory = host.file(path.substr(0, end));
    if (directory && directory->type == FileType::directory &&
        (bits_for(*directory, account) & kSearch) == 0) {
      return path.substr(0, end);
    }
  }
  return "";
}

void lmtp_socket_rights(HostView& host, Report& report) {
  const std::string owner = host.value("mail_owner");
  const auto account = host.world().account_by_name(owner);
  if (!account || !*account) {
    report.not_judged("no account " + owner);
    return;
  }
  for (const LmtpUse& use : lmtp_uses(host)) {
    const std::string path = socket_of(use);
    const auto file = path.empty() ? std::nullopt : host.file(place_of(host, use, path));
    if (!file || file->type != FileType::other) {
      continue;
    }
    const std::string closed = closed_directory(host, place_of(host, use, path), **account);
    if (!closed.empty()) {
      report
          .add(use.named.source, path,
               std::string(owner)
                       .append(" may not enter ")
                       .append(closed)
                       .append(", and so not connect to ") +
                   path,
               "chmod o+x " + closed)
          .subject = use.named.text;
      continue;
    }
    constexpr mode_t kWrite = 2;
    if ((bits_for(*file, **account) & kWrite) == 0) {
      report
          .add(use.named.source, path,
               std::string(owner).append(" may not connect to ").append(path),
               std::string("unix_listener { user = ")
                   .append(owner)
                   .append(" group = ")
                   .append(owner)
                   .append(" mode = 0600 }"))
          .subject = use.named.text;
    }
  }
}

void lmtp_name_needs_dns(HostView& host, Report& report) {
  for (const LmtpUse& use : lmtp_uses(host)) {
    const auto parsed = lmtp::parse_endpoint(use.nexthop);
    const auto* const inet = std::get_if<lmtp::InetEndpoint>(&parsed.endpoint);
    const std::string lookup =
        host.settings().service_parameter(use.service->name, "lmtp_host_lookup").value_or("dns");
    const bool is_bare_name =
        inet != nullptr && parsed.problem.empty() && use.nexthop.find('[') == std::string::npos &&
        (inet->host == "localhost" || inet->host.find('.') == std::string::npos);
    if (is_bare_name && lookup.find("native") == std::string::npos) {
      report
          .add(use.named.source, use.named.text,
               inet->host + " is asked from DNS, not from /etc/hosts",
               use.service->name + ":inet:[127.0.0.1]:" + inet->port +
                   ", or lmtp_host_lookup = native")
          .subject = use.named.text;
    }
  }
}

void milter_socket_missing(HostView& host, Report& report) {
  const std::string action = host.value("milter_default_action");
  for (const char* const name : {"smtpd_milters", "non_smtpd_milters"}) {
    const std::string value = host.value(name);
    for (const std::string_view word : split_list(value, Braces::protect)) {
      const bool is_socket = word.starts_with("unix:") || word.starts_with("local:");
      const std::string path(word.substr(word.find(':') + 1));
      const std::string place =
          path.starts_with('/') ? path : host.settings().queue_directory.value + "/" + path;
      if (is_socket && !host.file(place) &&
          !host.file(host.settings().queue_directory.value + path) && action != "accept") {
        report
            .add(host.place(name), std::string(word),
                 place + " does not exist: every message is answered 451 4.7.1",
                 "start the filter, or milter_default_action = accept")
            .subject = std::string(word);
      }
    }
  }
}

constexpr std::array kEndpointRules = {
    Rule{"lmtp-endpoint-form", Severity::error, Needs::text,
         "`lmtp:/run/lmtp` without `unix:` ends the client (`valid hostname or network address "
         "required`); `unix:/run/lmtp` names a service `unix`; `lmtp:unix:run/lmtp` is relative to "
         "the queue directory.",
         "lmtp:unix:/run/lmtp", "mailbox_transport = lmtp:/run/lmtp",
         "mailbox_transport = lmtp:unix:/run/lmtp", lmtp_endpoint_form},
    Rule{"lmtp-socket-missing", Severity::error, Needs::live,
         "No socket at that path as the client sees it: 4.4.1 for ever.",
         "start the server that listens there", "mailbox_transport = lmtp:unix:/run/nosuch", "",
         lmtp_socket_missing},
    Rule{"lmtp-socket-chroot", Severity::error, Needs::text,
         "An lmtp service that is chrooted, and a path outside of the queue directory, below which "
         "it is looked up. The log names the path as it was written, which misleads everybody.",
         "lmtp:unix:private/dovecot-lmtp with a listener there, or chroot n",
         "lmtp unix - - y - - lmtp; mailbox_transport = lmtp:unix:/run/lmtp",
         "lmtp unix - - n - - lmtp; mailbox_transport = lmtp:unix:/run/lmtp", lmtp_socket_chroot},
    Rule{"lmtp-socket-rights", Severity::error, Needs::rights,
         "The lmtp client runs as $mail_owner and needs write permission on the socket and search "
         "on its directories: 4.4.1 `Permission denied`.",
         "unix_listener { user = postfix group = postfix mode = 0600 }", "", "",
         lmtp_socket_rights},
    Rule{"lmtp-name-needs-dns", Severity::notice, Needs::text,
         "`lmtp:localhost` is looked up in DNS (lmtp_host_lookup = dns), not in /etc/hosts: 4.4.3 "
         "on a host whose resolver does not know localhost.",
         "lmtp:inet:[127.0.0.1]:24, or lmtp_host_lookup = native",
         "mailbox_transport = lmtp:localhost", "mailbox_transport = lmtp:[127.0.0.1]:24",
         lmtp_name_needs_dns},
    Rule{"milter-socket-missing", Severity::error, Needs::live,
         "No socket of a milter at that path: smtpd answers 451 4.7.1 to every message, unless "
         "milter_default_action says otherwise.",
         "start the filter, or milter_default_action = accept", "smtpd_milters = unix:/run/nosuch",
         "smtpd_milters =", milter_socket_missing},
};

}  // namespace

std::span<const Rule> endpoint_rules() {
  return kEndpointRules;
}

}  // namespace lastmile

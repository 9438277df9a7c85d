// SPDX-License-Identifier: Apache-2.0
#include "transports/destination.h"

#include <array>

#include "aliases/overloaded.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

std::string status_and_text(EnhancedStatus status, const std::string& text) {
  return text.empty() ? to_string(status) : to_string(status) + ' ' + text;
}

/// `[::1]:25,b:25` of "inet:[::1]:25,b:25": SMTP knows TCP alone.
std::string smtp_nexthop(const Lmtp& server) {
  const std::string text = to_string(server.endpoint);
  return text.starts_with("inet:") ? text.substr(std::string_view("inet:").size()) : text;
}

std::string service_and_nexthop(const std::string& service, const std::string& nexthop) {
  return nexthop.empty() ? service : service + ':' + nexthop;
}

Error malformed_destination(std::string_view text, std::string_view problem) {
  return malformed('"' + printable(text) + "\": " + std::string(problem));
}

Result<Destination> parse_path(std::string_view kind, std::string_view path) {
  if (!path.starts_with('/')) {
    return malformed_destination(path, "the path of a " + std::string(kind) + " begins with \"/\"");
  }
  if (kind == "maildir" && !path.ends_with('/')) {
    return malformed_destination(path, "the path of a maildir ends in \"/\"");
  }
  if (kind == "mailbox") {
    return Destination(Mailbox{std::string(path)});
  }
  if (kind == "maildir") {
    return Destination(Maildir{std::string(path)});
  }
  return Destination(File{std::string(path)});
}

Result<Destination> parse_lmtp(std::string_view nexthop) {
  auto parsed = lmtp::parse_endpoint(nexthop);
  if (!parsed.problem.empty()) {
    return malformed_destination(nexthop, parsed.problem);
  }
  return Destination(Lmtp{std::move(parsed.endpoint)});
}

Result<Destination> parse_transport(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (text.empty() || colon == 0) {
    return malformed_destination(text, "the name of a transport is missing");
  }
  return Destination(Transport{
      std::string(text.substr(0, colon)),
      std::string(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1))});
}

/// The command begins at the first blank: a nexthop has none.
Result<Destination> parse_pipe(std::string_view text) {
  const std::size_t blank = text.find(' ');
  auto target = parse_transport(text.substr(0, blank));
  if (!target) {
    return target;
  }
  auto& transport = std::get<Transport>(*target);
  return Destination(Pipe{
      std::move(transport.service), std::move(transport.nexthop),
      std::string(blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1))});
}

Result<Destination> parse_failure(std::string_view kind, std::string_view text) {
  std::string_view rest = text;
  const auto status = take_enhanced_status(rest);
  const bool permanent = kind == "bounce";
  if (!status) {
    return malformed_destination(text, "a " + std::string(kind) +
                                           " begins with a status code such as " +
                                           (permanent ? "5.1.1" : "4.3.0"));
  }
  if (status->status_class != (permanent ? StatusClass::permanent : StatusClass::transient)) {
    return malformed_destination(text, "the status code of a " + std::string(kind) +
                                           " begins with " + (permanent ? "5" : "4"));
  }
  if (permanent) {
    return Destination(Bounce{*status, std::string(rest)});
  }
  return Destination(Defer{*status, std::string(rest)});
}

}  // namespace

std::string* own_text_of(Destination& destination) {
  return std::visit(Overloaded{
                        [](Mailbox& mailbox) { return &mailbox.path; },
                        [](Maildir& maildir) { return &maildir.path; },
                        [](File& file) { return &file.path; },
                        [](Command& command) { return &command.line; },
                        [](Lmtp&) -> std::string* { return nullptr; },
                        [](Pipe& pipe) { return &pipe.command; },
                        [](Transport& transport) { return &transport.nexthop; },
                        [](Remote& remote) { return &remote.nexthop; },
                        [](Bounce& bounce) { return &bounce.text; },
                        [](Defer& defer) { return &defer.text; },
                        [](Discard& discard) { return &discard.text; },
                    },
                    destination);
}

std::string_view kind_of(const Destination& destination) {
  return std::visit(
      Overloaded{
          [](const Mailbox&) { return "mailbox"; },
          [](const Maildir&) { return "maildir"; },
          [](const File&) { return "file"; },
          [](const Command&) { return "command"; },
          [](const Lmtp& server) { return server.dialect == Dialect::lmtp ? "lmtp" : "transport"; },
          [](const Pipe&) { return "pipe"; },
          [](const Transport&) { return "transport"; },
          [](const Remote&) { return "remote"; },
          [](const Bounce&) { return "bounce"; },
          [](const Defer& defer) { return defer.unseen ? "unknown" : "defer"; },
          [](const Discard&) { return "discard"; },
      },
      destination);
}

std::string target_of(const Destination& destination) {
  return std::visit(
      Overloaded{
          [](const Mailbox& mailbox) { return mailbox.path; },
          [](const Maildir& maildir) { return maildir.path; },
          [](const File& file) { return file.path; },
          [](const Command& command) { return command.line; },
          [](const Lmtp& server) {
            return server.dialect == Dialect::lmtp ? to_string(server.endpoint)
                                                   : server.service + ':' + smtp_nexthop(server);
          },
          [](const Pipe& pipe) {
            return service_and_nexthop(pipe.service, pipe.nexthop) +
                   (pipe.command.empty() ? "" : ' ' + pipe.command);
          },
          [](const Transport& transport) {
            return service_and_nexthop(transport.service, transport.nexthop);
          },
          [](const Remote&) { return std::string(); },
          [](const Bounce& bounce) { return status_and_text(bounce.status, bounce.text); },
          [](const Defer& defer) {
            return defer.unseen ? defer.text : status_and_text(defer.status, defer.text);
          },
          [](const Discard&) { return std::string(); },
      },
      destination);
}

std::string to_string(const Destination& destination) {
  return labelled(kind_of(destination), target_of(destination));
}

std::string labelled(std::string_view kind, std::string_view target) {
  // A sentence, where others have a path or an address.
  return std::string(kind) + (kind == "unknown" ? ": " : ":") + std::string(target);
}

Result<Destination> parse_destination(std::string_view text) {
  constexpr std::array<std::string_view, 12> kKinds = {
      "mailbox",   "maildir", "file",   "command", "lmtp",    "pipe",
      "transport", "remote",  "bounce", "defer",   "discard", "unknown"};
  const std::size_t colon = text.find(':');
  const std::string_view kind = text.substr(0, colon);
  const std::string_view target =
      colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1);
  if (kind == "mailbox" || kind == "maildir" || kind == "file") {
    return parse_path(kind, target);
  }
  if (kind == "command") {
    return target.empty()
               ? Result<Destination>(malformed_destination(text, "the command is missing"))
               : Destination(Command{std::string(target)});
  }
  if (kind == "lmtp") {
    return parse_lmtp(target);
  }
  if (kind == "pipe") {
    return parse_pipe(target);
  }
  if (kind == "transport") {
    return parse_transport(target);
  }
  if (kind == "remote") {
    return Destination(Remote{});
  }
  if (kind == "bounce" || kind == "defer") {
    return parse_failure(kind, target);
  }
  if (kind == "unknown") {
    return Destination(Defer{"4.3.0"_dsn, std::string(trim(target)), {}, true});
  }
  if (kind == "discard") {
    return Destination(Discard{});
  }
  return malformed_destination(text, "unknown kind of destination" + did_you_mean(kind, kKinds));
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/log_event.h"

#include <algorithm>
#include <array>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr auto kNone = std::string_view::npos;

/// The text between `begin` and the first of `ends` behind it.
/// \return empty when `begin` is not there
std::string between(std::string_view text, std::string_view begin,
                    std::initializer_list<std::string_view> ends) {
  const std::size_t at = text.find(begin);
  if (at == kNone) {
    return "";
  }
  const std::string_view rest = text.substr(at + begin.size());
  std::size_t end = rest.size();
  for (const std::string_view one : ends) {
    end = std::min(end, rest.find(one));
  }
  return std::string(rest.substr(0, end));
}

/// `to=<alice@example.com>, orig_to=<root>, relay=local, ..., dsn=2.0.0, status=sent (text)`
bool parse_delivery(std::string_view text, Incident& incident) {
  const std::size_t at = text.find("status=");
  if (!text.starts_with("to=<") || at == kNone) {
    return false;
  }
  const std::string_view fields = text.substr(0, at);
  incident.to = between(fields, "to=<", {">, orig_to=<", ">, relay=", ">, delay=", ">, dsn="});
  const std::string_view rest = fields.substr(std::min(fields.size(), incident.to.size() + 5));
  incident.orig_to = between(rest, "orig_to=<", {">, relay=", ">, delay=", ">, dsn="});
  incident.relay = between(rest, "relay=", {", conn_use=", ", delay=", ", dsn="});
  incident.dsn = between(rest, "dsn=", {","});
  std::string_view status = text.substr(at + 7);
  const std::size_t blank = std::min(status.find(' '), status.size());
  incident.status = status.substr(0, blank);
  status = trim(status.substr(blank));
  if (status.starts_with('(')) {
    // A long line was cut at its end.
    status.remove_prefix(1);
    status.remove_suffix(status.ends_with(')') ? 1 : 0);
  }
  incident.text = status;
  return true;
}

/// `from=<a@b> to=<c@d> proto=ESMTP helo=<x>`, at the end of a refusal.
void take_envelope(std::string_view text, Incident& incident) {
  const std::size_t at = text.find("from=<");
  if (at != kNone) {
    incident.sender =
        between(text.substr(at), "from=<", {"> to=<", ">, to=<", "> proto=", ">, proto="});
    incident.has_sender = true;
  }
  incident.to = between(text, "to=<", {"> proto=", ">, proto=", "> helo=", ">, helo=", ">:"});
  if (incident.to.ends_with('>')) {
    incident.to.pop_back();
  }
  incident.helo = between(text, "helo=<", {">"});
  incident.user = between(text, "sasl_username=", {",", " "});
}

constexpr std::array<std::string_view, 10> kActions = {
    "reject", "milter-reject",  "milter-discard", "milter-hold", "discard",
    "hold",   "reject_warning", "redirect",       "filter",      "warning"};

/// `550 5.1.1 <x>: Recipient address rejected: ...`, and what lacks the first, or both.
void take_reply(std::string_view text, Incident& incident) {
  const auto is_code = [](std::string_view word) {
    return word.size() == 3 && std::ranges::all_of(word, is_digit);
  };
  std::string_view rest = text;
  const std::string_view first = rest.substr(0, rest.find(' '));
  if (is_code(first)) {
    incident.code = first;
    rest = trim(rest.substr(first.size()));
  }
  const std::string_view dsn = rest.substr(0, rest.find(' '));
  const bool is_dsn = dsn.size() >= 5 && is_digit(dsn[0]) && dsn[1] == '.' && is_digit(dsn.back());
  if (is_dsn) {
    incident.dsn = dsn;
    rest = trim(rest.substr(dsn.size()));
  }
  incident.text = rest;
}

/// What the action says of the fate of the message.
std::string status_of(const Incident& incident) {
  if (!incident.action.ends_with("reject")) {
    return incident.action;
  }
  const char first = !incident.code.empty()  ? incident.code.front()
                     : !incident.dsn.empty() ? incident.dsn.front()
                                             : '5';
  return first == '4' ? "deferred" : "rejected";
}

/// `reject: RCPT from name[address]: 550 5.1.1 ...; from=<a> to=<b> proto=SMTP helo=<c>`, and of
/// cleanup(8) `reject: header Subject: x from name[address]; from=<a> to=<b> ...: 5.7.1 why`.
bool parse_rejection(const ParsedLine& line, Incident& incident) {
  const std::string_view text = line.text;
  const std::size_t colon = text.find(": ");
  const std::string_view action = text.substr(0, std::min(colon, text.size()));
  if (colon == kNone || std::ranges::find(kActions, action) == kActions.end()) {
    return false;
  }
  std::string_view rest = text.substr(colon + 2);
  const std::string_view stage = rest.substr(0, rest.find(' '));
  const bool is_content = stage == "header" || stage == "body" || stage == "nested" ||
                          stage == "mime-header" || stage == "nested-header";
  const std::size_t from = rest.find(" from ");
  if (from == kNone || (!is_content && from != stage.size())) {
    return false;
  }
  incident.kind = Incident::Kind::rejection;
  incident.action = action;
  incident.stage = stage;
  if (is_content) {
    const std::size_t envelope = rest.rfind("; from=<");
    if (envelope == kNone) {
      return false;
    }
    const std::size_t client = rest.substr(0, envelope).rfind(" from ");
    incident.client = rest.substr(client + 6, envelope - client - 6);
    const std::string_view fields = rest.substr(envelope + 2);
    take_envelope(fields, incident);
    const std::size_t why = fields.find(">: ");
    take_reply(why == kNone ? std::string_view() : fields.substr(why + 3), incident);
  } else {
    rest.remove_prefix(from + 6);
    const std::size_t end = rest.find(": ");
    incident.client = rest.substr(0, std::min(end, rest.size()));
    rest = end == kNone ? std::string_view() : rest.substr(end + 2);
    const std::size_t envelope = std::min(rest.rfind("; from=<"), rest.size());
    take_reply(rest.substr(0, envelope), incident);
    take_envelope(rest.substr(envelope), incident);
    if (incident.user.empty()) {
      incident.user = between(incident.text, ": not owned by user ", {});
    }
  }
  incident.status = status_of(incident);
  incident.entry = line.service;
  return true;
}

bool parse_warning(const ParsedLine& line, Incident& incident) {
  for (const std::string_view word : {"warning", "error", "fatal", "panic"}) {
    std::string_view text = line.text;
    if (!text.starts_with(word) || !text.substr(word.size()).starts_with(": ")) {
      continue;
    }
    text.remove_prefix(word.size() + 2);
    const std::size_t colon = text.find(": ");
    if (colon != kNone && is_queue_id(text.substr(0, colon))) {
      incident.queue_id = text.substr(0, colon);
      text.remove_prefix(colon + 2);
    }
    incident.kind = Incident::Kind::warning;
    incident.status = word;
    incident.text = text;
    return true;
  }
  return false;
}

/// `from=<a@b>, size=...`: the queue manager, pickup ("uid=0 from=<root>"); an expired message says
/// so in the same place.
LogEvent::Kind parse_sender(std::string_view text, Incident& incident) {
  const bool is_local = text.starts_with("uid=");
  if (!is_local && !text.starts_with("from=<")) {
    return LogEvent::Kind::none;
  }
  const std::size_t begin = text.find("from=<");
  if (begin == kNone) {
    return LogEvent::Kind::none;
  }
  incident.sender = between(text, "from=<", {">, ", "> "});
  if (incident.sender.ends_with('>') && text.ends_with('>')) {
    incident.sender.pop_back();
  }
  incident.has_sender = true;
  incident.entry = is_local ? "pickup" : "";
  const std::string status = between(text, "status=", {","});
  if (status.empty()) {
    return LogEvent::Kind::sender;
  }
  incident.status = status;
  incident.text = between(text, "status=" + status + ", ", {});
  return LogEvent::Kind::incident;
}

LogEvent::Kind parse_other(std::string_view text, Incident& incident) {
  if (text.starts_with("client=")) {
    incident.client = between(text, "client=", {", "});
    incident.user = between(text, "sasl_username=", {", "});
    incident.entry = incident.service;
    return LogEvent::Kind::client;
  }
  constexpr std::string_view kNotification = " notification: ";
  const std::size_t at = text.find(kNotification);
  if (at != kNone && is_queue_id(text.substr(at + kNotification.size()))) {
    incident.report_id = text.substr(at + kNotification.size());
    incident.action = text.substr(0, at);  // "sender non-delivery"
    return LogEvent::Kind::report;
  }
  return parse_sender(text, incident);
}

}  // namespace

LogEvent parse_log_event(const ParsedLine& line) {
  LogEvent event;
  Incident& incident = event.incident;
  incident.queue_id = line.queue_id == "NOQUEUE" ? "" : line.queue_id;
  incident.program = line.program;
  incident.service = line.service;
  if (parse_delivery(line.text, incident) || parse_rejection(line, incident) ||
      parse_warning(line, incident)) {
    event.kind = LogEvent::Kind::incident;
  } else {
    event.kind = parse_other(line.text, incident);
  }
  constexpr std::string_view kForwarded = "forwarded as ";
  if (event.kind == LogEvent::Kind::incident && incident.text.starts_with(kForwarded)) {
    incident.children.push_back(incident.text.substr(kForwarded.size()));
  }
  return event;
}

}  // namespace lastmile

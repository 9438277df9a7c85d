// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/queue_listing.h"

#include <algorithm>
#include <string>

#include "aliases/text.h"
#include "local/explaining/json_value.h"
#include "local/explaining/log_line.h"

namespace lastmile {
namespace {

constexpr std::string_view kHeading = "-Queue ID-";

Incident waiting(const std::string& queue_id, const std::string& sender, std::string_view to,
                 const std::string& reason) {
  Incident incident;
  incident.queue_id = queue_id;
  incident.sender = sender == "MAILER-DAEMON" ? "" : sender;
  incident.has_sender = true;
  incident.to = to;
  incident.status = reason.empty() ? "queued" : "deferred";
  incident.text = reason;
  return incident;
}

/// The recipients of one object of `postqueue -j`.
void add_object(const JsonValue& object, std::vector<Incident>& found) {
  const JsonValue* recipients = object.member("recipients");
  if (recipients == nullptr) {
    return;
  }
  for (const JsonValue& recipient : recipients->items) {
    Incident incident = waiting(object.text_of("queue_id"), object.text_of("sender"),
                                recipient.text_of("address"), recipient.text_of("delay_reason"));
    if (object.text_of("queue_name") == "hold") {
      incident.status = "hold";
    }
    found.push_back(std::move(incident));
  }
}

/// The first word of a message's line: its queue ID, with the mark of the queue it is in.
std::string_view queue_id_of(std::string_view line) {
  std::string_view word = line.substr(0, line.find(' '));
  while (word.ends_with('*') || word.ends_with('!') || word.ends_with('#')) {
    word.remove_suffix(1);
  }
  return is_queue_id(word) ? word : std::string_view();
}

std::vector<Incident> read_mailq(std::string_view text) {
  std::vector<Incident> found;
  std::string queue_id;
  std::string sender;
  std::string reason;
  bool is_held = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view words = trim(line);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (const std::string_view id = queue_id_of(line); !id.empty()) {
      queue_id = id;
      sender = words.substr(words.rfind(' ') + 1);
      is_held = line.substr(0, line.find(' ')).ends_with('!');
      reason.clear();
    } else if (words.starts_with('(')) {
      reason = words.substr(1, words.size() - (words.ends_with(')') ? 2 : 1));
    } else if (!queue_id.empty() && !words.empty() && !line.starts_with('-')) {
      found.push_back(waiting(queue_id, sender, words, reason));
      found.back().status = is_held ? "hold" : found.back().status;
    }
  }
  return found;
}

}  // namespace

bool is_queue_listing(std::string_view text) {
  const std::string_view begin = trim(text);
  if (begin.find(kHeading) < 200) {
    return true;
  }
  std::string_view rest = begin;
  const auto value = begin.starts_with('{') ? take_json(rest) : std::nullopt;
  if (value) {
    return value->member("queue_id") != nullptr && value->member("recipients") != nullptr;
  }
  // A piece of mailq: its first line has a queue ID, a size, and a date of four words.
  const std::string_view line = begin.substr(0, begin.find('\n'));
  return !queue_id_of(line).empty() && split_list(line).size() == 7 &&
         line.find(':') > line.find(' ');
}

std::vector<Incident> read_queue_listing(std::string_view text) {
  std::string_view rest = trim(text);
  if (!rest.starts_with('{')) {
    return read_mailq(text);
  }
  std::vector<Incident> found;
  while (const auto value = take_json(rest)) {
    add_object(*value, found);
    rest = trim(rest);
  }
  return found;
}

}  // namespace lastmile

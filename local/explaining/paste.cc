// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/paste.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "aliases/text.h"
#include "local/explaining/bounce_text.h"
#include "local/explaining/log_event.h"
#include "local/explaining/queue_listing.h"

namespace lastmile {
namespace {

/// What the lines of a log say of one message beside what became of its recipients.
struct Message {
  std::string sender = {};
  bool has_sender = false;
  std::string client = {};
  std::string user = {};
  std::string report_id = {};
  std::string entry = {};
};

/// Collects the lines of a log.
class LogReader {
 public:
  void add(const std::string& line) {
    const LogEvent event = parse_log_event(parse_log_line(line));
    const Incident& said = event.incident;
    ++lines_;
    switch (event.kind) {
      case LogEvent::Kind::none:
        ++other_lines_;
        return;
      case LogEvent::Kind::incident:
        incidents_.push_back(said);
        return;
      case LogEvent::Kind::sender:
        messages_[said.queue_id].sender = said.sender;
        messages_[said.queue_id].has_sender = true;
        if (!said.entry.empty()) {
          messages_[said.queue_id].entry = said.entry;
        }
        return;
      case LogEvent::Kind::client:
        messages_[said.queue_id].client = said.client;
        messages_[said.queue_id].user = said.user;
        messages_[said.queue_id].entry = said.entry;
        return;
      case LogEvent::Kind::report:
        if (said.action.starts_with("sender") || said.action.starts_with("owner")) {
          messages_[said.queue_id].report_id = said.report_id;
        }
        return;
    }
  }

  Paste paste() && {
    for (Incident& incident : incidents_) {
      const auto found = messages_.find(incident.queue_id);
      if (incident.queue_id.empty() || found == messages_.end()) {
        continue;
      }
      const Message& message = found->second;
      if (!incident.has_sender) {
        incident.sender = message.sender;
        incident.has_sender = message.has_sender;
      }
      incident.report_id = message.report_id;
      incident.entry = incident.entry.empty() ? message.entry : incident.entry;
      incident.user = incident.user.empty() ? message.user : incident.user;
    }
    return {std::move(incidents_), lines_, other_lines_};
  }

 private:
  std::vector<Incident> incidents_ = {};
  std::map<std::string, Message, std::less<>> messages_ = {};
  std::size_t lines_ = 0;
  std::size_t other_lines_ = 0;
};

bool concerns(const Incident& incident, const std::string& address) {
  const auto is = [&address](const std::string& text) {
    return equal_ignoring_case(text, address);
  };
  return is(incident.to) || is(incident.orig_to) || (incident.has_sender && is(incident.sender)) ||
         incident.text.find(address) != std::string::npos;
}

/// The incidents of the messages in which an address occurs, and of those they were forwarded as.
void keep_those_of(const std::string& address, std::vector<Incident>& incidents) {
  std::map<std::string, bool, std::less<>> wanted;
  for (const Incident& incident : incidents) {
    if (concerns(incident, address) && !incident.queue_id.empty()) {
      wanted[incident.queue_id] = true;
    }
  }
  for (bool grows = true; grows;) {
    grows = false;
    for (const Incident& incident : incidents) {
      for (const std::string& child : incident.children) {
        grows = (wanted.contains(incident.queue_id) && wanted.emplace(child, true).second) || grows;
      }
    }
  }
  std::erase_if(incidents, [&](const Incident& incident) {
    return !wanted.contains(incident.queue_id) && !concerns(incident, address);
  });
}

/// What happened to many messages is said once.
void join_equal(std::vector<Incident>& incidents) {
  using Key =
      std::tuple<int, std::string, std::string, std::string, std::string, std::string, std::string>;
  std::map<Key, std::size_t> first;
  std::vector<Incident> joined;
  for (Incident& incident : incidents) {
    const Key key(static_cast<int>(incident.kind), fold_case(incident.to),
                  fold_case(incident.orig_to), incident.sender, incident.program, incident.status,
                  incident.text);
    const auto [place, is_new] = first.emplace(key, joined.size());
    if (is_new) {
      joined.push_back(std::move(incident));
    } else {
      ++joined[place->second].count;
    }
  }
  incidents = std::move(joined);
}

}  // namespace

Paste read_paste(std::string_view text, const PasteTerms& terms) {
  Paste paste;
  if (is_queue_listing(text)) {
    paste.incidents = read_queue_listing(text);
  } else if (is_bounce_text(text)) {
    paste.incidents = read_bounce(text);
  } else {
    LogReader reader;
    for (const std::string& line : plain_lines(text)) {
      if (!trim(line).empty()) {
        reader.add(line);
      }
    }
    paste = std::move(reader).paste();
  }
  if (!terms.address.empty()) {
    keep_those_of(terms.address, paste.incidents);
  }
  join_equal(paste.incidents);
  const bool has_failures = std::ranges::any_of(
      paste.incidents, [](const Incident& incident) { return incident.is_failure(); });
  if (has_failures && !terms.with_successes) {
    std::erase_if(paste.incidents, [](const Incident& one) { return !one.is_failure(); });
  }
  return paste;
}

std::string_view other_mailer(std::string_view text) {
  struct MailerMark {
    std::string_view text = {};
    std::string_view mailer = {};
  };
  constexpr MailerMark kMailerMarks[] = {
      {"dovecot: ", "Dovecot"},    {"dovecot[", "Dovecot"}, {", mailer=", "Sendmail"},
      {" rejected RCPT ", "Exim"}, {" R=", "Exim"},         {" <= ", "Exim"},
  };
  for (const auto& [mark, mailer] : kMailerMarks) {
    if (text.find(mark) != std::string_view::npos) {
      return mailer;
    }
  }
  return "";
}

}  // namespace lastmile

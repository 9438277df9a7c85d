// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/report_failures.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <map>
#include <utility>

#include "aliases/text.h"
#include "local/delivering/bounce_message.h"
#include "local/delivering/delivery_record.h"
#include "transports/agents/spooled_message.h"
#include "transports/mail_date.h"

namespace lastmile {

namespace {

/// More than this of a message is not returned, whatever bounce_size_limit says: the report is
/// composed in memory.
constexpr std::size_t kMaxReturned = std::size_t{16} * 1024 * 1024;

using Outcome = DeliveryStatus::Outcome;
using VerdictKind = RecipientVerdict::Kind;

/// As much of the message as a report returns.
struct ReturnedMessage {
  std::string text = {};
  bool headers_only = false;
};

/// The beginning of the message. One that cannot be read is empty: the report matters more.
std::string beginning_of(const SpooledMessage& message, std::size_t max_size) {
  std::string text(std::min(message.size(), max_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto count = message.read(size, std::span(text).subspan(size));
    if (!count || *count == 0) {
      break;
    }
    size += *count;
  }
  text.resize(size);
  return text;
}

/// The whole lines of the header section.
std::string_view header_section(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size()) {
    const std::size_t line_end = text.find('\n', end);
    const std::string_view line = text.substr(end, line_end - end);
    if (line_end == std::string_view::npos || line.empty() || line == "\r") {
      break;
    }
    end = line_end + 1;
  }
  return text.substr(0, end);
}

/// \see postconf(5), bounce_size_limit; RFC 3461 section 4.3
ReturnedMessage returned_part(const SpooledMessage& message, const Envelope& envelope,
                              const Settings& settings) {
  const auto limit =
      std::min(static_cast<std::size_t>(settings.bounce_size_limit.value), kMaxReturned);
  ReturnedMessage returned;
  returned.text = beginning_of(message, limit);
  returned.headers_only =
      envelope.returned_content == ReturnedContent::headers || message.size() > limit;
  if (returned.headers_only) {
    returned.text = std::string(header_section(returned.text));
  }
  returned.text.insert(0, "Return-Path: <" + printable(to_external(envelope.sender)) + ">\n");
  return returned;
}

std::string local_date(std::time_t time) {
  std::tm parts = {};
  return localtime_r(&time, &parts) == nullptr ? std::string() : header_date(parts);
}

/// A MIME boundary that does not occur in what it encloses.
std::string boundary_for(const std::string& text, std::time_t time) {
  for (unsigned number = 0;; ++number) {
    std::string boundary =
        "lastmile-" + std::to_string(time) + '-' + std::to_string(number) + "/boundary";
    if (text.find(boundary) == std::string::npos) {
      return boundary;
    }
  }
}

/// The failures of one delivery, and who is to be told of each.
class FailureReports {
 public:
  FailureReports(DeliveryResult& result, std::span<const Trace> traces, const Envelope& envelope,
                 Told told)
      : result_(result), traces_(traces), envelope_(envelope) {
    std::vector<bool> is_told = told_by_verdict();
    if (told == Told::by_one_status) {
      const bool all_told = std::find(is_told.begin(), is_told.end(), false) == is_told.end();
      is_told.assign(is_told.size(), all_told);
    }
    for (const LeafStatus& status : result.statuses) {
      if (status.report.status.outcome == Outcome::bounced && !is_told[status.leaf.trace]) {
        add(status);
      }
    }
  }

  void send(const SpooledMessage& message, const Settings& settings, const DeliveryTools& tools) {
    if (reports_.empty()) {
      return;
    }
    const ReturnedMessage returned = returned_part(message, envelope_, settings);
    for (const auto& [key, entry] : reports_) {
      if (is_nobody(entry.report_to, settings, tools) || entry.failed.empty() ||
          send_one(entry, returned, settings, tools)) {
        mark_reported(entry, tools);
      } else {
        try_again(entry);
      }
    }
  }

 private:
  struct Entry {
    Address report_to = {};
    std::vector<FinalStatus> failed = {};
    std::vector<LeafRef> leaves = {};
  };

  Leaf leaf_of(LeafRef leaf) const { return traces_[leaf.trace].leaf(leaf.node); }

  /// For each recipient, whether its verdict can tell the sender of the message all there is to
  /// say: when nothing at all of it was delivered. It cannot when somebody else has to be told as
  /// well: it would stand for both.
  std::vector<bool> told_by_verdict() const {
    std::vector<bool> is_told;
    for (const RecipientVerdict& verdict : result_.verdicts) {
      is_told.push_back(verdict.kind == VerdictKind::failed);
    }
    for (const LeafStatus& status : result_.statuses) {
      if (status.report.status.outcome == Outcome::bounced &&
          *leaf_of(status.leaf).report_to != envelope_.sender) {
        is_told[status.leaf.trace] = false;
      }
    }
    return is_told;
  }

  /// What the sender does not want to hear of is dealt with as if it had been reported.
  void add(const LeafStatus& status) {
    const Leaf leaf = leaf_of(status.leaf);
    Entry& entry = reports_[to_internal(leaf.report_to)];
    entry.report_to = leaf.report_to;
    entry.leaves.push_back(status.leaf);
    if (!leaf.recipient.notify.never && leaf.recipient.notify.on_failure) {
      entry.failed.push_back(status.report);
    }
  }

  /// Nothing is sent to the null sender, and a notification that fails ends here.
  /// \see postconf(5), double_bounce_sender
  static bool is_nobody(const Address& report_to, const Settings& settings,
                        const DeliveryTools& tools) {
    if (report_to.is_null()) {
      return true;
    }
    const bool is_double_bounce =
        fold_case(report_to.local_part) == fold_case(settings.double_bounce_sender.value) &&
        (report_to.domain.empty() ||
         fold_case(report_to.domain) == fold_case(settings.myorigin.value));
    if (is_double_bounce) {
      tools.log.warn("undeliverable postmaster notification discarded");
    }
    return is_double_bounce;
  }

  bool send_one(const Entry& entry, const ReturnedMessage& returned, const Settings& settings,
                const DeliveryTools& tools) const {
    tools.record.flush();
    const Address& report_to = entry.report_to;
    BounceReport report;
    report.report_to = report_to;
    report.failed = entry.failed;
    report.sender = envelope_.sender;
    // The name that the sender gave the message means nothing to anybody else.
    if (report_to == envelope_.sender) {
      report.envelope_id = envelope_.envelope_id;
    }
    report.queue_id = envelope_.queue_id;
    report.original = returned.text;
    report.headers_only = returned.headers_only;
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    auto text = SpooledMessage::from_text(
        compose_bounce(report, settings, local_date(now), boundary_for(returned.text, now)));
    if (!text) {
      tools.log.warn("cannot compose a bounce: " + text.error().message());
      return false;
    }
    Job job;
    job.destination = Remote{};
    job.recipients = {Recipient{report_to, {}, {}, {}}};
    const auto statuses = tools.agents.perform(job, *text);
    if (statuses.front().outcome == Outcome::delivered) {
      return true;
    }
    tools.log.warn("cannot send a bounce to " + to_external(report_to) + ": " +
                   statuses.front().text);
    return false;
  }

  void try_again(const Entry& entry) {
    for (const LeafRef leaf : entry.leaves) {
      result_.verdicts[leaf.trace].kind = VerdictKind::deferred;
    }
  }

  /// A failure that was reported is dealt with: the MTA must not bounce it once more.
  void mark_reported(const Entry& entry, const DeliveryTools& tools) {
    for (const LeafRef leaf : entry.leaves) {
      VerdictKind& kind = result_.verdicts[leaf.trace].kind;
      kind = kind == VerdictKind::failed ? VerdictKind::delivered : kind;
      tools.record.settle(leaf, Settlement::done);
    }
  }

  DeliveryResult& result_;
  std::span<const Trace> traces_;
  const Envelope& envelope_;
  std::map<std::string, Entry> reports_;  ///< By the address of who is told.
};

}  // namespace

void report_failures(DeliveryResult& result, std::span<const Trace> traces,
                     const Envelope& envelope, const SpooledMessage& message, Told told,
                     const DeliveryTools& tools) {
  FailureReports(result, traces, envelope, told).send(message, tools.settings, tools);
}

}  // namespace lastmile

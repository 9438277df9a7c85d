#include "local/report_failures.h"

#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <utility>

#include "local/bounce_message.h"
#include "local/delivery_record.h"
#include "transports/agents/spooled_message.h"

namespace lastmile {

namespace {

/// A larger message is returned as its header alone. \see postconf(5), bounce_size_limit
constexpr std::size_t kMaxReturned = 50000;

using Outcome = DeliveryStatus::Outcome;
using Kind = RecipientVerdict::Kind;

/// As much of the message as a report returns.
struct ReturnedMessage {
  std::string text = {};
  bool headers_only = false;
};

/// A message that cannot be read is returned as an empty header: the report matters more.
ReturnedMessage returned_part(const SpooledMessage& message) {
  ReturnedMessage returned;
  returned.text.resize(kMaxReturned);
  std::size_t size = 0;
  while (size < returned.text.size()) {
    const auto count = message.read(size, std::span(returned.text).subspan(size));
    if (!count || *count == 0) {
      break;
    }
    size += *count;
  }
  returned.text.resize(size);
  if (message.size() > size) {
    returned.headers_only = true;
    const auto end = returned.text.find("\n\n");
    returned.text.resize(end == std::string::npos ? 0 : end + 1);
  }
  return returned;
}

std::string rfc5322_date(std::time_t time) {
  std::tm parts = {};
  localtime_r(&time, &parts);
  std::array<char, 64> text = {};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S %z (%Z)", &parts);
  return {text.data(), size};
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
  FailureReports(DeliveryResult& result, std::span<const Trace> traces, const Envelope& envelope)
      : result_(result), traces_(traces), envelope_(envelope) {
    for (const RecipientVerdict& verdict : result.verdicts) {
      all_failed_ = all_failed_ && verdict.kind == Kind::failed;
    }
    for (const LeafStatus& status : result.statuses) {
      if (status.report.status.outcome == Outcome::bounced) {
        add(status);
      }
    }
  }

  void send(const SpooledMessage& message, const Settings& settings, const DeliveryTools& tools) {
    if (reports_.empty()) {
      return;
    }
    if (tools.record != nullptr) {
      tools.record->flush();
    }
    const ReturnedMessage returned = returned_part(message);
    for (const auto& [key, entry] : reports_) {
      const bool is_told = entry.report_to.is_null() || send_one(entry, returned, settings, tools);
      is_told ? mark_reported(entry, tools) : try_again(entry);
    }
  }

 private:
  struct Entry {
    Address report_to = {};
    std::vector<FinalStatus> failed = {};
    std::vector<LeafRef> leaves = {};
  };

  /// The exit status tells the sender of the message when nothing at all was delivered.
  bool told_by_exit_status(const Address& report_to) const {
    return all_failed_ && report_to == envelope_.sender;
  }

  void add(const LeafStatus& status) {
    const Leaf& leaf = *traces_[status.leaf.trace].node(status.leaf.node).leaf;
    if (told_by_exit_status(leaf.report_to)) {
      return;
    }
    Entry& entry = reports_[to_internal(leaf.report_to)];
    entry.report_to = leaf.report_to;
    entry.failed.push_back(status.report);
    entry.leaves.push_back(status.leaf);
  }

  bool send_one(const Entry& entry, const ReturnedMessage& returned, const Settings& settings,
                const DeliveryTools& tools) const {
    const Address& report_to = entry.report_to;
    BounceReport report;
    report.report_to = report_to;
    report.failed = entry.failed;
    report.envelope_id = envelope_.envelope_id;
    report.queue_id = envelope_.queue_id;
    report.original = returned.text;
    report.headers_only = returned.headers_only;
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    auto text = SpooledMessage::from_text(
        compose_bounce(report, settings, rfc5322_date(now), boundary_for(returned.text, now)));
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
      result_.verdicts[leaf.trace].kind = Kind::deferred;
    }
  }

  /// A failure that was reported is dealt with: the MTA must not bounce it once more.
  void mark_reported(const Entry& entry, const DeliveryTools& tools) {
    for (const LeafRef leaf : entry.leaves) {
      Kind& kind = result_.verdicts[leaf.trace].kind;
      kind = kind == Kind::failed ? Kind::delivered : kind;
      if (tools.record != nullptr) {
        tools.record->settle(leaf, Settlement::done);
      }
    }
  }

  DeliveryResult& result_;
  std::span<const Trace> traces_;
  const Envelope& envelope_;
  bool all_failed_ = true;
  std::map<std::string, Entry> reports_;  ///< By the address of who is told.
};

}  // namespace

void report_failures(DeliveryResult& result, std::span<const Trace> traces,
                     const Envelope& envelope, const SpooledMessage& message,
                     const Settings& settings, const DeliveryTools& tools) {
  FailureReports(result, traces, envelope).send(message, settings, tools);
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/early_status.h"

#include <utility>
#include <vector>

#include "local/delivering/leaf_statuses.h"
#include "local/delivering/plan_jobs.h"

namespace lastmile {

namespace {

using Outcome = DeliveryStatus::Outcome;

/// A mailbox that is as large as it may be takes no message at all.
std::optional<FinalStatus> lack_of_room(const Leaf& leaf, const Settings& settings, World& world) {
  const auto* const mailbox = std::get_if<Mailbox>(&leaf.destination);
  if (mailbox == nullptr) {
    return std::nullopt;
  }
  const Settings& own = settings.of_service(leaf.agent);
  const std::int64_t limit = mailbox->stored_by == StoredBy::local
                                 ? own.mailbox_size_limit.value
                                 : own.virtual_mailbox_limit.value;
  const auto file = world.file_attributes(mailbox->path, *leaf.rights, Symlinks::refuse);
  // Whatever cannot be seen is found out when the message is stored.
  if (limit <= 0 || !file || !*file || (*file)->version.size < limit) {
    return std::nullopt;
  }
  DeliveryStatus status;
  status.code = "4.2.2"_dsn;
  status.text = "mailbox " + mailbox->path + " is full: it has " +
                std::to_string((*file)->version.size) + " octets, the limit is " +
                std::to_string(limit);
  return report_of(leaf, std::move(status));
}

}  // namespace

std::optional<FinalStatus> early_status(const Trace& trace, const Address& sender,
                                        const Settings& settings, World& world,
                                        StatusFilter& filter) {
  const std::vector<NodeId> acts = trace.acts();
  std::optional<FinalStatus> first;
  for (const NodeId id : acts) {
    const Leaf leaf = trace.leaf(id);
    if (needs_agent(leaf.destination)) {
      return acts.size() == 1 ? lack_of_room(leaf, settings, world) : std::nullopt;
    }
    FinalStatus report = report_of(leaf, decided_status(leaf.destination));
    filter.apply(report);
    const bool is_told_by_reply =
        report.status.outcome == Outcome::deferred ||
        (report.status.outcome == Outcome::bounced && *leaf.report_to == sender);
    if (!is_told_by_reply) {
      return std::nullopt;
    }
    // One that is deferred decides for all: the MTA comes back.
    if (!first || (report.status.outcome == Outcome::deferred &&
                   first->status.outcome != Outcome::deferred)) {
      first = std::move(report);
    }
  }
  return first;
}

}  // namespace lastmile

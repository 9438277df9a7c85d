// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/status_filter.h"

#include <utility>

namespace lastmile {

namespace {

using Outcome = DeliveryStatus::Outcome;

StatusClass class_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::delivered:
      return StatusClass::success;
    case Outcome::deferred:
      return StatusClass::transient;
    case Outcome::bounced:
      return StatusClass::permanent;
  }
  return StatusClass::transient;
}

/// Each program has a parameter of its own; error(8) and discard(8) have none.
std::string filter_parameter(const Settings& settings, const std::string& agent) {
  const Service* const service = settings.master_cf.find_transport(agent);
  const std::string program = service != nullptr ? service->program : "local";
  return program == "error" || program == "discard" ? "" : program + "_delivery_status_filter";
}

}  // namespace

StatusFilter::StatusFilter(const Settings& settings, World& world)
    : settings_(settings), world_(world) {}

TableList& StatusFilter::table_for(const std::string& agent) {
  const auto found = tables_.find(agent);
  if (found != tables_.end()) {
    return found->second;
  }
  const auto text = settings_.service_parameter(agent, filter_parameter(settings_, agent));
  auto specs = parse_table_list(text.value_or(""));
  TablePolicy policy;
  policy.fold_key = false;
  return tables_
      .emplace(agent, TableList(specs ? std::move(*specs) : std::vector<TableSpec>{}, world_,
                                std::move(policy)))
      .first->second;
}

/// A result of the form `CODE TEXT` replaces both, `CODE` alone leaves the text in earlier
/// releases. It may turn a deferral into a bounce and back, never a success into a failure or the
/// reverse.
void StatusFilter::apply_table(TableList& table, DeliveryStatus& status) {
  if (table.empty()) {
    return;
  }
  const auto hit = table.lookup(to_string(status.code) + ' ' + status.text);
  if (!hit || !*hit) {
    return;
  }
  std::string_view text = (*hit)->entry.value;
  const auto code = take_enhanced_status(text);
  if (!code || (code->status_class == StatusClass::success) !=
                   (status.code.status_class == StatusClass::success)) {
    return;
  }
  status.code = *code;
  if (!text.empty() || settings_.postfix->has(VersionRule::filter_empties_text)) {
    status.text = std::string(text);
  }
  if (code->status_class == StatusClass::permanent) {
    status.outcome = Outcome::bounced;
  } else if (code->status_class == StatusClass::transient) {
    status.outcome = Outcome::deferred;
  }
}

void StatusFilter::apply(FinalStatus& report) {
  DeliveryStatus& status = report.status;
  apply_table(table_for(report.agent), status);
  if (settings_.of_service(report.agent).soft_bounce.value && status.outcome == Outcome::bounced) {
    status.outcome = Outcome::deferred;
    status.soft_bounced = true;
    status.code.status_class = StatusClass::transient;
  }
  const StatusClass expected = class_of(status.outcome);
  if (status.code.status_class != expected) {
    status.code = {expected};
  }
}

}  // namespace lastmile

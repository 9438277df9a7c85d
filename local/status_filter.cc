#include "local/status_filter.h"

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

/// `smtp_...` and `lmtp_...` for the clients, `local_...` for everyone else.
std::string filter_parameter(const std::string& agent) {
  const std::string prefix = agent == "lmtp" || agent == "smtp" ? agent : "local";
  return prefix + "_delivery_status_filter";
}

}  // namespace

StatusFilter::StatusFilter(const Settings& settings, World& world)
    : settings_(settings), world_(world) {}

TableList& StatusFilter::table_for(const std::string& agent) {
  const auto found = tables_.find(agent);
  if (found != tables_.end()) {
    return found->second;
  }
  const auto text = settings_.service_parameter(agent, filter_parameter(agent));
  auto specs = parse_table_list(text.value_or(""));
  TablePolicy policy;
  policy.fold_key = false;
  return tables_
      .emplace(agent, TableList(specs ? std::move(*specs) : std::vector<TableSpec>{}, world_,
                                std::move(policy)))
      .first->second;
}

/// A result of the form `CODE TEXT` replaces both, `CODE` alone leaves the text. It may turn a
/// deferral into a bounce and back, never a success into a failure or the reverse.
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
  if (!text.empty()) {
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
  if (settings_.soft_bounce.value && status.outcome == Outcome::bounced) {
    status.outcome = Outcome::deferred;
    status.soft_bounced = true;
    status.code.status_class = StatusClass::transient;
  }
  const StatusClass expected = class_of(status.outcome);
  if (status.code.status_class != expected) {
    status.code = {expected, 0, 0};
  }
}

}  // namespace lastmile

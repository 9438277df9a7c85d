// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/agent_report.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "aliases/text.h"
#include "aliases/world/run_as.h"
#include "transports/agents/file_output.h"
#include "transports/agents/status_bytes.h"
#include "transports/errno_status.h"

namespace lastmile {
namespace {

/// Octets of a message of ours that are told.
constexpr std::size_t kMaxText = 16384;
constexpr std::size_t kMaxWarnings = 20;

std::string clean(std::string_view text) {
  return printable(text.substr(0, kMaxText));
}

}  // namespace

std::string encode_report(const AgentReport& report) {
  std::string bytes;
  add_status(bytes, report.status);
  for (const std::string& warning : report.warnings) {
    add_text(bytes, warning);
  }
  return bytes;
}

AgentReport decode_report(std::string_view bytes) {
  auto status = take_status(bytes);
  AgentReport report;
  if (!status) {
    report.status = uncertain_status("the delivery process ended without a result");
    return report;
  }
  report.status = *std::move(status);
  while (report.warnings.size() < kMaxWarnings) {
    auto warning = take_text(bytes);
    if (!warning) {
      break;
    }
    report.warnings.push_back(*std::move(warning));
  }
  return report;
}

bool is_root() {
  return ::geteuid() == 0;
}

std::string describe(const Rights& rights) {
  const std::string uid = "uid " + std::to_string(rights.uid);
  return rights.name.empty() ? uid : rights.name + " (" + uid + ')';
}

AgentReport perform_as(const Rights& rights, const std::function<AgentReport()>& act,
                       std::chrono::milliseconds limit, const std::string& root) {
  if (!is_root() && ::geteuid() != rights.uid) {
    return {status_with("4.3.0"_dsn, "this delivery needs the rights of " + describe(rights) +
                                         ", and this process has those of uid " +
                                         std::to_string(::geteuid())),
            {}};
  }
  Begun begun = Begun::no;
  const auto bytes = run_as(
      rights,
      [&] {
        // A child of run_as() begins with the default of every signal.
        ignore_write_signals();
        return encode_report(act());
      },
      limit, &begun, root);
  if (!bytes && bytes.error().kind == Error::Kind::denied) {
    // It did not begin, so nothing is done.
    return {status_with("4.3.0"_dsn, "temporary failure"), {clean(bytes.error().message())}};
  }
  if (!bytes) {
    const std::string text = clean(bytes.error().message());
    return {begun == Begun::no ? status_with("4.3.0"_dsn, text) : uncertain_status(text), {}};
  }
  return decode_report(*bytes);
}

std::chrono::milliseconds limit_of_child(std::chrono::milliseconds own) {
  constexpr std::chrono::seconds kToReport{3};
  return own + kToReport;
}

std::chrono::milliseconds storing_limit(const Settings& settings) {
  constexpr int kKindsOfLocks = 3;
  const auto for_locks = kKindsOfLocks * settings.deliver_lock_delay.value *
                         std::max(settings.deliver_lock_attempts.value, 0L);
  return limit_of_child(settings.command_time_limit.value + for_locks);
}

std::optional<AgentReport> refuse_root(const Rights& rights, std::string_view what) {
  if (!is_root() || (rights.uid != 0 && rights.gid != 0)) {
    return std::nullopt;
  }
  return AgentReport{status_with("4.3.5"_dsn, std::string(what) +
                                                  " is never delivered to with the rights of root"),
                     {}};
}

}  // namespace lastmile

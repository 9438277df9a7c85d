// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/probing/probe_plan.h"
#include "transports/delivery_status.h"

namespace lastmile {

/// What a step of a probe says of mail.
enum class ProbeVerdict {
  fine,
  temporary,  ///< Mail waits, or nobody can say.
  wrong,      ///< Mail bounces, or goes where nobody expects it.
};

/// "ok", "temporary", "wrong".
std::string_view name_of(ProbeVerdict verdict);

/// One line of a probe.
struct ProbeStep {
  std::string step = {};  ///< "session", "offer", "recipient"
  ProbeVerdict verdict = ProbeVerdict::fine;
  std::string subject = {};  ///< The recipient; empty: the session.
  std::string text = {};
  std::string rule = {};  ///< Of `check`; empty: none.
  std::string mend = {};  ///< Which side to change, and how.
};

/// What a server said.
struct ServerAnswers {
  std::vector<std::string> offers = {};       ///< The keywords of its reply to LHLO.
  bool has_greeted = false;                   ///< There was such a reply.
  std::vector<DeliveryStatus> statuses = {};  ///< One for each asked recipient.
};

/// Compares what Postfix relies on with what a server says. A pure function.
std::vector<ProbeStep> judge_answers(const std::vector<AskedRecipient>& asked,
                                     const ServerAnswers& answers, const Settings& settings);

/// The worst of the steps.
ProbeVerdict worst_of(const std::vector<ProbeStep>& steps);

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "local/delivering/deliver.h"
#include "tests/support/recording_agents.h"
#include "tests/support/small_host.h"

namespace lastmile::test {

/// One delivery on a small host, with its reports, and with agents that only remember.
struct TestDelivery {
  SmallHost host = {};
  RecordingAgents agents = {};
  RecordingLog log = {};
  Address sender = {"sender", "remote.test"};
  DsnNotify notify = {};
  std::string orcpt = {};
  std::string original = {};  ///< Of all recipients, when it is another one.
  Stage stage = Stage::local;
  ReturnedContent returned_content = ReturnedContent::undeclared;
  std::string text = "Subject: test\n\nHello.\n";

  DeliveryResult run(const std::vector<std::string>& recipients);
};

}  // namespace lastmile::test

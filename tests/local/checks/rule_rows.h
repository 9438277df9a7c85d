// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace lastmile::test {

/// A host in which one rule finds something, and the same host put right. \see check_host_of()
struct RuleRow {
  std::string_view rule = {};
  std::string_view fires = {};
  std::string_view says = {};  ///< A part of its message.
  std::string_view quiet = {};
  std::string_view companion = {};  ///< A rule that finds the same fault, and may say so.
};

std::span<const RuleRow> rule_rows();

}  // namespace lastmile::test

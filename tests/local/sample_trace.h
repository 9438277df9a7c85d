// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "local/resolving/trace.h"

namespace lastmile::test {

/// Builds traces by hand, in a line for each node.
class TraceBuilder {
 public:
  explicit TraceBuilder(std::string address);

  NodeId root() const { return trace_.root(); }
  NodeId add(NodeId parent, Step step, std::string subject, std::string detail = {},
             std::optional<SourcePos> source = {});
  NodeId add_leaf(NodeId parent, Destination destination, const std::string& recipient,
                  std::string detail = {}, std::optional<SourcePos> source = {},
                  const std::string& user = {});
  /// A leaf with everything set.
  NodeId add_leaf(NodeId parent, Leaf leaf, Step step = Step::leaf);

  const Trace& trace() const { return trace_; }
  Trace take() && { return std::move(trace_); }

 private:
  Trace trace_;
};

/// root@example.com: an alias, an account with a .forward file, LMTP, a command, a remote address.
Trace sample_trace();

}  // namespace lastmile::test

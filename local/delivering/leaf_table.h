// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "local/delivering/plan_jobs.h"
#include "local/resolving/trace.h"

namespace lastmile {

/// A value for each leaf of several traces. A list may have a million of them: no value is looked
/// for, and each takes its own size alone.
template <class T>
class LeafTable {
 public:
  explicit LeafTable(std::span<const Trace> traces) {
    values_.reserve(traces.size());
    for (const Trace& trace : traces) {
      values_.emplace_back(trace.size());
    }
  }

  T& operator[](LeafRef leaf) { return values_[leaf.trace][static_cast<std::size_t>(leaf.node)]; }
  const T& operator[](LeafRef leaf) const {
    return values_[leaf.trace][static_cast<std::size_t>(leaf.node)];
  }

 private:
  std::vector<std::vector<T>> values_;  ///< By trace and node.
};

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lastmile {

/// For std::visit with one lambda for each alternative.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace lastmile

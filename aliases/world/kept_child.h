// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/world/run_as.h"

namespace lastmile {

/// A child process with the rights of somebody that does one piece of work after another, and so
/// can keep what it takes long to make, such as a connection.
///
/// For its rights, and what may be done to it from outside, the words at run_as() hold. It ends by
/// itself when it has had nothing to do for a time, and at the latest with this object.
class KeptChild {
 public:
  /// What the child does.
  struct Work {
    /// For each request; what it returns is the answer.
    std::function<std::string(std::string_view request)> answer;
    /// Before it ends.
    std::function<void()> end;
  };

  /// Makes the child. The process must be root, and single-threaded.
  /// \param idle_limit  how long it waits for a request
  /// \return unavailable when there is none to be had
  static Result<std::unique_ptr<KeptChild>> start(const Rights& rights, const Work& work,
                                                  std::chrono::milliseconds idle_limit);

  KeptChild(const KeptChild&) = delete;
  KeptChild& operator=(const KeptChild&) = delete;
  /// Waits until the child has ended what it keeps.
  ~KeptChild();

  /// Has a request done, without limit of time.
  ///
  /// \param begun  is told on failure whether the work may have been begun; where it was not,
  ///               another child can do it
  /// \return the answer; unavailable when there is none: the child is gone then
  Result<std::string> ask(std::string_view request, Begun& begun);

 private:
  struct Process;
  explicit KeptChild(std::unique_ptr<Process> process);

  std::unique_ptr<Process> process_;
};

}  // namespace lastmile

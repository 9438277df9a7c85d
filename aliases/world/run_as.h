// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "aliases/account.h"
#include "aliases/result.h"

namespace lastmile {

/// Whether the work of a run_as() that failed may have been begun.
enum class Begun { no, perhaps };

/// Runs `work` with `rights` and returns the bytes that it returned.
///
/// As root: in a child process that has given up root for good (groups, gid, uid, then a
/// check that none of them can be had back) before `work` starts. When `rights` are root's own,
/// and under the caller's own uid: in this process. For any other uid: Error::Kind::denied, and
/// `work` does not run. The process must be single-threaded. Nothing that `work` changes in memory
/// comes back.
///
/// The child dies with this process. Whoever has its uid can stop it: it is killed then, and also
/// when this process is asked to end (\see is_asked_to_end()).
///
/// \param limit  wall-clock time; the child is killed and reaped when it is over; zero: no limit
/// \param begun  when not null, is told on failure whether `work` may have done something
/// \param root  becomes the root directory of the child before the rights are taken on; empty: none
/// \return denied when `root` cannot be entered; unavailable when the child cannot be made, is
///         killed or stopped, or overruns `limit`
Result<std::string> run_as(const Rights& rights, const std::function<std::string()>& work,
                           std::chrono::milliseconds limit, Begun* begun = nullptr,
                           const std::string& root = {});

/// Gives up root for good in this process, as a child of run_as() does: groups, gid, uid, and then
/// a check that none of them can be had back, and no capability is left. \return why it could not
/// be done, after which nothing may be done with the rights that are left;
///         nullopt when it was
std::optional<std::string> give_up_root(const Rights& rights);

}  // namespace lastmile

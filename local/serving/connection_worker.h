// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>

#include "local/serving/server_session.h"

namespace lastmile {

/// What a worker speaks over. It owns none of the descriptors.
struct WorkerTask {
  ServerOptions options = {};
  int in = -1;
  int out = -1;   ///< May be the same as `in`.
  int desk = -1;  ///< The process that delivers.
  /// What a client has for a command, and between two pieces of content; all content has in
  /// addition what it takes at 500 octets a second.
  std::chrono::seconds timeout = {};
};

/// Speaks LMTP with one client until it is gone or done: the only function of the server that reads
/// what the network sends. To be called in a process without rights.
void speak_with_client(const WorkerTask& task);

}  // namespace lastmile

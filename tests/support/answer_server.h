// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>

namespace lastmile::test {

/// A server that runs a function for every connection, each in a process of its own. All of them
/// end with the object.
class AnswerServer {
 public:
  /// \param listen  the path of a UNIX socket, or "inet" for a free port of 127.0.0.1
  /// \param serve   gets the connection, which is closed when it returns
  AnswerServer(const std::string& listen, const std::function<void(int)>& serve);
  AnswerServer(const AnswerServer&) = delete;
  AnswerServer& operator=(const AnswerServer&) = delete;
  ~AnswerServer();

  int port() const { return port_; }

 private:
  int port_ = 0;
  pid_t child_ = -1;
};

/// Reads up to and with `end`; what there is when the other side stops before.
std::string read_until(int connection, char end);
std::string read_count(int connection, std::size_t count);
void write_all(int connection, std::string_view text);

/// A port of 127.0.0.1 on which nobody listens.
int closed_port();

}  // namespace lastmile::test

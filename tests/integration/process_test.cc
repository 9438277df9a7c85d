// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/process.h"

#include <signal.h>

#include <cerrno>
#include <chrono>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile::test {
namespace {

TEST_CASE("a process gets its input and gives its output and status") {
  const ProcessResult result =
      run_process({.arguments = {"/bin/sh", "-c", "cat; echo no >&2; exit 3"}, .input = "yes"});
  CHECK(result.status == 3);
  CHECK(result.out == "yes");
  CHECK(result.err == "no\n");
  CHECK(run_process({.arguments = {"/nonexistent"}}).status == 127);
  CHECK(run_process({.arguments = {"/bin/sh", "-c", "kill -9 $$"}}).status == 128 + SIGKILL);
}

TEST_CASE("a server is gone, with its children, when its object is") {
  const TemporaryDirectory directory;
  const std::string pid_file = directory.path("pid");
  {
    ServerProcess server({.arguments = {"/bin/sh", "-c",
                                        "sleep 1000 & echo $! > " + pid_file + ".new; mv " +
                                            pid_file + ".new " + pid_file + "; wait"}});
    while (!directory.exists("pid")) {
      CHECK_FALSE(server.wait_for_socket(directory.path("nothing"), std::chrono::milliseconds(1)));
    }
  }
  CHECK(kill(std::stoi(directory.read("pid")), 0) != 0);
  CHECK(errno == ESRCH);
}

}  // namespace
}  // namespace lastmile::test

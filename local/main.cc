// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "local/cli.h"

namespace {

/// A file that is opened must not get the number of a standard stream that the caller has closed:
/// output would go into a mailbox. What takes the place fails as the closed stream would.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(stream, F_GETFD) < 0 && errno == EBADF) {
      // The lowest free number is this one. Without /dev/null there is nothing better to do.
      (void)open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
  }
}

/// A delivery that ends in a way that nobody foresaw is tried again.
int status_of_crash(const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word == "deliver" || word == "lmtp") {
      return EX_TEMPFAIL;
    }
  }
  return EX_SOFTWARE;
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  std::ios::sync_with_stdio(false);
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  try {
    return lastmile::run(arguments, std::cin, std::cout, std::cerr);
  } catch (const std::exception& error) {
    std::cerr << "lastmile: " << error.what() << '\n';
  }
  return status_of_crash(arguments);
}

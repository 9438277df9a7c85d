// SPDX-License-Identifier: Apache-2.0
#include "local/invocation.h"

#include <cerrno>
#include <istream>
#include <ostream>

#include "aliases/text.h"
#include "transports/errno_status.h"

namespace lastmile {

int fail(Invocation& invocation, std::string_view command, std::string_view message, int status) {
  invocation.err << "lastmile " << command << ": " << printable(message) << '\n';
  return status;
}

Result<Ok> read_lines(Invocation& invocation, std::string_view what,
                      const std::function<void()>& before_wait,
                      const std::function<bool(std::string&)>& take) {
  std::istream& in = invocation.in;
  std::string line;
  bool any = false;
  for (;;) {
    if (in.rdbuf()->in_avail() <= 0) {
      before_wait();
    }
    errno = 0;
    if (!std::getline(in, line)) {
      break;
    }
    any = take(line) || any;
  }
  if (in.bad()) {
    return malformed("cannot read standard input" +
                     (errno == 0 ? "" : ": " + std::string(error_text(errno))));
  }
  return any ? Result<Ok>(Ok{}) : malformed("no " + std::string(what) + " on standard input");
}

}  // namespace lastmile

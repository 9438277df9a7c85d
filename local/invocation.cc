#include "local/invocation.h"

#include <istream>
#include <ostream>

#include "aliases/text.h"

namespace lastmile {

int fail(Invocation& invocation, std::string_view command, std::string_view message, int status) {
  invocation.err << "lastmile " << command << ": " << printable(message) << '\n';
  return status;
}

bool next_line(Invocation& invocation, std::string& line,
               const std::function<void()>& before_wait) {
  if (invocation.in.rdbuf()->in_avail() <= 0) {
    before_wait();
  }
  return static_cast<bool>(std::getline(invocation.in, line));
}

}  // namespace lastmile

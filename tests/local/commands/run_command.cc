#include "tests/local/commands/run_command.h"

#include <sstream>
#include <utility>

namespace lastmile::test {

Done run_command(int (*command)(Invocation&), GlobalOptions options,
                 const std::vector<std::string>& arguments, const std::string& input,
                 bool terminal) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Invocation invocation{std::move(options), arguments, in, out, err, terminal};
  const int status = command(invocation);
  return {status, out.str(), err.str()};
}

}  // namespace lastmile::test

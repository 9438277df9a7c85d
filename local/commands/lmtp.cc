#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <string>

#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/host.h"
#include "local/serving/connection.h"
#include "transports/agents/file_output.h"

namespace lastmile {

int run_lmtp(Invocation& invocation) {
  const auto parsed = parse_options(invocation, "lmtp [OPTIONS]");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  if (!parsed.values.words().empty()) {
    return fail(invocation, "lmtp",
                "takes no arguments: recipients come from the client, not \"" +
                    parsed.values.words().front() + '"',
                EX_USAGE);
  }
  if (!invocation.options.root.empty() || !invocation.options.site.empty()) {
    return fail(invocation, "lmtp",
                "a delivery acts on this host: --root and --site are for looking", EX_USAGE);
  }
  // As in run_deliver().
  umask(S_IRWXG | S_IRWXO);
  ignore_write_signals();
  const auto open_host = [&invocation]() -> Result<std::unique_ptr<Host>> {
    return Host::open(invocation.options);
  };
  // Who starts it is the MTA.
  return serve_connection({STDIN_FILENO, STDOUT_FILENO, true}, open_host, invocation.err);
}

}  // namespace lastmile

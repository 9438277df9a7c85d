#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/host.h"
#include "local/serving/connection.h"
#include "local/serving/listener.h"
#include "local/serving/service_manager.h"
#include "transports/agents/file_output.h"

namespace lastmile {

namespace {

/// Those of --listen, and those that systemd(1) has opened; none: standard input and output are
/// served.
Result<std::vector<ListeningSocket>> listening_sockets(const Options& values) {
  std::vector<ListeningSocket> sockets;
  for (const int descriptor : take_activated_sockets()) {
    sockets.push_back({descriptor, {}});
  }
  for (const std::string& text : values.values("listen")) {
    const auto address = parse_listen_address(text);
    if (!address) {
      return address.error();
    }
    auto opened = open_listening_sockets(*address);
    if (!opened) {
      return std::move(opened).error();
    }
    sockets.insert(sockets.end(), opened->begin(), opened->end());
  }
  return sockets;
}

}  // namespace

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
  const MessageDesk::OpenHost open_host = [&invocation] { return Host::open(invocation.options); };
  auto sockets = listening_sockets(parsed.values);
  if (!sockets) {
    return fail(invocation, "lmtp", "--listen " + sockets.error().message(),
                sockets.error().kind == Error::Kind::malformed ? EX_USAGE : EX_TEMPFAIL);
  }
  if (!sockets->empty()) {
    return serve_sockets(std::move(*sockets), open_host, invocation.err);
  }
  const auto host = open_host();
  const bool is_trusted = host && is_trusted_peer(STDIN_FILENO, (*host)->settings());
  return serve_connection({STDIN_FILENO, STDOUT_FILENO, is_trusted}, open_host, invocation.err);
}

}  // namespace lastmile

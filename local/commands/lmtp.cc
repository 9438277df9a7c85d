// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/kept_host.h"
#include "local/serving/connection.h"
#include "local/serving/listener.h"
#include "local/serving/service_manager.h"
#include "transports/agents/file_output.h"
#include "transports/transport_destination.h"

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

/// Opens the host for a server at certain sockets.
///
/// Where Postfix hands its local mail to lastmile, lastmile reads the same main.cf, and would hand
/// it back: what leads to a socket of the server's own is for the MTA alone.
class ServedHost {
 public:
  ServedHost(Invocation& invocation, const std::vector<ListeningSocket>& sockets)
      : invocation_(invocation), kept_(invocation.options) {
    for (const ListeningSocket& socket : sockets) {
      if (std::string path = path_of_socket(socket.descriptor); !path.empty()) {
        paths_.push_back(std::move(path));
      }
    }
  }

  Result<std::shared_ptr<Host>> open() {
    auto host = kept_.get();
    if (!host) {
      return host;
    }
    bool comes_back = set_aside(**host, &Settings::local_transport, "local_transport=local:");
    comes_back =
        set_aside(**host, &Settings::mailbox_transport, "mailbox_transport=") || comes_back;
    if (!comes_back) {
      return host;
    }
    kept_.forget();
    return kept_.get();
  }

 private:
  bool set_aside(Host& host, Setting<std::string> Settings::*parameter, const std::string& by) {
    const Settings& settings = host.settings();
    if (!leads_here((settings.*parameter).value, settings)) {
      return false;
    }
    invocation_.options.overrides.push_back(by);
    invocation_.err << "lastmile lmtp: " << by.substr(0, by.find('='))
                    << " leads to this server: mail that comes here goes by " << by << '\n'
                    << std::flush;
    return true;
  }

  bool leads_here(const std::string& transport, const Settings& settings) const {
    constexpr std::string_view kUnix = "unix:";
    std::string path = split_transport(transport).nexthop;
    if (!path.starts_with(kUnix)) {
      return false;
    }
    path.erase(0, kUnix.size());
    if (!path.starts_with('/')) {
      path.insert(0, settings.queue_directory.value + '/');
    }
    return std::find(paths_.begin(), paths_.end(), path) != paths_.end();
  }

  Invocation& invocation_;
  KeptHost kept_;
  std::vector<std::string> paths_ = {};
};

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
  auto sockets = listening_sockets(parsed.values);
  if (!sockets) {
    return fail(invocation, "lmtp", "--listen " + sockets.error().message(),
                sockets.error().kind == Error::Kind::malformed ? EX_USAGE : EX_TEMPFAIL);
  }
  ServedHost served(invocation, *sockets);
  const MessageDesk::OpenHost open_host = [&served] { return served.open(); };
  if (!sockets->empty()) {
    return serve_sockets(std::move(*sockets), open_host, invocation.err);
  }
  const auto host = open_host();
  const bool is_trusted = host && is_trusted_peer(STDIN_FILENO, **host);
  return serve_connection({STDIN_FILENO, STDOUT_FILENO, is_trusted}, open_host, invocation.err,
                          nullptr);
}

}  // namespace lastmile

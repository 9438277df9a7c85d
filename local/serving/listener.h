// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <vector>

#include "local/serving/listen_address.h"
#include "local/serving/message_desk.h"

namespace lastmile {

/// A socket that listens.
struct ListeningSocket {
  int descriptor = -1;
  std::string path = {};  ///< To be removed at the end; empty: it is not ours.
};

/// Opens the sockets of `address`. A socket in its place that nobody listens on any more is
/// removed. \return unavailable, with the call that failed; misconfigured for a group that does not
/// exist
Result<std::vector<ListeningSocket>> open_listening_sockets(const ListenAddress& address);

/// The path of a UNIX-domain socket; empty: it is none, or has no name.
std::string path_of_socket(int socket);

/// Whether who is at the other end may say who its client was (XFORWARD and XCLIENT): root, this
/// user, or mail_owner at the other end of a UNIX-domain socket, a client on an inet socket in
/// lastmile_lmtp_authorized_xclient_hosts, and whoever has started the program with a pipe.
/// \see unix(7), SO_PEERCRED
bool is_trusted_peer(int connection, Host& host);

/// Serves every connection in a process of its own until SIGTERM, and then waits for those that are
/// at a transaction. It reads nothing of what clients send. What becomes of one connection is
/// nothing to the others. More than lastmile_lmtp_connection_limit at once are turned away (421).
/// What is done is counted in the file of lastmile_metrics.
///
/// \return the exit status
int serve_sockets(std::vector<ListeningSocket> sockets, const MessageDesk::OpenHost& open_host,
                  std::ostream& err);

}  // namespace lastmile

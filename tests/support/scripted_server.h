// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lastmile::test {

/// What a ScriptedServer says, and where it misbehaves. Replies have no CRLF at their end;
/// "\r\n" separates the lines of one.
struct ServerScript {
  /// Where the server goes silent or hangs up instead of replying. `rset` and `quit` are for
  /// connections that are used again; `body` is in the middle of the content.
  enum class Place { nowhere, banner, lhlo, mail, rcpt, data, body, final_reply, rset, quit };

  /// The first entry whose word is a part of the address decides.
  using PerRecipient = std::vector<std::pair<std::string, std::string>>;

  bool speaks_smtp = false;  ///< EHLO, and one final reply for all.
  std::string banner = "220 scripted ready";
  std::string lhlo = "250-scripted\r\n250 8BITMIME";
  std::string mail = "250 2.1.0 sender ok";
  std::string data = "354 go";
  std::string rset = "250 2.0.0 reset";
  PerRecipient rcpt = {{"bad", "550 5.1.1 no such user"},
                       {"soft", "450 4.2.2 over quota"},
                       {"nodsn", "552 too big"}};  ///< Else "250 2.1.5 ok".
  PerRecipient final_reply = {{"late5", "550 5.2.2 late reject"},
                              {"late4", "450 4.2.1 late soft"}};  ///< Else "250 2.0.0 saved N".
  std::string before_finals = {};                                 ///< Sent as it is.
  std::string after_finals = {};                                  ///< Sent as it is.
  std::size_t final_replies = static_cast<std::size_t>(-1);       ///< At most so many.

  Place hangs_at = Place::nowhere;
  Place closes_at = Place::nowhere;
  Place drips_at = Place::nowhere;  ///< Sends an octet now and then, without end.
  std::size_t replies_before = 0;   ///< RCPT or final replies before it hangs or closes there.
  std::size_t body_octets = 0;      ///< Read before it hangs or closes at Place::body.
  std::string body_reply = {};      ///< Said before that.
};

/// A script by the name of what is wrong with it: "ok", "pipe", "mid552", "dot1close", ...; the
/// test fails for a name that is not known.
ServerScript server_script(std::string_view name);

/// An LMTP server in a process of its own, on a socket of its own, that serves one connection after
/// the other by a script, and keeps what clients send. It ends with the object.
class ScriptedServer {
 public:
  /// \param listen  the path of a UNIX socket, or "inet" for a free port of 127.0.0.1
  ScriptedServer(std::string_view listen, const ServerScript& script);
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;
  ~ScriptedServer();

  int port() const { return port_; }

  /// Waits until the connections that were made are served, ends the server, and returns all that
  /// clients have sent; "(connect)\r\n" stands before each connection.
  std::string stop();

 private:
  void end();

  int port_ = 0;
  int record_ = -1;   ///< What clients send.
  int control_ = -1;  ///< Closed to end the server.
  pid_t child_ = -1;
};

}  // namespace lastmile::test

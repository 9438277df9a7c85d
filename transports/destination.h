#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "aliases/account.h"
#include "aliases/result.h"
#include "lmtpclient/endpoint.h"
#include "lmtpclient/enhanced_status.h"

namespace lastmile {

/// Appends to an mbox file: the mailbox of an account.
struct Mailbox {
  std::string path = {};
  /// Set for a file below mail_spool_directory: whose rights open it depends on that directory.
  bool in_spool = false;
};

/// Makes a file in a Maildir. The path ends in '/'.
struct Maildir {
  std::string path = {};
};

/// Appends to a /file/name that an alias, an include file or a .forward file names.
struct File {
  std::string path = {};
};

/// Runs a command with the message on its standard input.
struct Command {
  std::string line = {};       ///< As configured.
  std::string directory = {};  ///< command_execution_directory, expanded; empty: queue directory.
  /// Whose HOME and SHELL the command sees; none below an alias table of root.
  std::optional<Account> context = {};
};

/// Hands the message to an LMTP server.
struct Lmtp {
  lmtp::Endpoint endpoint = {};
  std::string service = "lmtp";  ///< The master.cf service whose `-o` overrides apply.
};

/// Leaves it to any other master.cf service.
struct Transport {
  std::string service = {};
  std::string nexthop = {};
};

/// Leaves this host, or goes through the queue again: submitted through sendmail(1).
struct Remote {};

/// Cannot be delivered.
struct Bounce {
  EnhancedStatus status = {};
  std::string text = {};
};

/// Cannot be decided or done now.
struct Defer {
  EnhancedStatus status = {};
  std::string text = {};
};

/// Accepted and dropped.
struct Discard {
  std::string reason = {};
};

/// Where one recipient finally lands. A switch or visit over it names every alternative.
using Destination =
    std::variant<Mailbox, Maildir, File, Command, Lmtp, Transport, Remote, Bounce, Defer, Discard>;

/// The word that every output uses: "mailbox", "maildir", ...
std::string_view kind_of(const Destination& destination);

/// What stands behind the kind: "/var/mail/alice", "unix:/run/lmtp", "5.1.1 unknown user: ...".
std::string target_of(const Destination& destination);

/// "lmtp:unix:/var/imap/socket/lmtp", and back.
std::string to_string(const Destination& destination);
Result<Destination> parse_destination(std::string_view text);

/// For std::visit with one lambda for each alternative.
template <class... Functions>
struct Overloaded : Functions... {
  using Functions::operator()...;
};
template <class... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>;

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "aliases/account.h"
#include "aliases/result.h"
#include "lmtpclient/endpoint.h"
#include "lmtpclient/enhanced_status.h"

namespace lastmile {

/// Whose rules hold where mail is stored: which limit and locks, and the words of a failure.
enum class StoredBy { local, virtual_mailbox };

/// Appends to an mbox file: the mailbox of an account, or one of virtual_mailbox_maps.
struct Mailbox {
  std::string path = {};
  /// Set for a file below mail_spool_directory: whose rights open it depends on that directory.
  bool in_spool = false;
  StoredBy stored_by = StoredBy::local;
  /// That directory as mail_spool_directory names it, which an account's name with slashes does not
  /// change; empty: the one that `path` is in.
  std::string spool = {};
  friend bool operator==(const Mailbox&, const Mailbox&) = default;
};

/// Makes a file in a Maildir. The path ends in '/'.
struct Maildir {
  std::string path = {};
  StoredBy stored_by = StoredBy::local;
  friend bool operator==(const Maildir&, const Maildir&) = default;
};

/// Appends to a /file/name that an alias, an include file or a .forward file names.
struct File {
  std::string path = {};
  friend bool operator==(const File&, const File&) = default;
};

/// Runs a command with the message on its standard input.
struct Command {
  std::string line = {};       ///< As configured.
  std::string directory = {};  ///< command_execution_directory, expanded; empty: queue directory.
  /// Whose HOME and SHELL the command sees; none below an alias table of root.
  std::shared_ptr<const Account> context = {};
  friend bool operator==(const Command&, const Command&) = default;
};

/// What is spoken over the connection.
enum class Dialect { lmtp, smtp };

/// Hands the message to an LMTP server, or to an SMTP server that is named instead of the one that
/// the recipient's domain would lead to.
struct Lmtp {
  lmtp::Endpoint endpoint = {};
  std::string service = "lmtp";  ///< The master.cf service whose `-o` overrides apply.
  Dialect dialect = Dialect::lmtp;
  /// No two recipients share a transaction: local(8) passes them one by one, and a header that the
  /// service adds names the recipient.
  bool one_each = false;
  friend bool operator==(const Lmtp&, const Lmtp&) = default;
};

/// Runs the command of a pipe(8) service.
struct Pipe {
  std::string service = {};
  std::string nexthop = {};
  /// The command as it is run for this recipient alone, for people: what depends on the message
  /// stands there as the macro that it is.
  std::string command = {};
  std::size_t recipient_limit = 1;  ///< Recipients of one command; 0: any number.
  friend bool operator==(const Pipe&, const Pipe&) = default;
};

/// Leaves it to any other master.cf service.
struct Transport {
  std::string service = {};
  std::string nexthop = {};
  friend bool operator==(const Transport&, const Transport&) = default;
};

/// Leaves this host, or goes through the queue again: submitted through sendmail(1).
struct Remote {
  std::string service = {};  ///< The master.cf service that takes it on; empty: it is queued again.
  std::string nexthop = {};  ///< Where that service sends it.
  friend bool operator==(const Remote&, const Remote&) = default;
};

/// Cannot be delivered.
struct Bounce {
  EnhancedStatus status = {};
  std::string text = {};
  friend bool operator==(const Bounce&, const Bounce&) = default;
};

/// Cannot be decided or done now.
struct Defer {
  EnhancedStatus status = {};
  std::string text = {};
  std::string reason = {};  ///< For the administrator: what has to be mended; outputs lack it.
  /// Nothing can be said from here, for lack of rights or of a server. A delivery waits; outputs
  /// call it `unknown` and say why, since whoever may look would see a destination.
  bool unseen = false;
  friend bool operator==(const Defer&, const Defer&) = default;
};

/// Accepted and dropped.
struct Discard {
  EnhancedStatus status = "2.0.0"_dsn;
  std::string text = {};  ///< For the status; empty: "discarded". `discard:` in outputs is alone.
  friend bool operator==(const Discard&, const Discard&) = default;
};

/// Where one recipient finally lands. A switch or visit over it names every alternative.
using Destination = std::variant<Mailbox, Maildir, File, Command, Lmtp, Pipe, Transport, Remote,
                                 Bounce, Defer, Discard>;

/// The text of a destination that differs most where a list leads to many of a kind: the path, the
/// command, the nexthop, the words of a failure. \return null where there is none such
std::string* own_text_of(Destination& destination);

/// The word that every output uses: "mailbox", "maildir", ... An SMTP server is a "transport", as
/// any service is that is not local delivery's own.
std::string_view kind_of(const Destination& destination);

/// What stands behind the kind: "/var/mail/alice", "unix:/run/lmtp", "5.1.1 unknown user: ...".
std::string target_of(const Destination& destination);

/// Kind and target as every output joins them: `mailbox:/var/mail/alice`, `unknown: why`.
std::string labelled(std::string_view kind, std::string_view target);

/// "lmtp:unix:/var/imap/socket/lmtp".
std::string to_string(const Destination& destination);

/// Reads what to_string() wrote: parsing and writing again gives the same text. What the text does
/// not show (the account of a command, the service of an LMTP client) has its default.
///
/// \return malformed for an unknown kind (with a suggestion), or a target that the kind cannot have
Result<Destination> parse_destination(std::string_view text);

}  // namespace lastmile

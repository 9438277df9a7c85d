// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aliases/result.h"
#include "transports/destination.h"

namespace lastmile {

/// Which question could not be answered, or which file could not be used.
enum class Failure {
  alias_database,    ///< alias_maps, and what stands in an alias.
  alias_owner,       ///< Whose rights the commands and files of an alias database have.
  table_lookup,      ///< mailbox_transport_maps, mailbox_command_maps, fallback_transport_maps.
  user_lookup,       ///< The account database.
  address_resolver,  ///< Rewriting, address class, transport_maps, relocated_maps.
  virtual_alias,     ///< canonical_maps and virtual_alias_maps, which a message meets before local.
  recipient_check,   ///< local_recipient_maps and its kin, asked at RCPT.
  include_file,      ///< An include file that may not be, or cannot be, read.
  include_owner,     ///< The account of an include file's owner.
  forward_file,      ///< A .forward file that is there and cannot be read.
  default_rights,    ///< default_privs, the rights of commands and files without a user.
  virtual_mailbox,   ///< Where virtual(8) stores mail, and with whose rights.
  service,           ///< A delivery agent that cannot start with what master.cf says.
  member_path,       ///< `~/file` where there is no home.
  service_circle,    ///< local(8) services that hand a recipient to each other.
  command_setting,   ///< command_execution_directory and other expansions for a command.
};

/// What becomes of mail when a question has no answer, or a file or setting cannot be used: the
/// status code and the text that Postfix gives it. The text goes to the sender in the end and
/// seldom repeats `error`, whose words are for the administrator.
///
/// The answer is a Defer, with two exceptions that Postfix makes: an include file that may not be
/// used bounces, and so does a path without a home. One that the disk cannot read now is deferred.
/// What whoever asks may not look at is unknown. \see Defer::unseen
///
/// \see local(8), DIAGNOSTICS; smtpd(8); trivial-rewrite(8)
Destination status_of(const Error& error, Failure failure);

}  // namespace lastmile

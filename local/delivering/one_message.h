// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "aliases/world/world.h"
#include "local/delivering/deliver.h"
#include "local/delivering/delivery_record.h"
#include "local/delivering/ledger_file.h"
#include "local/delivering/report_failures.h"
#include "local/resolving/resolve.h"
#include "transports/envelope.h"
#include "transports/settings.h"

namespace lastmile {

/// One message as an MTA hands it over: for whom, and what is to be done about failures.
struct OneMessage {
  Envelope envelope = {};  ///< Its sender as it came, not yet in canonical form.
  std::vector<Recipient> recipients = {};
  /// Of all recipients, when the MTA named one: for another one a copy is another message.
  std::string original_recipient = {};
  Stage stage = Stage::local;
  const Service* entry = nullptr;  ///< \see ResolveRequest
  bool sends_reports = true;       ///< False: whoever asks tells the sender of failures.
  /// False: nobody looks into the ledger, and nothing is written there.
  bool is_remembered = true;
  Told told = Told::by_one_status;
  double seconds_before = 0;  ///< Since the message began to come in. \see DeliveryDelays
  /// Not null: whoever asks finds out later whether the MTA has learnt how it ended, and until then
  /// the end is remembered. It gets what is to be done then.
  PendingEnd* pending = nullptr;
  /// What `resolver` has found of the recipients before there was a message, in their order: it
  /// holds when the message says nothing of where it has been, and is moved from. Null: nothing.
  std::vector<Trace>* found = nullptr;
  /// One for the same settings and world whose tables are open already; null: none.
  Resolver* resolver = nullptr;
  /// Where the file of the ledger stays open between messages; null: it is closed.
  KeptLedgerFile* kept_ledger = nullptr;
};

/// Resolves the recipients, performs what their traces say, and tells the sender what failed while
/// other recipients were reached.
/// \param settings  those of `world`
/// \param agents  perform it, or say what they would do
/// \return what became of each destination, and one verdict for each recipient, in their order
DeliveryResult deliver_one_message(const OneMessage& request, const SpooledMessage& message,
                                   const Settings& settings, World& world, Agents& agents,
                                   DeliveryLog& log);

}  // namespace lastmile

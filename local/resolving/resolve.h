// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "local/resolving/note_settings.h"
#include "local/resolving/trace.h"
#include "transports/configuration.h"
#include "transports/smtp_session.h"
#include "transports/virtual_rules.h"

namespace lastmile {

/// How much of Postfix's path is followed.
enum class Stage {
  full,   ///< Rewriting, virtual aliases, address class, transport maps, then local.
  local,  ///< What an MTA that has already routed the message hands over.
  smtp,   ///< As full, and what smtpd would refuse at RCPT is refused.
};

/// What becomes of mail that Postfix would queue again as a new message.
enum class Resubmissions {
  follow,  ///< A trace goes on below the node, as the queue would.
  stop,    ///< A delivery ends there: the MTA brings the new message back.
};

/// Which of the lookups that found nothing a trace shows.
enum class Misses {
  hidden,
  of_refusals,  ///< Those that lead to a refusal, or to an unknown user.
  all,
};

struct ResolveRequest {
  Recipient recipient = {};
  Address client_sender = {};  ///< As smtpd(8) was told it, whose answers depend on it.
  Address sender = {};         ///< In canonical form. \see Resolver::request_from()
  /// Why the sender has no canonical form now: nothing is delivered.
  std::optional<Error> sender_failure = {};
  /// The Delivered-To: headers of the message, by which loops are found: external form; case is
  /// ignored.
  /// Empty in a trace.
  std::span<const std::string> delivered_to = {};
  /// The Received: headers of the message: too many end it in cleanup(8). 0 in a trace.
  long received_headers = 0;
  /// The message, or its beginning, for header_checks and its kin; null where there is none.
  std::shared_ptr<const std::string> content = {};
  Stage stage = Stage::local;
  /// The service where the message comes in: a line of the master.cf of the Resolver's settings.
  /// Null: main.cf as it is, and it answers as smtpd(8).
  const Service* entry = nullptr;
  SmtpClient client = {};  ///< Who brings it to smtpd(8).
  /// Each restriction is shown, not only the one that decided.
  bool shows_restrictions = false;
  Resubmissions resubmissions = Resubmissions::follow;
  Misses misses = Misses::hidden;
  bool shows_surroundings = false;  ///< Of commands. \see Step::surroundings
};

/// Finds out where a recipient lands, and why.
///
/// Resolving is a total function: whatever goes wrong becomes a Bounce or Defer leaf that says
/// so. It writes nothing, asks no clock, draws no random number.
class Resolver {
 public:
  /// Both referents must outlive the Resolver. Tables that one resolution opened stay open for
  /// the next.
  Resolver(const Settings& settings, World& world, TableUse use = TableUse::explain);

  /// What asks for more than lastmile_expansion_limit, or for more memory than there is, is
  /// deferred as a whole. So is a recipient that is no address: the caller is to be mended.
  Trace resolve(const ResolveRequest& request);

  /// What the requests for all recipients of a message begin with: its sender, also as cleanup(8)
  /// keeps it, in canonical form and null for the mail system's own address. An MTA that has routed
  /// the message (Stage::local) has done that.
  /// \param entry  where the message comes in, as in ResolveRequest
  ResolveRequest request_from(const Address& sender, Stage stage, const Service* entry);

  /// Lets go of what TableUse::survey has kept: the next resolution sees the newest state of each
  /// table.
  void release_tables();

 private:
  MailPath path_of(const ResolveRequest& request);
  Trace resolve_within(const ResolveRequest& request);
  void add_setting_notes(const ResolveRequest& request, const MailPath& path, Trace& trace);

  ServiceConfigurations configurations_;
  VirtualServices virtual_services_;
  std::optional<SettingNotes> notes_ = {};   ///< Found out when first needed.
  const Service* entry_of_notes_ = nullptr;  ///< The entry of the requests that they are for.
};

}  // namespace lastmile

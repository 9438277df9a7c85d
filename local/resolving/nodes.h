// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/member.h"
#include "local/resolving/expansion.h"
#include "transports/canonical.h"
#include "transports/transport_destination.h"

// The nodes of the delivery graph, each in a file of its own.

namespace lastmile {

/// Whether a step dealt with the recipient, so that the next one is not tried.
enum class Handled { yes, no };

// ---- What happens before a delivery agent is chosen.

/// Whether the program that takes the message in answers each recipient, as smtpd(8) does.
bool answers_recipients(const Pass& pass);

/// A recipient of a message that comes in: smtpd's answer, a filter before the queue, cleanup(8).
void enter_queue(Pass& pass, NodeId parent, const Recipient& recipient);

/// One of a message that a filter gives back. What smtpd refuses then is refused for good.
void reenter_queue(Pass& pass, NodeId parent, const Recipient& recipient);

/// smtpd_proxy_filter: the filter is asked before the message is in the queue.
Handled pass_proxy_filter(Pass& pass, NodeId parent, const Recipient& recipient);

/// content_filter: the queue manager hands each recipient to the filter, and not where it is
/// routed.
Handled pass_content_filter(Pass& pass, NodeId parent, const Recipient& recipient);

/// defer_transports: what waits for somebody to take the transport off the list.
Handled add_deferred_transport(Pass& pass, NodeId parent, const Expansion& expansion,
                               std::string_view transport);

/// The addresses that a recipient has after rewriting, canonical maps and virtual aliases, each
/// delivered on its own. \see cleanup(8)
void expand_virtual(Pass& pass, NodeId parent, const Recipient& recipient);

/// Names the recipients that always_bcc, sender_bcc_maps and recipient_bcc_maps give the message
/// besides: the MTA adds them when it accepts the message, so they are no destinations here. What
/// is submitted again has none. \param recipient  in canonical form, not yet expanded \return an
/// Error when a table could not answer
Result<Ok> note_copies(Pass& pass, NodeId parent, const Address& recipient);

/// Adds the node of a recipient that the message has besides.
void add_copy(Pass& pass, NodeId parent, std::string cause, const Address& copy,
              std::optional<SourcePos> source);

/// Says of each recipient that has been named so where it lands, below the root: for a trace for
/// people.
void show_copies(Pass& pass);

/// Whether an address can be delivered to, as address verification finds out by a probe.
/// \see ADDRESS_VERIFICATION_README
Verification verify_address(Pass& pass, const Address& address);

/// Adds a node for each step that changed an address.
void add_changes(Pass& pass, NodeId parent, std::vector<AddressChange> changes);

/// Routes an address as the queue manager does, and delivers it here when it is local.
void route_recipient(Pass& pass, NodeId parent, const Recipient& given);

/// Who hands a recipient over to another service, and which parameter asks for it.
struct HandOver {
  PassedBy by = PassedBy::queue_manager;
  std::optional<SourcePos> source = {};
  std::string parameter = {};
  int hand_overs = 0;  ///< How often one local(8) service handed it to another before.
};

/// Adds the leaf of a recipient that another service takes. What virtual(8) and pipe(8) would do
/// with it is decided here.
void hand_over(Pass& pass, NodeId parent, const Expansion& expansion, Destination destination,
               HandOver handed);

/// Delivers as a local(8) service, unless its line in master.cf keeps it from starting.
/// \param hand_overs  how often one local(8) service handed the recipient to another before
void deliver_as(Pass& pass, NodeId parent, const TransportNexthop& target, Expansion expansion,
                int hand_overs = 0);

// ---- What local(8) does.

/// Entry of a local recipient: loops, extension, and then aliases, .forward, mailbox, unknown.
void expand_recipient(Agent& agent, NodeId parent, Expansion expansion);

/// Looks `name` up in alias_maps and expands what it finds.
/// \param unmatched  the extension that the name does not account for
Handled expand_alias(Agent& agent, NodeId parent, Expansion expansion, const std::string& name,
                     std::optional<std::string> unmatched);

/// One entry of a right-hand side. `source` is the line that names it.
void expand_member(Agent& agent, NodeId parent, Expansion expansion, const Member& member,
                   const std::optional<SourcePos>& source);

/// An address that an expansion gave: canonical form, route, and then here or into the queue.
void expand_address(Agent& agent, NodeId parent, Expansion expansion, const Address& address,
                    const std::optional<SourcePos>& source);

/// A command, with the rights of the branch and command_execution_directory expanded.
/// \param detail  the parameter that names the command; empty for a member
void add_command(Agent& agent, NodeId parent, const Expansion& expansion, const std::string& line,
                 const std::optional<SourcePos>& source, std::string detail);

/// Below the leaf of a command: in which directory, and with which PATH, it runs; where the request
/// wants it. \param directory  empty: the queue directory
void add_surroundings(Run& run, NodeId leaf, const Settings& settings, const std::string& directory,
                      const std::optional<SourcePos>& source);

/// The members of an include file.
void expand_include(Agent& agent, NodeId parent, Expansion expansion, const std::string& path,
                    const std::optional<SourcePos>& source);

/// The members that the lines of an include or .forward file name.
/// \return how many there were
std::size_t expand_lines(Agent& agent, NodeId parent, const Expansion& expansion,
                         const std::string& path, std::string_view content);

/// The members of the recipient's .forward file.
Handled expand_forward(Agent& agent, NodeId parent, Expansion expansion);

/// The mailbox of a local user, by mailbox_transport down to mail_spool_directory.
Handled expand_mailbox(Agent& agent, NodeId parent, Expansion expansion);

/// Nobody of that name: fallback_transport, luser_relay, or a bounce.
void expand_unknown(Agent& agent, NodeId parent, Expansion expansion);

/// Submits the recipient again as a new message, and follows it where the request says so.
void resubmit(Agent& agent, NodeId parent, const Expansion& expansion,
              const std::optional<SourcePos>& source);

}  // namespace lastmile

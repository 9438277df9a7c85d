#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "aliases/member.h"
#include "local/resolving/duplicate_filter.h"
#include "local/resolving/error_status.h"
#include "local/resolving/resolve.h"
#include "transports/configuration.h"
#include "transports/delivery_macros.h"
#include "transports/rewrite.h"
#include "transports/transport_destination.h"
#include "transports/virtual_rules.h"

namespace lastmile {

/// What a recipient came out of. \see postconf(5), allow_mail_to_commands
enum class ExpansionType { none, alias, include, forward };

/// "alias", "include", "forward"; "" for none. The names that the parameters use.
std::string_view name_of(ExpansionType type);

/// What a branch of an expansion inherits. It travels by value: a child may change its own without
/// any effect on its siblings or its parent.
/// \see local(8)
struct Expansion {
  int level = 0;  ///< Steps entered so far, against endless nesting.
  Recipient recipient = {};
  Address sender = {};
  /// Who forwards the mail: an owner- alias or the recipient of an include (a full address), or the
  /// user of a .forward file (a bare name). Members that are someone else are submitted again.
  std::string owner = {};
  std::optional<Address> delivered = {};  ///< For Delivered-To:; unset until the first recipient.
  ExpansionType type = ExpansionType::none;
  std::string name = {};  ///< Key of the last alias, or local part that reached an include or file.
  std::optional<std::string> unmatched_extension = {};
  char delimiter = '\0';                ///< The one that stood in the address.
  std::optional<Account> context = {};  ///< With whose rights; none: the system's (root).

  // The recipient's address taken apart, folded.
  std::string local_part = {};
  std::string user = {};  ///< Without extension.
  std::string domain = {};
  std::optional<std::string> extension = {};
};

/// Whether a step dealt with the recipient, so that the next one is not tried.
enum class Handled { yes, no };

/// One resolution under way: what its steps share. Only the trace and the duplicate filter change.
struct Resolution {
  ServiceConfigurations& configurations;
  VirtualServices& virtual_services;
  Trace& trace;
  const ResolveRequest& request;
  std::string service = "local";   ///< The master.cf service that this delivery agent runs as.
  Configuration* agent = nullptr;  ///< That of the service. \see run_as_service()
  Address sender = {};             ///< Of the message that is being delivered.
  std::set<std::string, std::less<>> delivered_to = {};  ///< Headers by which loops are found.
  DuplicateFilter seen;
  int resubmissions = 0;   ///< How often this mail was submitted again on the way here.
  int levels_before = 0;   ///< Levels that the passes before this one had, all together.
  int files_expanded = 0;  ///< Include and .forward files.
  std::set<std::string, std::less<>> shown_accounts = {};  ///< Accounts that have a node already.
  std::string nexthop = {};  ///< Of the request that this delivery agent was handed.
  int passes = 0;            ///< How often one local(8) service handed this recipient to another.

  /// That of the mail system: what cleanup(8), trivial-rewrite(8) and the queue manager go by.
  Configuration& mail_system() const { return configurations.mail_system(); }
  /// That of this delivery agent, with the `-o` of its service.
  Configuration& local() const { return *agent; }
  World& world() const { return configurations.mail_system().world(); }
};

/// Levels that an alias may be nested. \see Postfix, local(8): alias database loop
inline constexpr int kMaxAliasLevel = 100;
/// Levels that anything may be nested. Twelve more than for aliases: a round of a loop that passes
/// a .forward file and a name that is its own alias is that deep, and the check which names the
/// alias is to speak first. \see Postfix 3.8 and later
inline constexpr int kMaxLevel = kMaxAliasLevel + 12;

/// Whether the expansion will not end by itself: include and .forward files were read over and
/// over, as when the duplicate filter is too small for a file that includes itself twice. One list
/// of any length is none.
bool is_endless(const Resolution& run);

// ---- What several steps need.

/// Begins the work of a local(8) service on one recipient: with its parameters, and with nothing
/// reached yet, since each recipient of a message is delivered on its own.
void run_as_service(Resolution& run, const std::string& service);

/// With which rights `|command` and `/file` are delivered: the user context, with the ids of
/// default_privs in place of root's.
/// \return an Error when default_privs names no usable account
Result<Rights> effect_rights(const Resolution& run, const std::optional<Account>& context);

/// With which rights include files are read: the user context, or root's.
Rights reading_rights(const std::optional<Account>& context);

/// The macros of forward_path, luser_relay and command_execution_directory.
DeliveryMacros delivery_macros(const Resolution& run, const Expansion& expansion,
                               const std::optional<Account>& account);

/// Adds a leaf for the current recipient; failures go to the sender of the message.
NodeId add_leaf(Resolution& run, NodeId parent, const Expansion& expansion, Destination destination,
                std::optional<SourcePos> source = {}, std::string detail = {});

/// Adds a leaf whose status another daemon than local(8) reports: "smtpd", "cleanup".
NodeId add_leaf_of(Resolution& run, NodeId parent, const Expansion& expansion, std::string agent,
                   Destination destination, std::optional<SourcePos> source, std::string detail);

/// Adds the leaf of a recipient that cleanup(8) cannot rewrite or expand now.
void add_cleanup_failure(Resolution& run, NodeId parent, const Recipient& recipient,
                         const Error& error);

/// Who is told when an effect fails.
enum class Report { to_sender, to_owner };

/// A destination that something is done to, and how.
struct Effect {
  Destination destination = {};
  Rights rights = {};
  Report report = Report::to_sender;
  std::optional<SourcePos> source = {};
  std::string detail = {};  ///< The parameter that chose it.
};

/// Adds a leaf for an effect, with the Delivered-To: that prepend_delivered_header asks for.
NodeId add_effect(Resolution& run, NodeId parent, const Expansion& expansion, Effect effect);

/// Adds a leaf as it is.
NodeId add_leaf_node(Resolution& run, NodeId parent, Leaf leaf, std::optional<SourcePos> source,
                     std::string detail);

/// The service that reports the status of a destination, when local delivery does not.
std::string agent_name(const Destination& destination);

/// Who hands a recipient over to another service, and which parameter asks for it.
struct HandOver {
  PassedBy by = PassedBy::queue_manager;
  std::optional<SourcePos> source = {};
  std::string parameter = {};
};

/// What a delivery agent begins with.
Expansion expansion_of(const Resolution& run, const Recipient& recipient);

/// Delivers as a local(8) service, unless its line in master.cf keeps it from starting.
void deliver_as(Resolution& run, NodeId parent, const TransportNexthop& target,
                Expansion expansion);

/// Adds the leaf of a recipient that another service takes. What virtual(8) and pipe(8) would do
/// with it is decided here.
void hand_over(Resolution& run, NodeId parent, const Expansion& expansion, Destination destination,
               HandOver handed);

/// Adds a Bounce leaf.
void bounce(Resolution& run, NodeId parent, const Expansion& expansion, EnhancedStatus status,
            std::string text, std::optional<SourcePos> source = {});

/// Adds a Bounce leaf whose report goes to the owner- alias of the recipient when there is one.
/// \see local(8): four failures are reported so
void bounce_to_owner(Resolution& run, NodeId parent, const Expansion& expansion,
                     EnhancedStatus status, std::string text);

/// Who is told of a failure of this recipient: its owner- alias, else the sender of the message.
Address owner_or_sender(Resolution& run, const Expansion& expansion);

/// Adds a leaf for an Error, with the status that local(8) gives such a failure, and the error's
/// own words as the reason.
void add_failure(Resolution& run, NodeId parent, const Expansion& expansion, const Error& error,
                 Failure failure);

/// Says in the trace which parameters, of main.cf and of the services that all mail passes, are set
/// and not followed.
void note_settings(Resolution& run, NodeId parent);

/// Adds a node that explains and changes nothing.
NodeId add_note(Resolution& run, NodeId parent, std::string text,
                std::optional<SourcePos> source = {});

/// Adds a node that says that a destination was reached before.
void add_duplicate(Resolution& run, NodeId parent, std::string subject);

// ---- The nodes of the delivery graph, each in a file of its own.

/// The addresses that a recipient has after rewriting, canonical maps and virtual aliases, each
/// delivered on its own. \see cleanup(8)
void expand_virtual(Resolution& run, NodeId parent, const Recipient& recipient);

/// Names the recipients that always_bcc, sender_bcc_maps and recipient_bcc_maps give the message
/// besides: the MTA adds them when it accepts the message, so they are no destinations here. What
/// is submitted again has none. \param recipient  in canonical form, not yet expanded \return an
/// Error when a table could not answer
Result<Ok> note_copies(Resolution& run, NodeId parent, const Address& recipient);

/// Routes an address as the queue manager does, and delivers it here when it is local.
void route_recipient(Resolution& run, NodeId parent, const Recipient& recipient);

/// Entry of a local recipient: loops, extension, and then aliases, .forward, mailbox, unknown.
void expand_recipient(Resolution& run, NodeId parent, Expansion expansion);

/// Looks `name` up in alias_maps and expands what it finds.
/// \param unmatched  the extension that the name does not account for
Handled expand_alias(Resolution& run, NodeId parent, Expansion expansion, const std::string& name,
                     std::optional<std::string> unmatched);

/// One entry of a right-hand side. `source` is the line that names it.
void expand_member(Resolution& run, NodeId parent, Expansion expansion, const Member& member,
                   const std::optional<SourcePos>& source);

/// An address that an expansion gave: canonical form, route, and then here or into the queue.
void expand_address(Resolution& run, NodeId parent, Expansion expansion, const Address& address,
                    const std::optional<SourcePos>& source);

/// A command, with the rights of the branch and command_execution_directory expanded.
/// \param detail  the parameter that names the command; empty for a member
void add_command(Resolution& run, NodeId parent, const Expansion& expansion,
                 const std::string& line, const std::optional<SourcePos>& source,
                 std::string detail);

/// The members of an include file.
void expand_include(Resolution& run, NodeId parent, Expansion expansion, const std::string& path,
                    const std::optional<SourcePos>& source);

/// The members that the lines of an include or .forward file name.
/// \return how many there were
std::size_t expand_lines(Resolution& run, NodeId parent, const Expansion& expansion,
                         const std::string& path, std::string_view content);

/// The members of the recipient's .forward file.
Handled expand_forward(Resolution& run, NodeId parent, Expansion expansion);

/// The mailbox of a local user, by mailbox_transport down to mail_spool_directory.
Handled expand_mailbox(Resolution& run, NodeId parent, Expansion expansion);

/// Nobody of that name: fallback_transport, luser_relay, or a bounce.
void expand_unknown(Resolution& run, NodeId parent, Expansion expansion);

/// Submits the recipient again as a new message, and follows it where the request says so.
void resubmit(Resolution& run, NodeId parent, const Expansion& expansion,
              const std::optional<SourcePos>& source);

}  // namespace lastmile

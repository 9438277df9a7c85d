// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "local/resolving/error_status.h"
#include "local/resolving/expansion.h"

namespace lastmile {

/// Adds a leaf for the current recipient; failures go to the sender of the message.
NodeId add_leaf(Agent& agent, NodeId parent, const Expansion& expansion, Destination destination,
                std::optional<SourcePos> source = {}, std::string detail = {});

/// Adds a leaf whose status the daemon `reporter` reports: "smtpd", "cleanup", "error".
NodeId add_leaf_of(Pass& pass, NodeId parent, const Expansion& expansion, std::string reporter,
                   Destination destination, std::optional<SourcePos> source, std::string detail);

/// Adds the leaf of a recipient that cleanup(8) cannot rewrite or expand now.
void add_cleanup_failure(Pass& pass, NodeId parent, const Recipient& recipient, const Error& error);

/// Who is told when an effect fails.
enum class Report { to_sender, to_owner };

/// A destination that something is done to, and how.
struct Effect {
  Destination destination = {};
  Rights rights = {};
  Report report = Report::to_sender;
  std::optional<SourcePos> source = {};
  std::string detail = {};         ///< The parameter that chose it.
  std::string rights_reason = {};  ///< \see Leaf
};

/// Adds a leaf for an effect, with the Delivered-To: that prepend_delivered_header asks for.
NodeId add_effect(Agent& agent, NodeId parent, const Expansion& expansion, Effect effect);

/// Adds a leaf that is complete but for soft_bounce, by which a trace calls a bounce what it will
/// be: a deferral.
NodeId add_leaf_node(Pass& pass, NodeId parent, Leaf leaf, std::optional<SourcePos> source,
                     std::string detail);

/// Adds a leaf as it is.
NodeId add_leaf_node(Trace& trace, NodeId parent, Leaf leaf, std::optional<SourcePos> source,
                     std::string detail);

/// The service that reports the status of a destination, when local delivery does not.
std::string agent_name(const Destination& destination);

/// Adds a Bounce leaf.
void bounce(Agent& agent, NodeId parent, const Expansion& expansion, EnhancedStatus status,
            std::string text, std::optional<SourcePos> source = {});

/// Adds a Bounce leaf whose report goes to the owner- alias of the recipient when there is one.
/// \see local(8): four failures are reported so
void bounce_to_owner(Agent& agent, NodeId parent, const Expansion& expansion, EnhancedStatus status,
                     std::string text);

/// Who is told of a failure of this recipient: its owner- alias, else the sender of the message.
Address owner_or_sender(Agent& agent, const Expansion& expansion);

/// Adds a leaf for an Error, with the status that local(8) gives such a failure, and the error's
/// own words as the reason.
void add_failure(Agent& agent, NodeId parent, const Expansion& expansion, const Error& error,
                 Failure failure);

/// Adds a node that explains and changes nothing.
NodeId add_note(Trace& trace, NodeId parent, std::string text,
                std::optional<SourcePos> source = {});

/// Adds a node that says that a destination was reached before.
void add_duplicate(Trace& trace, NodeId parent, std::string subject);

}  // namespace lastmile

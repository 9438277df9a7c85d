// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/account.h"
#include "local/questions/expectation.h"

namespace lastmile {

/// A step on the way to a destination, as its reader sees it: what stands for what, and where that
/// is written.
struct WayStep {
  std::string address = {};  ///< That is reached by it; empty for the destination itself.
  std::string step = {};     ///< "alias root", "include"; empty: the address itself.
  std::optional<SourcePos> source = {};

  friend bool operator==(const WayStep&, const WayStep&) = default;
};

/// One destination that matches, and the way to it, from the address that was asked.
struct ReachedBy {
  NodeId leaf = {};  ///< Of the trace; in a map, the number of the destination of its address.
  std::vector<WayStep> way = {};
  std::string place = {};  ///< "mailbox:/var/mail/alice".
};

/// What `who` is asked for: an account, a `kind:target`, a command, a file, an address or an
/// endpoint.
class DestinationQuery {
 public:
  /// \param account  the one of that name, where there is one
  DestinationQuery(std::string_view text, const std::optional<Account>& account);

  /// The leaves of a trace that are meant, in order.
  std::vector<ReachedBy> find(const Trace& trace) const;

  /// Whether a destination that was written down without its way is meant.
  bool matches(const Landing& landing) const;

  /// Whether a step that was written down without its trace leads there, whatever it leads to: the
  /// `.forward` file of the account, a line of the file.
  /// \param from  the address that the step starts from
  bool passes(std::string_view from, std::string_view step, std::string_view file) const;

 private:
  bool is_below_account(const Trace& trace, NodeId leaf) const;
  bool reads_file(const Trace& trace, NodeId leaf) const;

  std::string text_;
  std::string account_ = {};                     ///< Its name; empty: no account is meant.
  std::optional<Expectation> destination_ = {};  ///< `kind:target`
};

/// The way to a leaf: each address on it with the step that led there, and at last the destination.
std::vector<WayStep> way_to(const Trace& trace, NodeId node);

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "local/resolving/trace.h"
#include "transports/settings.h"

namespace lastmile {

/// Why a server is asked about a recipient.
enum class Question {
  known,      ///< Mail for it goes there: it has to be taken.
  extension,  ///< The same with an extension.
  capitals,   ///< The same in capitals.
  nobody,     ///< A name that nobody has: it should be refused.
};

/// "known", "extension", "capitals", "nobody".
std::string_view name_of(Question question);

/// One RCPT of a probe.
struct AskedRecipient {
  Question question = Question::known;
  Address address = {};
  std::size_t of = 0;  ///< The place of the known recipient that it is a variant of.
};

/// A server that mail goes to, and some of those whose mail goes there.
struct ProbedServer {
  Lmtp server = {};
  std::optional<SourcePos> source = {};  ///< The line that leads there.
  std::string parameter = {};            ///< What it sets: "mailbox_transport, main.cf:21"
  std::vector<Address> recipients = {};
  std::size_t count = 0;  ///< How many were seen to go there.
};

/// Collects the servers at the ends of traces, in the order in which they are met.
class ProbedServers {
 public:
  /// \param most  recipients of each that are kept
  explicit ProbedServers(std::size_t most) : most_(most) {}

  /// \param is_real  false for a sample of a wildcard, which nobody has: it shows the way alone
  void add(const Trace& trace, bool is_real);
  const std::vector<ProbedServer>& servers() const { return servers_; }

 private:
  std::size_t most_;
  std::vector<ProbedServer> servers_ = {};
  std::map<std::string, std::size_t, std::less<>> places_ = {};  ///< By service and endpoint.
};

/// The recipients that a server is asked about: each known one, variants of the first, and a name
/// that nobody has at each of their domains, three at most.
std::vector<AskedRecipient> recipients_to_ask(const ProbedServer& server, const Settings& settings);

}  // namespace lastmile

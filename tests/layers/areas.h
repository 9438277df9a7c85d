// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lastmile {

/// The parts of the program between which `docs/architecture.md` allows some includes and forbids
/// the others.
enum class Area {
  protocol,          ///< lmtpclient/: bytes in, bytes out.
  connection,        ///< lmtpclient/: sockets, TLS, SASL.
  names,             ///< aliases/: syntax.
  sources,           ///< aliases/world/, aliases/tables/: where names are looked up.
  rules,             ///< transports/
  agents,            ///< transports/agents/
  resolving,         ///< local/resolving/: from a recipient to a trace.
  delivering,        ///< local/delivering/: from traces to statuses.
  formats,           ///< local/formats/: from a trace to text.
  questions,         ///< local/questions/: about all addresses.
  checks,            ///< local/checks/: what is wrong with a host.
  explaining,        ///< local/explaining/: from a log line to its cause.
  probing,           ///< local/probing/: what LMTP servers are asked, and what it means.
  serving_protocol,  ///< local/serving/: bytes in, bytes out.
  serving,           ///< local/serving/: processes and sockets.
  program,           ///< local/: commands, main.
  none,              ///< Not a file of the program.
};

/// The word that a finding uses.
std::string_view name_of(Area area);

/// The area of a file, by its path from the top of the tree: "local/resolving/resolve.cc".
Area area_of(std::string_view path);

/// Whether a file of `from` may include `header`, a path from the top of the tree.
bool may_include(Area from, std::string_view header);

/// Whether files of `area` must do without system calls, clocks and chance.
bool is_pure(Area area);

/// A place where a file does what its area may not.
struct Violation {
  int line = 0;
  std::string text = {};
};

/// Everything that `text`, the content of the file `path`, does against the rules.
std::vector<Violation> violations_in(std::string_view path, const std::string& text);

}  // namespace lastmile

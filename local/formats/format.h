// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <iosfwd>
#include <memory>
#include <string_view>

#include "local/formats/tree.h"
#include "local/invocation.h"
#include "local/resolving/trace.h"

namespace lastmile {

class PostfixRelease;

/// One of the forms in which traces are printed.
class Formatter {
 public:
  Formatter() = default;
  Formatter(const Formatter&) = delete;
  Formatter& operator=(const Formatter&) = delete;
  virtual ~Formatter() = default;

  /// The release whose rules the traces follow, for a form that says so; outlives the formatter.
  virtual void follow(const PostfixRelease& /*release*/) {}
  /// What stands before the first trace.
  virtual void begin(std::ostream&) {}
  virtual void print(std::ostream& out, const Trace& trace) = 0;
  /// What stands behind the last one.
  virtual void end(std::ostream&) {}
};

/// Whether what a command prints is coloured: as --color says, else on a terminal without NO_COLOR.
bool wants_color(const Invocation& invocation);

/// How trees are drawn on the output of a command.
TreeStyle tree_style(const Invocation& invocation);

/// Whether a format shows why an address lands where it does, and not the destinations alone.
bool shows_reasons(std::string_view name);

/// \return null for an unknown name
std::unique_ptr<Formatter> make_formatter(std::string_view name, const Invocation& invocation);

}  // namespace lastmile

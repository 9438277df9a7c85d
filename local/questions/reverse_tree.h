// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "local/formats/tree.h"
#include "local/questions/destination_query.h"
#include "local/questions/known_address.h"

namespace lastmile {

/// Who leads to a destination, and who leads there: ways turned round and laid over each other.
class ReverseTree {
 public:
  /// \param known  the address that was asked
  /// \param way  from that address to the destination
  void add(const KnownAddress& known, const std::string& destination,
           const std::vector<WayStep>& way);

  bool empty() const { return roots_.empty(); }

  /// Draws each destination with those who reach it, and the line that is the reason on the right.
  /// \param deepest  levels below a destination; 0: all
  void print(std::ostream& out, const TreeStyle& style, std::size_t deepest) const;

 private:
  struct Node {
    std::string step = {};
    std::optional<SourcePos> source = {};
    std::string note = {};  ///< "(list)", "(any name)"
    std::map<std::string, Node> below = {};
  };

  static void print_below(std::ostream& out, const TreeStyle& style, const Node& node,
                          const std::string& trunk, std::size_t levels);

  std::map<std::string, Node> roots_ = {};
};

}  // namespace lastmile

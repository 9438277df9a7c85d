#include "local/formats/expect.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>

#include "aliases/text.h"
#include "local/formats/leaf_text.h"
#include "local/formats/recipient_reply.h"
#include "local/formats/utf8.h"

namespace lastmile {

namespace {

/// Where the destinations stand, if the address leaves room.
constexpr std::size_t kDestinationColumn = 23;

/// `text`, and blanks up to the column of the destinations, two at least.
std::string left_column(std::string_view text) {
  const std::size_t used = columns(text);
  const std::size_t blanks =
      used == 0 ? kDestinationColumn : std::max(kDestinationColumn, used + 2) - used;
  return std::string(text) + std::string(blanks, ' ');
}

std::string expected_form(const Leaf& leaf) {
  const LeafText words = describe(leaf);
  return words.dsn.empty()         ? written_form(leaf)
         : words.kind == "unknown" ? "unknown:"
                                   : words.kind + ':' + words.dsn;
}

}  // namespace

void print_expectations_header(std::ostream& out) {
  out << left_column("# address") << "lands at\n";
}

void print_expectation(std::ostream& out, const Trace& trace) {
  const std::string address = printable(trace.node(trace.root()).subject);
  const auto leaves = trace.leaves();
  const auto reply = recipient_reply(trace);
  const bool is_refused = reply && reply->is_refusal();
  if (leaves.empty() && !is_refused) {
    out << "# " << address << " lands nowhere\n";
  }
  std::string_view shown = address;
  if (is_refused) {
    out << left_column(shown) << printable("RCPT " + reply->codes()) << '\n';
    shown = {};
  }
  for (const NodeId id : leaves) {
    out << left_column(shown) << printable(expected_form(trace.leaf(id))) << '\n';
    shown = {};
  }
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
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

/// A star of a text is no pattern.
std::string with_stars_escaped(std::string_view text) {
  std::string escaped;
  for (const char octet : text) {
    escaped.append(octet == '*' ? 1 : 0, '\\').append(1, octet);
  }
  return escaped;
}

/// Whether a reader would take the end of the text for the user ("... as nobody").
bool ends_like_a_user(std::string_view text) {
  const std::size_t last = text.rfind(' ');
  return last != std::string_view::npos && text.substr(0, last).ends_with(" as");
}

}  // namespace

std::string expected_form(const LeafText& words, bool with_recipient) {
  if (words.kind == "unknown") {
    return "unknown:";
  }
  if (!words.dsn.empty()) {
    return words.kind + ':' + words.dsn;
  }
  const std::string text = with_stars_escaped(printable(written_form(words, with_recipient)));
  return ends_like_a_user(text) ? text + " as " + printable(words.user) : text;
}

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
    out << left_column(shown)
        << expected_form(describe(trace.leaf(id)), needs_recipient(trace.leaf(id).destination))
        << '\n';
    shown = {};
  }
}

}  // namespace lastmile

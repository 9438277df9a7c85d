// SPDX-License-Identifier: Apache-2.0
#include "local/formats/svg.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "local/formats/trace_line.h"
#include "local/formats/utf8.h"
#include "local/formats/xml.h"

namespace lastmile {

namespace {

// ---- Measures, in pixels.

constexpr int kMargin = 16;
constexpr int kRowHeight = 18;
constexpr int kPadding = 8;
constexpr int kIndent = 14;
constexpr int kBetweenColumns = 48;
constexpr int kBetweenCards = 12;
/// Tenths of a pixel that a letter takes: of the text, and of the smaller source.
constexpr int kLetter = 73;
constexpr int kSmallLetter = 61;
/// Longer text is wrapped.
constexpr std::size_t kTextColumns = 40;

int width_of(std::string_view text, int letter) {
  return (static_cast<int>(columns(text)) * letter + 9) / 10;
}

// ---- What is drawn.

/// A row of a card.
struct Row {
  TraceLine line = {};
  int indent = 0;
};

/// An address with its steps, or a destination.
struct Card {
  std::vector<Row> rows = {};
  std::size_t depth = 0;       ///< Cards above it.
  std::size_t parent = 0;      ///< Of the first card: itself.
  std::size_t parent_row = 0;  ///< The row of it that leads here.
  std::vector<std::size_t> children = {};
  int width = 0;
  int subtree_height = 0;  ///< Of the card, and of all that is on its right.
  int x = 0;
  int y = 0;

  int height() const { return 2 * kPadding + static_cast<int>(rows.size()) * kRowHeight; }
};

bool begins_card(Step step) {
  return step == Step::address || step == Step::resubmitted || step == Step::leaf;
}

/// Adds a line to a card, in as many rows as it takes.
void add_line(Card& card, TraceLine line, int indent) {
  auto texts = wrap(line.text, kTextColumns);
  for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
    card.rows.push_back(Row{TraceLine{std::move(texts[i]), "", line.ink}, indent});
    indent += i == 0 ? kIndent : 0;
  }
  line.text = std::move(texts.back());
  card.rows.push_back(Row{std::move(line), indent});
}

/// The source of a destination stands below it: its words are long enough.
void give_source_a_row(Card& card) {
  TraceLine& line = card.rows.back().line;
  if (!line.source.empty()) {
    std::string source = std::move(line.source);
    line.source.clear();
    card.rows.push_back(Row{TraceLine{"", std::move(source), Ink::dim}, 0});
  }
}

/// The cards, each behind the one above it. Without recursion: an expansion may be deeper than the
/// stack.
std::vector<Card> cards_of(const Trace& trace, const LineMaker& maker) {
  struct Pending {
    NodeId id = {};
    std::size_t card = 0;
    std::size_t row = 0;
    int indent = 0;
  };
  std::vector<Card> cards;
  std::vector<Pending> pending = {{trace.root(), 0, 0, 0}};
  while (!pending.empty()) {
    Pending next = pending.back();
    pending.pop_back();
    const NodeId drawn = drawn_node(trace, next.id);
    TraceLine line = maker.make(next.id, drawn);
    if (cards.empty() || begins_card(trace.step(drawn))) {
      Card card;
      card.depth = cards.empty() ? 0 : cards[next.card].depth + 1;
      card.parent = next.card;
      card.parent_row = next.row;
      if (!cards.empty()) {
        cards[next.card].children.push_back(cards.size());
      }
      line.ink = line.ink == Ink::plain ? Ink::bold : line.ink;
      next.card = cards.size();
      next.indent = 0;
      cards.push_back(std::move(card));
    }
    add_line(cards[next.card], std::move(line), next.indent);
    if (trace.step(drawn) == Step::leaf) {
      give_source_a_row(cards[next.card]);
    }
    const std::size_t row = cards[next.card].rows.size() - 1;
    const std::size_t first = pending.size();
    for (const NodeId child : trace.children(drawn)) {
      const int indent = row == 0 ? 0 : next.indent + kIndent;
      pending.push_back(Pending{child, next.card, row, indent});
    }
    std::reverse(pending.begin() + static_cast<std::ptrdiff_t>(first), pending.end());
  }
  return cards;
}

// ---- Where it is drawn.

void measure(Card& card) {
  for (const Row& row : card.rows) {
    int width = row.indent + width_of(row.line.text, kLetter);
    if (!row.line.source.empty()) {
      width += (row.line.text.empty() ? 0 : 2 * kPadding) + width_of(row.line.source, kSmallLetter);
    }
    card.width = std::max(card.width, width + 2 * kPadding);
  }
}

/// What the cards on the right of one take together.
int height_of_children(const std::vector<Card>& cards, const Card& card) {
  int height = 0;
  for (const std::size_t child : card.children) {
    height += (height == 0 ? 0 : kBetweenCards) + cards[child].subtree_height;
  }
  return height;
}

/// A column for each depth; each card in the middle of what it leads to.
void place(std::vector<Card>& cards) {
  std::vector<int> widths;
  for (Card& card : cards) {
    measure(card);
    widths.resize(std::max(widths.size(), card.depth + 1));
    widths[card.depth] = std::max(widths[card.depth], card.width);
  }
  for (std::size_t i = cards.size(); i > 0; --i) {
    Card& card = cards[i - 1];
    card.subtree_height = std::max(card.height(), height_of_children(cards, card));
  }
  std::vector<int> lefts = {kMargin};
  for (const int width : widths) {
    lefts.push_back(lefts.back() + width + kBetweenColumns);
  }
  std::vector<int> tops(cards.size(), kMargin);
  for (std::size_t i = 0; i < cards.size(); ++i) {
    Card& card = cards[i];
    card.x = lefts[card.depth];
    card.y = tops[i] + (card.subtree_height - card.height()) / 2;
    int top = tops[i] + (card.subtree_height - height_of_children(cards, card)) / 2;
    for (const std::size_t child : card.children) {
      tops[child] = top;
      top += cards[child].subtree_height + kBetweenCards;
    }
  }
}

// ---- The document.

std::string_view class_of(Ink ink) {
  switch (ink) {
    case Ink::plain:
      return "";
    case Ink::bold:
      return " class=\"b\"";
    case Ink::dim:
      return " class=\"d\"";
    case Ink::green:
      return " class=\"g\"";
    case Ink::yellow:
      return " class=\"y\"";
    case Ink::red:
      return " class=\"r\"";
  }
  return "";
}

/// Both for light and for dark surroundings.
constexpr std::string_view kStyle = R"(<style>
text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1f2328;white-space:pre}
.b{font-weight:bold}text.d{fill:#6b7785}text.g{fill:#1a7f37}text.y{fill:#9a6700}text.r{fill:#b3261e}
.s{fill:#6b7785;font-size:10px}
rect{fill:#f6f8fa;stroke:#6b7785}rect.g{stroke:#1a7f37}rect.y{stroke:#9a6700}rect.r{stroke:#b3261e}rect.back{fill:#fff;stroke:none}
path{fill:none;stroke:#6b7785}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}rect{fill:#161b22}rect.back{fill:#0d1117}
text.d,text.s{fill:#9198a1}text.g{fill:#3fb950}text.y{fill:#d29922}text.r{fill:#ff7b72}}
</style>
)";

void print_card(std::ostream& out, const Card& card) {
  const Ink ink = card.rows.front().line.ink;
  out << "<rect x=\"" << card.x << "\" y=\"" << card.y << "\" width=\"" << card.width
      << "\" height=\"" << card.height() << "\" rx=\"5\"" << (ink == Ink::bold ? "" : class_of(ink))
      << "/>\n";
  int y = card.y + kPadding + kRowHeight - 5;
  for (const Row& row : card.rows) {
    if (!row.line.text.empty()) {
      out << "<text x=\"" << card.x + kPadding + row.indent << "\" y=\"" << y << '"'
          << class_of(row.line.ink) << '>' << escape_xml(row.line.text) << "</text>\n";
    }
    if (!row.line.source.empty()) {
      out << "<text x=\"" << card.x + card.width - kPadding << "\" y=\"" << y
          << "\" class=\"s\" text-anchor=\"end\">" << escape_xml(row.line.source) << "</text>\n";
    }
    y += kRowHeight;
  }
}

/// From the row that leads to a card to that card's first row.
void print_way(std::ostream& out, const Card& from, const Card& to) {
  const auto middle = [](const Card& card, std::size_t row) {
    return card.y + kPadding + static_cast<int>(row) * kRowHeight + kRowHeight / 2;
  };
  const int x = from.x + from.width;
  const int turn = to.x - kBetweenColumns / 2;
  out << "<path d=\"M" << x << ' ' << middle(from, to.parent_row) << 'H' << to.x - kBetweenColumns
      << 'C' << turn << ' ' << middle(from, to.parent_row) << ' ' << turn << ' ' << middle(to, 0)
      << ' ' << to.x << ' ' << middle(to, 0) << "\"/>\n";
}

}  // namespace

void print_svg(std::ostream& out, const Trace& trace, const TreeStyle& style) {
  const LineMaker maker(trace, style);
  std::vector<Card> cards = cards_of(trace, maker);
  place(cards);
  int width = 0;
  for (const Card& card : cards) {
    width = std::max(width, card.x + card.width + kMargin);
  }
  const int height = cards.front().subtree_height + 2 * kMargin;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << width << "\" height=\"" << height
      << "\" viewBox=\"0 0 " << width << ' ' << height << "\" role=\"img\">\n<title>"
      << escape_xml(cards.front().rows.front().line.text) << "</title>\n"
      << kStyle << "<rect class=\"back\" width=\"" << width << "\" height=\"" << height << "\"/>\n";
  for (std::size_t i = 1; i < cards.size(); ++i) {
    print_way(out, cards[cards[i].parent], cards[i]);
  }
  for (const Card& card : cards) {
    print_card(out, card);
  }
  out << "</svg>\n";
}

}  // namespace lastmile

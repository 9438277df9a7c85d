// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/table_file.h"
#include "aliases/tables/table_syntax.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"

namespace lastmile {
namespace {

/// An IP address in network byte order.
struct IpAddress {
  int family = AF_INET;
  std::array<unsigned char, 16> octets = {};

  unsigned bits() const { return family == AF_INET6 ? 128 : 32; }
};

std::optional<IpAddress> parse_address(std::string_view text) {
  IpAddress address;
  address.family = text.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
  const bool ok =
      ::inet_pton(address.family, std::string(text).c_str(), address.octets.data()) == 1;
  return ok ? std::optional(address) : std::nullopt;
}

std::string to_string(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text = {};
  ::inet_ntop(address.family, address.octets.data(), text.data(), text.size());
  return text.data();
}

/// The first `length` bits; the others are zero.
IpAddress masked(IpAddress address, unsigned length) {
  for (unsigned i = 0; i < address.octets.size(); ++i) {
    const unsigned kept = std::clamp(length, 8 * i, 8 * i + 8) - 8 * i;
    address.octets[i] &= static_cast<unsigned char>(0xFF00U >> kept);
  }
  return address;
}

struct Network {
  IpAddress address = {};
  unsigned length = 0;  ///< Of the prefix, in bits.

  bool contains(const IpAddress& other) const {
    return masked(other, length).octets == address.octets;
  }
};

Error bad_rule(std::string text) {
  return malformed(std::move(text));
}

/// `[address/length]` and `[address]/length` without the brackets.
Result<std::string> without_brackets(std::string_view pattern) {
  if (!pattern.starts_with('[')) {
    return std::string(pattern);
  }
  const std::size_t close = pattern.find(']');
  if (close == std::string_view::npos) {
    return bad_rule("missing ']' character after \"" + printable(pattern) + "\"");
  }
  const std::string_view rest = pattern.substr(close + 1);
  if (!rest.empty() && rest.front() != '/') {
    return bad_rule("garbage after \"" + printable(pattern.substr(0, close + 1)) + "\"");
  }
  return std::string(pattern.substr(1, close - 1)) + std::string(rest);
}

Result<Network> parse_prefix(std::string_view address, std::string_view length,
                             const std::string& text) {
  const auto bad = [&text](std::string_view what) {
    return bad_rule(std::string(what) + " in \"" + printable(text) + "\"");
  };
  Network network;
  network.address.family = address.find(':') == std::string_view::npos ? AF_INET : AF_INET6;
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), network.length);
  if (length.empty() || !std::all_of(length.begin(), length.end(), is_digit)) {
    return bad("bad mask value");
  }
  if (error != std::errc() || network.length > network.address.bits()) {
    return bad("bad mask length");
  }
  const auto parsed = parse_address(address);
  if (!parsed) {
    return bad("bad network value");
  }
  network.address = masked(*parsed, network.length);
  if (network.address.octets != parsed->octets) {
    return bad_rule("non-null host address bits in \"" + text + "\", perhaps you should use \"" +
                    to_string(network.address) + "/" + std::to_string(network.length) +
                    "\" instead");
  }
  return network;
}

Result<Network> parse_network(std::string_view pattern) {
  const auto text = without_brackets(pattern);
  if (!text) {
    return text.error();
  }
  if (const std::size_t slash = text->find('/'); slash != std::string::npos) {
    const std::string_view view = *text;
    return parse_prefix(view.substr(0, slash), view.substr(slash + 1), *text);
  }
  const auto address = parse_address(*text);
  if (!address) {
    return bad_rule("bad address pattern: \"" + printable(*text) + "\"");
  }
  return Network{*address, address->bits()};
}

struct CidrRule {
  enum class Kind { result, condition };

  Kind kind = Kind::result;
  int line = 0;
  Network network = {};
  bool is_negated = false;
  std::string value = {};
  std::size_t block_end = 0;  ///< Of a condition: the rule behind its endif.

  /// A rule for one address family says nothing of the other, negated or not.
  bool applies_to(const IpAddress& address) const {
    return network.address.family == address.family && network.contains(address) != is_negated;
  }
};

class CidrParser {
 public:
  explicit CidrParser(std::string file) : file_(std::move(file)) {}

  void parse(std::string_view content) {
    LineReader lines(content);
    while (const auto line = lines.next()) {
      line_ = line->number;
      if (line->is_stray) {
        warn(stray_line_text(line->text));
      } else if (const auto added = add(trim(line->text)); !added) {
        warn(added.error().text + ": skipping this rule");
      }
    }
    for (const std::size_t open : open_conditions_) {
      line_ = rules[open].line;
      warn("IF has no matching ENDIF");
      rules[open].block_end = rules.size();
    }
  }

  std::vector<CidrRule> rules = {};
  std::vector<Error> warnings = {};

 private:
  void warn(std::string text) { warnings.push_back(line_warning(file_, line_, std::move(text))); }

  Result<Ok> add(std::string_view line) {
    if (take_word(line, "if")) {
      open_conditions_.push_back(rules.size());
      auto added = add_rule(CidrRule::Kind::condition, line);
      if (!added) {
        open_conditions_.pop_back();
      }
      return added;
    }
    if (take_word(line, "endif")) {
      return end_condition(line);
    }
    return add_rule(CidrRule::Kind::result, line);
  }

  Result<Ok> add_rule(CidrRule::Kind kind, std::string_view line) {
    CidrRule rule{kind, line_, {}, false, {}, 0};
    rule.is_negated = take_negation(line);
    const auto end = std::find_if(line.begin(), line.end(), is_space);
    const auto size = kind == CidrRule::Kind::condition
                          ? line.size()
                          : static_cast<std::size_t>(end - line.begin());
    if (size == 0) {
      return bad_rule("no address pattern");
    }
    const auto network = parse_network(line.substr(0, size));
    if (!network) {
      return network.error();
    }
    rule.network = *network;
    rule.value = trim(line.substr(size));
    if (kind == CidrRule::Kind::result && rule.value.empty()) {
      return bad_rule("no lookup result");
    }
    rules.push_back(std::move(rule));
    return Ok{};
  }

  Result<Ok> end_condition(std::string_view line) {
    if (!line.empty()) {
      return bad_rule("garbage after ENDIF");
    }
    if (open_conditions_.empty()) {
      return bad_rule("ENDIF without IF");
    }
    rules[open_conditions_.back()].block_end = rules.size();
    open_conditions_.pop_back();
    return Ok{};
  }

  std::string file_;
  int line_ = 0;
  std::vector<std::size_t> open_conditions_ = {};
};

/// Networks, tried in the order of the text. Only IP addresses are ever found. \see cidr_table(5)
class CidrTable final : public Table {
 public:
  CidrTable(TableSpec spec, TableOwner owner, bool want_source, CidrParser parsed)
      : Table(std::move(spec), owner),
        want_source_(want_source && !is_inline_text(this->spec())),
        rules_(std::move(parsed.rules)),
        warnings_(std::move(parsed.warnings)) {}

  Result<std::optional<TableEntry>> lookup(std::string_view key) override {
    const auto address = parse_address(key);
    if (!address) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < rules_.size();) {
      const CidrRule& rule = rules_[i];
      const bool applies = rule.applies_to(*address);
      if (applies && rule.kind == CidrRule::Kind::result) {
        return std::optional(entry_of(rule));
      }
      i = !applies && rule.kind == CidrRule::Kind::condition ? rule.block_end : i + 1;
    }
    return std::nullopt;
  }
  std::vector<Error> warnings() const override { return warnings_; }

 private:
  TableEntry entry_of(const CidrRule& rule) const {
    TableEntry entry{rule.value};
    if (want_source_) {
      entry.source = SourcePos{spec().name, rule.line};
    }
    return entry;
  }

  bool want_source_;
  std::vector<CidrRule> rules_;
  std::vector<Error> warnings_;
};

Result<std::unique_ptr<Table>> open_cidr(const TableSpec& spec, World& world,
                                         const TablePolicy& policy) {
  const auto text = read_rule_text(world, spec);
  if (!text) {
    return text.error();
  }
  CidrParser parser(spec.name);
  parser.parse(text->content);
  return std::unique_ptr<Table>(
      std::make_unique<CidrTable>(spec, text->owner, policy.want_source, std::move(parser)));
}

}  // namespace

const MapType kCidrMap = {
    .name = "cidr", .is_pattern = true, .open = open_cidr, .recorded = TableRecord::text};

}  // namespace lastmile

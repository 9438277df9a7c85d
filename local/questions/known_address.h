// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "aliases/address.h"

namespace lastmile {

/// Why an address is known: what names it. In the order in which one of several is shown.
enum class Mark : std::uint8_t {
  account,
  alias,
  listed,  ///< In local_recipient_maps alone.
  virtual_alias,
  canonical,
  mailbox,
  relay,
  transport,
  extension,  ///< A `.forward+extension` file.
  member,     ///< Something leads there.
  role,       ///< postmaster and the like, which every domain has to have.
  given,      ///< By whoever asks.
  log,
  sample,  ///< Stands for every name at its domain, or for a pattern.
};
inline constexpr std::size_t kMarks = 14;

/// "account", "virtual", ...: what outputs call it.
std::string_view name_of(Mark mark);
/// \return nullopt for another word
std::optional<Mark> parse_mark(std::string_view name);

/// Several marks of one address.
class Marks {
 public:
  Marks() = default;
  Marks(Mark mark) { add(mark); }  // NOLINT(google-explicit-constructor): one is some
  static Marks from_bits(std::uint16_t bits);
  std::uint16_t bits() const { return bits_; }

  void add(Mark mark) {
    bits_ = static_cast<std::uint16_t>(bits_ | (1U << static_cast<unsigned>(mark)));
  }
  void add(Marks others) { bits_ = static_cast<std::uint16_t>(bits_ | others.bits_); }
  bool has(Mark mark) const { return ((bits_ >> static_cast<unsigned>(mark)) & 1U) != 0; }
  /// The one that is shown. There must be one.
  Mark first() const;

  friend bool operator==(const Marks&, const Marks&) = default;

 private:
  std::uint16_t bits_ = 0;
};

/// An address that something in the configuration names, or that a named thing reaches.
struct KnownAddress {
  Address address = {};
  Marks marks = {};

  friend bool operator==(const KnownAddress&, const KnownAddress&) = default;
};

/// The name in front of the domain of a sample: nobody has it.
inline constexpr std::string_view kSampleName = "lastmile-sample";

/// Whether it stands for every name at its domain.
bool is_wildcard(const KnownAddress& known);

/// As people see it: in external form, and `*@example.com` for every name at a domain.
std::string shown_form(const KnownAddress& known);

}  // namespace lastmile

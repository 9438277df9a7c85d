#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "transports/main_cf.h"
#include "transports/settings.h"

namespace lastmile {

/// Gives typed values to parameters. The first one that makes no sense is remembered, with its
/// line, what was found and what would be right; reading goes on, so that the members can be read
/// one below the other without a test after each.
/// \see postconf(5), introduction
class ParameterReader {
 public:
  /// `main_cf` must outlive the reader.
  explicit ParameterReader(const MainCf& main_cf) : main_cf_(main_cf) {}

  void boolean(std::string_view name, Setting<bool>& setting);
  void integer(std::string_view name, Setting<long>& setting, long minimum,
               long maximum = std::numeric_limits<int>::max());
  void octets(std::string_view name, Setting<std::int64_t>& setting);
  /// \param default_unit  one of s m h d w, for a number without a unit
  void duration(std::string_view name, Setting<std::chrono::seconds>& setting, char default_unit,
                std::chrono::seconds minimum);
  void text(std::string_view name, Setting<std::string>& setting);
  /// A text that must not be empty.
  void some_text(std::string_view name, Setting<std::string>& setting);
  /// A text that is not expanded.
  void raw_text(std::string_view name, Setting<std::string>& setting);
  /// One of some words.
  void choice(std::string_view name, Setting<std::string>& setting,
              std::initializer_list<std::string_view> allowed);
  void list(std::string_view name, Setting<std::vector<std::string>>& setting);
  /// A list of words of which each must be known.
  void names(std::string_view name, Setting<NameSet>& setting,
             std::initializer_list<std::string_view> allowed);
  void tables(std::string_view name, Setting<std::vector<TableSpec>>& setting);

  /// Remembers that the value of `setting` cannot be used; `problem` goes behind the value.
  void reject(std::string_view name, std::string_view value, const std::optional<SourcePos>& source,
              std::string_view problem);

  /// The first parameter that made no sense.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  /// The value and its line; empty after a failure.
  ExpandedParameter expand(std::string_view name);
  std::optional<std::int64_t> number(std::string_view name, const ExpandedParameter& parameter,
                                     std::string_view digits);

  const MainCf& main_cf_;
  std::optional<Error> failure_;
};

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "transports/main_cf.h"
#include "transports/parameter_catalogue.h"
#include "transports/settings.h"

namespace lastmile {

/// Gives typed values to parameters. One that makes no sense is remembered, with its line, what was
/// found and what would be right; reading goes on, so that the members can be read one below the
/// other without a test after each.
/// \see postconf(5), introduction
class ParameterReader {
 public:
  /// `main_cf` must outlive the reader.
  explicit ParameterReader(const MainCf& main_cf) : main_cf_(main_cf) {}

  /// Reads a parameter of the catalogue into its member.
  void read(const Parameter& parameter, Settings& settings);

  void boolean(std::string_view name, Setting<bool>& setting);
  void integer(std::string_view name, Setting<long>& setting, long minimum,
               long maximum = std::numeric_limits<int>::max());
  void octets(std::string_view name, Setting<std::int64_t>& setting);
  /// \param default_unit  one of s m h d w, for a number without a unit
  void duration(std::string_view name, Setting<std::chrono::seconds>& setting, char default_unit,
                std::chrono::seconds minimum);
  void text(std::string_view name, Setting<std::string>& setting,
            TextParameter::Content content = TextParameter::Content::any);
  /// One of some words, which stand in `allowed` with blanks between them.
  void choice(std::string_view name, Setting<std::string>& setting, std::string_view allowed);
  void list(std::string_view name, Setting<std::vector<std::string>>& setting);
  /// A list of words of which each must be known.
  void names(std::string_view name, Setting<NameSet>& setting, std::string_view allowed);
  void tables(std::string_view name, Setting<std::vector<TableSpec>>& setting);

  /// Remembers that the value of `setting` cannot be used; `problem` goes behind the value.
  void reject(std::string_view name, std::string_view value, const std::optional<SourcePos>& source,
              std::string_view problem);

  /// What the first parameter that made no sense was, or null.
  const Error* failure() const { return faults_.empty() ? nullptr : &faults_.front().error; }
  /// All that made no sense, once for each parameter.
  std::vector<ParameterFault> take_faults() { return std::move(faults_); }

 private:
  /// The value and its line; empty when it cannot be expanded.
  ExpandedParameter expand(std::string_view name);
  std::optional<std::int64_t> number(std::string_view name, const ExpandedParameter& parameter,
                                     std::string_view digits);

  void remember(std::string_view name, Error error);

  const MainCf& main_cf_;
  std::vector<ParameterFault> faults_;
  Daemons readers_ = {};  ///< Of what is being read.
};

}  // namespace lastmile

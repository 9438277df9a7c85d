// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/lookup_format.h"

#include <utility>

namespace lastmile {

Result<LookupFormat> LookupFormat::read(const TableSettings& settings, World& world,
                                        const TablePolicy& policy,
                                        std::string_view result_parameter) {
  LookupFormat format;
  auto result = LookupTemplate::parse(settings.find(result_parameter).value_or("%s"),
                                      LookupTemplate::Role::result);
  if (!result) {
    return settings.bad_setting(result_parameter, result.error().text);
  }
  format.result_ = *std::move(result);
  const auto limit = settings.number("expansion_limit", 0, 0);
  if (!limit) {
    return limit.error();
  }
  format.expansion_limit_ = *limit;
  auto domains = DomainList::parse(settings.find("domain").value_or(""), world, policy);
  if (!domains) {
    return std::move(domains).error();
  }
  format.domains_ = *std::move(domains);
  return format;
}

Result<LookupFormat::Match> LookupFormat::accepts(const AddressParts& key) {
  if (key.whole.empty() || !result_.accepts_key(key)) {
    return Match::no;
  }
  return domains_.accepts(key);
}

Result<Ok> LookupFormat::Values::add(std::string_view value) {
  const AddressParts parts(value);
  if (value.empty() || !format_.result_.accepts_value(parts)) {
    return Ok{};
  }
  if (++count_ > format_.expansion_limit_ && format_.expansion_limit_ > 0) {
    return unavailable("Expansion limit exceeded");
  }
  if (!joined_.empty()) {
    joined_ += ',';
  }
  format_.result_.expand(key_, parts, append_as_is, joined_);
  return Ok{};
}

std::optional<TableEntry> LookupFormat::Values::take() {
  return joined_.empty() ? std::nullopt : std::optional(TableEntry{std::move(joined_)});
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include <regex.h>

#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/pattern_table.h"
#include "aliases/tables/regexp_cost.h"

namespace lastmile {
namespace {

std::string reason(int status, const regex_t& expression) {
  std::array<char, 256> text = {};
  ::regerror(status, &expression, text.data(), text.size());
  return text.data();
}

class PosixExpression final : public Expression {
 public:
  PosixExpression() = default;
  PosixExpression(const PosixExpression&) = delete;
  PosixExpression& operator=(const PosixExpression&) = delete;
  ~PosixExpression() override {
    if (compiled_) {
      ::regfree(&expression_);
    }
  }

  Result<Ok> compile(const std::string& pattern, int options) {
    if (const int status = ::regcomp(&expression_, pattern.c_str(), options); status != 0) {
      return status == REG_ESPACE ? unavailable(reason(status, expression_))
                                  : malformed(reason(status, expression_));
    }
    compiled_ = true;
    matches_.resize(expression_.re_nsub + 1);
    return Ok{};
  }

  Result<Match> match(const std::string& key, std::vector<std::string_view>* groups) override {
    const std::size_t wanted = groups == nullptr ? 0 : matches_.size();
    const int status = ::regexec(&expression_, key.c_str(), wanted, matches_.data(), 0);
    if (status == REG_NOMATCH) {
      return Match::no;
    }
    if (status != 0) {
      return unavailable(reason(status, expression_));
    }
    if (groups != nullptr) {
      copy_groups(key, *groups);
    }
    return Match::yes;
  }

  std::size_t group_count() const override { return expression_.re_nsub; }

 private:
  void copy_groups(std::string_view key, std::vector<std::string_view>& groups) const {
    groups.clear();
    for (const regmatch_t& match : matches_) {
      const bool took_part = match.rm_so >= 0;
      groups.push_back(took_part ? key.substr(static_cast<std::size_t>(match.rm_so),
                                              static_cast<std::size_t>(match.rm_eo - match.rm_so))
                                 : std::string_view());
    }
  }

  regex_t expression_ = {};
  bool compiled_ = false;
  std::vector<regmatch_t> matches_ = {};
};

/// Stands for a rule whose pattern cannot be used here: whoever comes to it gets no answer. To
/// leave the rule out would be one, and could bounce mail.
class UnusableExpression final : public Expression {
 public:
  explicit UnusableExpression(std::string why) : why_(std::move(why)) {}

  Result<Match> match(const std::string& /*key*/,
                      std::vector<std::string_view>* /*groups*/) override {
    return misconfigured("regular expression not used: " + why_, std::nullopt);
  }
  std::size_t group_count() const override { return std::numeric_limits<int>::max(); }

 private:
  std::string why_;
};

int options_of(std::string_view flags, bool groups_wanted) {
  int options = REG_EXTENDED | REG_ICASE;
  for (const char flag : flags) {
    options ^= flag == 'i' ? REG_ICASE : flag == 'm' ? REG_NEWLINE : REG_EXTENDED;
  }
  return groups_wanted ? options : options | REG_NOSUB;
}

Result<std::unique_ptr<Expression>> compile(const std::string& pattern, std::string_view flags,
                                            bool groups_wanted) {
  const int options = options_of(flags, groups_wanted);
  if (auto problem = too_costly(pattern, (options & REG_EXTENDED) != 0)) {
    return std::unique_ptr<Expression>(std::make_unique<UnusableExpression>(*std::move(problem)));
  }
  auto expression = std::make_unique<PosixExpression>();
  if (auto compiled = expression->compile(pattern, options); !compiled) {
    if (compiled.error().kind == Error::Kind::unavailable) {
      return std::unique_ptr<Expression>(
          std::make_unique<UnusableExpression>(compiled.error().text));
    }
    return std::move(compiled).error();
  }
  return std::unique_ptr<Expression>(std::move(expression));
}

Result<std::unique_ptr<Table>> open_regexp(const TableSpec& spec, World& world,
                                           const TablePolicy& policy) {
  constexpr PatternLanguage kLanguage = {"regexp", "imx", "", true, compile};
  return open_pattern_table(spec, world, policy, kLanguage);
}

}  // namespace

const MapType kRegexpMap = {
    .name = "regexp", .is_pattern = true, .open = open_regexp, .recorded = TableRecord::text};

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include <pcre2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "aliases/tables/map_type_list.h"
#include "aliases/tables/pattern_table.h"

namespace lastmile {
namespace {

/// The library's own default, which Postfix uses: one lookup ends within a second or so.
constexpr std::uint32_t kMatchLimit = 10'000'000;
constexpr std::uint32_t kHeapLimit = 64 * 1024;  // KiB; the library's default is 20 GB.

struct FreeWithPcre {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
template <class T>
using Pcre = std::unique_ptr<T, FreeWithPcre>;

std::string reason(int status) {
  std::array<PCRE2_UCHAR, 256> text = {};
  pcre2_get_error_message(status, text.data(), text.size());
  return {text.begin(), std::find(text.begin(), text.end(), PCRE2_UCHAR{0})};
}

PCRE2_SPTR octets(const std::string& text) {
  return reinterpret_cast<PCRE2_SPTR>(text.data());
}

class PcreExpression final : public Expression {
 public:
  explicit PcreExpression(Pcre<pcre2_code> code)
      : code_(std::move(code)),
        data_(pcre2_match_data_create_from_pattern(code_.get(), nullptr)),
        limits_(pcre2_match_context_create(nullptr)) {
    LM_CHECK(data_ && limits_);
    pcre2_set_match_limit(limits_.get(), kMatchLimit);
    pcre2_set_heap_limit(limits_.get(), kHeapLimit);
    pcre2_pattern_info(code_.get(), PCRE2_INFO_CAPTURECOUNT, &group_count_);
  }

  Result<Match> match(const std::string& key, std::vector<std::string_view>* groups) override {
    const int status =
        pcre2_match(code_.get(), octets(key), key.size(), 0, 0, data_.get(), limits_.get());
    if (status == PCRE2_ERROR_NOMATCH) {
      return Match::no;
    }
    if (status < 0) {
      return misconfigured(reason(status));
    }
    if (groups != nullptr) {
      copy_groups(key, *groups);
    }
    return Match::yes;
  }

  std::size_t group_count() const override { return group_count_; }

 private:
  void copy_groups(std::string_view key, std::vector<std::string_view>& groups) const {
    const PCRE2_SIZE* offsets = pcre2_get_ovector_pointer(data_.get());
    groups.assign(group_count_ + 1, {});
    for (std::size_t i = 0; i <= group_count_; ++i) {
      // \K in a lookahead can put the end before the beginning.
      if (offsets[2 * i] != PCRE2_UNSET && offsets[2 * i] < offsets[2 * i + 1]) {
        groups[i] = key.substr(offsets[2 * i], offsets[2 * i + 1] - offsets[2 * i]);
      }
    }
  }

  Pcre<pcre2_code> code_;
  Pcre<pcre2_match_data> data_;
  Pcre<pcre2_match_context> limits_;
  std::uint32_t group_count_ = 0;
};

std::uint32_t option_of(char flag) {
  switch (flag) {
    case 'i':
      return PCRE2_CASELESS;
    case 'm':
      return PCRE2_MULTILINE;
    case 's':
      return PCRE2_DOTALL;
    case 'x':
      return PCRE2_EXTENDED;
    case 'A':
      return PCRE2_ANCHORED;
    case 'E':
      return PCRE2_DOLLAR_ENDONLY;
    default:
      return PCRE2_UNGREEDY;
  }
}

Result<std::unique_ptr<Expression>> compile(const std::string& pattern, std::string_view flags,
                                            bool /*groups_wanted*/) {
  std::uint32_t options = PCRE2_CASELESS | PCRE2_DOTALL;
  for (const char flag : flags) {
    options ^= option_of(flag);
  }
  int status = 0;
  PCRE2_SIZE offset = 0;
  Pcre<pcre2_code> code(
      pcre2_compile(octets(pattern), pattern.size(), options, &status, &offset, nullptr));
  if (!code) {
    return malformed("error in regex at offset " + std::to_string(offset) + ": " + reason(status));
  }
  return std::unique_ptr<Expression>(std::make_unique<PcreExpression>(std::move(code)));
}

Result<std::unique_ptr<Table>> open_pcre(const TableSpec& spec, World& world,
                                         const TablePolicy& policy) {
  constexpr PatternLanguage kLanguage = {"pcre", "imsxAEU", "X", false, compile};
  return open_pattern_table(spec, world, policy, kLanguage);
}

}  // namespace

const MapType kPcreMap = {
    .name = "pcre", .is_pattern = true, .open = open_pcre, .recorded = TableRecord::text};

}  // namespace lastmile

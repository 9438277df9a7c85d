// SPDX-License-Identifier: Apache-2.0
#include "aliases/result.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace lastmile {

std::string to_string(const SourcePos& source) {
  return source.line > 0 ? *source.file + ":" + std::to_string(source.line) : *source.file;
}

Error Error::during(std::string doing) && {
  context.push_back(std::move(doing));
  return std::move(*this);
}

std::string Error::message() const {
  std::string result = source ? to_string(*source) + ": " + text : text;
  for (std::size_t i = 0; i < context.size(); ++i) {
    result += (i == 0 ? " (" : "; ") + context[i];
  }
  return context.empty() ? result : result + ")";
}

void check_failed(const char* condition, const char* file, int line) {
  static_cast<void>(
      std::fprintf(stderr, "%s:%d: internal error: %s does not hold\n", file, line, condition));
  std::abort();
}

Error unavailable(std::string text, std::optional<SourcePos> source) {
  return {Error::Kind::unavailable, std::move(text), std::move(source), {}};
}

Error misconfigured(std::string text, std::optional<SourcePos> source) {
  return {Error::Kind::misconfigured, std::move(text), std::move(source), {}};
}

Error malformed(std::string text, std::optional<SourcePos> source) {
  return {Error::Kind::malformed, std::move(text), std::move(source), {}};
}

Error unseen(std::string text, std::optional<SourcePos> source) {
  return {Error::Kind::unseen, std::move(text), std::move(source), {}};
}

Error denied(std::string text, std::optional<SourcePos> source) {
  return {Error::Kind::denied, std::move(text), std::move(source), {}};
}

}  // namespace lastmile

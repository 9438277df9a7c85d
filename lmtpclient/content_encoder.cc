// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/content_encoder.h"

#include <utility>

namespace lastmile::lmtp {

ContentEncoder::ContentEncoder(std::size_t line_length_limit, EightBit eight_bit,
                               ContentRules rules)
    : stuffer_(line_length_limit) {
  if (eight_bit == EightBit::converted) {
    downgrader_.emplace();
  }
  if (!rules.is_empty()) {
    rewriter_.emplace(std::move(rules));
  }
}

bool ContentEncoder::append(std::string_view content, std::string& wire) {
  std::string converted;
  if (downgrader_) {
    downgrader_->append(content, converted);
    expect_own_headers();
    content = converted;
  }
  std::string rewritten;
  if (rewriter_) {
    if (!rewriter_->append(content, rewritten)) {
      return false;
    }
    content = rewritten;
  }
  stuffer_.append(content, wire);
  return true;
}

/// Tells the rules of the headers that the conversion has made.
void ContentEncoder::expect_own_headers() {
  for (const std::size_t offset : downgrader_->own_headers()) {
    if (rewriter_) {
      rewriter_->expect_own_header(offset);
    }
  }
}

bool ContentEncoder::finish(std::string& wire) {
  std::string last;
  if (downgrader_) {
    downgrader_->finish(last);
    expect_own_headers();
  }
  if (rewriter_) {
    std::string rewritten;
    if (!rewriter_->append(last, rewritten) || !rewriter_->finish(rewritten)) {
      return false;
    }
    last = std::move(rewritten);
  }
  stuffer_.append(last, wire);
  stuffer_.finish(wire);
  wire += ".\r\n";
  return true;
}

}  // namespace lastmile::lmtp

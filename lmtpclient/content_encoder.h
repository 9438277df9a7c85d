// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lmtpclient/content_rewriter.h"
#include "lmtpclient/dot_stuffing.h"
#include "lmtpclient/mime_downgrade.h"

namespace lastmile::lmtp {

/// Message content on its way to the wire, in chunks. What comes out does not depend on how it is
/// cut.
class ContentEncoder {
 public:
  /// \param line_length_limit  as for DotStuffer
  /// \param rules  see the content as a server of 7 bits gets it
  explicit ContentEncoder(std::size_t line_length_limit = 0, EightBit eight_bit = EightBit::kept,
                          ContentRules rules = {});

  /// Encodes content with LF or CRLF line ends.
  /// \return false when a rule could not say what becomes of it
  [[nodiscard]] bool append(std::string_view content, std::string& wire);
  /// Ends the content with the final dot.
  /// \return false when a rule could not say what becomes of its last line
  [[nodiscard]] bool finish(std::string& wire);

 private:
  void expect_own_headers();

  std::optional<MimeDowngrader> downgrader_ = {};
  std::optional<ContentRewriter> rewriter_ = {};
  DotStuffer stuffer_;
};

}  // namespace lastmile::lmtp

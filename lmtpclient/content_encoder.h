#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lmtpclient/dot_stuffing.h"
#include "lmtpclient/mime_downgrade.h"

namespace lastmile::lmtp {

/// Message content on its way to the wire, in chunks. What comes out does not depend on how it is
/// cut.
class ContentEncoder {
 public:
  enum class EightBit { kept, converted };

  /// \param line_length_limit  as for DotStuffer
  explicit ContentEncoder(std::size_t line_length_limit = 0, EightBit eight_bit = EightBit::kept);

  /// Encodes content with LF or CRLF line ends.
  void append(std::string_view content, std::string& wire);
  /// Ends the content with the final dot.
  void finish(std::string& wire);

 private:
  std::optional<MimeDowngrader> downgrader_ = {};
  DotStuffer stuffer_;
};

}  // namespace lastmile::lmtp

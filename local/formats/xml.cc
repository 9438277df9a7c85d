// SPDX-License-Identifier: Apache-2.0
#include "local/formats/xml.h"

#include "local/formats/utf8.h"

namespace lastmile {

std::string escape_xml(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string escaped;
  while (!text.empty()) {
    const Utf8Character next = first_character(text);
    const bool is_forbidden = !next.valid || next.code_point == 0xFFFE ||
                              next.code_point == 0xFFFF ||
                              (next.code_point < ' ' && next.code_point != '\t' &&
                               next.code_point != '\n' && next.code_point != '\r');
    switch (text.front()) {
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '&':
        escaped += "&amp;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\n':
        escaped += "&#10;";
        break;
      default:
        escaped += is_forbidden ? kReplacement : text.substr(0, next.size);
    }
    text.remove_prefix(next.size);
  }
  return escaped;
}

}  // namespace lastmile

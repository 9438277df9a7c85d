// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace lastmile {

/// What becomes of carriage returns in content whose lines end in LF. The default keeps all.
struct CarriageReturnRule {
  enum class AtLineEnd {
    keep,
    remove,         ///< All before an LF, as smtpd(8) does, and sendmail(1) unless told otherwise.
    as_first_line,  ///< `remove` where the first line ends in CR LF, else `keep`.
  };

  AtLineEnd at_line_end = AtLineEnd::keep;  ///< \see postconf(5), sendmail_fix_line_endings
  /// What is left becomes a space each: nothing that reads the message later takes one for the end
  /// of a line. \see postconf(5), cleanup_replace_stray_cr_lf
  bool stray_become_spaces = false;
};

/// Applies the rule to content that comes in pieces. Pure; its memory does not depend on the input.
class CarriageReturns {
 public:
  explicit CarriageReturns(CarriageReturnRule rule) : rule_(rule) {}

  /// \return what can be said of the content with this piece: `bytes` themselves where nothing
  ///         changes, else a text that the next call overwrites
  std::string_view feed(std::string_view bytes);

  /// \return what was held back, at the end of the content
  std::string_view end();

 private:
  void put_held_back();

  CarriageReturnRule rule_;
  std::size_t held_back_ = 0;  ///< Carriage returns whose next octet is not known yet.
  std::string changed_ = {};
};

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/content_rules.h"

#include "aliases/text.h"

namespace lastmile {
namespace {

/// What sendmail(1) does with a carriage return at the end of a line.
CarriageReturnRule::AtLineEnd at_line_end(const Settings& settings) {
  using AtLineEnd = CarriageReturnRule::AtLineEnd;
  const std::string& value = settings.sendmail_fix_line_endings.value;
  return value == "never"    ? AtLineEnd::keep
         : value == "strict" ? AtLineEnd::as_first_line
                             : AtLineEnd::remove;
}

/// Whether cleanup(8) makes a space of a stray carriage return. Where nobody has said so, it
/// depends on the release.
bool replaces_stray_cr(const Settings& settings) {
  const Setting<bool>& setting = settings.cleanup_replace_stray_cr_lf;
  if (setting.source) {
    return setting.value;
  }
  const auto value = settings.main_cf.expand("cleanup_replace_stray_cr_lf");
  return value && *value && equal_ignoring_case(**value, "yes");
}

}  // namespace

Result<std::shared_ptr<const std::string>> checked_content(const SpooledMessage& message,
                                                           Stage stage) {
  constexpr std::size_t kMost = std::size_t{1} << 20U;
  if (stage == Stage::local) {
    return std::shared_ptr<const std::string>();
  }
  auto content = message.beginning(kMost);
  if (!content) {
    return std::move(content).error();
  }
  return std::shared_ptr<const std::string>(std::make_shared<std::string>(*std::move(content)));
}

ContentRules content_rules(Stage stage, const Settings& settings) {
  if (stage == Stage::local) {
    // What an MTA hands over has been given a Received: line when the MTA took it.
    return {.loops = LoopRule::below_received, .carriage_returns = {}};
  }
  // In SMTP a line ends in CR LF: smtpd(8) has no choice.
  const auto removed =
      stage == Stage::smtp ? CarriageReturnRule::AtLineEnd::remove : at_line_end(settings);
  return {.loops = LoopRule::every_header,
          .carriage_returns = {removed, replaces_stray_cr(settings)}};
}

}  // namespace lastmile

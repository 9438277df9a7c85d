// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/content_actions.h"

#include <algorithm>

#include "aliases/text.h"
#include "lmtpclient/mime_header.h"

namespace lastmile {
namespace {

/// Octets of what was found that the log shows.
constexpr std::size_t kShown = 60;

class Check {
 public:
  Check(const CheckedPart& part, std::string_view content, LogLines& log)
      : part_(part), content_(content), log_(log) {}

  /// One line of the log, as smtp(8) has it.
  void tell(std::string_view what, std::string_view text) {
    std::string line = part_.queue_id.empty() ? "" : std::string(part_.queue_id) + ": ";
    line.append(what).append(": ").append(part_.where).append(" ");
    line += printable(content_.substr(0, kShown));
    line += text.empty() ? "" : ": " + printable(text);
    log_.push_back({false, std::move(line)});
  }

  void warn(std::string text) { log_.push_back({true, std::move(text)}); }

  /// Whether the text of REPLACE or PREPEND can stand where it is to stand.
  bool is_usable(std::string_view action, std::string_view text) {
    if (text.empty()) {
      warn(std::string(action) + " action without text in " + std::string(part_.parameter) +
           " map");
      return false;
    }
    if (part_.where == "header" && lmtp::header_name(text).empty()) {
      warn("bad " + std::string(action) + " header text \"" + printable(text) + "\" in " +
           std::string(part_.parameter) + " map -- need \"headername: headervalue\"");
      return false;
    }
    return true;
  }

 private:
  const CheckedPart& part_;
  std::string_view content_;
  LogLines& log_;
};

}  // namespace

CheckedContent apply_check(const CheckedPart& part, std::string_view action,
                           std::string_view content, LogLines& log) {
  const std::size_t end = std::min(action.find_first_of(" \t\r\n"), action.size());
  const std::string_view word = action.substr(0, end);
  std::string_view text = action.substr(end);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  const auto is = [word](std::string_view name) { return equal_ignoring_case(word, name); };
  Check check(part, content, log);
  CheckedContent result{{}, std::string(content)};
  if (is("WARN")) {
    check.tell("warning", text);
  } else if (is("INFO")) {
    check.tell("info", text);
  } else if (is("REPLACE") && check.is_usable("REPLACE", text)) {
    check.tell("replace", text);
    result.content = text;
  } else if (is("PREPEND") && check.is_usable("PREPEND", text)) {
    check.tell("prepend", text);
    result.before = std::string(text) + '\n';
  } else if (is("STRIP")) {
    check.tell("strip", text);
    result.content.reset();
  } else if (is("IGNORE")) {
    result.content.reset();
  } else if (!is("DUNNO") && !is("OK") && !is("REPLACE") && !is("PREPEND")) {
    check.warn("unsupported command in " + std::string(part.parameter) +
               " map: " + printable(action));
  }
  return result;
}

}  // namespace lastmile

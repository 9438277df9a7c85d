// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/log_line.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "local/explaining/json_value.h"

namespace lastmile {
namespace {

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// Takes the first word off, and the blank behind it.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

/// "postfix/local[31]", "postfix/submission/smtpd[7]", "postfix-out/smtp": a path, or a name with a
/// process ID. A word such as "warning" or "to" is none.
bool is_tag(std::string_view word) {
  const std::size_t bracket = word.find('[');
  const std::string_view name = word.substr(0, bracket);
  if (bracket != std::string_view::npos) {
    const std::string_view id = word.substr(bracket);
    if (id.size() < 3 || !id.ends_with(']') || !all_of(id.substr(1, id.size() - 2), "0123456789")) {
      return false;
    }
  }
  const bool is_name = !name.empty() && std::ranges::all_of(name, [](char octet) {
    return is_name_char(octet) || octet == '/' || octet == '-' || octet == '.' || octet == '@';
  });
  return is_name && (bracket != std::string_view::npos || name.find('/') != std::string_view::npos);
}

void take_tag(std::string_view tag, ParsedLine& line) {
  const std::string_view name = tag.substr(0, tag.find('['));
  const std::size_t last = name.rfind('/');
  line.program = name.substr(last == std::string_view::npos ? 0 : last + 1);
  const std::size_t first = name.find('/');
  if (first != last && first != std::string_view::npos) {
    line.service = name.substr(first + 1, last - first - 1);
  }
}

/// Behind the version of RFC 5424: time, host, program, process, message ID, structured data.
/// \return false when that is not what stands there
bool take_rfc5424(std::string_view& text, ParsedLine& line) {
  std::string_view rest = text;
  if (take_word(rest) != "1") {
    return false;
  }
  const std::string_view time = take_word(rest);
  const bool is_time = time == "-" || (time.size() > 18 && time[4] == '-' && time[10] == 'T');
  static_cast<void>(take_word(rest));  // The host.
  const std::string_view program = take_word(rest);
  static_cast<void>(take_word(rest));  // Its process.
  static_cast<void>(take_word(rest));  // The kind of message.
  if (!is_time || program.empty()) {
    return false;
  }
  if (rest.starts_with('-')) {
    static_cast<void>(take_word(rest));
  }
  while (rest.starts_with('[')) {
    std::size_t end = 1;
    for (bool is_quoted = false; end < rest.size() && (is_quoted || rest[end] != ']'); ++end) {
      is_quoted = rest[end] == '"' ? !is_quoted : is_quoted;
      end += rest[end] == '\\' ? 1 : 0;
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  rest = trim(rest);
  rest.remove_prefix(rest.starts_with("\xEF\xBB\xBF") ? 3 : 0);
  take_tag(program, line);
  text = rest;
  return true;
}

/// The tag is the first word of its form that ends with a colon, and stands behind a time and a
/// host at most.
void take_rfc3164(std::string_view& text, ParsedLine& line) {
  constexpr int kMostWords = 8;
  std::string_view rest = text;
  for (int i = 0; i < kMostWords && !rest.empty(); ++i) {
    const std::string_view word = take_word(rest);
    if (word.ends_with(':') && is_tag(word.substr(0, word.size() - 1))) {
      take_tag(word.substr(0, word.size() - 1), line);
      text = rest;
      return;
    }
    if (word.ends_with(':') || word.find('<') != std::string_view::npos) {
      return;  // The message has begun.
    }
  }
}

void take_priority(std::string_view& text) {
  const std::size_t end = text.find('>');
  if (text.starts_with('<') && end != std::string_view::npos && end > 1 && end < 5 &&
      all_of(text.substr(1, end - 1), "0123456789")) {
    text.remove_prefix(end + 1);
  }
}

// ---- JSON around lines.

/// Where collectors put the line.
constexpr std::string_view kLineMembers[] = {"log", "MESSAGE", "message", "line", "msg", "body"};

bool is_member_of_line(std::string_view name) {
  return std::ranges::find(kLineMembers, name) != std::end(kLineMembers);
}

/// \param program  of the object, where the journal has it beside the text
void add_lines(std::string_view text, const std::string& program, std::vector<std::string>& lines) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trim(text.substr(0, end));
    if (!line.empty()) {
      lines.push_back(program.empty() ? std::string(line) : program + "[0]: " + std::string(line));
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

/// Loki's streams are arrays of pairs: a time and a line.
// NOLINTNEXTLINE(misc-no-recursion): take_json() bounds the depth
void collect_lines(const JsonValue& value, std::vector<std::string>& lines) {
  const bool is_pair = value.kind == JsonValue::Kind::array && value.items.size() == 2 &&
                       value.items[0].kind == JsonValue::Kind::text &&
                       value.items[1].kind == JsonValue::Kind::text &&
                       all_of(value.items[0].text, "0123456789");
  if (is_pair) {
    add_lines(value.items[1].text, "", lines);
    return;
  }
  const std::string program = value.text_of("SYSLOG_IDENTIFIER");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const JsonValue& item = value.items[i];
    const bool is_line = i < value.names.size() && is_member_of_line(value.names[i]) &&
                         item.kind == JsonValue::Kind::text;
    if (is_line) {
      add_lines(item.text, program, lines);
    } else {
      collect_lines(item, lines);
    }
  }
}

}  // namespace

bool is_queue_id(std::string_view text) {
  const bool is_short = text.size() >= 5 && text.size() <= 20 && all_of(text, "0123456789ABCDEF");
  // No vowels, so that no word comes of it.
  const bool is_long = text.size() >= 10 && text.size() <= 25 &&
                       all_of(text, "0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz") &&
                       is_digit(text.front());
  return is_short || is_long;
}

std::vector<std::string> plain_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const std::string_view begin = trim(line);
    if (begin.starts_with('{') || begin.starts_with('[')) {
      std::string_view rest = text;
      std::vector<std::string> found;
      if (const auto value = take_json(rest)) {
        collect_lines(*value, found);
      }
      if (!found.empty()) {
        lines.insert(lines.end(), found.begin(), found.end());
        text = rest;
        continue;
      }
    }
    lines.emplace_back(line.ends_with('\r') ? line.substr(0, line.size() - 1) : line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

ParsedLine parse_log_line(std::string_view line) {
  ParsedLine parsed;
  std::string_view text = trim(line);
  take_priority(text);
  if (!take_rfc5424(text, parsed)) {
    take_rfc3164(text, parsed);
  }
  text = trim(text);
  const std::size_t colon = text.find(": ");
  const std::string_view first = text.substr(0, std::min(colon, text.size()));
  if (colon != std::string_view::npos && (first == "NOQUEUE" || is_queue_id(first))) {
    parsed.queue_id = first;
    text = trim(text.substr(colon + 2));
  }
  parsed.text = text;
  return parsed;
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/explaining/bounce_text.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "aliases/text.h"

namespace lastmile {
namespace {

constexpr std::string_view kFinalRecipient = "Final-Recipient";

/// Lines without their ends, and without the `> ` of who quotes them.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    line.remove_suffix(line.ends_with('\r') ? 1 : 0);
    while (line.starts_with("> ") || line == ">") {
      line.remove_prefix(std::min<std::size_t>(line.size(), 2));
    }
    lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

struct Field {
  std::string name = {};
  std::string value = {};
};

/// A header or status field, with its continuation lines. \param at  moves behind it
std::optional<Field> take_field(const std::vector<std::string_view>& lines, std::size_t& at) {
  const std::string_view line = lines[at];
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0 || is_space(line.front())) {
    return std::nullopt;
  }
  const std::string_view name = line.substr(0, colon);
  const bool is_name = std::ranges::all_of(
      name, [](char octet) { return is_name_char(octet) || octet == '-' || octet == '.'; });
  if (!is_name) {
    return std::nullopt;
  }
  Field field{std::string(name), std::string(trim(line.substr(colon + 1)))};
  for (++at; at < lines.size() && !lines[at].empty() && is_space(lines[at].front()); ++at) {
    field.value.append(field.value.empty() ? "" : " ").append(trim(lines[at]));
  }
  return field;
}

/// `rfc822; alice@example.com` without its type.
std::string without_type(const std::string& value) {
  const std::size_t semicolon = value.find(';');
  return std::string(
      trim(semicolon == std::string::npos ? value : std::string_view(value).substr(semicolon + 1)));
}

/// "<alice@example.com>" without its brackets.
std::string without_brackets(std::string_view text) {
  if (text.size() > 1 && text.starts_with('<') && text.ends_with('>')) {
    text = text.substr(1, text.size() - 2);
  }
  return std::string(text);
}

std::string status_of_action(const std::string& action) {
  const std::string folded = fold_ascii(action);
  return folded.starts_with("failed")    ? "bounced"
         : folded.starts_with("delayed") ? "deferred"
         : folded.starts_with("deliv") || folded.starts_with("relayed") ||
                 folded.starts_with("expanded")
             ? "sent"
             : folded;
}

/// Takes what one field says. \param whole  of the message; `one`: of the recipient
void take_status_field(const Field& field, Incident& whole, Incident& one) {
  const auto is = [&field](std::string_view name) { return equal_ignoring_case(field.name, name); };
  if (is("Reporting-MTA")) {
    whole.reporting_mta = without_type(field.value);
  } else if (is("X-Postfix-Queue-ID")) {
    whole.queue_id = field.value;
  } else if (is("X-Postfix-Sender")) {
    whole.sender = without_type(field.value);
    whole.has_sender = true;
  } else if (is("Original-Recipient")) {
    one.orig_to = without_brackets(without_type(field.value));
  } else if (is("Action")) {
    one.status = status_of_action(field.value);
  } else if (is("Status")) {
    one.dsn = field.value.substr(0, field.value.find(' '));
  } else if (is("Remote-MTA")) {
    one.remote_mta = without_type(field.value);
  } else if (is("Diagnostic-Code")) {
    one.text = without_type(field.value);
  }
}

/// The headers of the returned message that say where it has been, and who sent it.
void take_returned_header(const Field& field, Incident& whole) {
  if (equal_ignoring_case(field.name, "Delivered-To")) {
    whole.been.push_back(field.value);
  } else if (equal_ignoring_case(field.name, "Return-Path") && !whole.has_sender) {
    whole.sender = without_brackets(field.value);
    whole.has_sender = true;
  }
}

/// \return one incident for each Final-Recipient:
std::vector<Incident> read_fields(const std::vector<std::string_view>& lines) {
  Incident whole;
  std::vector<Incident> found;
  Incident pending;  // Fields of a recipient may stand before the one that names it.
  bool is_in_block = false;
  bool is_returned = false;
  for (std::size_t at = 0; at < lines.size();) {
    const std::size_t begin = at;
    const auto field = take_field(lines, at);
    if (!field) {
      is_in_block = is_in_block && !lines[begin].empty();
      pending = lines[begin].empty() ? Incident() : std::move(pending);
      at = begin + 1;
      continue;
    }
    if (equal_ignoring_case(field->name, "Content-Type")) {
      const std::string type = fold_ascii(field->value);
      is_returned = type.starts_with("message/rfc822") || type.starts_with("message/global") ||
                    type.starts_with("text/rfc822-headers");
      is_returned = is_returned && !type.starts_with("message/global-delivery");
      is_in_block = false;
    } else if (equal_ignoring_case(field->name, kFinalRecipient)) {
      found.push_back(std::exchange(pending, Incident()));
      found.back().to = without_brackets(without_type(field->value));
      is_in_block = true;
    } else if (is_returned) {
      take_returned_header(*field, whole);
    } else {
      take_status_field(*field, whole, is_in_block ? found.back() : pending);
    }
  }
  for (Incident& one : found) {
    one.queue_id = whole.queue_id;
    one.sender = whole.sender;
    one.has_sender = whole.has_sender;
    one.reporting_mta = whole.reporting_mta;
    one.been = whole.been;
    if (equal_ignoring_case(one.orig_to, one.to)) {
      one.orig_to.clear();
    }
  }
  return found;
}

// ---- The words for people.

/// `<to> (expanded from <orig_to>): why`, already joined into one line.
std::optional<Incident> read_paragraph(const std::string& paragraph) {
  if (!paragraph.starts_with('<')) {
    return std::nullopt;
  }
  constexpr std::string_view kExpanded = "> (expanded from <";
  const std::size_t colon = paragraph.find(">: ");
  const std::size_t close = paragraph.find(">): ");
  const std::size_t expanded = paragraph.find(kExpanded);
  Incident incident;
  std::size_t text = 0;
  if (expanded != std::string::npos && close != std::string::npos && expanded < close) {
    incident.to = paragraph.substr(1, expanded - 1);
    incident.orig_to =
        paragraph.substr(expanded + kExpanded.size(), close - expanded - kExpanded.size());
    text = close + 4;
  } else if (colon != std::string::npos) {
    incident.to = paragraph.substr(1, colon - 1);
    text = colon + 3;
  } else {
    return std::nullopt;
  }
  incident.text = paragraph.substr(text);
  incident.status = "bounced";
  return incident;
}

std::vector<Incident> read_words(const std::vector<std::string_view>& lines) {
  std::vector<Incident> found;
  std::string paragraph;
  const auto end_paragraph = [&] {
    if (auto incident = read_paragraph(paragraph)) {
      found.push_back(*std::move(incident));
    }
    paragraph.clear();
  };
  for (const std::string_view line : lines) {
    const std::string_view words = trim(line);
    if (words.empty() || line.starts_with('<')) {
      end_paragraph();
    }
    paragraph.append(paragraph.empty() ? "" : " ").append(words);
  }
  end_paragraph();
  return found;
}

bool has_field(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const bool begins = at == 0 || text[at - 1] == '\n' || text.substr(0, at).ends_with("> ");
    if (begins && text.substr(at + name.size()).starts_with(':')) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_bounce_text(std::string_view text) {
  if (has_field(text, kFinalRecipient)) {
    return true;
  }
  const std::string_view begin = trim(text);
  const bool has_greeting = text.find("This is the mail system at host ") != std::string_view::npos;
  return has_greeting ||
         (begin.starts_with('<') && !read_words(lines_of(begin)).empty() &&
          begin.find("status=") == std::string_view::npos && !is_digit(begin.substr(1, 1).front()));
}

std::vector<Incident> read_bounce(std::string_view text) {
  const std::vector<std::string_view> lines = lines_of(text);
  std::vector<Incident> found = read_fields(lines);
  return found.empty() ? read_words(lines) : found;
}

}  // namespace lastmile

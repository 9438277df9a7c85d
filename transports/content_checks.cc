// SPDX-License-Identifier: Apache-2.0
#include "transports/content_checks.h"

#include <algorithm>
#include <array>
#include <utility>

#include "aliases/text.h"
#include "transports/address_lookup.h"

namespace lastmile {
namespace {

using Tables = Setting<std::vector<TableSpec>> Settings::*;

/// The first line, without its end; `content` loses it.
std::string_view take_line(std::string_view& content) {
  const std::size_t end = std::min(content.find('\n'), content.size());
  std::string_view line = content.substr(0, end);
  content.remove_prefix(std::min(end + 1, content.size()));
  return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

bool is_continuation(std::string_view content) {
  return content.starts_with(' ') || content.starts_with('\t');
}

/// The next header with the lines that continue it; empty at the end of the headers.
std::string take_header(std::string_view& content) {
  std::string header(take_line(content));
  while (!header.empty() && is_continuation(content)) {
    header.append("\n").append(take_line(content));
  }
  return header;
}

bool begins_with(std::string_view text, std::string_view name) {
  return text.size() >= name.size() && equal_ignoring_case(text.substr(0, name.size()), name);
}

/// Headers that say how the content is made up. \see postconf(5), mime_header_checks
bool is_mime_header(std::string_view header) {
  return begins_with(header, "Content-") || begins_with(header, "MIME-Version:");
}

bool has_parts(std::string_view header) {
  if (!begins_with(header, "Content-Type:")) {
    return false;
  }
  const std::string_view type = trim(header.substr(header.find(':') + 1));
  return begins_with(type, "multipart/") || begins_with(type, "message/");
}

/// Does what the checks say, line by line.
class ContentReader {
 public:
  explicit ContentReader(Configuration& cleanup) : cleanup_(cleanup) {}

  /// \return whether the message is read further
  Result<Match> check(Tables parameter, const std::string& name, const std::string& line) {
    TableList& tables = cleanup_.tables(parameter);
    if (tables.empty()) {
      return Match::yes;
    }
    auto hit = tables.lookup(line);
    if (!hit) {
      return std::move(hit).error().during(name);
    }
    return *hit ? act(name, line, **hit) : Match::yes;
  }

  ContentVerdict verdict = {};

 private:
  Match act(const std::string& name, const std::string& line, const TableHit& hit) {
    const std::string_view value = trim(hit.entry.value);
    const std::size_t end = std::min(value.find_first_of(" \t"), value.size());
    const std::string word = fold_ascii(value.substr(0, end));
    const std::string text(trim(value.substr(end)));
    MessageActions& actions = verdict.actions;
    if (word == "reject") {
      verdict.rejection = text.empty() ? "message content rejected" : text;
    } else if (word == "discard") {
      actions.discard = Instructed<std::string>{text, name, source_of(hit)};
    } else if (word == "hold") {
      actions.hold = Instructed<std::string>{text, name, source_of(hit)};
    } else if (word == "filter" && text.find(':') != std::string::npos) {
      actions.filter = Instructed<std::string>{text, name, source_of(hit)};
    } else if (word == "redirect" && text.find('@') != std::string::npos) {
      actions.redirect = Instructed<Address>{split_address(text), name, source_of(hit)};
    } else if (word == "bcc" && text.find('@') != std::string::npos) {
      actions.copies.push_back({split_address(text), name, source_of(hit)});
    } else {
      return Match::yes;
    }
    verdict.matches.push_back({name, line, std::string(value), source_of(hit)});
    return verdict.rejection || actions.discard ? Match::no : Match::yes;
  }

  Configuration& cleanup_;
};

}  // namespace

bool has_content_checks(const Settings& cleanup) {
  const std::array<Tables, 4> all = {&Settings::header_checks, &Settings::mime_header_checks,
                                     &Settings::nested_header_checks, &Settings::body_checks};
  return std::ranges::any_of(
      all, [&cleanup](Tables parameter) { return !(cleanup.*parameter).value.empty(); });
}

Result<ContentVerdict> check_content(Configuration& cleanup, std::string_view content) {
  ContentReader reader(cleanup);
  while (true) {
    const std::string header = take_header(content);
    if (header.empty()) {
      break;
    }
    reader.verdict.skips_parts = reader.verdict.skips_parts || has_parts(header);
    const bool is_mime = is_mime_header(header);
    auto goes_on = reader.check(is_mime ? &Settings::mime_header_checks : &Settings::header_checks,
                                is_mime ? "mime_header_checks" : "header_checks", header);
    if (!goes_on) {
      return std::move(goes_on).error();
    }
    if (*goes_on == Match::no) {
      return std::move(reader.verdict);
    }
  }
  const auto limit = static_cast<std::size_t>(cleanup.settings().body_checks_size_limit.value);
  const std::size_t whole = content.size();
  while (!content.empty() && whole - content.size() < limit && !reader.verdict.skips_parts) {
    auto goes_on =
        reader.check(&Settings::body_checks, "body_checks", std::string(take_line(content)));
    if (!goes_on) {
      return std::move(goes_on).error();
    }
    if (*goes_on == Match::no) {
      break;
    }
  }
  return std::move(reader.verdict);
}

}  // namespace lastmile

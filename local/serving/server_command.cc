// SPDX-License-Identifier: Apache-2.0
#include "local/serving/server_command.h"

#include <algorithm>
#include <array>
#include <optional>

#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {

namespace {

struct VerbName {
  std::string_view name = {};
  Verb verb = Verb::unknown;
};

constexpr std::array kVerbs = {
    VerbName{"lhlo", Verb::lhlo},         VerbName{"helo", Verb::helo},
    VerbName{"ehlo", Verb::helo},         VerbName{"mail", Verb::mail},
    VerbName{"rcpt", Verb::rcpt},         VerbName{"data", Verb::data},
    VerbName{"bdat", Verb::bdat},         VerbName{"rset", Verb::rset},
    VerbName{"noop", Verb::noop},         VerbName{"vrfy", Verb::vrfy},
    VerbName{"help", Verb::help},         VerbName{"quit", Verb::quit},
    VerbName{"xforward", Verb::xforward}, VerbName{"xclient", Verb::xclient},
};

/// The longest that an address may be, in octets: more than any mail system passes on.
constexpr std::size_t kMaxPath = 1024;
/// \see RFC 3461 section 4: ENVID 100 characters, ORCPT 500
constexpr std::size_t kMaxDsnText = 1024;

/// A path and what follows it.
struct PathAndRest {
  Address address = {};
  std::string_view rest = {};
};

/// Where a path in angle brackets ends: behind the `>` that stands outside of quotes.
std::optional<std::size_t> path_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == '>' && !quoted) {
      return at + 1;
    }
  }
  return std::nullopt;
}

/// Reads `FROM:<path> ...`; a path without brackets is taken as one, as smtpd(8) does.
/// \param code  of the reply where the address is none: "5.1.7"
Result<PathAndRest> read_path(std::string_view text, std::string_view keyword,
                              std::string_view code) {
  if (!starts_with_ignoring_case(text, keyword)) {
    return malformed("501 5.5.4 Syntax: " + std::string(keyword) + "<address>");
  }
  text = trim(text.substr(keyword.size()));
  const auto bracket =
      text.starts_with('<') ? path_end(text) : std::min(text.find(' '), text.size());
  if (!bracket || text.empty()) {
    return malformed("501 5.5.4 Syntax: " + std::string(keyword) + "<address>");
  }
  std::string_view path = text.substr(0, *bracket);
  PathAndRest result;
  result.rest = text.substr(*bracket);
  if (path.starts_with('<')) {
    path = trim(path.substr(1, path.size() - 2));
  }
  path.remove_prefix(std::min(source_route_size(path), path.size()));
  if (path.size() > kMaxPath) {
    return malformed("501 " + std::string(code) + " the address is too long");
  }
  if (path.empty()) {
    return result;
  }
  auto address = parse_address(path);
  if (!address || address->is_null()) {
    return malformed("501 " + std::string(code) + " Bad address syntax");
  }
  if (!result.rest.empty() && !is_space(result.rest.front())) {
    return malformed("501 5.5.4 what stands behind the address is no parameter");
  }
  result.address = *std::move(address);
  return result;
}

/// Takes the first word off, and the blanks behind it. Not split_list(): a comma stands in
/// NOTIFY=SUCCESS,FAILURE.
std::string_view take_parameter(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

Error bad_parameter(std::string_view name, std::string_view wants) {
  return malformed("501 5.5.4 " + std::string(name) + " wants " + std::string(wants));
}

Error unknown_parameter(std::string_view word) {
  return malformed("555 5.5.4 Unsupported option: " + std::string(word.substr(0, word.find('='))));
}

/// One parameter, `NAME=VALUE` or `NAME`.
struct Parameter {
  std::string name = {};  ///< In lower case.
  std::string_view value = {};
};

Parameter read_parameter(std::string_view word) {
  const std::size_t equals = std::min(word.find('='), word.size());
  return {fold_ascii(word.substr(0, equals)), word.substr(std::min(equals + 1, word.size()))};
}

Result<Ok> take_mail_parameter(std::string_view word, MailArguments& mail) {
  const Parameter parameter = read_parameter(word);
  const std::string value = fold_ascii(parameter.value);
  if (parameter.name == "size") {
    const auto size = whole_number<std::uint64_t>(parameter.value);
    if (!size) {
      return bad_parameter("SIZE", "a number of octets");
    }
    mail.size = *size;
  } else if (parameter.name == "body") {
    if (value != "7bit" && value != "8bitmime") {
      return bad_parameter("BODY", "7BIT or 8BITMIME");
    }
    mail.body = value == "7bit" ? DeclaredBody::seven_bit : DeclaredBody::eight_bit;
  } else if (parameter.name == "ret") {
    if (value != "full" && value != "hdrs") {
      return bad_parameter("RET", "FULL or HDRS");
    }
    mail.returned_content = value == "full" ? ReturnedContent::full : ReturnedContent::headers;
  } else if (parameter.name == "envid") {
    auto text = from_xtext(parameter.value);
    if (!text || text->empty() || text->size() > kMaxDsnText) {
      return bad_parameter("ENVID", "xtext");
    }
    mail.envelope_id = *std::move(text);
  } else if (parameter.name != "smtputf8" || !parameter.value.empty()) {
    return unknown_parameter(word);
  }
  return Ok{};
}

Result<Ok> take_rcpt_parameter(std::string_view word, Recipient& recipient) {
  const Parameter parameter = read_parameter(word);
  if (parameter.name == "notify") {
    auto notify = read_notify(parameter.value);
    if (!notify) {
      return bad_parameter("NOTIFY", "NEVER, or a list of SUCCESS, FAILURE and DELAY");
    }
    recipient.notify = *notify;
    return Ok{};
  }
  if (parameter.name != "orcpt") {
    return unknown_parameter(word);
  }
  const std::size_t semicolon = parameter.value.find(';');
  auto text = from_xtext(parameter.value.substr(std::min(semicolon, parameter.value.size())));
  if (semicolon == std::string_view::npos || semicolon == 0 || !text || text->size() < 2 ||
      text->size() > kMaxDsnText) {
    return bad_parameter("ORCPT", "TYPE;ADDRESS");
  }
  recipient.orcpt = std::string(parameter.value.substr(0, semicolon)) + *text;
  return Ok{};
}

}  // namespace

ServerCommand read_command(std::string_view line) {
  line = trim(line);
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string name = fold_ascii(line.substr(0, end));
  const auto* const found = std::find_if(kVerbs.begin(), kVerbs.end(),
                                         [&](const VerbName& verb) { return verb.name == name; });
  return {found == kVerbs.end() ? Verb::unknown : found->verb, trim(line.substr(end))};
}

Result<MailArguments> read_mail_arguments(std::string_view rest) {
  auto path = read_path(rest, "FROM:", "5.1.7");
  if (!path) {
    return std::move(path).error();
  }
  MailArguments mail;
  mail.sender = std::move(path->address);
  for (std::string_view words = trim(path->rest); !words.empty();) {
    if (auto taken = take_mail_parameter(take_parameter(words), mail); !taken) {
      return std::move(taken).error();
    }
  }
  return mail;
}

Result<Recipient> read_rcpt_arguments(std::string_view rest) {
  auto path = read_path(rest, "TO:", "5.1.3");
  if (!path) {
    return std::move(path).error();
  }
  if (path->address.is_null()) {
    return malformed("501 5.1.3 Bad recipient address syntax");
  }
  Recipient recipient;
  recipient.address = std::move(path->address);
  recipient.original = to_external(recipient.address);
  for (std::string_view words = trim(path->rest); !words.empty();) {
    if (auto taken = take_rcpt_parameter(take_parameter(words), recipient); !taken) {
      return std::move(taken).error();
    }
  }
  // As the client has quoted it.
  if (recipient.orcpt.empty() && recipient.original.starts_with('"')) {
    recipient.orcpt = "rfc822;" + recipient.original;
  }
  return recipient;
}

Result<ChunkArguments> read_chunk_arguments(std::string_view rest) {
  const auto size = whole_number<std::uint64_t>(take_parameter(rest));
  const std::string word = fold_ascii(rest);
  if (!size || (!word.empty() && word != "last")) {
    return malformed("501 5.5.4 Syntax: BDAT size [LAST]");
  }
  return ChunkArguments{*size, word == "last"};
}

Result<ClientAttributes> read_attributes(std::string_view rest) {
  ClientAttributes attributes;
  while (!rest.empty()) {
    const std::string_view word = take_parameter(rest);
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0) {
      return malformed("501 5.5.4 an attribute wants NAME=value");
    }
    auto value = from_xtext(word.substr(equals + 1));
    if (!value || value->size() > kMaxDsnText) {
      return malformed("501 5.5.4 the value of an attribute is xtext");
    }
    const std::string folded = fold_ascii(*value);
    const bool is_known = folded != "[unavailable]" && folded != "[tempunavail]";
    attributes.emplace_back(fold_ascii(word.substr(0, equals)),
                            is_known ? *std::move(value) : std::string());
  }
  return attributes;
}

Result<std::string> from_xtext(std::string_view text) {
  const auto digit = [](char c) -> unsigned {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    return static_cast<unsigned>(std::min(kDigits.find(c), kDigits.size()));
  };
  std::string result;
  while (!text.empty()) {
    const bool is_escape = text.front() == '+';
    const unsigned high = is_escape && text.size() > 2 ? digit(text[1]) : 0;
    const unsigned low = is_escape && text.size() > 2 ? digit(text[2]) : 0;
    const bool is_whole = !is_escape || (text.size() > 2 && high < 16 && low < 16);
    const char c = is_escape ? static_cast<char>(high * 16 + low) : text.front();
    // Neither a line end nor a NUL gets into anything by this way.
    if (!is_whole || c == '\0' || c == '\r' || c == '\n') {
      return malformed("no xtext");
    }
    result += c;
    text.remove_prefix(is_escape ? 3 : 1);
  }
  return result;
}

Result<DsnNotify> read_notify(std::string_view words) {
  DsnNotify notify;
  notify.is_asked = true;
  notify.on_failure = false;
  std::size_t count = 0;
  for (const std::string_view word : split_list(words)) {
    ++count;
    const std::string folded = fold_case(word);
    if (folded == "never") {
      notify.never = true;
    } else if (folded == "success") {
      notify.on_success = true;
    } else if (folded == "failure") {
      notify.on_failure = true;
    } else if (folded == "delay") {
      notify.on_delay = true;
    } else {
      count = 0;
      break;
    }
  }
  if (count == 0 || (notify.never && count > 1)) {
    return malformed("wants NEVER, or a list of SUCCESS, FAILURE and DELAY, not \"" +
                     std::string(words) + '"');
  }
  return notify;
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "transports/pipe_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "transports/parameter_reader.h"

namespace lastmile {
namespace {

// ---- Attributes

struct FlagName {
  char letter = '\0';
  bool PipeFlags::*member = nullptr;
};

constexpr std::array<FlagName, 11> kFlags = {{
    {'B', &PipeFlags::blank_line},
    {'D', &PipeFlags::delivered_to},
    {'F', &PipeFlags::from_line},
    {'O', &PipeFlags::original_to},
    {'R', &PipeFlags::return_path},
    {'X', &PipeFlags::final_delivery},
    {'h', &PipeFlags::fold_domain},
    {'q', &PipeFlags::quote_address},
    {'u', &PipeFlags::fold_user},
    {'.', &PipeFlags::quote_dots},
    {'>', &PipeFlags::quote_from},
}};

std::string read_flags(PipeFlags& flags, std::string_view letters) {
  for (const char letter : letters) {
    const auto* const found = std::find_if(
        kFlags.begin(), kFlags.end(), [&](const FlagName& flag) { return flag.letter == letter; });
    if (found == kFlags.end()) {
      return "unknown flag \"" + printable(std::string_view(&letter, 1)) + "\" (BDFORXhqu.>)";
    }
    flags.*(found->member) = true;
  }
  return {};
}

std::string read_size(std::int64_t& limit, std::string_view text) {
  const auto octets = whole_number<std::int64_t>(text);
  if (!octets || *octets < 0) {
    return "a size is 0 or more octets";
  }
  limit = *octets;
  return "";
}

/// The escapes of the C language. \see pipe(8), eol=
std::string unescaped(std::string_view text) {
  constexpr std::string_view kLetters = "abfnrtv";
  constexpr std::string_view kControls = "\a\b\f\n\r\t\v";
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    if (++i == text.size()) {
      break;
    }
    if (const auto letter = kLetters.find(text[i]); letter != std::string_view::npos) {
      plain += kControls[letter];
      continue;
    }
    int octet = 0;
    std::size_t digits = 0;
    for (; digits < 3 && i + digits < text.size(); ++digits) {
      const char digit = text[i + digits];
      if (digit < '0' || digit > '7') {
        break;
      }
      octet = octet * 8 + (digit - '0');
    }
    plain += digits == 0 ? text[i] : static_cast<char>(octet & 0xFF);
    i += digits == 0 ? 0 : digits - 1;
  }
  return plain;
}

/// \return what is wrong with the attribute; empty: nothing
std::string read_attribute(PipeService& service, std::string_view name, std::string_view value) {
  if (name == "flags") {
    return read_flags(service.flags, value);
  }
  if (name == "user") {
    const std::size_t colon = value.find(':');
    service.user = value.substr(0, colon);
    service.group = colon == std::string_view::npos ? "" : value.substr(colon + 1);
    return service.user.empty() ? "the name of an account is missing" : "";
  }
  if (name == "size") {
    return read_size(service.size_limit, value);
  }
  if (name == "eol") {
    service.end_of_line = unescaped(value);
  } else if (name == "null_sender") {
    service.null_sender = value;
  } else if (name == "directory") {
    service.directory = value;
  } else if (name == "chroot") {
    service.root = value;
  } else {
    constexpr std::array<std::string_view, 8> kNames = {
        "argv", "chroot", "directory", "eol", "flags", "null_sender", "size", "user"};
    return "unknown attribute" + did_you_mean(name, kNames);
  }
  return {};
}

Error at_line(const std::optional<SourcePos>& source, std::string text) {
  return misconfigured(std::move(text), source);
}

// ---- Rights

Result<std::optional<gid_t>> group_id(World& world, const std::string& name) {
  auto table = world.open_table({"unix", "group.byname"}, TablePolicy{});
  if (!table) {
    return std::move(table).error();
  }
  auto entry = (*table)->lookup(name);
  if (!entry) {
    return std::move(entry).error();
  }
  if (!*entry) {
    return std::optional<gid_t>();
  }
  // NAME:PASSWORD:GID:MEMBERS
  std::string_view line = (*entry)->value;
  for (int field = 0; field < 2; ++field) {
    const std::size_t colon = line.find(':');
    line = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  }
  gid_t gid = 0;
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), gid);
  return parsed.ec == std::errc() ? std::optional(gid) : std::nullopt;
}

// ---- Macros

/// A piece of a word: text, or the name of a macro.
struct Piece {
  std::string text = {};
  bool is_macro = false;
};

bool is_name_octet(char octet) {
  return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || is_digit(octet) ||
         octet == '_';
}

/// The end of `(name)` or `{name}`, whose first octet is at `begin`; npos when it has none.
std::size_t closing(std::string_view word, std::size_t begin) {
  const char open = word[begin];
  const char close = open == '{' ? '}' : ')';
  int depth = 0;
  for (std::size_t at = begin; at < word.size(); ++at) {
    depth += word[at] == open ? 1 : word[at] == close ? -1 : 0;
    if (depth == 0) {
      return at;
    }
  }
  return std::string_view::npos;
}

/// Takes a word apart. Macros have no conditions here. nullopt for one that cannot be read.
std::optional<std::vector<Piece>> parse_word(std::string_view word) {
  std::vector<Piece> pieces = {Piece{}};
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] != '$') {
      pieces.back().text += word[i];
      continue;
    }
    const char next = i + 1 < word.size() ? word[i + 1] : '\0';
    if (next == '$') {
      pieces.back().text += '$';
      ++i;
      continue;
    }
    std::size_t begin = i + 1;
    std::size_t end = begin;
    if (next == '{' || next == '(') {
      ++begin;
      end = closing(word, i + 1);
      i = end;
    } else {
      while (end < word.size() && is_name_octet(word[end])) {
        ++end;
      }
      i = end - 1;
    }
    if (end == std::string_view::npos || end == begin) {
      return std::nullopt;
    }
    pieces.push_back({std::string(word.substr(begin, end - begin)), true});
    pieces.push_back({});
  }
  return pieces;
}

constexpr std::array<std::string_view, 6> kOfRecipient = {
    "domain", "extension", "mailbox", "original_recipient", "recipient", "user"};

bool is_of_recipient(const std::vector<Piece>& pieces) {
  return std::any_of(pieces.begin(), pieces.end(), [](const Piece& piece) {
    return piece.is_macro &&
           std::find(kOfRecipient.begin(), kOfRecipient.end(), piece.text) != kOfRecipient.end();
  });
}

bool names_user(const std::vector<Piece>& pieces) {
  return std::any_of(pieces.begin(), pieces.end(),
                     [](const Piece& piece) { return piece.is_macro && piece.text == "user"; });
}

class PipeMacros {
 public:
  PipeMacros(const PipeService& service, const PipeRequest& request, const Settings& settings)
      : service_(service), request_(request), settings_(settings) {}

  /// \param recipient  for the macros of a recipient; null: the word has none
  std::optional<std::string> value(std::string_view name, const Recipient* recipient) const {
    auto of_message = value_of_message(name);
    return of_message || recipient == nullptr ? of_message : value_of_recipient(name, *recipient);
  }

 private:
  std::optional<std::string> value_of_message(std::string_view name) const {
    const ClientFacts& client = request_.envelope.client;
    const std::array<std::pair<std::string_view, const std::string*>, 9> texts = {{
        {"client_address", &client.address},
        {"client_helo", &client.helo},
        {"client_hostname", &client.hostname},
        {"client_port", &client.port},
        {"client_protocol", &client.protocol},
        {"queue_id", &request_.envelope.queue_id},
        {"sasl_method", &client.sasl_method},
        {"sasl_sender", &client.sasl_sender},
        {"sasl_username", &client.sasl_username},
    }};
    for (const auto& [known, text] : texts) {
      if (known == name) {
        return of_message(name, *text);
      }
    }
    if (name == "envid" && settings_.postfix->has(VersionRule::envid_for_pipe)) {
      return of_message(name, request_.envelope.envelope_id);
    }
    if (name == "size") {
      return of_message(name, std::to_string(request_.message_size.value_or(0)));
    }
    if (name == "nexthop") {
      return service_.flags.fold_domain ? fold_case(settings_, request_.nexthop) : request_.nexthop;
    }
    if (name == "sender") {
      const Address& sender = request_.envelope.sender;
      return in_command(sender.is_null() ? split_address(service_.null_sender) : sender);
    }
    return std::nullopt;
  }

  /// Without a message the macro itself.
  std::string of_message(std::string_view name, const std::string& text) const {
    return request_.message_size ? text : "${" + std::string(name) + '}';
  }

  std::optional<std::string> value_of_recipient(std::string_view name,
                                                const Recipient& recipient) const {
    if (name == "recipient") {
      return in_command(folded(recipient.address));
    }
    if (name == "original_recipient") {
      const auto original = parse_address(recipient.original);
      return in_command(folded(recipient.original.empty() ? recipient.address
                               : original                 ? *original
                                                          : split_address(recipient.original)));
    }
    const Address address = folded(recipient.address);
    if (name == "domain") {
      return address.domain;
    }
    if (name == "mailbox") {
      return address.local_part;
    }
    const SplitLocalPart split = split_extension(address.local_part, settings_.extension_rules);
    if (name == "user") {
      return std::string(split.user);
    }
    if (name == "extension") {
      return std::string(split.extension.value_or(""));
    }
    return std::nullopt;
  }

  Address folded(Address address) const {
    if (service_.flags.fold_user) {
      address.local_part = fold_case(settings_, address.local_part);
    }
    if (service_.flags.fold_domain) {
      address.domain = fold_case(settings_, address.domain);
    }
    return address;
  }

  std::string in_command(const Address& address) const {
    return service_.flags.quote_address ? to_external(address) : to_internal(address);
  }

  const PipeService& service_;
  const PipeRequest& request_;
  const Settings& settings_;
};

}  // namespace

Result<PipeService> parse_pipe_service(const Service& service) {
  PipeService pipe;
  bool has_command = false;
  for (const std::string& argument : service.arguments) {
    if (has_command) {
      pipe.words.push_back(argument);
      continue;
    }
    if (argument.starts_with('-')) {
      continue;  // An option that every daemon has, such as -v.
    }
    const std::size_t equals = argument.find('=');
    const std::string_view name = std::string_view(argument).substr(0, equals);
    const std::string_view value = equals == std::string::npos
                                       ? std::string_view()
                                       : std::string_view(argument).substr(equals + 1);
    if (name == "argv" && equals != std::string::npos) {
      has_command = true;
      pipe.words.emplace_back(value);
      continue;
    }
    const std::string problem = read_attribute(pipe, name, value);
    if (!problem.empty()) {
      return at_line(service.source,
                     "service " + service.name + ": \"" + printable(argument) + "\": " + problem);
    }
  }
  if (!has_command) {
    return at_line(service.source, "service " + service.name + ": argv= is missing");
  }
  if (pipe.user.empty()) {
    return at_line(service.source, "service " + service.name + ": user= is missing");
  }
  return pipe;
}

std::optional<std::string> objection_to_several(const PipeFlags& flags,
                                                const std::string& service) {
  if (!flags.delivered_to && !flags.original_to) {
    return std::nullopt;
  }
  return "service " + service + ": flag " + (flags.delivered_to ? "D" : "O") + " requires " +
         service + "_destination_recipient_limit = 1";
}

Result<Rights> pipe_rights(const PipeService& service, const std::optional<SourcePos>& source,
                           const Settings& settings, World& world) {
  const auto refuse = [&](const std::string& problem) {
    return at_line(source, "user=" + printable(service.user) +
                               (service.group.empty() ? "" : ':' + printable(service.group)) +
                               ": " + problem);
  };
  auto account = world.account_by_name(service.user);
  if (!account) {
    return std::move(account).error().during("looking up user=");
  }
  if (!*account) {
    return refuse("no such account");
  }
  Rights rights = rights_of(**account);
  if (!service.group.empty()) {
    auto group = group_id(world, service.group);
    if (!group) {
      return std::move(group).error().during("looking up the group of user=");
    }
    if (!*group) {
      return refuse("no such group");
    }
    rights.gid = **group;
    rights.name += ':' + service.group;
  }
  if (rights.uid == 0 || rights.gid == 0) {
    return refuse("must not have the rights of root");
  }
  auto owner = world.account_by_name(settings.mail_owner.value);
  if (owner && *owner && ((*owner)->uid == rights.uid || (*owner)->gid == rights.gid)) {
    return refuse("must not have the rights of the mail system");
  }
  const auto postdrop = settings.main_cf.expand("setgid_group");
  auto group = postdrop && *postdrop ? group_id(world, **postdrop) : std::optional<gid_t>();
  if (group && *group && **group == rights.gid) {
    return refuse("must not have the rights of setgid_group");
  }
  return rights;
}

Result<std::vector<std::string>> pipe_words(const PipeService& service,
                                            std::span<const Recipient> recipients,
                                            const PipeRequest& request, const Settings& settings) {
  const PipeMacros macros(service, request, settings);
  std::vector<std::string> words;
  std::optional<Error> failure;
  const auto expand = [&](const std::vector<Piece>& pieces, const Recipient* recipient) {
    std::string word;
    for (const Piece& piece : pieces) {
      const auto value =
          piece.is_macro ? macros.value(piece.text, recipient) : std::optional(piece.text);
      if (!value) {
        failure = at_line(std::nullopt, "unknown macro name: \"" + printable(piece.text) + '"');
        return;
      }
      word += *value;
    }
    words.push_back(std::move(word));
  };
  for (const std::string& word : service.words) {
    const auto pieces = parse_word(word);
    if (!pieces) {
      return at_line(std::nullopt, '"' + printable(word) + "\": a macro that cannot be read");
    }
    if (!is_of_recipient(*pieces)) {
      expand(*pieces, nullptr);
      continue;
    }
    for (const Recipient& recipient : recipients) {
      // A recipient without a user has no such word, in earlier releases.
      if (!names_user(*pieces) || !macros.value("user", &recipient).value_or("").empty() ||
          settings.postfix->has(VersionRule::pipe_keeps_empty_user)) {
        expand(*pieces, &recipient);
      }
    }
  }
  if (failure) {
    return *std::move(failure);
  }
  return words;
}

std::pair<std::string, std::string> queue_order(const Address& address) {
  return {fold_case(address.domain), address.local_part};
}

std::string words_as_line(const std::vector<std::string>& words) {
  constexpr std::string_view kPlain =
      "%+,-./0123456789:=@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz${}";
  std::string line;
  for (const std::string& word : words) {
    line += line.empty() ? "" : " ";
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (const char octet : word) {
      line += octet == '\'' ? std::string("'\\''") : std::string(1, octet);
    }
    line += '\'';
  }
  return line;
}

Result<std::chrono::seconds> pipe_time_limit(const Settings& settings, const std::string& service) {
  const std::string own = service + "_time_limit";
  if (!settings.main_cf.find(own)) {
    return settings.command_time_limit.value;
  }
  ParameterReader reader(settings.main_cf);
  Setting<std::chrono::seconds> limit;
  reader.duration(own, limit, 's', std::chrono::seconds(1));
  if (reader.failure()) {
    return *reader.failure();
  }
  return limit.value;
}

}  // namespace lastmile

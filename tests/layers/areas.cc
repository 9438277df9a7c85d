// SPDX-License-Identifier: Apache-2.0
#include "tests/layers/areas.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <regex>
#include <sstream>
#include <utility>

namespace lastmile {
namespace {

using Words = std::initializer_list<std::string_view>;

bool is_one_of(std::string_view word, Words words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// "session" of "lmtpclient/session.cc".
std::string_view stem(std::string_view path) {
  path.remove_prefix(std::min(path.size(), path.rfind('/') + 1));
  return path.substr(0, path.rfind('.'));
}

Area area_in_serving(std::string_view name) {
  const bool is_pure_file =
      name.starts_with("server_") || is_one_of(name, {"boundary", "status_reply"});
  return is_pure_file ? Area::serving_protocol : Area::serving;
}

Area area_in_local(std::string_view path) {
  constexpr std::pair<std::string_view, Area> kFolders[] = {
      {"local/resolving/", Area::resolving}, {"local/delivering/", Area::delivering},
      {"local/formats/", Area::formats},     {"local/questions/", Area::questions},
      {"local/checks/", Area::checks},       {"local/explaining/", Area::explaining},
      {"local/probing/", Area::probing},
  };
  for (const auto& [folder, area] : kFolders) {
    if (path.starts_with(folder)) {
      return area;
    }
  }
  return path.starts_with("local/serving/") ? area_in_serving(stem(path)) : Area::program;
}

struct Edges {
  Area from = Area::none;
  std::vector<Area> areas = {};              ///< Whole areas that may be included.
  std::vector<std::string_view> files = {};  ///< Single headers of other areas.
};

const std::vector<Edges>& allowed_edges() {
  using enum Area;
  static const std::vector<Edges> kEdges = {
      {protocol, {protocol}, {}},
      {connection, {protocol, connection}, {}},
      // The two interfaces: what a FileView is, and what a table is asked with.
      {names, {names}, {"aliases/world/world.h", "aliases/tables/table.h"}},
      {sources, {names, sources}, {}},
      {rules, {names, sources, rules}, {"lmtpclient/endpoint.h", "lmtpclient/enhanced_status.h"}},
      {agents, {protocol, connection, names, sources, rules, agents}, {}},
      {resolving, {protocol, names, sources, rules, resolving}, {}},
      {delivering,
       {protocol, names, sources, rules, resolving, delivering},
       {"transports/agents/agents.h", "transports/agents/message_age.h",
        "transports/agents/spooled_message.h", "local/formats/json.h"}},
      // FinalStatus and how the terminal is.
      {formats,
       {protocol, names, sources, rules, resolving, formats},
       {"local/delivering/delivery_log.h", "local/invocation.h"}},
      {questions,
       {protocol, names, sources, rules, resolving, formats, questions},
       {"local/address_argument.h", "local/checks/finding.h"}},
      {checks,
       {protocol, names, sources, rules, resolving, checks},
       {"local/formats/json.h", "local/formats/utf8.h", "local/formats/recipient_reply.h",
        "local/formats/xml.h"}},
      {explaining,
       {protocol, names, sources, rules, resolving, formats, questions, checks, explaining},
       {"local/address_argument.h"}},
      {probing,
       {protocol, names, sources, rules, resolving, formats, questions, probing},
       {"local/explaining/known_texts.h"}},
      // What became of a delivery is put into replies.
      {serving_protocol,
       {protocol, names, rules, serving_protocol},
       {"local/delivering/deliver.h"}},
      {serving,
       {protocol, names, sources, rules, agents, resolving, delivering, serving_protocol, serving},
       {"local/host.h", "local/host_agents.h"}},
      {program,
       {protocol, connection, names, sources, rules, agents, resolving, delivering, formats,
        questions, checks, explaining, probing, serving_protocol, serving, program},
       {}},
  };
  return kEdges;
}

/// Where a comment or literal that starts at `at` ends; `at` itself when none starts there.
std::size_t end_of_piece(std::string_view text, std::size_t at) {
  const auto after = [&](std::string_view end, std::size_t from) {
    const std::size_t found = text.find(end, from);
    return found == std::string_view::npos ? text.size() : found + end.size();
  };
  const std::string_view rest = text.substr(at);
  if (rest.starts_with("//")) {
    return std::min(text.find('\n', at), text.size());
  }
  if (rest.starts_with("/*")) {
    return after("*/", at + 2);
  }
  if (rest.starts_with("R\"")) {
    const std::size_t open = std::min(text.find('(', at), text.size() - 1);
    return after(")" + std::string(text.substr(at + 2, open - at - 2)) + "\"", open);
  }
  if (rest.front() != '"' && rest.front() != '\'') {
    return at;
  }
  std::size_t end = at + 1;
  while (end < text.size() && text[end] != rest.front() && text[end] != '\n') {
    end += text[end] == '\\' ? 2 : 1;
  }
  return std::min(end + 1, text.size());
}

/// The code alone: comments and literals are taken out, line ends stay.
std::string without_comments_and_literals(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = end_of_piece(text, at);
    if (end == at) {
      result += text[at++];
      continue;
    }
    const std::string_view piece = text.substr(at, end - at);
    result.append(static_cast<std::size_t>(std::count(piece.begin(), piece.end(), '\n')), '\n');
    at = end;
  }
  return result;
}

/// Digit separators look like the start of a character literal.
std::string without_digit_separators(const std::string& text) {
  static const std::regex kSeparator(R"(([0-9])'([0-9]))");
  return std::regex_replace(text, kSeparator, "$1$2");
}

bool is_system_header(const std::string& header) {
  if (header.starts_with("sys/")) {
    return header != "sys/types.h";
  }
  return is_one_of(header,
                   {"unistd.h", "fcntl.h",  "pwd.h",        "grp.h",    "poll.h",  "netdb.h",
                    "dirent.h", "signal.h", "csignal",      "time.h",   "fstream", "filesystem",
                    "random",   "thread",   "mutex",        "syslog.h", "spawn.h", "sqlite3.h",
                    "future",   "iostream", "netinet/in.h", "stdio.h",  "aio.h"});
}

/// What a pure file calls that it must be given instead.
const std::vector<std::pair<std::regex, std::string>>& forbidden_calls() {
  static const std::vector<std::pair<std::regex, std::string>> kCalls = {
      {std::regex(R"(\b(secure_)?getenv\b)"), "reads the environment"},
      {std::regex(R"((^|[^\w.>])(std::|::)?time\s*\()"), "reads a clock"},
      {std::regex(R"(clock::now\b|\bclock_gettime\b|\bgettimeofday\b)"), "reads a clock"},
      {std::regex(R"(\b(s?rand|random_device|getrandom|arc4random)\b)"), "draws a random number"},
      {std::regex(R"(\b(fopen|popen|system)\s*\()"), "makes a system call"},
  };
  return kCalls;
}

void check_include(Area area, const std::string& header, bool quoted, int line,
                   std::vector<Violation>& found) {
  if (!quoted) {
    if (is_pure(area) && is_system_header(header)) {
      found.push_back({line, "<" + header + "> in " + std::string(name_of(area))});
    }
    return;
  }
  if (area_of(header) == Area::none) {
    found.push_back({line, "\"" + header + "\" is not written from the top, or not ours"});
  } else if (!may_include(area, header)) {
    found.push_back({line, std::string(name_of(area)) + " may not include " + header + " (" +
                               std::string(name_of(area_of(header))) + ")"});
  }
}

void check_calls(const std::string& code, int line, std::vector<Violation>& found) {
  for (const auto& [pattern, what] : forbidden_calls()) {
    std::smatch match;
    if (std::regex_search(code, match, pattern)) {
      found.push_back({line, what + ": " + match.str()});
    }
  }
}

}  // namespace

std::string_view name_of(Area area) {
  switch (area) {
    case Area::protocol:
      return "the LMTP protocol";
    case Area::connection:
      return "the LMTP connection";
    case Area::names:
      return "the syntax of names";
    case Area::sources:
      return "worlds and tables";
    case Area::rules:
      return "the transport rules";
    case Area::agents:
      return "the agents";
    case Area::resolving:
      return "the resolving part";
    case Area::checks:
      return "the checks";
    case Area::probing:
      return "the probing part";
    case Area::explaining:
      return "the explaining part";
    case Area::delivering:
      return "the delivering part";
    case Area::formats:
      return "the formats";
    case Area::questions:
      return "the questions";
    case Area::serving_protocol:
      return "the protocol of the server";
    case Area::serving:
      return "the server";
    case Area::program:
      return "the program";
    case Area::none:
      break;
  }
  return "no area";
}

Area area_of(std::string_view path) {
  if (path.starts_with("lmtpclient/")) {
    const std::string_view name = stem(path);
    const bool is_io = is_one_of(name, {"connection", "client", "tls", "sasl"}) ||
                       name.starts_with("tls_") || name.starts_with("sasl_");
    return is_io ? Area::connection : Area::protocol;
  }
  if (path.starts_with("aliases/world/") || path.starts_with("aliases/tables/")) {
    return Area::sources;
  }
  if (path.starts_with("aliases/")) {
    return Area::names;
  }
  if (path.starts_with("transports/")) {
    return path.starts_with("transports/agents/") ? Area::agents : Area::rules;
  }
  return path.starts_with("local/") ? area_in_local(path) : Area::none;
}

bool may_include(Area from, std::string_view header) {
  const auto& edges = allowed_edges();
  const auto row =
      std::find_if(edges.begin(), edges.end(), [&](const Edges& e) { return e.from == from; });
  if (row == edges.end()) {
    return false;
  }
  const auto has = [](const auto& list, const auto& item) {
    return std::find(list.begin(), list.end(), item) != list.end();
  };
  return has(row->areas, area_of(header)) || has(row->files, header);
}

bool is_pure(Area area) {
  return area == Area::protocol || area == Area::names || area == Area::rules ||
         area == Area::resolving || area == Area::checks || area == Area::explaining ||
         area == Area::probing || area == Area::serving_protocol;
}

std::vector<Violation> violations_in(std::string_view path, const std::string& text) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*(["<])([^">]+)[">])re");
  const Area area = area_of(path);
  std::vector<Violation> found;
  std::istringstream lines(text);
  std::istringstream code_lines(without_comments_and_literals(without_digit_separators(text)));
  std::string line;
  std::string code;
  for (int number = 1; std::getline(lines, line) && std::getline(code_lines, code); ++number) {
    std::smatch include;
    if (std::regex_search(line, include, kInclude)) {
      check_include(area, include.str(2), include.str(1) == "\"", number, found);
    } else if (is_pure(area)) {
      check_calls(code, number, found);
    }
  }
  return found;
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/commands/parse_options.h"

#include <sysexits.h>

#include <ostream>
#include <utility>

#include "aliases/text.h"
#include "transports/postfix_version.h"

namespace lastmile {

namespace {

/// The value of an option that names a place; an empty one would mean another place than was meant.
Result<Ok> take_place(const Options& given, std::string_view key, std::string& place) {
  if (!given.has(key)) {
    return Ok{};
  }
  place = given.text(key);
  return place.empty() ? Result<Ok>(malformed("--" + std::string(key) + " is empty"))
                       : Result<Ok>(Ok{});
}

Result<Ok> take_overrides(const Options& given, std::vector<std::string>& overrides) {
  for (const std::string& text : given.values("override")) {
    if (text.find('=') == std::string::npos || text.front() == '=') {
      return malformed("-o wants NAME=VALUE, not \"" + text + '"');
    }
    overrides.push_back(text);
  }
  const std::string release = given.text("postfix");
  if (given.has("postfix") && !parse_postfix_version(release)) {
    return malformed("--postfix wants a release from 3.7 on, such as 3.10 or 3.10.13, not \"" +
                     release + '"');
  }
  if (given.has("postfix")) {
    overrides.push_back("lastmile_postfix_version=" + release);
  }
  return Ok{};
}

}  // namespace

Result<Ok> take_global_options(const Options& given, GlobalOptions& options) {
  const std::pair<std::string_view, std::string*> places[] = {
      {"config-directory", &options.config_directory},
      {"root", &options.root},
      {"site", &options.site},
  };
  for (const auto& [key, place] : places) {
    if (auto taken = take_place(given, key, *place); !taken) {
      return taken;
    }
  }
  if (takes_option(given.command(), "verbose")) {
    options.verbosity += static_cast<int>(given.count("verbose"));
  }
  if (given.has("color")) {
    const std::string color = given.text("color");
    options.color = color == "always"  ? Color::always
                    : color == "never" ? Color::never
                                       : Color::automatic;
  }
  return take_overrides(given, options.overrides);
}

ParsedOptions parse_options(Invocation& invocation, const std::string& usage) {
  const std::string command = usage.substr(0, usage.find(' '));
  auto options = read_options(invocation.arguments, command);
  const auto taken =
      options ? take_global_options(*options, invocation.options) : Result<Ok>(options.error());
  if (!taken) {
    const std::string problem = taken.error().message() + "; see lastmile " + command + " --help";
    return {Options(command), fail(invocation, command, problem, EX_USAGE)};
  }
  if (!options->has("help")) {
    return {*std::move(options), std::nullopt};
  }
  invocation.out << "usage: lastmile " << usage << "\n\noptions:\n";
  print_options(invocation.out, command);
  invocation.out << "\nlastmile --help tells the options of all commands.\n";
  return {*std::move(options), 0};
}

}  // namespace lastmile

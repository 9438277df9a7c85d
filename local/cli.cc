// SPDX-License-Identifier: Apache-2.0
#include "local/cli.h"

#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "transports/agents/sasl_client.h"
#include "transports/agents/tls_engine.h"

namespace lastmile {

namespace {

constexpr std::array kSubcommands = {
    Subcommand{"trace", "show where addresses land, and why", run_trace},
    Subcommand{"verify", "run a file of expectations", run_verify},
    Subcommand{"who", "show which addresses lead to a destination", run_who},
    Subcommand{"diff", "show which addresses land elsewhere in another world", run_diff},
    Subcommand{"map", "show every known address and where it lands", run_map},
    Subcommand{"deliver", "deliver the message on standard input", run_deliver, true},
    Subcommand{"lmtp", "deliver what an LMTP client brings", run_lmtp, true},
    Subcommand{"site", "export, show or import a site file", run_site},
    Subcommand{"alias", "compile aliases(5) files into their tables", run_alias},
    Subcommand{"table", "compile the other texts of tables, as postmap does", run_table},
    Subcommand{"lookup", "ask one lookup table", run_lookup},
    Subcommand{"check", "find what is wrong or dangerous in the configuration", run_check},
    Subcommand{"explain", "say why mail bounced, waits or was refused", run_explain},
    Subcommand{"probe", "ask the LMTP servers about recipients, without a message", run_probe},
    Subcommand{"config", "show parameters and where they were set", run_config},
};

constexpr std::string_view kGlobalHelp =
    R"(usage: lastmile [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]

The last mile of a mail system: where an address lands, and why, by the rules
of a Postfix configuration.

commands:
)";

constexpr std::string_view kOptionsHelp = R"(
global options, which may also stand behind the command:
)";

constexpr std::string_view kHabits = R"(
  -bt, -bv ADDRESS       the same as trace ADDRESS
)";

void print_help(std::ostream& out) {
  out << kGlobalHelp;
  for (const Subcommand& command : kSubcommands) {
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary
        << '\n';
  }
  out << "  help        the same as COMMAND --help\n" << kOptionsHelp;
  print_options(out, kBeforeCommand);
  out << kHabits;
}

void print_version(std::ostream& out) {
  std::string components;
  for (const std::string_view component : built_in_components()) {
    components.append(" ").append(component);
  }
  components += is_sasl_built_in() ? " sasl" : "";
  components += is_tls_built_in() ? " tls" : "";
  out << "lastmile " LASTMILE_VERSION "\noptional components:"
      << (components.empty() ? " none" : components) << "\nmap types:";
  for (const MapType* type : map_types()) {
    out << ' ' << type->name;
  }
  out << '\n';
}

/// Columns of the terminal on standard output; 0 when it is none.
int terminal_width() {
  winsize size = {};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

const Subcommand* find_subcommand(std::string_view name) {
  for (const Subcommand& command : kSubcommands) {
    if (command.name == name) {
      return &command;
    }
  }
  return nullptr;
}

/// What the words ask for.
struct Request {
  GlobalOptions options = {};
  const Subcommand* command = nullptr;
  std::vector<std::string> arguments = {};  ///< Of the command.
  /// Set: there is nothing more to do.
  std::optional<int> exit_status = {};
};

Request usage_error(std::ostream& err, const std::string& problem) {
  err << "lastmile: " << printable(problem) << "; see lastmile --help\n";
  Request request;
  request.exit_status = EX_USAGE;
  return request;
}

Error unknown_command(const std::string& name) {
  std::vector<std::string_view> names = {"help"};
  for (const Subcommand& command : kSubcommands) {
    names.push_back(command.name);
  }
  return malformed("unknown command " + name + did_you_mean(name, names));
}

/// Takes the command and its words. `help COMMAND` is `COMMAND --help`.
Result<Ok> take_command(std::span<const std::string> words, Request& request) {
  std::string name = words.front();
  request.arguments.assign(words.begin() + 1, words.end());
  if (name == "-bt" || name == "-bv") {
    name = "trace";
  } else if (name == "help") {
    name = request.arguments.front();
    request.arguments = {"--help"};
  }
  request.command = find_subcommand(name);
  // Who says -v before the command means the command, which refuses it where it has no more to say.
  if (request.options.verbosity > 0 && !takes_option(name, "verbose")) {
    request.arguments.insert(request.arguments.begin(), "-v");
  }
  return request.command == nullptr ? Result<Ok>(unknown_command(name)) : Result<Ok>(Ok{});
}

/// Reads the words up to the command.
Request read_request(std::span<const std::string> words, std::ostream& out, std::ostream& err) {
  std::size_t size = 0;
  while (size < words.size() && words[size] != "-bt" && words[size] != "-bv") {
    const std::size_t next = global_option_size(words.subspan(size));
    if (next == 0) {
      break;
    }
    size = std::min(words.size(), size + next);
  }
  const auto rest = words.subspan(size);
  const bool is_habit = !rest.empty() && (rest.front() == "-bt" || rest.front() == "-bv");
  const bool is_option = !is_habit && !rest.empty() && rest.front().starts_with('-');
  const auto given =
      read_options(words.first(size + (is_option ? 1 : 0)), std::string(kBeforeCommand));
  if (!given) {
    return usage_error(err, given.error().message());
  }
  Request request;
  if (auto taken = take_global_options(*given, request.options); !taken) {
    return usage_error(err, taken.error().message());
  }
  const bool asks_for_help = given->has("help") || (rest.size() == 1 && rest.front() == "help");
  if (asks_for_help) {
    print_help(out);
    request.exit_status = 0;
  } else if (given->has("version")) {
    print_version(out);
    request.exit_status = 0;
  } else if (rest.empty()) {
    print_help(err);
    request.exit_status = EX_USAGE;
  } else if (auto taken = take_command(rest, request); !taken) {
    return usage_error(err, taken.error().message());
  }
  return request;
}

}  // namespace

std::span<const Subcommand> subcommands() {
  return kSubcommands;
}

int run(std::span<const std::string> arguments, std::istream& in, std::ostream& out,
        std::ostream& err) {
  const Request request = read_request(arguments, out, err);
  if (request.exit_status) {
    return *request.exit_status;
  }
  const bool is_terminal = &out == &std::cout && isatty(STDOUT_FILENO) == 1;
  Invocation invocation{request.options,
                        request.arguments,
                        in,
                        out,
                        err,
                        is_terminal,
                        is_terminal ? terminal_width() : 0};
  const int status = request.command->run(invocation);
  out.flush();
  if (out.good()) {
    return status;
  }
  const int failed = fail(invocation, request.command->name, "cannot write the output", EX_IOERR);
  return request.command->delivers ? status : failed;
}

}  // namespace lastmile

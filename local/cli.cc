#include "local/cli.h"

#include <sys/ioctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <string>

#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "local/commands/commands.h"

namespace lastmile {

namespace {

constexpr std::array kSubcommands = {
    Subcommand{"trace", "show where addresses land, and why", run_trace},
    Subcommand{"deliver", "deliver the message on standard input", run_deliver, true},
    Subcommand{"site", "export or show a site file", run_site},
    Subcommand{"alias", "compile aliases(5) files into their tables", run_alias},
    Subcommand{"lookup", "ask one lookup table", run_lookup},
    Subcommand{"config", "show parameters and where they were set", run_config},
};

constexpr std::string_view kGlobalHelp =
    R"(usage: lastmile [GLOBAL OPTIONS] COMMAND [OPTIONS] [ARGUMENTS]

The last mile of a mail system: where an address lands, by the rules of a Postfix configuration.

global options:
  -c, -C DIR           configuration directory (/etc/postfix)
  --root DIR           look up every path below DIR, accounts in DIR/etc/passwd
  --site FILE          take everything from a site file
  -o NAME=VALUE        override a parameter of main.cf or lastmile.cf
  --color WHEN         auto, always or never; NO_COLOR is honoured
  -v                   say more; may be repeated
  -h, --help           this text; lastmile COMMAND --help for a command
  --version            version and built-in components
  -bt, -bv ADDRESS     the same as trace ADDRESS

commands:
)";

void print_help(std::ostream& out) {
  out << kGlobalHelp;
  for (const Subcommand& command : kSubcommands) {
    out << "  " << command.name << std::string(12 - command.name.size(), ' ') << command.summary
        << '\n';
  }
}

void print_version(std::ostream& out) {
  out << "lastmile " LASTMILE_VERSION "\noptional components:";
  for (const std::string_view component : built_in_components()) {
    out << ' ' << component;
  }
  out << (built_in_components().empty() ? " none\n" : "\n") << "map types:";
  for (const MapType* type : map_types()) {
    out << ' ' << type->name;
  }
  out << '\n';
}

/// Reads the words before the command.
class GlobalParser {
 public:
  explicit GlobalParser(std::span<const std::string> words) : words_(words) {}

  /// \return the exit status when there is nothing more to do
  std::optional<int> parse(GlobalOptions& options, std::ostream& out, std::ostream& err) {
    while (position_ < words_.size() && words_[position_].starts_with('-')) {
      const std::string& word = words_[position_];
      if (word == "-bt" || word == "-bv") {
        is_trace_ = true;
        ++position_;
        return std::nullopt;
      }
      ++position_;
      if (word == "-h" || word == "--help") {
        print_help(out);
        return 0;
      }
      if (word == "--version") {
        print_version(out);
        return 0;
      }
      if (const auto problem = take(word, options)) {
        err << "lastmile: " << *problem << "; see lastmile --help\n";
        return EX_USAGE;
      }
    }
    return std::nullopt;
  }

  bool is_trace() const { return is_trace_; }
  std::span<const std::string> rest() const { return words_.subspan(position_); }

 private:
  /// \return what is wrong with the option
  std::optional<std::string> take(const std::string& word, GlobalOptions& options) {
    if (word.find_first_not_of('v', 1) == std::string::npos && word.size() > 1) {
      options.verbosity += static_cast<int>(word.size()) - 1;
      return std::nullopt;
    }
    const auto [name, attached] = split_option(word);
    std::string* target = nullptr;
    std::string text;
    if (name == "-c" || name == "-C") {
      target = &options.config_directory;
    } else if (name == "--root") {
      target = &options.root;
    } else if (name == "--site") {
      target = &options.site;
    } else if (name == "-o" || name == "--color") {
      target = &text;
    } else {
      return "unknown option " + word;
    }
    if (attached) {
      *target = *attached;
    } else if (position_ < words_.size()) {
      *target = words_[position_++];
    } else {
      return name + " wants a value";
    }
    return name == "-o"        ? take_override(text, options)
           : name == "--color" ? take_color(text, options)
                               : std::nullopt;
  }

  /// `--root=DIR` and `-oname=value` carry their value in the same word.
  static std::pair<std::string, std::optional<std::string>> split_option(const std::string& word) {
    if (word.starts_with("--")) {
      const auto equals = word.find('=');
      if (equals != std::string::npos) {
        return {word.substr(0, equals), word.substr(equals + 1)};
      }
      return {word, std::nullopt};
    }
    if (word.size() > 2) {
      return {word.substr(0, 2), word.substr(2)};
    }
    return {word, std::nullopt};
  }

  static std::optional<std::string> take_override(const std::string& text, GlobalOptions& options) {
    if (text.find('=') == std::string::npos || text.front() == '=') {
      return "-o wants NAME=VALUE, not \"" + printable(text) + "\"";
    }
    options.overrides.push_back(text);
    return std::nullopt;
  }

  static std::optional<std::string> take_color(const std::string& text, GlobalOptions& options) {
    if (text == "always") {
      options.color = Color::always;
    } else if (text == "never") {
      options.color = Color::never;
    } else if (text != "auto") {
      return "--color wants auto, always or never, not \"" + printable(text) + "\"";
    }
    return std::nullopt;
  }

  std::span<const std::string> words_;
  std::size_t position_ = 0;
  bool is_trace_ = false;
};

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

}  // namespace

std::span<const Subcommand> subcommands() {
  return kSubcommands;
}

int run(std::span<const std::string> arguments, std::istream& in, std::ostream& out,
        std::ostream& err) {
  GlobalOptions options;
  GlobalParser parser(arguments);
  if (const auto status = parser.parse(options, out, err)) {
    return *status;
  }
  auto rest = parser.rest();
  const Subcommand* command = nullptr;
  if (parser.is_trace()) {
    command = find_subcommand("trace");
  } else if (rest.empty()) {
    print_help(err);
    return EX_USAGE;
  } else {
    command = find_subcommand(rest.front());
    if (command == nullptr) {
      err << "lastmile: unknown command " << printable(rest.front()) << "; see lastmile --help\n";
      return EX_USAGE;
    }
    rest = rest.subspan(1);
  }
  const bool is_terminal = &out == &std::cout && isatty(STDOUT_FILENO) == 1;
  Invocation invocation{
      options, rest, in, out, err, is_terminal, is_terminal ? terminal_width() : 0};
  const int status = command->run(invocation);
  out.flush();
  if (out.good()) {
    return status;
  }
  const int failed = fail(invocation, command->name, "cannot write the output", EX_IOERR);
  return command->delivers ? status : failed;
}

}  // namespace lastmile

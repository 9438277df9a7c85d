#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"
#include "aliases/world/world.h"
#include "transports/settings.h"

namespace lastmile {

/// Whether output may be coloured: `--color`, and NO_COLOR where that says "auto".
enum class Color { automatic, always, never };

/// The options that stand before the command.
struct GlobalOptions {
  std::string config_directory = "/etc/postfix";
  std::string root = {};                    ///< `--root DIR`; empty: not a tree.
  std::string site = {};                    ///< `--site FILE`; empty: not a site file.
  std::vector<std::string> overrides = {};  ///< `-o name=value`.
  Color color = Color::automatic;
  int verbosity = 0;
};

/// What a command may touch: its options and arguments, and three streams. Tests make their own.
struct Invocation {
  const GlobalOptions& options;
  std::span<const std::string> arguments = {};  ///< What follows the command's name.
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  int terminal_width = 0;  ///< Columns; 0 when it is not known.
};

struct Subcommand {
  std::string_view name = {};
  std::string_view summary = {};
  int (*run)(Invocation&) = nullptr;  ///< Returns the exit status.
  /// Whether the exit status says what became of mail: it stands, whatever becomes of the output.
  bool delivers = false;
};

/// All subcommands, in the order of the help text.
std::span<const Subcommand> subcommands();

/// Opens the world that the global options name: live, a tree, or a site file.
Result<std::unique_ptr<World>> open_world(const GlobalOptions& options);

/// The world of the global options with the configuration that it holds.
class Host {
 public:
  /// Opens the world and reads the configuration.
  static Result<std::unique_ptr<Host>> open(const GlobalOptions& options);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() = default;

  /// Its accounts are those of lastmile_account_maps.
  World& world() { return accounts_ ? *accounts_ : *world_; }
  const Settings& settings() const { return settings_; }

 private:
  Host(std::unique_ptr<World> world, Settings settings);

  std::unique_ptr<World> world_;
  Settings settings_;
  std::unique_ptr<World> accounts_;  ///< Null: those of world_.
};

/// Prints `lastmile COMMAND: message` and returns `status`.
int fail(Invocation& invocation, std::string_view command, std::string_view message, int status);

/// Reads the next line of standard input, without its end.
/// \param before_wait  is called first when nothing has come yet: whoever keeps something from
///        others lets go of it there, since a slow writer may take for ever
/// \return false at the end of the input
bool next_line(Invocation& invocation, std::string& line, const std::function<void()>& before_wait);

/// Reads the global options and runs the command that follows them.
/// \param arguments  without the program's own name
int run(std::span<const std::string> arguments, std::istream& in, std::ostream& out,
        std::ostream& err);

}  // namespace lastmile

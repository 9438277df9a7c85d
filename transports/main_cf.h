#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/result.h"

namespace lastmile {

/// One logical line of main.cf, master.cf or a table source.
struct LogicalLine {
  std::string text = {};  ///< Continuations joined, comments gone.
  int line = 0;           ///< The physical line on which it begins, counted from 1.
};

/// Joins continuation lines and drops comments and empty lines.
/// \see postconf(5), introduction
std::vector<LogicalLine> read_logical_lines(std::string_view content);

/// One parameter as it is written.
struct RawParameter {
  std::string value = {};                 ///< Not expanded.
  std::optional<SourcePos> source = {};  ///< None: the built-in default.
};

/// The parameters of main.cf as they are written, and the built-in defaults behind them.
class MainCf {
 public:
  /// Reads main.cf. The last of several settings of one name wins, as in Postfix.
  /// \param file  for messages
  static Result<MainCf> parse(std::string_view content, const std::string& file);

  /// Sets a parameter, as `-o name=value` does.
  void set(std::string name, RawParameter parameter);

  /// \return what main.cf says, else the built-in default, else nullopt
  std::optional<RawParameter> find(std::string_view name) const;

  /// The parameter after $name expansion.
  /// \return nullopt for an unknown name; malformed for bad macro syntax or endless recursion
  Result<std::optional<std::string>> expand(std::string_view name) const;

  /// Expands the $names of any text by this main.cf.
  Result<std::string> expand_text(std::string_view text) const;

  /// Names that main.cf sets, sorted.
  std::vector<std::string> set_names() const;

  /// Warnings of Postfix's kind: a parameter that is set twice, a stray continuation line.
  const std::vector<Error>& warnings() const { return warnings_; }

 private:
  std::map<std::string, RawParameter, std::less<>> parameters_;
  std::vector<Error> warnings_;
};

/// The built-in default of a Postfix parameter, not expanded; nullopt for an unknown name. Host
/// facts (myhostname, mydomain) are set by load_settings and have none here.
std::optional<std::string_view> default_parameter(std::string_view name);

}  // namespace lastmile

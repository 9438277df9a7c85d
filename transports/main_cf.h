// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/result.h"
#include "transports/default_parameters.h"
#include "transports/postfix_release.h"

namespace lastmile {

/// One logical line of main.cf or master.cf.
struct LogicalLine {
  std::string text = {};  ///< Continuations joined, comments gone.
  int line = 0;           ///< The physical line on which it begins, counted from 1.
};

/// Joins continuation lines and drops comments and empty lines, also inside of a continued line.
/// A line that begins with white space although nothing stands before it is returned as it is:
/// Postfix warns of it and skips it.
/// \see postconf(5), introduction
std::vector<LogicalLine> read_logical_lines(std::string_view content);

/// One parameter as it is written.
struct RawParameter {
  std::string value = {};                ///< Not expanded.
  std::optional<SourcePos> source = {};  ///< None: the built-in default.
};

/// A parameter after $name expansion.
struct ExpandedParameter {
  std::string value = {};
  std::optional<SourcePos> source = {};  ///< None: the built-in default.
};

/// The parameters of main.cf as they are written, and the built-in defaults behind them.
class MainCf {
 public:
  /// Reads main.cf alone.
  /// \param file  for messages
  /// \return misconfigured for a line without a name or without '='
  static Result<MainCf> parse(std::string_view content, const std::string& file);

  /// Reads another file of this form. The last of several settings of one name wins, as in Postfix.
  /// \param file  for messages
  /// \return misconfigured for a line without a name or without '='
  Result<Ok> add(std::string_view content, const std::string& file);

  /// Sets a parameter, as `-o name=value` does. Without a source it becomes a default that
  /// depends on the host, such as that of myhostname.
  void set(std::string name, RawParameter parameter);

  /// Gives a parameter another meaning wherever `$name` stands, and leaves it as it is written:
  /// for `myorigin = /etc/mailname`.
  void set_meaning(std::string name, std::string value);

  /// The built-in defaults are those of a release from now on; before, those of kRecordedVersion.
  void follow(std::shared_ptr<const PostfixRelease> release) { release_ = std::move(release); }
  /// Null where none is followed.
  const std::shared_ptr<const PostfixRelease>& release() const { return release_; }

  /// Whether something has a value for the name: a file, `-o`, or the host.
  bool is_set(std::string_view name) const { return parameters_.contains(name); }

  /// The built-in default of the release that is followed. \return nullopt for an unknown name
  std::optional<std::string_view> built_in(std::string_view name) const;

  /// \return what main.cf says, else the built-in default, else nullopt
  std::optional<RawParameter> find(std::string_view name) const;

  /// The parameter after $name expansion. Names without a value expand to nothing.
  /// \return nullopt for an unknown name; misconfigured, with the line that set the parameter, for
  ///         bad macro syntax or endless recursion
  Result<std::optional<std::string>> expand(std::string_view name) const;
  /// The same together with the line that set it.
  Result<std::optional<ExpandedParameter>> expand_parameter(std::string_view name) const;

  /// Expands the $names of any text by this main.cf.
  Result<std::string> expand_text(std::string_view text) const;

  /// Names that a file or `-o` sets, sorted.
  std::vector<std::string> set_names() const;

  /// Warnings of Postfix's kind: a parameter that is set twice, a stray continuation line.
  const std::vector<Error>& warnings() const { return warnings_; }

 private:
  /// What stands for `$name`; a view into this object or into the built-in defaults.
  std::optional<std::string_view> meaning_of(std::string_view name) const;
  /// \param budget  octets that the values may still have
  Result<std::string> expand_nested(std::string_view text, int depth, std::size_t& budget) const;
  /// `${function{text}}` in the release that is followed; nullopt: it cannot be called.
  std::optional<std::string> call(std::string_view function, const std::string& text) const;
  /// Names the innermost parameter that main.cf sets as the one at fault.
  Error blame(std::string_view name, Error error) const;
  Result<Ok> add_line(const LogicalLine& line, const std::string& file);

  std::map<std::string, RawParameter, std::less<>> parameters_;
  std::map<std::string, std::string, std::less<>> meanings_;
  std::vector<Error> warnings_;
  std::shared_ptr<const PostfixRelease> release_ = {};
};

/// Gives expanded values, as TablePolicy::parameter has them; nothing for what cannot be expanded.
/// `main_cf` must outlive it.
std::function<std::optional<std::string>(std::string_view)> values_of(const MainCf& main_cf);

}  // namespace lastmile

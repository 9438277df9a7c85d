// SPDX-License-Identifier: Apache-2.0
#include "local/formats/format.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ostream>
#include <string>

#include "aliases/text.h"
#include "local/formats/dot.h"
#include "local/formats/expect.h"
#include "local/formats/json.h"
#include "local/formats/svg.h"
#include "local/formats/tree.h"
#include "local/formats/tsv.h"

namespace lastmile {

namespace {

std::string_view environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view() : value;
}

/// Whether this locale shows UTF-8. \see POSIX, 8.2 Internationalization Variables
/// \param otherwise  when no variable says
bool locale_is_utf8(bool otherwise) {
  for (const char* const name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view value = environment(name);
    if (!value.empty()) {
      const std::string folded = fold_case(value);
      return folded.find("utf-8") != std::string::npos || folded.find("utf8") != std::string::npos;
    }
  }
  return otherwise;
}

class TreeFormatter final : public Formatter {
 public:
  explicit TreeFormatter(TreeStyle style) : style_(std::move(style)) {}
  void print(std::ostream& out, const Trace& trace) override { print_tree(out, trace, style_); }

 private:
  TreeStyle style_;
};

class SvgFormatter final : public Formatter {
 public:
  explicit SvgFormatter(TreeStyle style) : style_(std::move(style)) { style_.unicode = true; }
  void print(std::ostream& out, const Trace& trace) override { print_svg(out, trace, style_); }

 private:
  TreeStyle style_;
};

class JsonFormatter final : public Formatter {
 public:
  void follow(const PostfixRelease& release) override { release_ = &release; }
  void print(std::ostream& out, const Trace& trace) override { print_json(out, trace, release_); }

 private:
  const PostfixRelease* release_ = nullptr;
};

class PlainFormatter final : public Formatter {
 public:
  using Begin = void (*)(std::ostream&);
  using Print = void (*)(std::ostream&, const Trace&);

  PlainFormatter(Begin on_begin, Print on_print) : begin_(on_begin), print_(on_print) {}
  void begin(std::ostream& out) override {
    if (begin_ != nullptr) {
      begin_(out);
    }
  }
  void print(std::ostream& out, const Trace& trace) override { print_(out, trace); }

 private:
  Begin begin_;
  Print print_;
};

struct Plain {
  std::string_view name = {};
  bool shows_reasons = true;
  PlainFormatter::Begin begin = nullptr;
  PlainFormatter::Print print = nullptr;
};

/// All formats that take no style.
constexpr std::array kPlain = {
    Plain{"dot", true, nullptr, print_dot},
    Plain{"tsv", false, print_tsv_header, print_tsv},
    Plain{"expect", false, print_expectations_header, print_expectation},
};

}  // namespace

bool wants_color(const Invocation& invocation) {
  switch (invocation.options.color) {
    case Color::always:
      return true;
    case Color::never:
      return false;
    case Color::automatic:
      break;
  }
  return invocation.out_is_terminal && environment("NO_COLOR").empty() &&
         environment("TERM") != "dumb";
}

/// A pipe or a file takes UTF-8 unless the locale says that it is not wanted; a terminal, only
/// where the locale says that it is.
TreeStyle tree_style(const Invocation& invocation) {
  TreeStyle style;
  style.unicode = locale_is_utf8(!invocation.out_is_terminal);
  style.folds = invocation.out_is_terminal && invocation.options.verbosity == 0;
  style.color = wants_color(invocation);
  if (invocation.out_is_terminal && invocation.terminal_width > 0) {
    style.width = static_cast<std::size_t>(invocation.terminal_width);
  }
  if (!invocation.options.config_directory.empty()) {
    style.config_directory = invocation.options.config_directory;
  }
  return style;
}

bool shows_reasons(std::string_view name) {
  return std::all_of(kPlain.begin(), kPlain.end(), [name](const Plain& plain) {
    return plain.name != name || plain.shows_reasons;
  });
}

std::unique_ptr<Formatter> make_formatter(std::string_view name, const Invocation& invocation) {
  if (name == "tree") {
    return std::make_unique<TreeFormatter>(tree_style(invocation));
  }
  if (name == "svg") {
    return std::make_unique<SvgFormatter>(tree_style(invocation));
  }
  if (name == "json") {
    return std::make_unique<JsonFormatter>();
  }
  for (const Plain& plain : kPlain) {
    if (plain.name == name) {
      return std::make_unique<PlainFormatter>(plain.begin, plain.print);
    }
  }
  return nullptr;
}

}  // namespace lastmile

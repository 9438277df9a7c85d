// SPDX-License-Identifier: Apache-2.0
#include "transports/main_cf.h"

#include <utility>

#include "aliases/domain_encoding.h"
#include "aliases/macro.h"
#include "aliases/text.h"
#include "transports/default_changes.h"

namespace lastmile {
namespace {

/// Postfix gives up at the same depth. \see mac_expand(3)
constexpr int kMaxMacroDepth = 100;

/// Octets of values that may go into one expansion, and as many names. Parameters that name others
/// twice, and those others again, would fill any memory.
constexpr std::size_t kMaxExpansion = std::size_t{4} * 1024 * 1024;

/// Cannot occur in a value: lines end at a NUL.
constexpr char kWrittenButEmpty = '\0';

/// The whole of `text` when it is short; Postfix cuts it in its messages, too.
std::string quoted_excerpt(std::string_view text) {
  constexpr std::size_t kMaxExcerpt = 60;
  return '"' + printable(text.substr(0, kMaxExcerpt)) +
         (text.size() > kMaxExcerpt ? "...\"" : "\"");
}

Error bad_line(std::string text, const std::string& file, int line) {
  return misconfigured(std::move(text), SourcePos{file, line});
}

Error too_long() {
  return misconfigured("the value is too long when it is expanded");
}

}  // namespace

std::vector<LogicalLine> read_logical_lines(std::string_view content) {
  std::vector<LogicalLine> lines;
  for (int number = 1; !content.empty(); ++number) {
    const std::size_t end = content.find('\n');
    std::string_view physical = content.substr(0, end);
    content.remove_prefix(end == std::string_view::npos ? content.size() : end + 1);
    // Postfix keeps lines as C strings.
    physical = physical.substr(0, physical.find('\0'));
    const std::string_view text = trim(physical);
    if (text.empty() || text.front() == '#') {
      continue;
    }
    if (is_space(physical.front()) && !lines.empty()) {
      lines.back().text.append(physical);
    } else {
      lines.push_back(LogicalLine{std::string(physical), number});
    }
  }
  return lines;
}

Result<MainCf> MainCf::parse(std::string_view content, const std::string& file) {
  MainCf main_cf;
  if (auto added = main_cf.add(content, file); !added) {
    return std::move(added).error();
  }
  return main_cf;
}

Result<Ok> MainCf::add(std::string_view content, const std::string& file) {
  for (const LogicalLine& line : read_logical_lines(content)) {
    if (is_space(line.text.front())) {
      warnings_.push_back(bad_line("logical line must not start with white space, ignored: " +
                                       quoted_excerpt(trim(line.text)),
                                   file, line.line));
      continue;
    }
    if (auto added = add_line(line, file); !added) {
      return std::move(added).error();
    }
  }
  return Ok{};
}

Result<Ok> MainCf::add_line(const LogicalLine& line, const std::string& file) {
  const std::string_view text = trim(line.text);
  std::size_t name_end = 0;
  while (name_end < text.size() && text[name_end] != '=' && !is_space(text[name_end])) {
    ++name_end;
  }
  if (name_end == 0) {
    return bad_line("missing attribute name: " + quoted_excerpt(text), file, line.line);
  }
  const std::string_view name = text.substr(0, name_end);
  const std::string_view rest = trim(text.substr(name_end));
  if (rest.empty() || rest.front() != '=') {
    return bad_line("missing '=' after attribute name: " + quoted_excerpt(text), file, line.line);
  }
  const std::string_view value = trim(rest.substr(1));
  const auto earlier = parameters_.find(name);
  if (earlier != parameters_.end() && earlier->second.value != value) {
    const SourcePos& place = *earlier->second.source;
    warnings_.push_back(bad_line(
        "overriding earlier entry, " +
            (*place.file == file ? "line " + std::to_string(place.line) : to_string(place)) + ": " +
            quoted_excerpt(std::string(name) + "=" + earlier->second.value),
        file, line.line));
  }
  set(std::string(name), RawParameter{std::string(value), SourcePos{file, line.line}});
  return Ok{};
}

void MainCf::set(std::string name, RawParameter parameter) {
  parameters_.insert_or_assign(std::move(name), std::move(parameter));
}

void MainCf::set_meaning(std::string name, std::string value) {
  meanings_.insert_or_assign(std::move(name), std::move(value));
}

std::optional<RawParameter> MainCf::find(std::string_view name) const {
  if (const auto found = parameters_.find(name); found != parameters_.end()) {
    return found->second;
  }
  const auto value = built_in(name);
  return value ? std::optional(RawParameter{std::string(*value), std::nullopt}) : std::nullopt;
}

std::optional<std::string_view> MainCf::meaning_of(std::string_view name) const {
  if (const auto found = meanings_.find(name); found != meanings_.end()) {
    return found->second;
  }
  if (const auto found = parameters_.find(name); found != parameters_.end()) {
    return found->second.value;
  }
  return built_in(name);
}

std::optional<std::string_view> MainCf::built_in(std::string_view name) const {
  if (release_ != nullptr && has_changed_default(name)) {
    // What depends on the build as well is there from some release on.
    const auto value = default_parameter_in(release_->version(), name);
    const std::string* const of_build = value ? release_->built_in(name) : nullptr;
    return of_build != nullptr ? std::optional<std::string_view>(*of_build) : value;
  }
  if (const std::string* const of_build =
          release_ != nullptr ? release_->built_in(name) : nullptr) {
    return *of_build;
  }
  const auto value = default_parameter(name);
  return value ? value : default_service_parameter(name);
}

Result<std::string> MainCf::expand_nested(std::string_view text, int depth,
                                          std::size_t& budget) const {
  if (text.find('$') == std::string_view::npos) {
    return std::string(text);
  }
  if (depth > kMaxMacroDepth) {
    return misconfigured("parameters refer to each other without end: " + quoted_excerpt(text));
  }
  // `${name?text}` asks whether anything is written for the name, be it another name that expands
  // to nothing. Such a name gets kWrittenButEmpty, except where values are compared.
  const bool compares = text.find("${{") != std::string_view::npos;
  std::optional<Error> failure;
  const auto value_of = [&](std::string_view name) -> std::optional<std::string> {
    const auto meaning = meaning_of(name);
    if (!meaning || failure) {
      return std::nullopt;
    }
    auto value = expand_nested(*meaning, depth + 1, budget);
    if (!value) {
      failure = blame(name, std::move(value).error());
      return std::nullopt;
    }
    if (value->size() + 1 > budget) {
      failure = blame(name, too_long());
      return std::nullopt;
    }
    budget -= value->size() + 1;
    if (value->empty() && !meaning->empty() && !compares) {
      return std::string(1, kWrittenButEmpty);
    }
    return *std::move(value);
  };
  const MacroFunction function = [this](std::string_view name, const std::string& domain) {
    return call(name, domain);
  };
  auto expansion = expand_macros(text, value_of, function);
  if (failure) {
    return *std::move(failure);
  }
  if (!expansion) {
    Error error = std::move(expansion).error();
    error.kind = Error::Kind::misconfigured;
    return error;
  }
  std::erase(expansion->text, kWrittenButEmpty);
  return std::move(expansion->text);
}

std::optional<std::string> MainCf::call(std::string_view function, const std::string& text) const {
  const bool to_ascii = function == "domain_to_ascii";
  if ((!to_ascii && function != "domain_to_utf8") || release_ == nullptr ||
      !release_->has(VersionRule::domain_functions)) {
    return std::nullopt;
  }
  return to_ascii ? domain_to_ascii(text) : domain_to_utf8(text);
}

Error MainCf::blame(std::string_view name, Error error) const {
  const auto set = parameters_.find(name);
  if (set != parameters_.end() && !error.source) {
    error.text.insert(0, std::string(name) + ": ");
    error.source = set->second.source;
  }
  return error;
}

Result<std::string> MainCf::expand_text(std::string_view text) const {
  std::size_t budget = kMaxExpansion;
  return expand_nested(text, 0, budget);
}

Result<std::optional<ExpandedParameter>> MainCf::expand_parameter(std::string_view name) const {
  const auto meaning = meaning_of(name);
  if (!meaning) {
    return std::optional<ExpandedParameter>();
  }
  std::size_t budget = kMaxExpansion;
  auto value = expand_nested(*meaning, 0, budget);
  if (!value) {
    return blame(name, std::move(value).error());
  }
  const auto set = parameters_.find(name);
  return std::optional(ExpandedParameter{
      *std::move(value), set == parameters_.end() ? std::nullopt : set->second.source});
}

Result<std::optional<std::string>> MainCf::expand(std::string_view name) const {
  auto parameter = expand_parameter(name);
  if (!parameter) {
    return std::move(parameter).error();
  }
  return *parameter ? std::optional(std::move((*parameter)->value)) : std::nullopt;
}

std::vector<std::string> MainCf::set_names() const {
  std::vector<std::string> names;
  for (const auto& [name, parameter] : parameters_) {
    if (parameter.source) {
      names.push_back(name);
    }
  }
  return names;
}

std::function<std::optional<std::string>(std::string_view)> values_of(const MainCf& main_cf) {
  return [&main_cf](std::string_view name) {
    auto value = main_cf.expand(name);
    return value ? *std::move(value) : std::nullopt;
  };
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/table_settings.h"

#include <algorithm>
#include <utility>

#include "aliases/tables/table_file.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"
#include "aliases/whole_number.h"

namespace lastmile {

Result<TableSettings> TableSettings::load(const TableSpec& spec, World& world,
                                          const TablePolicy& policy) {
  TableSettings settings;
  settings.name_ = spec.name;
  settings.owner_ = table_owner(0);
  if (!spec.name.starts_with('/') && !spec.name.starts_with('.')) {
    if (!policy.parameter) {
      return misconfigured(to_string(spec) + ": there is no main.cf to read its parameters from");
    }
    settings.main_cf_ = policy.parameter;
    return settings;
  }
  const auto text = read_table_text(world, spec.name, OpenWords::open);
  if (!text) {
    return text.error();
  }
  settings.owner_ = text->owner;
  if (auto parsed = settings.parse(text->content); !parsed) {
    return std::move(parsed).error();
  }
  return settings;
}

namespace {

/// What stands behind `# lastmile: list` in the last such line.
std::optional<std::string> find_declared_list(std::string_view content) {
  constexpr std::string_view kMark = "lastmile: list ";
  std::optional<std::string> found;
  for (std::string_view rest = content; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.starts_with('#')) {
      line = trim(line.substr(1));
      if (line.starts_with(kMark)) {
        found = trim(line.substr(kMark.size()));
      }
    }
  }
  return found;
}

}  // namespace

Result<Ok> TableSettings::parse(std::string_view content) {
  declared_list_ = find_declared_list(content);
  LineReader lines(content);
  while (const auto line = lines.next()) {
    if (line->is_stray) {
      continue;
    }
    const std::size_t equals = line->text.find('=');
    const std::string_view name = trim(line->text.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return misconfigured(
          name.empty() ? "missing attribute name" : "missing '=' after attribute name",
          SourcePos{name_, line->number});
    }
    values_.insert_or_assign(std::string(name),
                             Value{std::string(trim(line->text.substr(equals + 1))), line->number});
  }
  return Ok{};
}

std::optional<std::string> TableSettings::find(std::string_view parameter) const {
  std::optional<std::string> text;
  if (main_cf_) {
    text = main_cf_(name_ + "_" + std::string(parameter));
  } else if (const auto found = values_.find(parameter); found != values_.end()) {
    text = found->second.text;
  }
  return text && !text->empty() ? text : std::nullopt;
}

bool TableSettings::is_set(std::string_view parameter) const {
  if (main_cf_) {
    return main_cf_(name_ + "_" + std::string(parameter)).has_value();
  }
  return values_.find(parameter) != values_.end();
}

Error TableSettings::bad_setting(std::string_view parameter, std::string text) const {
  Error error = misconfigured(std::string(parameter) + ": " + std::move(text));
  if (main_cf_) {
    error.text = name_ + "_" + error.text;
    return error;
  }
  const auto found = values_.find(parameter);
  error.source = SourcePos{name_, found == values_.end() ? 0 : found->second.line};
  return error;
}

Result<std::string> TableSettings::require(std::string_view parameter) const {
  auto text = find(parameter);
  if (!text) {
    return bad_setting(parameter, "must be set");
  }
  return *std::move(text);
}

Result<std::string> TableSettings::query(LegacyQuery legacy) const {
  if (auto text = find("query")) {
    return *std::move(text);
  }
  if (const auto function = find("select_function"); function && legacy == LegacyQuery::function) {
    return "SELECT " + *function + "('%s')";
  }
  const auto table = require("table");
  if (!table) {
    return bad_setting("query", "must be set (or table, select_field and where_field)");
  }
  const auto select_field = require("select_field");
  if (!select_field) {
    return select_field.error();
  }
  const auto where_field = require("where_field");
  if (!where_field) {
    return where_field.error();
  }
  return "SELECT " + *select_field + " FROM " + *table + " WHERE " + *where_field + "='%s' " +
         find("additional_conditions").value_or("");
}

Result<long> TableSettings::number(std::string_view parameter, long usual, long least) const {
  const auto text = find(parameter);
  if (!text) {
    return usual;
  }
  const auto number = whole_number<long>(*text);
  if (!number || *number < least) {
    return bad_setting(parameter, "bad numerical configuration: " + *text);
  }
  return *number;
}

Result<TableSettings::Choice> TableSettings::choice(std::string_view parameter,
                                                    Choice usual) const {
  const auto text = find(parameter);
  if (!text) {
    return usual;
  }
  if (equal_ignoring_case(*text, "yes")) {
    return Choice::yes;
  }
  if (equal_ignoring_case(*text, "no")) {
    return Choice::no;
  }
  return bad_setting(parameter, "bad boolean configuration: " + *text + " (yes, no)");
}

}  // namespace lastmile

#include "aliases/tables/sql_settings.h"

#include <charconv>
#include <utility>

#include "aliases/tables/table_file.h"
#include "aliases/tables/text_table.h"
#include "aliases/text.h"

namespace lastmile {

Result<SqlSettings> SqlSettings::load(const TableSpec& spec, World& world,
                                      const TablePolicy& policy) {
  SqlSettings settings;
  settings.name_ = spec.name;
  settings.owner_ = table_owner(0);
  if (!spec.name.starts_with('/') && !spec.name.starts_with('.')) {
    if (!policy.parameter) {
      return Error{Error::Kind::misconfigured,
                   to_string(spec) + ": there is no main.cf to read its parameters from",
                   {},
                   {}};
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

Result<Ok> SqlSettings::parse(std::string_view content) {
  LineReader lines(content);
  while (const auto line = lines.next()) {
    if (line->is_stray) {
      continue;
    }
    const std::size_t equals = line->text.find('=');
    const std::string_view name = trim(line->text.substr(0, equals));
    if (equals == std::string_view::npos || name.empty()) {
      return Error{Error::Kind::misconfigured,
                   name.empty() ? "missing attribute name" : "missing '=' after attribute name",
                   SourcePos{name_, line->number},
                   {}};
    }
    values_.insert_or_assign(std::string(name),
                             Value{std::string(trim(line->text.substr(equals + 1))), line->number});
  }
  return Ok{};
}

std::optional<std::string> SqlSettings::find(std::string_view parameter) const {
  std::optional<std::string> text;
  if (main_cf_) {
    text = main_cf_(name_ + "_" + std::string(parameter));
  } else if (const auto found = values_.find(parameter); found != values_.end()) {
    text = found->second.text;
  }
  return text && !text->empty() ? text : std::nullopt;
}

Error SqlSettings::bad_setting(std::string_view parameter, std::string text) const {
  Error error{Error::Kind::misconfigured, std::string(parameter) + ": " + std::move(text), {}, {}};
  if (main_cf_) {
    error.text = name_ + "_" + error.text;
    return error;
  }
  const auto found = values_.find(parameter);
  error.source = SourcePos{name_, found == values_.end() ? 0 : found->second.line};
  return error;
}

Result<std::string> SqlSettings::require(std::string_view parameter) const {
  auto text = find(parameter);
  if (!text) {
    return bad_setting(parameter, "must be set");
  }
  return *std::move(text);
}

Result<std::string> SqlSettings::query() const {
  if (auto text = find("query")) {
    return *std::move(text);
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

Result<long> SqlSettings::expansion_limit() const {
  const auto text = find("expansion_limit");
  if (!text) {
    return 0L;
  }
  long limit = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, limit);
  if (error != std::errc() || stop != end || limit < 0) {
    return bad_setting("expansion_limit", "bad numerical configuration: " + *text);
  }
  return limit;
}

}  // namespace lastmile

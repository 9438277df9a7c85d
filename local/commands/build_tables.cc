// SPDX-License-Identifier: Apache-2.0
#include "local/commands/build_tables.h"

#include <sysexits.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "aliases/tables/compile_table.h"
#include "aliases/tables/table_list.h"
#include "aliases/text.h"
#include "local/commands/parse_options.h"
#include "local/host.h"
#include "transports/configuration_files.h"
#include "transports/parameter_reader.h"
#include "transports/table_release.h"

namespace lastmile {

namespace {

constexpr int kFailed = 1;  // As postalias(1) and postmap(1).

/// The tables that are named, or else those of a parameter, as newaliases(1) has it. A name without
/// a type is of default_database_type.
Result<std::vector<TableSpec>> tables_to_build(const std::vector<std::string>& words,
                                               const MainCf& main_cf,
                                               std::string_view default_tables) {
  if (words.empty()) {
    const auto list = main_cf.expand(default_tables);
    return list ? parse_table_list(list->value_or("")) : list.error();
  }
  const auto default_type = main_cf.expand("default_database_type");
  if (!default_type) {
    return default_type.error();
  }
  std::vector<TableSpec> tables;
  for (const std::string& word : words) {
    const bool has_type = word.find(':') != std::string::npos;
    auto table = parse_table_spec(has_type ? word : default_type->value_or("") + ':' + word);
    if (!table) {
      return std::move(table).error();
    }
    tables.push_back(*std::move(table));
  }
  return tables;
}

/// Where the text of a table is. In a tree no link leads out of it.
Result<std::string> place_of(World& world, const GlobalOptions& options, const std::string& name) {
  if (options.root.empty()) {
    return std::filesystem::absolute(name).string();
  }
  const auto file = world.file_attributes(name, Rights{}, Symlinks::follow);
  const auto place = world.host_path(name);
  if (!file || !*file || !place) {
    return unavailable(name + ": no such file below " + options.root);
  }
  return *place;
}

Result<CompiledTable> build(World& world, const Invocation& invocation, const BuildCommand& command,
                            TableSpec table, const TablePolicy& policy) {
  auto place = place_of(world, invocation.options, table.name);
  if (!place) {
    return std::move(place).error();
  }
  table.name = *std::move(place);
  return compile_table(table, command.syntax, policy);
}

int build_all(Invocation& invocation, const BuildCommand& command,
              const std::vector<std::string>& words) {
  // A parameter of delivery that makes no sense is no reason to leave the tables as they are.
  const auto world = open_world(invocation.options);
  if (!world) {
    return fail(invocation, command.name, world.error().message(), kFailed);
  }
  const auto main_cf =
      load_main_cf(**world, invocation.options.config_directory, invocation.options.overrides);
  if (!main_cf) {
    return fail(invocation, command.name, main_cf.error().message(), kFailed);
  }
  const auto tables = tables_to_build(words, *main_cf, command.default_tables);
  if (!tables) {
    return fail(invocation, command.name, tables.error().message(), kFailed);
  }
  TablePolicy policy;
  ParameterReader reader(*main_cf);
  Setting<bool> smtputf8_enable;
  reader.boolean("smtputf8_enable", smtputf8_enable);
  policy.utf8 = smtputf8_enable.value;
  follow_release(policy, *main_cf, **world);
  int status = 0;
  for (const TableSpec& table : *tables) {
    const auto built = build(**world, invocation, command, table, policy);
    if (!built) {
      status = fail(invocation, command.name, built.error().message(), kFailed);
      continue;
    }
    for (const std::string& warning : built->warnings) {
      fail(invocation, command.name, "warning: " + warning, 0);
    }
    invocation.out << printable(built->path) << ": " << built->entries << ' '
                   << (built->entries == 1 ? command.entry : command.entries) << '\n';
  }
  return status;
}

}  // namespace

int build_tables(Invocation& invocation, const BuildCommand& command) {
  const auto options = parse_options(invocation, std::string(command.usage));
  if (options.exit_status) {
    return *options.exit_status;
  }
  auto words = options.values.words();
  const bool is_named = words.size() > 1 || !command.default_tables.empty();
  if (words.empty() || words.front() != "build" || !is_named) {
    return fail(invocation, command.name, "usage: " + std::string(command.usage), EX_USAGE);
  }
  words.erase(words.begin());
  if (!invocation.options.root.empty() || !invocation.options.site.empty()) {
    return fail(invocation, command.name,
                "build writes tables of this host: --root and --site do not go with it; --into DIR "
                "writes into a tree",
                EX_USAGE);
  }
  if (options.values.has("into")) {
    invocation.options.root = options.values.text("into");
    if (invocation.options.root.empty()) {
      return fail(invocation, command.name, "--into wants a directory", EX_USAGE);
    }
  }
  return build_all(invocation, command, words);
}

}  // namespace lastmile

#include <sysexits.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "aliases/tables/alias_index.h"
#include "aliases/tables/table_list.h"
#include "aliases/text.h"
#include "local/commands/commands.h"
#include "local/commands/options.h"
#include "local/host.h"
#include "transports/configuration_files.h"
#include "transports/parameter_reader.h"

namespace lastmile {

namespace {

constexpr int kFailed = 1;  // As postalias(1).

/// The tables that are named, or else those of alias_database, as newaliases(1) has it. A name
/// without a type is of default_database_type.
Result<std::vector<TableSpec>> tables_to_build(const std::vector<std::string>& words,
                                               const MainCf& main_cf) {
  if (words.empty()) {
    const auto list = main_cf.expand("alias_database");
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

int build(Invocation& invocation, const std::vector<std::string>& words) {
  if (!invocation.options.root.empty() || !invocation.options.site.empty()) {
    return fail(invocation, "alias",
                "build writes tables of this host: --root and --site do not go with it", EX_USAGE);
  }
  // A parameter of delivery that makes no sense is no reason to leave the aliases as they are.
  const auto world = open_world(invocation.options);
  if (!world) {
    return fail(invocation, "alias", world.error().message(), kFailed);
  }
  const auto main_cf =
      load_main_cf(**world, invocation.options.config_directory, invocation.options.overrides);
  if (!main_cf) {
    return fail(invocation, "alias", main_cf.error().message(), kFailed);
  }
  auto tables = tables_to_build(words, *main_cf);
  if (!tables) {
    return fail(invocation, "alias", tables.error().message(), kFailed);
  }
  TablePolicy policy;
  ParameterReader reader(*main_cf);
  Setting<bool> smtputf8_enable;
  reader.boolean("smtputf8_enable", smtputf8_enable);
  policy.utf8 = smtputf8_enable.value;
  int status = 0;
  for (TableSpec& table : *tables) {
    table.name = std::filesystem::absolute(table.name).string();
    const auto built = compile_aliases(table, policy);
    if (!built) {
      status = fail(invocation, "alias", built.error().message(), kFailed);
      continue;
    }
    for (const std::string& warning : built->warnings) {
      fail(invocation, "alias", "warning: " + warning, 0);
    }
    invocation.out << printable(built->path) << ": " << built->aliases
                   << (built->aliases == 1 ? " alias\n" : " aliases\n");
  }
  return status;
}

}  // namespace

int run_alias(Invocation& invocation) {
  const auto options = parse_options(invocation, "alias build [TYPE:FILE...]");
  if (options.exit_status) {
    return *options.exit_status;
  }
  auto words = options.values.words();
  if (words.empty() || words.front() != "build") {
    return fail(invocation, "alias", "usage: alias build [TYPE:FILE...]", EX_USAGE);
  }
  words.erase(words.begin());
  return build(invocation, words);
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "aliases/address_keys.h"
#include "aliases/tables/map_types.h"
#include "aliases/tables/table_list.h"
#include "aliases/text.h"
#include "local/address_argument.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/formats/json.h"
#include "local/host.h"
#include "transports/parameter_catalogue.h"
#include "transports/table_keys.h"
#include "transports/table_release.h"

namespace lastmile {

namespace {

constexpr int kNoSuchKey = 1;  // As postmap(1).

/// \return an Error that names the parameters when there is none of that name that names tables
Result<const Parameter*> find_use(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Parameter& parameter : parameter_catalogue()) {
    if (key_order_of(parameter)) {
      if (parameter.name == name) {
        return &parameter;
      }
      names.push_back(parameter.name);
    }
  }
  std::ranges::sort(names);
  std::string text = "--for: \"" + printable(name) + "\" names no tables" +
                     did_you_mean(name, names) + "; it may be";
  for (const std::string_view known : names) {
    text.append(" ").append(known);
  }
  return misconfigured(std::move(text));
}

/// How a table is asked when no parameter is named: for addresses, with nothing forbidden.
constexpr Parameter kAnyUse = {"", TablesParameter{}, {}};

/// One key that was tried, and what came of it.
struct Tried {
  AddressKey key = {};
  bool passed_over = false;  ///< The table sees whole keys only.
  Result<std::optional<TableHit>> answer = std::optional<TableHit>();

  bool is_answered() const { return !answer || answer->has_value(); }
};

/// The world, and the configuration where there is one: many tables can be asked without.
struct Surroundings {
  std::unique_ptr<Host> host = {};
  std::unique_ptr<World> world_alone = {};

  World& world() { return host ? host->world() : *world_alone; }
};

Result<Surroundings> open_surroundings(Invocation& invocation, bool configuration_needed) {
  Surroundings surroundings;
  auto host = Host::open(invocation.options);
  if (host) {
    surroundings.host = *std::move(host);
    return surroundings;
  }
  if (configuration_needed) {
    return std::move(host).error();
  }
  auto world = open_world(invocation.options);
  if (!world) {
    return std::move(world).error();
  }
  surroundings.world_alone = *std::move(world);
  fail(invocation, "lookup", "warning: " + host.error().message(), 0);
  return surroundings;
}

TablePolicy policy_for(const Surroundings& surroundings, const Parameter& use, bool want_source) {
  TablePolicy policy = policy_for(use, TablePolicy{});
  policy.want_source = want_source;
  if (surroundings.host) {
    const Settings& settings = surroundings.host->settings();
    policy.utf8 = settings.smtputf8_enable.value;
    policy.parameter = values_of(settings.main_cf);
    follow_release(policy, settings.main_cf, surroundings.host->world());
  }
  return policy;
}

/// Finds the keys of addresses as the tables of a parameter are asked.
class AddressSteps {
 public:
  AddressSteps(Host& host, const Parameter& use)
      : configuration_(host.settings(), host.world()), use_(use) {}

  Result<std::vector<AddressKey>> keys_of(std::string_view text) {
    const auto address = parse_address_argument(text);
    return address ? keys_for(configuration_, use_, *address)
                   : Result<std::vector<AddressKey>>(address.error());
  }

 private:
  Configuration configuration_;
  const Parameter& use_;
};

/// Asks one table for keys and prints what it says.
class Lookup {
 public:
  Lookup(Invocation& invocation, TableList& table, bool is_pattern)
      : invocation_(invocation), table_(table), is_pattern_(is_pattern), json_(invocation.out) {}

  void print_json() { prints_json_ = true; }
  void print_keys() { prints_keys_ = true; }
  /// As postmap -q - does for the exit status: one key that is found makes up for those that are
  /// not.
  void need_one_hit() { needs_one_hit_ = true; }
  void take_addresses(AddressSteps& steps) { steps_ = &steps; }

  void ask(const std::string& key) {
    auto keys = keys_for(key);
    if (!keys) {
      status_ = std::max(status_, fail(invocation_, "lookup", keys.error().message(), EX_TEMPFAIL));
      return;
    }
    std::vector<Tried> tried;
    for (AddressKey& candidate : *keys) {
      tried.push_back(try_key(std::move(candidate)));
      if (tried.back().is_answered()) {
        break;
      }
    }
    report(key, tried);
  }

  int exit_status() const {
    if (status_ > kNoSuchKey || !needs_one_hit_) {
      return status_;
    }
    return found_one_ ? 0 : kNoSuchKey;
  }

 private:
  Result<std::vector<AddressKey>> keys_for(const std::string& key) {
    if (steps_ != nullptr) {
      return steps_->keys_of(key);
    }
    return std::vector<AddressKey>{AddressKey{key, KeyUse::whole, AddressKey::Form::address}};
  }

  Tried try_key(AddressKey key) {
    Tried tried{std::move(key)};
    tried.passed_over = is_pattern_ && tried.key.use == KeyUse::partial;
    if (!tried.passed_over) {
      tried.answer = table_.lookup(tried.key.text, tried.key.use);
    }
    return tried;
  }

  void report(const std::string& key, const std::vector<Tried>& tried) {
    const auto& answer = tried.back().answer;
    if (prints_json_) {
      report_json(key, tried);
    } else if (steps_ != nullptr) {
      report_steps(key, tried);
    } else if (answer && *answer) {
      invocation_.out << (prints_keys_ ? given_key(key) + "\t" : "")
                      << shown((*answer)->entry.value) << '\n';
    }
    if (!answer) {
      status_ =
          std::max(status_, fail(invocation_, "lookup", answer.error().message(), EX_TEMPFAIL));
    } else if (!*answer) {
      status_ = std::max(status_, kNoSuchKey);
      explain_miss(tried);
    } else {
      found_one_ = true;
      warn_of_empty_value(key, **answer);
    }
  }

  /// -v: where a key stands nevertheless.
  void explain_miss(const std::vector<Tried>& tried) {
    if (invocation_.options.verbosity == 0) {
      return;
    }
    for (const Tried& step : tried) {
      if (step.passed_over) {
        continue;
      }
      fail(invocation_, "lookup", "no " + step.key.text + " in " + table_.names(), 0);
      for (const NearMiss& near : table_.near_misses(step.key.text)) {
        const Error note = malformed(near.text, near.source);
        fail(invocation_, "lookup", "note: " + note.message(), 0);
      }
    }
  }

  /// Only without --steps: there it is an error already.
  void warn_of_empty_value(const std::string& key, const TableHit& hit) {
    if (!hit.entry.value.empty()) {
      return;
    }
    const Error warning =
        malformed(*hit.table + ": the value of '" + printable(key) +
                      "' is empty; mail for which it is looked up would be deferred",
                  hit.entry.source);
    fail(invocation_, "lookup", "warning: " + warning.message(), 0);
  }

  void report_steps(const std::string& key, const std::vector<Tried>& tried) {
    const bool is_bare = key.find('@') == std::string::npos;
    for (const Tried& step : tried) {
      // No domain, and no rule of Postfix that takes it off: that is how the address was given.
      std::string form(is_bare && step.key.use == KeyUse::whole ? "bare name"
                                                                : name_of(step.key.form));
      form.resize(std::max<std::size_t>(form.size(), 16), ' ');
      invocation_.out << form << shown(step.key.text) << ": " << outcome(step) << '\n';
    }
  }

  static std::string outcome(const Tried& step) {
    if (step.passed_over) {
      return "passed over: a pattern table sees whole addresses only";
    }
    if (!step.answer) {
      return "cannot say";
    }
    if (!*step.answer) {
      return "no such key";
    }
    const TableEntry& entry = (*step.answer)->entry;
    std::string text = "= " + shown(entry.value);
    if (entry.source) {
      text += "  (" + shown(to_string(*entry.source)) + ")";
    } else if (entry.stale) {
      text += "  (the index is stale: its source says something else)";
    }
    return text;
  }

  void report_json(const std::string& key, const std::vector<Tried>& tried) {
    json_.begin_object();
    json_.member("key", key);
    write_answer(tried.back());
    if (steps_ != nullptr) {
      json_.key("steps");
      json_.begin_array();
      for (const Tried& step : tried) {
        json_.begin_object();
        json_.member("form", name_of(step.key.form));
        json_.member("key", step.key.text);
        json_.key("passed_over");
        json_.boolean(step.passed_over);
        write_answer(step);
        json_.end_object();
      }
      json_.end_array();
    }
    json_.end_object();
    json_.end_line();
  }

  void write_answer(const Tried& step) {
    if (!step.answer) {
      json_.member("error", step.answer.error().message());
      return;
    }
    json_.key("value");
    if (!*step.answer) {
      json_.null();
      return;
    }
    const TableEntry& entry = (*step.answer)->entry;
    json_.text(entry.value);
    if (entry.source) {
      json_.key("source");
      json_.begin_object();
      json_.member("file", *entry.source->file);
      json_.member("line", entry.source->line);
      json_.end_object();
    }
    if (entry.stale) {
      json_.key("stale");
      json_.boolean(true);
    }
  }

  /// Control characters of a table, a server's above all, must not have their way; --json has them
  /// all. A tab does no harm.
  static std::string shown(std::string_view text) {
    std::string visible = printable(text);
    for (std::size_t i = 0; i < text.size(); ++i) {
      visible[i] = text[i] == '\t' ? '\t' : visible[i];
    }
    return visible;
  }

  /// A key as it was given, so that the output can be matched with the input.
  std::string given_key(const std::string& key) const {
    return invocation_.out_is_terminal ? shown(key) : key;
  }

  Invocation& invocation_;
  TableList& table_;
  bool is_pattern_;
  bool prints_json_ = false;
  bool prints_keys_ = false;
  bool needs_one_hit_ = false;
  bool found_one_ = false;
  AddressSteps* steps_ = nullptr;  ///< Null: keys are taken as they are.
  JsonWriter json_;
  int status_ = 0;
};

/// Asks for each line of standard input. The table is let go of before each wait for more.
Result<Ok> ask_lines(Invocation& invocation, TableList& table, Lookup& lookup) {
  return read_lines(
      invocation, "key", [&table] { table.release(); },
      [&lookup](const std::string& line) {
        lookup.ask(line);
        return true;
      });
}

/// The tables that are asked, and who names them.
struct Asked {
  std::vector<TableSpec> tables = {};
  std::string parameter = {};  ///< Empty: the tables were given.
  std::optional<SourcePos> source = {};
};

/// The tables of a parameter, in the order in which Postfix asks them.
Result<Asked> tables_of(const MainCf& main_cf, const std::string& parameter) {
  const auto value = main_cf.expand(parameter);
  if (!value) {
    return value.error();
  }
  auto tables = parse_table_list(value->value_or(""));
  if (!tables) {
    return std::move(tables).error().during(parameter);
  }
  const auto raw = main_cf.find(parameter);
  return Asked{*std::move(tables), parameter, raw ? raw->source : std::nullopt};
}

/// "alias_maps = hash:/etc/aliases  (main.cf:12)", with --steps, above what each key gives.
void print_tables(Invocation& invocation, const Asked& asked) {
  if (asked.parameter.empty()) {
    return;
  }
  std::string text = asked.parameter + " =";
  for (const TableSpec& table : asked.tables) {
    text += (&table == asked.tables.data() ? " " : ", ") + to_string(table);
  }
  text += asked.source ? "  (" + to_string(*asked.source) + ")" : "  (default)";
  invocation.out << printable(text) << '\n';
}

int run_lookup(Invocation& invocation, const Options& values, const std::optional<TableSpec>& given,
               const std::vector<std::string>& keys) {
  const bool json = values.has("json");
  // A parameter alone says how addresses are looked up.
  const bool steps = values.has("steps") || values.has("for");
  const Parameter* use = &kAnyUse;
  if (values.has("for")) {
    const auto found = find_use(values.text("for"));
    if (!found) {
      return fail(invocation, "lookup", found.error().message(), EX_USAGE);
    }
    use = *found;
  }
  const bool reads_input = std::find(keys.begin(), keys.end(), "-") != keys.end();
  auto surroundings = open_surroundings(invocation, steps);
  if (!surroundings) {
    return fail(invocation, "lookup", surroundings.error().message(), EX_TEMPFAIL);
  }
  auto asked = given ? Result<Asked>(Asked{{*given}, {}, {}})
                     : tables_of(surroundings->host->settings().main_cf, values.text("for"));
  if (!asked) {
    return fail(invocation, "lookup", asked.error().message(), EX_TEMPFAIL);
  }
  const bool is_pattern = given && is_pattern_table(*given);
  // A pattern table knows its lines anyway: a warning can name them.
  const bool explains = invocation.options.verbosity > 0;
  const bool want_source = is_pattern || explains || ((json || steps) && !reads_input);
  TablePolicy policy = policy_for(*surroundings, *use, want_source);
  policy.keep_snapshot = reads_input;
  policy.as_postmap = !steps;
  TableList table(asked->tables, surroundings->world(), std::move(policy));
  for (const Error& warning : table.warnings()) {
    if (warning.kind == Error::Kind::malformed) {
      fail(invocation, "lookup", "warning: " + warning.message(), 0);
    }
  }
  Lookup lookup(invocation, table, is_pattern);
  std::optional<AddressSteps> address_steps;
  if (steps) {
    lookup.take_addresses(address_steps.emplace(*surroundings->host, *use));
  }
  if (json) {
    lookup.print_json();
  } else {
    print_tables(invocation, *asked);
  }
  if (reads_input || keys.size() > 1) {
    lookup.print_keys();
  }
  if (reads_input && !steps) {
    lookup.need_one_hit();
  }
  for (const std::string& key : keys) {
    if (key != "-") {
      lookup.ask(key);
    } else if (auto read = ask_lines(invocation, table, lookup); !read) {
      return fail(invocation, "lookup", read.error().message(), EX_USAGE);
    }
  }
  return lookup.exit_status();
}

}  // namespace

/// Whether the first word is the table: with --for the parameter names tables, and it may be a key.
bool names_table(const Options& values) {
  const auto& words = values.words();
  if (!values.has("for")) {
    return true;
  }
  const auto spec = parse_table_spec(words.front());
  return words.size() > 1 && spec && find_map_type(spec->type) != nullptr;
}

int run_lookup(Invocation& invocation) {
  const ParsedOptions parsed = parse_options(
      invocation,
      "lookup [OPTIONS] TYPE:TABLE KEY... | -\n       lastmile lookup --for PARAMETER KEY... | -");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  std::vector<std::string> words = parsed.values.words();
  if (words.size() < (parsed.values.has("for") ? 1 : 2)) {
    return fail(invocation, "lookup",
                parsed.values.has("for") ? "at least one key is needed, or '-'"
                                         : "a table and at least one key are needed, or '-'",
                EX_USAGE);
  }
  if (!names_table(parsed.values)) {
    return run_lookup(invocation, parsed.values, std::nullopt, words);
  }
  const auto spec = parse_table_spec(words.front());
  if (!spec) {
    return fail(invocation, "lookup", spec.error().message(), EX_USAGE);
  }
  words.erase(words.begin());
  return run_lookup(invocation, parsed.values, *spec, words);
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/formats/json.h"
#include "local/formats/release_table.h"
#include "local/host.h"
#include "transports/configuration_files.h"
#include "transports/followed_parameters.h"
#include "transports/postfix_release.h"
#include "transports/unused_parameters.h"

namespace lastmile {
namespace {

constexpr int kConfigFailed = 1;  // As postconf(1).

/// Set by set_computed().
constexpr std::array<std::string_view, 3> kComputed = {"mynetworks", "process_id", "process_name"};

struct ConfigOptions {
  bool changed_only = false;
  bool defaults_only = false;
  bool expand = false;
  bool values_only = false;
  bool json = false;
  std::vector<std::string> names = {};
};

std::set<std::string> all_names(const MainCf& main_cf, const MasterCf& master_cf) {
  std::set<std::string> names = known_parameters(master_cf, main_cf.release()->version());
  for (const std::string_view name : kComputed) {
    names.erase(std::string(name));
  }
  names.insert("mynetworks");
  const std::vector<std::string> set = main_cf.set_names();
  names.insert(set.begin(), set.end());
  for (const std::string_view name : kComputed) {
    if (main_cf.find(name)) {
      names.emplace(name);
    }
  }
  if (!main_cf.find("mynetworks")) {
    names.erase("mynetworks");
  }
  return names;
}

/// The defaults that depend on who asks, or on more of the host than a delivery needs.
void set_computed(MainCf& main_cf, const PostfixRelease& release, World& world) {
  set_network_default(main_cf, world);
  const auto mail_version = main_cf.find("mail_version");
  if (mail_version && !mail_version->source) {
    main_cf.set("mail_version", RawParameter{to_string(release.version()), std::nullopt});
  }
  const std::pair<std::string_view, std::string> process[] = {
      {"process_id", std::to_string(getpid())}, {"process_name", "lastmile"}};
  for (const auto& [name, value] : process) {
    if (!main_cf.find(name)) {
      main_cf.set(std::string(name), RawParameter{value, std::nullopt});
    }
  }
}

void warn_of_unused(const MainCf& main_cf, const MasterCf& master_cf, Invocation& invocation) {
  for (const Error& warning : unused_parameters(
           main_cf, master_cf, known_parameters(master_cf, main_cf.release()->version()))) {
    fail(invocation, "config", "warning: " + warning.message(), 0);
  }
}

/// postconf joins the words of a value with one blank.
std::string one_line(std::string_view value) {
  std::string line;
  for (const char octet : value) {
    if (std::string_view(" \t\r\n").find(octet) == std::string_view::npos) {
      line += octet;
    } else if (!line.ends_with(' ')) {
      line += ' ';
    }
  }
  return printable(trim(line));
}

/// Prints parameters one by one.
class ConfigPrinter {
 public:
  ConfigPrinter(const MainCf& main_cf, const PostfixRelease& release, const ConfigOptions& options,
                Invocation& invocation)
      : main_cf_(main_cf),
        release_(release),
        options_(options),
        invocation_(invocation),
        json_(invocation.out) {}

  /// \return nullopt for an unknown name, else whether the value could be printed
  std::optional<bool> print(const std::string& name) {
    auto parameter = main_cf_.find(name);
    if (!parameter) {
      return std::nullopt;
    }
    if (options_.expand && !is_raw_parameter(name)) {
      // The text, as postconf does: not what stands in a file that it names.
      auto value = main_cf_.expand_text(parameter->value);
      if (!value) {
        fail(invocation_, "config", value.error().message(), kConfigFailed);
        return false;
      }
      parameter->value = *std::move(value);
    }
    // \see pgsql_table(5): the settings of a table may stand in main.cf
    if (name.ends_with("_password") && !default_parameter(name) && !parameter->value.empty()) {
      parameter->value = "********";
    }
    if (options_.json) {
      print_json_line(name, *parameter);
    } else {
      print_text(name, *parameter);
    }
    return true;
  }

 private:
  void print_text(const std::string& name, const RawParameter& parameter) {
    std::ostream& out = invocation_.out;
    if (options_.values_only) {
      out << one_line(parameter.value) << '\n';
      return;
    }
    if (parameter.source) {
      out << "# " << printable(to_string(*parameter.source)) << '\n';
    }
    if (invocation_.options.verbosity > 0) {
      print_more(name, parameter);
    }
    out << printable(name) << " =" << (parameter.value.empty() ? "" : " ")
        << one_line(parameter.value) << '\n';
  }

  /// -v: the default behind a setting, and what becomes of the parameter here.
  void print_more(const std::string& name, const RawParameter& parameter) {
    const auto otherwise = main_cf_.built_in(name);
    if (parameter.source && otherwise && *otherwise != parameter.value) {
      invocation_.out << "# default:" << (otherwise->empty() ? "" : " ") << one_line(*otherwise)
                      << '\n';
    }
    if (name == "mail_version" && !parameter.source) {
      invocation_.out << "# " << release_.reason() << '\n';
    }
    if (const Followed* const followed = find_followed(name)) {
      invocation_.out << "# " << name_of(followed->following) << (followed->why.empty() ? "" : ": ")
                      << followed->why << '\n';
    }
  }

  void print_json_line(const std::string& name, const RawParameter& parameter) {
    json_.begin_object();
    json_.member("name", name);
    json_.member("value", parameter.value);
    json_.key("source");
    if (parameter.source) {
      json_.begin_object();
      json_.member("file", *parameter.source->file);
      json_.member("line", parameter.source->line);
      json_.end_object();
    } else {
      json_.null();
    }
    json_.end_object();
    json_.end_line();
  }

  const MainCf& main_cf_;
  const PostfixRelease& release_;
  const ConfigOptions& options_;
  Invocation& invocation_;
  JsonWriter json_;
};

/// The line of master.cf that a user means: by its name, with its type where several have that
/// name.
Result<const Service*> service_named(const MasterCf& master_cf, std::string_view name) {
  std::vector<const Service*> found;
  std::vector<std::string> known;
  for (const Service& service : master_cf.services()) {
    const std::string whole = service.name + '/' + service.type;
    if (name == service.name || name == whole) {
      found.push_back(&service);
    }
    known.push_back(whole);
  }
  if (found.size() == 1) {
    return found.front();
  }
  const std::string wanted = '"' + printable(name) + '"';
  if (found.empty()) {
    return misconfigured(
        "master.cf has no service " + wanted +
        did_you_mean(name, std::vector<std::string_view>(known.begin(), known.end())));
  }
  std::string kinds;
  for (const Service* const service : found) {
    kinds += (kinds.empty() ? "" : ", ") + service->name + '/' + service->type;
  }
  return misconfigured("master.cf has several services " + wanted + " (" + kinds + ')');
}

std::string unknown_name(const std::string& name, const std::set<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  return name + ": unknown parameter" + did_you_mean(name, candidates);
}

int print_parameters(const ConfigOptions& options, const MainCf& main_cf, const MasterCf& master_cf,
                     const PostfixRelease& release, Invocation& invocation) {
  ConfigPrinter printer(main_cf, release, options, invocation);
  const std::set<std::string> known = all_names(main_cf, master_cf);
  std::vector<std::string> names = options.names;
  if (names.empty()) {
    names = options.changed_only ? main_cf.set_names()
                                 : std::vector<std::string>(known.begin(), known.end());
  }
  int status = 0;
  for (const std::string& name : names) {
    if (options.changed_only && main_cf.find(name) && !main_cf.find(name)->source) {
      continue;
    }
    const auto printed = printer.print(name);
    if (!printed) {
      status = fail(invocation, "config", unknown_name(name, known), kConfigFailed);
    } else if (!*printed) {
      status = kConfigFailed;
    }
  }
  return status;
}

}  // namespace

int run_config(Invocation& invocation) {
  const ParsedOptions parsed = parse_options(invocation, "config [OPTIONS] [NAME...]");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& values = parsed.values;
  const ConfigOptions options{values.has("n"), values.has("d"),    values.has("x"),
                              values.has("h"), values.has("json"), values.words()};
  if (values.has("releases")) {
    print_release_tables(invocation.out);
    return 0;
  }
  if (options.changed_only && options.defaults_only) {
    return fail(invocation, "config", "specify one of -d and -n", EX_USAGE);
  }
  auto world = open_world(invocation.options);
  if (!world) {
    return fail(invocation, "config", world.error().message(), kConfigFailed);
  }
  const std::string& directory = invocation.options.config_directory;
  auto main_cf = options.defaults_only
                     ? default_main_cf(**world, invocation.options.overrides)
                     : load_main_cf(**world, directory, invocation.options.overrides);
  if (!main_cf) {
    return fail(
        invocation, "config",
        explain_missing_configuration(invocation.options, std::move(main_cf).error()).message(),
        kConfigFailed);
  }
  for (const Error& warning : main_cf->warnings()) {
    fail(invocation, "config", "warning: " + warning.message(), 0);
  }
  const auto release = main_cf->release();
  set_computed(*main_cf, *release, **world);
  auto master_cf = load_master_cf(**world, directory, *main_cf);
  if (!master_cf) {
    return fail(invocation, "config", master_cf.error().message(), kConfigFailed);
  }
  if (!options.defaults_only) {
    warn_of_unused(*main_cf, *master_cf, invocation);
  }
  if (values.has("service")) {
    const auto service = service_named(*master_cf, values.text("service"));
    if (!service) {
      return fail(invocation, "config", "--service: " + service.error().message(), EX_USAGE);
    }
    *main_cf = main_cf_of_service(*main_cf, *service);
  }
  return print_parameters(options, *main_cf, *master_cf, *release, invocation);
}

}  // namespace lastmile

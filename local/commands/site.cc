// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "aliases/text.h"
#include "aliases/world/account_maps.h"
#include "aliases/world/site_columns.h"
#include "aliases/world/site_export.h"
#include "aliases/world/site_file.h"
#include "aliases/world/site_import.h"
#include "local/address_argument.h"
#include "local/commands/commands.h"
#include "local/commands/inquiry.h"
#include "local/commands/parse_options.h"
#include "local/formats/json.h"
#include "local/host.h"
#include "local/questions/site_answers.h"
#include "transports/site_contents.h"

namespace lastmile {

namespace {

constexpr int kSiteFailed = 1;

/// One thing that a site file holds, as names and values in the order in which they are shown.
struct Item {
  std::string_view kind = {};
  std::vector<std::pair<std::string_view, std::string>> fields = {};
};

std::string owner_text(const TableOwner& owner) {
  switch (owner.trust) {
    case TableOwner::Trust::root:
      return "root";
    case TableOwner::Trust::account:
      return std::to_string(owner.uid);
    case TableOwner::Trust::unknown:
      return "unknown";
  }
  return "unknown";
}

/// Prints items as a table, or as JSON Lines.
class ItemPrinter {
 public:
  ItemPrinter(std::ostream& out, bool json) : out_(out), json_(json), writer_(out) {}

  void print(const Item& item) { json_ ? print_json_line(item) : print_text_line(item); }

 private:
  void print_json_line(const Item& item) {
    writer_.begin_object();
    writer_.member("kind", item.kind);
    for (const auto& [name, value] : item.fields) {
      writer_.member(name, value);
    }
    writer_.end_object();
    writer_.end_line();
  }

  void print_text_line(const Item& item) {
    constexpr std::size_t kKindWidth = 10;
    std::string line(item.kind);
    line.resize(std::max(line.size() + 1, kKindWidth), ' ');
    for (const auto& field : item.fields) {
      line += field.second.empty() ? "- " : printable(field.second) + " ";
    }
    line.pop_back();
    out_ << line << '\n';
  }

  std::ostream& out_;
  bool json_;
  JsonWriter writer_;
};

Item item_of(const Account& account) {
  return {"account",
          {{"name", account.name},
           {"uid", std::to_string(account.uid)},
           {"gid", std::to_string(account.gid)},
           {"home", account.home},
           {"shell", account.shell},
           {"gecos", account.gecos}}};
}

Item item_of(const std::string& path, const Result<std::optional<RecordedNode>>& node) {
  if (!node || !*node) {
    return {"file", {{"type", "unknown"}, {"path", path}}};
  }
  Item item{"file",
            {{"type", std::string(type_name((*node)->type))},
             {"mode", mode_text((*node)->mode)},
             {"owner", std::to_string((*node)->owner)},
             {"group", std::to_string((*node)->group)},
             {"path", path}}};
  if ((*node)->type == FileType::symlink) {
    item.fields.emplace_back("target", (*node)->target);
  }
  return item;
}

Item item_of(const SiteTable& table, std::int64_t entries) {
  Item item{"table",
            {{"table", to_string(table.spec)},
             {"owner", owner_text(table.owner)},
             {"entries", std::to_string(entries)},
             {"complete", table.complete ? "complete" : "asked"}}};
  if (table.error) {
    item.fields.emplace_back("error", table.error->message());
  }
  return item;
}

Result<Ok> show_host(SiteFile& site, ItemPrinter& printer) {
  const auto host = site.host();
  const auto addresses = site.interface_addresses();
  if (!host || !addresses) {
    return host ? addresses.error() : host.error();
  }
  printer.print(
      {"host", {{"hostname", host->hostname}, {"config_directory", host->config_directory}}});
  for (const std::string& address : *addresses) {
    printer.print({"interface", {{"address", address}}});
  }
  return Ok{};
}

Result<Ok> show_tables(SiteFile& site, ItemPrinter& printer) {
  const auto tables = site.tables();
  if (!tables) {
    return tables.error();
  }
  for (const SiteTable& table : *tables) {
    const auto entries = site.entry_count(table);
    if (!entries) {
      return entries.error();
    }
    printer.print(item_of(table, *entries));
  }
  return Ok{};
}

Result<Ok> show_all(SiteFile& site, ItemPrinter& printer) {
  if (auto shown = show_host(site, printer); !shown) {
    return shown;
  }
  const auto accounts = site.for_each_account([&](const Account& account) {
    printer.print(item_of(account));
    return true;
  });
  if (!accounts) {
    return accounts.error();
  }
  if (auto shown = show_tables(site, printer); !shown) {
    return shown;
  }
  const auto paths = site.for_each_path([&](const std::string& path) {
    printer.print(item_of(path, site.node(path)));
    return true;
  });
  return paths ? Result<Ok>(Ok{}) : paths.error();
}

int show(Invocation& invocation, const std::string& path, bool json) {
  auto site = SiteFile::open(path);
  if (!site) {
    return fail(invocation, "site", site.error().message(), kSiteFailed);
  }
  ItemPrinter printer(invocation.out, json);
  const auto shown = show_all(**site, printer);
  return shown ? 0 : fail(invocation, "site", shown.error().message(), kSiteFailed);
}

void print_summary(Invocation& invocation, const SiteSummary& summary, bool json) {
  if (json) {
    JsonWriter writer(invocation.out);
    writer.begin_object();
    writer.member("accounts", summary.accounts);
    writer.member("files", summary.files);
    writer.member("tables", summary.tables);
    writer.member("entries", summary.entries);
    writer.key("notes");
    writer.begin_array();
    for (const std::string& note : summary.notes) {
      writer.text(note);
    }
    writer.end_array();
    writer.end_object();
    writer.end_line();
    return;
  }
  for (const std::string& note : summary.notes) {
    invocation.err << "lastmile site: note: " << printable(note) << '\n';
  }
  invocation.out << summary.accounts << " accounts, " << summary.files << " files, "
                 << summary.tables << " tables with " << summary.entries << " entries\n";
}

/// Writes what `invocation` asks for. Accounts that tables hold are asked for in the tables of the
/// world that is recorded.
Result<Ok> ask_all(const Settings& settings, World& recorded, const SiteQuestions& questions,
                   const std::function<void()>& step, std::vector<std::string>& notes) {
  const auto& maps = settings.lastmile_account_maps;
  if (!maps.source) {
    return ask_for_site(settings, recorded, questions, step, notes);
  }
  AccountMapsWorld accounts(recorded, maps.value, TablePolicy{});
  return ask_for_site(settings, accounts, questions, step, notes);
}

int export_to(Invocation& invocation, const Options& options, const std::string& path) {
  const auto walk = read_walk_options(options);
  const auto sender = parse_address_argument(options.text("sender"));
  if (!walk || !sender) {
    const Error& error = walk ? sender.error() : walk.error();
    return fail(invocation, "site", error.message(), EX_USAGE);
  }
  SiteQuestions questions{*walk, {}};
  if (!sender->is_null()) {
    questions.senders.push_back(*sender);
  }
  const auto host = Host::open(invocation.options);
  if (!host) {
    return fail(invocation, "site", host.error().message(), kSiteFailed);
  }
  World& world = (*host)->world();
  const Settings& settings = (*host)->settings();
  auto contents = site_contents(settings, world);
  if (!contents) {
    return fail(invocation, "site", contents.error().message(), kSiteFailed);
  }
  std::optional<Progress> progress(std::in_place, invocation, "entries");
  contents->step = [&progress] { progress->step(false); };
  contents->ask = [&](World& recorded, std::vector<std::string>& notes) {
    progress.emplace(invocation, "addresses");
    return ask_all(settings, recorded, questions, contents->step, notes);
  };
  const auto summary = export_site(world, *contents, path);
  if (!summary) {
    return fail(invocation, "site", summary.error().message(), kSiteFailed);
  }
  progress.reset();
  print_summary(invocation, *summary, options.has("json"));
  return 0;
}

/// By the parameters of its main.cf, as far as there is one: they say which table is one of
/// aliases.
int import_into(Invocation& invocation, const Options& options, const std::string& path,
                const std::string& directory) {
  GlobalOptions of_site;
  of_site.site = path;
  auto site = SiteFile::open(path);
  if (!site) {
    return fail(invocation, "site", site.error().message(), kSiteFailed);
  }
  const auto host = Host::open(of_site);
  const auto summary = import_site(**site, directory, [&host](std::string_view name) {
    return host ? values_of((*host)->settings().main_cf)(name) : std::nullopt;
  });
  if (!summary) {
    return fail(invocation, "site", summary.error().message(), kSiteFailed);
  }
  print_summary(invocation, *summary, options.has("json"));
  return 0;
}

}  // namespace

int run_site(Invocation& invocation) {
  const auto options = parse_options(invocation, "site export|show|import [OPTIONS] FILE [DIR]");
  if (options.exit_status) {
    return *options.exit_status;
  }
  const std::vector<std::string>& words = options.values.words();
  const bool json = options.values.has("json");
  if (words.size() == 2 && words[0] == "export") {
    return export_to(invocation, options.values, words[1]);
  }
  if (words.size() == 2 && words[0] == "show") {
    return show(invocation, words[1], json);
  }
  if (words.size() == 3 && words[0] == "import") {
    return import_into(invocation, options.values, words[1], words[2]);
  }
  return fail(invocation, "site",
              "usage: site export FILE, site show FILE, or site import FILE DIR", EX_USAGE);
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_world.h"
#include "aliases/world/site_schema.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cstdio>
#include <string>
#include <vector>

#include "aliases/tables/sqlite_handle.h"
#include "aliases/world/forwarding_world.h"
#include "aliases/world/redact.h"
#include "aliases/world/site_export.h"
#include "aliases/world/site_import.h"
#include "aliases/world/tree_world.h"
#include "tests/support/catch.h"
#include "tests/support/memory_world.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::MemoryWorld;
using test::TemporaryDirectory;

const Rights kRoot = {0, 0, {}, "root"};
const Rights kAlice = {2001, 2001, {}, "alice"};
const Rights kBob = {2002, 2002, {}, "bob"};

/// Root's aliases in an index, users with .forward files of all sorts, includes of includes.
void fill(MemoryWorld& world) {
  world.set_hostname("mail.example.com");
  world.set_interface_addresses({"192.0.2.1"});
  world.add_directory("/home/alice", {2001, 2001, 0700});
  world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh", "Alice"});
  world.add_account({"bob", 2002, 2002, "/home/link", "/bin/sh"});
  world.add_account({"daemon", 1, 1, "/nowhere", ""});
  world.add_directory("/srv/bob", {2002, 2002, 0755});
  world.add_symlink("/home/link", "/srv/bob");
  world.add_file("/home/alice/.forward", "\\alice, :include:/home/alice/list\n", {2001, 2001});
  world.add_file("/home/alice/.forward+x", ":include:/etc/secret\n", {2001, 2001, 0600});
  world.add_file("/home/alice/list", "# :include:/etc/not-this\n:include:/home/alice/deeper\n",
                 {2001, 2001});
  world.add_file("/home/alice/deeper", "carol\n", {2001, 2001});
  world.add_file("/home/alice/other", "not exported\n", {2001, 2001});
  world.add_symlink("/srv/bob/.forward", "/etc/secret");
  world.add_file("/etc/secret", "for root alone\n", {0, 0, 0600});
  world.add_file("/etc/not-this", "no\n");
  world.add_file("/etc/list", "dave\n");
  world.add_file("/etc/postfix/main.cf", "a = b\nx_password = geheim\n  weiter\nc = d\n");
  world.add_file("/etc/map", "key value\n");
  world.add_table("hash:/etc/aliases",
                  {{"root", "alice"}, {"list", "\":include:/etc/list\""}, {"b", "x"}});
}

SiteContents contents() {
  SiteContents result;
  result.files = {"/etc/postfix/main.cf", "/etc/nothing"};
  result.tables = {{{"hash", "/etc/aliases"}}, {{"texthash", "/etc/map"}}, {{"static", "all"}}};
  return result;
}

std::string export_to(World& world, const TemporaryDirectory& directory, const char* name,
                      const SiteContents& what = contents()) {
  std::string path = directory.path(name);
  const auto summary = export_site(world, what, path);
  if (!summary) {
    FAIL(summary.error().message());
  }
  return path;
}

std::unique_ptr<SiteWorld> open_site(const std::string& path) {
  auto world = SiteWorld::open(path);
  if (!world) {
    FAIL(world.error().message());
  }
  return std::move(*world);
}

std::string read(World& world, const std::string& path, const Rights& as,
                 Symlinks symlinks = Symlinks::refuse) {
  const auto result = world.read_file(path, as, symlinks, 1000);
  if (!result) {
    return result.error().message();
  }
  if (!*result) {
    return "none";
  }
  const FileView& view = **result;
  return view.type == FileType::symlink     ? "-> " + view.target
         : view.type == FileType::directory ? "directory"
         : view.unreadable.empty()          ? view.content
                                            : view.unreadable;
}

std::string look_up(Table& table, std::string_view key) {
  const auto entry = table.lookup(key);
  return !entry ? entry.error().message() : *entry ? (*entry)->value : "none";
}

TEST_CASE("SiteWorld: answers as the world that it was made of") {
  MemoryWorld from;
  fill(from);
  const TemporaryDirectory directory;
  const auto site = open_site(export_to(from, directory, "site"));
  struct Row {
    std::string path;
    Rights as;
    Symlinks symlinks;
  };
  const auto refuse = Symlinks::refuse;
  const auto follow = Symlinks::follow;
  const std::vector<Row> rows = {{"/home/alice/.forward", kAlice, refuse},
                                 {"/home/alice/.forward", kBob, refuse},
                                 {"/home/alice/.forward+x", kAlice, refuse},
                                 {"/home/alice/list", kAlice, follow},
                                 {"/home/alice/deeper", kAlice, follow},
                                 {"/home/link/.forward", kBob, refuse},
                                 {"/home/link", kBob, refuse},
                                 {"/home/link/", kBob, refuse},
                                 {"/srv/bob/.forward", kBob, refuse},
                                 {"/srv/bob/.forward", kBob, follow},
                                 {"/home/nobody/.forward", kRoot, refuse},
                                 {"/nowhere/.forward", kRoot, refuse},
                                 {"/etc/list", kRoot, follow},
                                 {"/etc/nothing", kRoot, follow}};
  for (const Row& row : rows) {
    CAPTURE(row.path, row.as.name);
    const std::string before = read(from, row.path, row.as, row.symlinks);
    // Alice's include of root's secret is known to exist, and to be none of her business.
    CHECK(read(*site, row.path, row.as, row.symlinks) == before);
  }
  CHECK(site->host().hostname == "mail.example.com");
  CHECK(*site->interface_addresses() == std::vector<std::string>{"192.0.2.1"});
  CHECK(*site->may_enter("/home/alice", kAlice) == Access::allowed);
  CHECK(*site->may_enter("/home/alice", kBob) == Access::refused);
  CHECK(**site->list_directory("/home", kBob) == std::vector<std::string>{"alice", "link"});
}

TEST_CASE("SiteWorld: the accounts, in their order, without passwords") {
  MemoryWorld from;
  fill(from);
  const TemporaryDirectory directory;
  const auto site = open_site(export_to(from, directory, "site"));
  CHECK(*site->account_by_name("alice") == *from.account_by_name("alice"));
  CHECK((*site->account_by_uid(2002))->name == "bob");
  CHECK_FALSE(site->account_by_name("nosuch")->has_value());
  std::string names;
  static_cast<void>(site->for_each_account([&](const Account& account) {
    names += account.name + " ";
    return true;
  }));
  CHECK(names == "alice bob daemon ");
}

TEST_CASE("SiteWorld: nothing is exported that its reader may not read") {
  MemoryWorld from;
  fill(from);
  const TemporaryDirectory directory;
  const std::string path = export_to(from, directory, "site");
  const auto site = open_site(path);
  CHECK(read(*site, "/etc/secret", kRoot) == "Permission denied");
  CHECK(read(*site, "/home/alice/other", kRoot) == "none");
  CHECK(read(*site, "/etc/not-this", kRoot) == "none");
  CHECK(directory.read("site").find("for root alone") == std::string::npos);
  CHECK(from.times_read("/home/alice/other") == 0);
  struct stat attributes = {};
  REQUIRE(stat(path.c_str(), &attributes) == 0);
  CHECK((attributes.st_mode & 0777U) == 0600);
}

TEST_CASE("SiteWorld: tables, recorded and read") {
  MemoryWorld from;
  fill(from);
  const TemporaryDirectory directory;
  const auto site = open_site(export_to(from, directory, "site"));
  const auto aliases = site->open_table({"hash", "/etc/aliases"}, {});
  REQUIRE(aliases.ok());
  CHECK(look_up(**aliases, "ROOT") == "alice");
  CHECK(look_up(**aliases, "nosuch") == "none");
  CHECK((*aliases)->owner().trust == TableOwner::Trust::root);
  std::string keys;
  CHECK(*(*aliases)->for_each([&](std::string_view key, const TableEntry&) {
    keys += std::string(key) + " ";
    return true;
  }) == Listing::complete);
  CHECK(keys == "b list root ");
  const auto text = site->open_table({"texthash", "/etc/map"}, {});
  REQUIRE(text.ok());
  CHECK(look_up(**text, "key") == "value");
  CHECK(look_up(**site->open_table({"static", "all"}, {}), "x") == "all");
  CHECK(site->open_table({"hash", "/etc/others"}, {}).error().message() ==
        "hash:/etc/others is not in the site file " + directory.path("site"));
  CHECK_FALSE(site->host_path("/etc/map").has_value());
}

TEST_CASE("export_site: a table that is down stays down") {
  MemoryWorld from;
  fill(from);
  from.fail_table("hash:/etc/aliases");
  const TemporaryDirectory directory;
  const auto site = open_site(export_to(from, directory, "site"));
  const auto table = site->open_table({"hash", "/etc/aliases"}, {});
  REQUIRE_FALSE(table.ok());
  CHECK(table.error().kind == Error::Kind::unavailable);
  CHECK(table.error().text == "database down");
}

TEST_CASE("export_site: accounts that cannot be listed end it") {
  MemoryWorld from;
  fill(from);
  from.fail_accounts();
  const TemporaryDirectory directory;
  const auto summary = export_site(from, contents(), directory.path("site"));
  REQUIRE_FALSE(summary.ok());
  CHECK_FALSE(directory.exists("site"));
  // Nor is a temporary file left.
  CHECK(std::remove(directory.path().c_str()) == 0);
}

TEST_CASE("export_site: equal worlds give equal files, and a site file gives itself") {
  MemoryWorld one;
  MemoryWorld two;
  fill(one);
  fill(two);
  const TemporaryDirectory directory;
  export_to(one, directory, "one");
  export_to(two, directory, "two");
  CHECK(directory.read("one") == directory.read("two"));
  export_to(*open_site(directory.path("one")), directory, "again");
  CHECK(directory.read("one") == directory.read("again"));
}

TEST_CASE("export_site: a home that cannot be seen is not an empty home") {
  MemoryWorld from;
  fill(from);
  from.fail_file("/home/alice");
  const TemporaryDirectory directory;
  const auto site = open_site(export_to(from, directory, "site"));
  CHECK(read(*site, "/home/alice/.forward", kAlice) ==
        directory.path("site") + ": /home/alice could not be seen when the site file was made");
}

TEST_CASE("export_site: replaces site files and nothing else") {
  MemoryWorld from;
  fill(from);
  const TemporaryDirectory directory;
  directory.write("empty", "");
  directory.write("other", std::string(200, 'x'));
  directory.write("short", "x");
  directory.make_directory("folder");
  export_to(from, directory, "site");
  CHECK(export_site(from, contents(), directory.path("site")).ok());
  CHECK(export_site(from, contents(), directory.path("empty")).ok());
  for (const char* name : {"other", "short", "folder"}) {
    CAPTURE(name);
    const auto summary = export_site(from, contents(), directory.path(name));
    REQUIRE_FALSE(summary.ok());
    CHECK(summary.error().message() ==
          directory.path(name) + ": is there and is not a site file: it is left alone");
  }
  CHECK(directory.read("short") == "x");
  CHECK_FALSE(export_site(from, contents(), directory.path("no/such/folder")).ok());
}

TEST_CASE("export_site: passwords in configuration files") {
  CHECK(without_passwords("a = b\nx_password = geheim\n  weiter\n\n# x\nc = d") ==
        "a = b\nx_password = REDACTED\n#\n\n# x\nc = d");
  CHECK(without_passwords("password=x") == "password= REDACTED");
  CHECK(without_passwords("hosts = postgresql://h/d?user=u&password=x&a=b, h2") ==
        "hosts = postgresql://h/d?user=u&password=REDACTED&a=b, h2");
  CHECK(without_passwords("bind_pw = x\nuser = y\n") == "bind_pw = REDACTED\nuser = y\n");
  CHECK(without_passwords("smtp_sasl_password_maps = hash:/x\n") ==
        "smtp_sasl_password_maps = hash:/x\n");
  CHECK(without_passwords("hosts = postgresql://u:geheim@h/d, http://h/p@q\n") ==
        "hosts = postgresql://u:REDACTED@h/d, http://h/p@q\n");
}

TEST_CASE(
    "export_site: passwords of options, environments, comments and tables that are written out") {
  const std::pair<const char*, const char*> rows[] = {
      {"smtp unix - - n - - smtp -o x_bind_pw=geheim -o a=b\n  -o c=d\n",
       "smtp unix - - n - - smtp -o x_bind_pw=REDACTED -o a=b\n  -o c=d\n"},
      {"smtp unix - - n - - smtp\n  -o x_password=geheim\n  -o a=b\n",
       "smtp unix - - n - - smtp\n  -o x_password=REDACTED\n  -o a=b\n"},
      {"smtp unix - - n - - smtp\n  -o { x_password = ge {h} eim } -o {y_secret=geheim}\nb",
       "smtp unix - - n - - smtp\n  -o { x_password = REDACTED} -o {y_secret=REDACTED}\nb"},
      {"a unix - - n - - smtp\n  -o { x_password =\n  geheim }\n  -o a=b\nc d",
       "a unix - - n - - smtp\n  -o { x_password =REDACTED\n }\n  -o a=b\nc d"},
      {"a unix - - n - - smtp -o smtp_sasl_password_maps=static:u:geheim -o a=b",
       "a unix - - n - - smtp -o smtp_sasl_password_maps=static:REDACTED -o a=b"},
      {"p unix - n n - - pipe argv=/bin/x --a=b {c=d}",
       "p unix - n n - - pipe argv=/bin/x --a=b {c=d}"},
      {"import_environment = TZ A=b MYSQL_PWD=geheim LANG=C",
       "import_environment = TZ A=b MYSQL_PWD=REDACTED LANG=C"},
      {"# x_password = geheim\n#y_secret=geheim\n# a = b\n",
       "# x_password = REDACTED\n#y_secret= REDACTED\n# a = b\n"},
      {"a = b\n#x_password = geheim\n  c\n", "a = b\n#x_password = REDACTED\n  c\n"},
      {"smtp_sasl_password_maps = hash:/x, static:u:geheim\n  inline:{h=u:geheim, {i = u:ge "
       "heim}}\nb = c",
       "smtp_sasl_password_maps = hash:/x, static:REDACTED\n  inline:{REDACTED=REDACTED}\nb = c"},
      {"lmtp_sasl_password_maps = proxy:static:u:geheim",
       "lmtp_sasl_password_maps = proxy:static:REDACTED"},
      {"lmtp_sasl_password_maps = unionmap:{static:u:geheim, hash:/x}",
       "lmtp_sasl_password_maps = unionmap:{static:REDACTED}"},
      {"alias_maps = inline:{a=b}, static:c", "alias_maps = inline:{a=b}, static:c"},
      {"query = SELECT a FROM b WHERE password = '%s'\n",
       "query = SELECT a FROM b WHERE password = '%s'\n"},
  };
  for (const auto& [text, without] : rows) {
    CAPTURE(text);
    CHECK(without_passwords(text) == without);
  }
}

/// Writes an SQLite database by SQL.
void make_database(const std::string& path, const std::string& sql) {
  const auto database = open_sqlite_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  REQUIRE(database.ok());
  const auto made = execute(database->get(), sql);
  if (!made) {
    FAIL(made.error().message());
  }
}

TEST_CASE("export_site: of an SQLite database, what the queries read") {
  const TemporaryDirectory directory;
  directory.write("tree/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  directory.write("tree/etc/one.cf",
                  "dbpath = /etc/users.db\nquery = SELECT goto FROM user WHERE name = '%s'\n");
  directory.write("tree/etc/two.cf",
                  "dbpath = /etc/users.db\nquery = SELECT home FROM homes WHERE name = '%u'\n");
  make_database(directory.path("tree/etc/users.db"),
                "CREATE TABLE user (name TEXT COLLATE NOCASE PRIMARY KEY, goto, hash TEXT, "
                "home TEXT);"
                "CREATE TABLE other (x);"
                "CREATE VIEW homes AS SELECT name, home FROM user;"
                "INSERT INTO other VALUES ('unrelated');"
                "INSERT INTO user VALUES ('Alice', 'bob', 'geheim', '/home/alice');");
  auto tree = TreeWorld::open(directory.path("tree"));
  REQUIRE(tree.ok());
  SiteContents what;
  what.tables = {{{"sqlite", "/etc/one.cf"}}, {{"proxy", "sqlite:/etc/two.cf"}}};
  const auto site = open_site(export_to(**tree, directory, "site", what));
  for (World* world : {static_cast<World*>(tree->get()), static_cast<World*>(site.get())}) {
    const auto one = world->open_table({"sqlite", "/etc/one.cf"}, {});
    REQUIRE(one.ok());
    CHECK(look_up(**one, "alice") == "bob");
    CHECK(look_up(**one, "carol") == "none");
    const auto two = world->open_table({"sqlite", "/etc/two.cf"}, {});
    REQUIRE(two.ok());
    CHECK(look_up(**two, "alice@x") == "/home/alice");
  }
  const std::string bytes = directory.read("site");
  CHECK(bytes.find("geheim") == std::string::npos);
  CHECK(bytes.find("unrelated") == std::string::npos);
}

/// A table that answers and cannot be listed, as those of servers are.
class AnsweringWorld final : public ForwardingWorld {
 public:
  explicit AnsweringWorld(World& base) : ForwardingWorld(base) {}

  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override {
    if (spec.type != "socketmap") {
      return base().open_table(spec, policy);
    }
    return std::unique_ptr<Table>(std::make_unique<Answers>(spec));
  }
  Result<std::optional<Account>> account_by_name(std::string_view name) override {
    return name == "remote" ? std::optional(Account{"remote", 3001, 3001, "/home/alice", ""})
                            : base().account_by_name(name);
  }

 private:
  class Answers final : public Table {
   public:
    explicit Answers(TableSpec spec) : Table(std::move(spec), {TableOwner::Trust::root, 0}) {}
    Result<std::optional<TableEntry>> lookup(std::string_view key) override {
      if (spec().name == "down" || key == "broken") {
        return unavailable("the server is down");
      }
      return key == "yes" ? std::optional(TableEntry{":include:/etc/list"}) : std::nullopt;
    }
  };
};

SiteContents asked_contents() {
  SiteContents what = contents();
  for (const char* const name : {"up", "down"}) {
    what.tables.push_back({{"socketmap", name}});
  }
  what.tables.push_back({{"proxy", "socketmap:inner"}});
  what.ask = [](World& world, std::vector<std::string>&) -> Result<Ok> {
    for (const TableSpec& spec : {TableSpec{"socketmap", "up"}, TableSpec{"socketmap", "down"},
                                  TableSpec{"proxy", "socketmap:inner"}}) {
      const auto table = world.open_table(spec, {});
      REQUIRE(table.ok());
      for (const char* const key : {"YES", "no", "broken", "yes"}) {
        static_cast<void>((*table)->lookup(key));
      }
    }
    static_cast<void>(world.account_by_name("remote"));
    static_cast<void>(world.account_by_name("alice"));
    return Ok{};
  };
  return what;
}

TEST_CASE("export_site: what is asked of tables that cannot be listed is recorded") {
  MemoryWorld memory;
  fill(memory);
  AnsweringWorld from(memory);
  const TemporaryDirectory directory;
  const auto site = open_site(export_to(from, directory, "site", asked_contents()));
  for (const TableSpec& spec :
       {TableSpec{"socketmap", "up"}, TableSpec{"proxy", "socketmap:inner"}}) {
    INFO(to_string(spec));
    const auto table = site->open_table(spec, {});
    REQUIRE(table.ok());
    // Such a table folds no key.
    CHECK(look_up(**table, "yes") == ":include:/etc/list");
    CHECK(look_up(**table, "YES") == "none");
    CHECK(look_up(**table, "no") == "none");
    CHECK_THAT(look_up(**table, "broken"), Catch::Contains("was not asked for \"broken\""));
  }
  CHECK(site->open_table({"socketmap", "down"}, {}).error().text == "the server is down");
  // What an answer includes is there as well, and an account that no list has named.
  CHECK(read(*site, "/etc/list", kRoot) == "dave\n");
  CHECK((*site->account_by_name("remote"))->uid == 3001);
  // A site file that is exported has the same answers.
  export_to(*open_site(directory.path("site")), directory, "again", asked_contents());
  CHECK(directory.read("site") == directory.read("again"));
}

TEST_CASE("export_site: entries in any order, and a large text") {
  MemoryWorld from;
  std::string text;
  std::vector<std::pair<std::string, std::string>> entries;
  for (int i = 9; i >= 0; --i) {
    entries.emplace_back("k" + std::to_string(i), "v");
  }
  from.add_table("hash:/etc/many", entries);
  const TemporaryDirectory directory;
  directory.write("tree/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  directory.write("tree/etc/text", std::string(3'000'000, 'x') + "end\n");
  SiteContents what;
  what.tables = {{{"hash", "/etc/many"}}};
  std::size_t steps = 0;
  what.step = [&steps] { ++steps; };
  const auto site = open_site(export_to(from, directory, "site", what));
  CHECK(steps == entries.size());
  CHECK(look_up(**site->open_table({"hash", "/etc/many"}, {}), "k7") == "v");
  auto tree = TreeWorld::open(directory.path("tree"));
  REQUIRE(tree.ok());
  SiteContents file;
  file.files = {"/etc/text"};
  const auto large = open_site(export_to(**tree, directory, "large", file));
  const auto view = large->read_file("/etc/text", kRoot, Symlinks::follow, 4'000'000);
  REQUIRE((view.ok() && view->has_value()));
  CHECK((*view)->content == std::string(3'000'000, 'x') + "end\n");
}

/// The parameters of no main.cf.
std::optional<std::string> no_parameters(std::string_view /*name*/) {
  return std::nullopt;
}

TEST_CASE("import_site: export, import and export make equal files") {
  MemoryWorld memory;
  fill(memory);
  memory.add_file("/etc/text with blanks", "x\n", {7, 8, 0600});
  AnsweringWorld from(memory);
  const TemporaryDirectory directory;
  SiteContents what = asked_contents();
  what.config_directory = "/etc/postfix";
  what.files.push_back("/etc/list");
  export_to(from, directory, "site", what);
  auto site = SiteFile::open(directory.path("site"));
  REQUIRE(site.ok());
  const auto summary = import_site(**site, directory.path("tree/"), no_parameters);
  if (!summary) {
    FAIL(summary.error().message());
  }
  CHECK(summary->accounts == 4);
  CHECK(directory.read("tree/etc/postfix/main.cf") == "a = b\nx_password = REDACTED\n#\nc = d\n");
  CHECK(directory.read("tree/home/alice/.forward") == "\\alice, :include:/home/alice/list\n");
  auto tree = TreeWorld::open(directory.path("tree"));
  REQUIRE(tree.ok());
  CHECK((*tree)->host().config_directory == "/etc/postfix");
  CHECK(look_up(**(*tree)->open_table({"hash", "/etc/aliases"}, {}), "root") == "alice");
  CHECK(look_up(**(*tree)->open_table({"socketmap", "up"}, {}), "yes") == ":include:/etc/list");
  export_to(**tree, directory, "again", what);
  CHECK(directory.read("site") == directory.read("again"));
  const auto refused = import_site(**site, directory.path("tree"), no_parameters);
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.error().message(), Catch::Contains("is not empty"));
}

TEST_CASE("import_site: a table becomes the text that it was made of") {
  const TemporaryDirectory directory;
  directory.write("from/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
  directory.write("from/etc/postfix/virtual",
                  "# who\n\ninfo@example.com  alice\n@old.example bob,\n carol\n");
  directory.write("from/.lastmile-owners", "/** 0:0\n");
  auto from = TreeWorld::open(directory.path("from"));
  REQUIRE(from.ok());
  SiteContents what;
  what.tables = {{{"hash", "/etc/postfix/virtual"}}};
  export_to(**from, directory, "site", what);
  auto site = SiteFile::open(directory.path("site"));
  REQUIRE(site.ok());
  REQUIRE(import_site(**site, directory.path("tree"), no_parameters).ok());
  CHECK(directory.read("tree/etc/postfix/virtual") ==
        "#\n#\ninfo@example.com\talice\n@old.example\tbob, carol\n");
  auto tree = TreeWorld::open(directory.path("tree"));
  REQUIRE(tree.ok());
  export_to(**tree, directory, "again", what);
  CHECK(directory.read("site") == directory.read("again"));
}

TEST_CASE("import_site: nothing leads out of the directory") {
  const TemporaryDirectory directory;
  MemoryWorld from;
  const std::vector<std::string> rows = {"('/../out', 'file', NULL, 'x')",
                                         "('/a/../../out', 'file', NULL, 'x')",
                                         "('/a//b', 'file', NULL, 'x')"};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(rows[i]);
    const std::string name = "site" + std::to_string(i);
    export_to(from, directory, name.c_str());
    make_database(directory.path(name),
                  "INSERT INTO file (path, type, target, content) VALUES " + rows[i]);
    auto site = SiteFile::open(directory.path(name));
    REQUIRE(site.ok());
    CHECK_FALSE(
        import_site(**site, directory.path("tree" + std::to_string(i)), no_parameters).ok());
    CHECK_FALSE(directory.exists("out"));
  }
  // A link is made when everything is there that could follow it.
  export_to(from, directory, "links");
  directory.make_directory("outside");
  make_database(directory.path("links"),
                "INSERT INTO file (path, type, target, content) VALUES ('/l', 'link', '" +
                    directory.path("outside") + "', NULL), ('/l/file', 'file', NULL, 'x')");
  auto site = SiteFile::open(directory.path("links"));
  REQUIRE(site.ok());
  static_cast<void>(import_site(**site, directory.path("tree-of-links"), no_parameters));
  CHECK_FALSE(directory.exists("outside/file"));
}

TEST_CASE("SiteWorld: a table that was only asked for some keys cannot say more") {
  const TemporaryDirectory directory;
  MemoryWorld from;
  export_to(from, directory, "site");
  make_database(directory.path("site"),
                "INSERT INTO lookup_table (id, type, name, owner, complete) "
                "VALUES (77, 'pgsql', '/x', 5, 0);"
                "INSERT INTO entry (table_id, key, value) VALUES (77, 'yes', 'v'), "
                "(77, 'no', NULL);");
  const auto site = open_site(directory.path("site"));
  const auto table = site->open_table({"pgsql", "/x"}, {});
  REQUIRE(table.ok());
  CHECK(look_up(**table, "yes") == "v");
  CHECK(look_up(**table, "no") == "none");
  CHECK(look_up(**table, "other") ==
        directory.path("site") +
            ": pgsql:/x was not asked for \"other\" when the site file was made");
  CHECK((*table)->owner().uid == 5);
  CHECK(*(*table)->for_each([](std::string_view, const TableEntry&) { return true; }) ==
        Listing::not_supported);
}

TEST_CASE("SiteWorld: rows written by hand; directories need none") {
  const TemporaryDirectory directory;
  MemoryWorld from;
  export_to(from, directory, "site");
  make_database(directory.path("site"),
                "INSERT INTO file (path, content) VALUES ('/a/b/c', 'text'), ('/a/b-d/e', 'x');");
  const auto site = open_site(directory.path("site"));
  CHECK(read(*site, "/a/b/c", kAlice) == "text");
  CHECK(read(*site, "/a/b", kAlice) == "directory");
  CHECK(read(*site, "/a/x/c", kAlice) == "none");
  CHECK(**site->list_directory("/a", kAlice) == std::vector<std::string>{"b", "b-d"});
}

TEST_CASE("SiteWorld: an older version is migrated in memory") {
  const TemporaryDirectory directory;
  make_database(directory.path("site"),
                "PRAGMA application_id = " + std::to_string(kSiteApplicationId) + "; VACUUM");
  const std::string before = directory.read("site");
  const auto site = open_site(directory.path("site"));
  CHECK_FALSE(site->account_by_name("alice")->has_value());
  CHECK(directory.read("site") == before);
}

TEST_CASE("SiteWorld: what is no site file is refused in one line") {
  const TemporaryDirectory directory;
  MemoryWorld from;
  fill(from);
  export_to(from, directory, "good");
  const std::string good = directory.read("good");
  const std::string version =
      "PRAGMA application_id = " + std::to_string(kSiteApplicationId) + "; PRAGMA user_version = ";
  directory.write("empty", "");
  directory.write("text", std::string(5000, 'x'));
  directory.write("nul", std::string(5000, '\0'));
  directory.write("cut", good.substr(0, 5000));
  directory.write("header", good.substr(0, 100));
  make_database(directory.path("foreign"), "CREATE TABLE x (y)");
  make_database(directory.path("newer"), version + "2; CREATE TABLE x (y)");
  make_database(directory.path("negative"), version + "-1; CREATE TABLE x (y)");
  make_database(directory.path("wrong"), version + "1; CREATE TABLE x (y)");
  make_database(directory.path("view"),
                version +
                    "1; CREATE VIEW file AS WITH RECURSIVE r(path) AS (SELECT 'x' UNION ALL "
                    "SELECT path FROM r) SELECT path FROM r WHERE path = 'y'");
  make_database(directory.path("trigger"),
                version +
                    "0; CREATE TABLE x (y); CREATE TRIGGER t AFTER INSERT ON x BEGIN "
                    "DELETE FROM x; END");
  struct Row {
    std::string name;
    std::string error;
  };
  const std::vector<Row> rows = {
      {"nothing", "No such file or directory"},
      {".", "not a regular file"},
      {"empty", "not a site file: an SQLite database of something else (application_id 0)"},
      {"text", "file is not a database"},
      {"nul", "file is not a database"},
      {"cut", "database disk image is malformed"},
      {"header", "database disk image is malformed"},
      {"foreign", "not a site file: an SQLite database of something else (application_id 0)"},
      {"newer", "site file of version 2: this program knows versions up to 1"},
      {"negative", "site file of version -1: this program knows versions up to 1"},
      {"wrong", "no such table: file"},
      {"view", "view file: a site file has tables and indexes alone"},
      {"trigger", "trigger t: a site file has tables and indexes alone"}};
  for (const Row& row : rows) {
    CAPTURE(row.name);
    const auto world = SiteWorld::open(directory.path(row.name));
    REQUIRE_FALSE(world.ok());
    CHECK(world.error().kind == Error::Kind::misconfigured);
    CHECK(world.error().message() == directory.path(row.name) + ": " + row.error);
  }
}

TEST_CASE("SiteWorld: damage anywhere is an error or the truth, never a crash") {
  const TemporaryDirectory directory;
  MemoryWorld from;
  fill(from);
  export_to(from, directory, "good");
  const std::string good = directory.read("good");
  for (std::size_t offset = 0; offset < good.size(); offset += 997) {
    std::string bad = good;
    bad.replace(offset, std::min<std::size_t>(64, bad.size() - offset), 64, '\xff');
    directory.write("bad", bad);
    auto world = SiteWorld::open(directory.path("bad"));
    if (!world) {
      CHECK(world.error().message().find('\n') == std::string::npos);
      continue;
    }
    static_cast<void>((*world)->read_file("/home/alice/.forward", kAlice, Symlinks::refuse, 999));
    static_cast<void>((*world)->account_by_name("alice"));
    const auto table = (*world)->open_table({"hash", "/etc/aliases"}, {});
    if (table) {
      static_cast<void>((*table)->lookup("root"));
    }
  }
}

}  // namespace
}  // namespace lastmile

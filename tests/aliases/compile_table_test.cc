// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/compile_table.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "aliases/tables/map_types.h"
#include "aliases/world/live_world.h"
#include "tests/aliases/postmap.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using test::TemporaryDirectory;

const std::string kSource =
    "# who reads root's mail\n"
    "postmaster: root\n"
    "Root: Alice,\n  \"|/usr/bin/archive a\"\n"
    "no value here\n"
    "root: bob\n"
    "\"quoted name\": :include:/lists/x\n"
    "j\xC3\x9Crgen: juergen\n";

std::vector<std::string> compiled_types() {
  std::vector<std::string> types;
  for (const MapType* type : map_types()) {
    if (type->index != nullptr) {
      types.emplace_back(type->name);
    }
  }
  return types;
}

struct Site {
  TemporaryDirectory directory = {};

  explicit Site(const std::string& text = kSource) { write(text); }
  std::string path() const { return directory.path("aliases"); }
  void write(const std::string& text) const { directory.write("aliases", text); }
  /// The source, and its index when there is one.
  std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(directory.path()), {});
  }
  std::string ask(const std::string& type, const std::string& key) const {
    return test::ask_lastmile(type + ":" + path(), key);
  }
};

TEST_CASE("a compiled alias file holds each name once, and says what was left out") {
  for (const std::string& type : compiled_types()) {
    INFO(type);
    const Site site;
    const auto built = compile_table({type, site.path()}, SourceSyntax::aliases, {});
    REQUIRE(built.ok());
    CHECK(built->entries == 4);
    REQUIRE(built->warnings.size() == 2);
    CHECK(built->warnings[0] == site.path() + ":5: need name:value pair");
    CHECK(built->warnings[1] == site.path() + ":6: duplicate entry: \"root\"");
    CHECK(site.ask(type, "ROOT") == "= Alice, \"|/usr/bin/archive a\"");
    CHECK(site.ask(type, "quoted name") == "= :include:/lists/x");
    CHECK(site.ask(type, "j\xC3\xBCrgen") == "= juergen");
    CHECK(site.ask(type, "nobody") == "no such key");
    CHECK(site.files() == 2);
  }
}

TEST_CASE("what is compiled here is what postalias would have compiled") {
  if (!test::Postmap::is_installed()) {
    return;
  }
  const test::Postmap postmap;
  for (const std::string& type : compiled_types()) {
    if (!postmap.knows(type)) {
      continue;
    }
    INFO(type);
    const Site ours;
    const Site theirs;
    REQUIRE(compile_table({type, ours.path()}, SourceSyntax::aliases, {}).ok());
    postmap.build("postalias", type + ":" + theirs.path());
    for (const std::string key : {"@", "postmaster", "root", "quoted name", "no value here", ""}) {
      INFO(key);
      CHECK(postmap.ask(type + ":" + ours.path(), key) ==
            postmap.ask(type + ":" + theirs.path(), key));
      CHECK(ours.ask(type, key) == theirs.ask(type, key));
    }
  }
}

TEST_CASE("a reader has the old index until the new one is whole, and a failure leaves it") {
  for (const std::string& type : compiled_types()) {
    INFO(type);
    const Site site;
    REQUIRE(compile_table({type, site.path()}, SourceSyntax::aliases, {}).ok());
    LiveWorld world;
    auto reader = open_map({type, site.path()}, world, {});
    REQUIRE(reader.ok());
    site.write("root: carol\n");
    REQUIRE(compile_table({type, site.path()}, SourceSyntax::aliases, {}).ok());
    CHECK(site.ask(type, "root") == "= carol");
    CHECK(test::answer((*reader)->lookup("postmaster")) == "= root");

    // LMDB has no keys of this length; the other types take it.
    site.write(std::string(100'000, 'x') + ": dave\nroot: dave\n");
    const bool fits = compile_table({type, site.path()}, SourceSyntax::aliases, {}).ok();
    CHECK(fits == (type != "lmdb"));
    CHECK(site.ask(type, "root") == (fits ? "= dave" : "= carol"));
    CHECK(site.files() == 2);
  }
}

TEST_CASE("a long value and many aliases fit into every type") {
  std::string text = "long: " + std::string(300'000, 'a') + "\n";
  for (int i = 0; i < 20'000; ++i) {
    text += "user" + std::to_string(i) + ": account" + std::to_string(i) + "\n";
  }
  for (const std::string& type : compiled_types()) {
    INFO(type);
    const Site site(text);
    const auto built = compile_table({type, site.path()}, SourceSyntax::aliases, {});
    REQUIRE(built.ok());
    CHECK(built->entries == 20'001);
    CHECK(site.ask(type, "user19999") == "= account19999");
    CHECK(site.ask(type, "long").size() == 300'002);
  }
}

TEST_CASE("a text is read in pieces, wherever its lines are") {
  std::string text;
  std::size_t count = 0;
  while (text.size() < 1'000'000) {
    const std::string name = "n" + std::to_string(count++);
    text += name + ":" + (count % 3 == 0 ? "\n#" + std::string(count % 1000, 'x') + "\n " : " ") +
            "v" + name + "\n";
  }
  text += "n7: again\n\"@\": mark\n";
  const auto last_line = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  for (const std::string& type : compiled_types()) {
    INFO(type);
    const Site site(text);
    const auto built = compile_table({type, site.path()}, SourceSyntax::aliases, {});
    REQUIRE(built.ok());
    CHECK(built->entries == count);
    const std::string place = site.path() + ":";
    REQUIRE(built->warnings.size() == 2);
    CHECK(built->warnings[0] ==
          place + std::to_string(last_line - 1) + ": duplicate entry: \"n7\"");
    CHECK(built->warnings[1] == place + std::to_string(last_line) + ": duplicate entry: \"@\"");
    for (std::size_t i = 0; i < count; i += count / 50) {
      const std::string name = "n" + std::to_string(i);
      CHECK(site.ask(type, name) == "= v" + name);
    }
  }
}

TEST_CASE("the index is as readable as its source, and belongs to the same user") {
  if (!test::running_as_root()) {
    return;
  }
  constexpr uid_t kOwner = 65534;
  for (const std::string& type : compiled_types()) {
    INFO(type);
    const Site site;
    REQUIRE(chown(site.path().c_str(), kOwner, kOwner) == 0);
    REQUIRE(chmod(site.path().c_str(), 0640) == 0);
    // Root may write here, the owner of the source may not, and it is with that one's rights.
    REQUIRE(chmod(site.directory.path().c_str(), 0755) == 0);
    CHECK_FALSE(compile_table({type, site.path()}, SourceSyntax::aliases, {}).ok());
    CHECK(site.files() == 1);
    REQUIRE(chown(site.directory.path().c_str(), kOwner, kOwner) == 0);
    const auto built = compile_table({type, site.path()}, SourceSyntax::aliases, {});
    REQUIRE(built.ok());
    struct stat attributes = {};
    REQUIRE(stat(built->path.c_str(), &attributes) == 0);
    CHECK(attributes.st_uid == kOwner);
    CHECK((attributes.st_mode & 07777) == 0640);
  }
}

TEST_CASE("what cannot be compiled is refused in words") {
  const Site site;
  const std::pair<TableSpec, std::string> rows[] = {
      {{"texthash", site.path()}, "a table of type texthash is not compiled"},
      {{"hsah", site.path()}, "unsupported dictionary type: hsah"},
      {{"hash", site.path() + "2"}, "open " + site.path() + "2: No such file or directory"},
      {{"hash", "/"}, "open /: not a regular file"},
  };
  for (const auto& [spec, expected] : rows) {
    const auto built = compile_table(spec, SourceSyntax::aliases, {});
    REQUIRE_FALSE(built.ok());
    CHECK_THAT(built.error().message(), Catch::Contains(expected));
  }
}

}  // namespace
}  // namespace lastmile

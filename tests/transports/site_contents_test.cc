// SPDX-License-Identifier: Apache-2.0
#include "transports/site_contents.h"

#include <sstream>
#include <string>
#include <utility>

#include "aliases/address.h"
#include "aliases/world/site_export.h"
#include "aliases/world/site_world.h"
#include "aliases/world/tree_world.h"
#include "local/formats/json.h"
#include "local/resolving/resolve.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"
#include "tests/support/temporary_directory.h"
#include "transports/settings.h"

namespace lastmile {
namespace {

/// What `world` says of an address, with every step and every source line.
std::string trace_of(World& world, const std::string& text) {
  const auto settings = load_settings(world, "/etc/postfix");
  auto address = parse_address(text);
  if (!settings || !address) {
    FAIL((settings ? address.error() : settings.error()).message());
  }
  ResolveRequest request;
  request.recipient.address = std::move(*address);
  request.recipient.original = text;
  request.stage = Stage::full;
  Resolver resolver(*settings, world, TableUse::explain);
  std::ostringstream out;
  print_json(out, resolver.resolve(request));
  return out.str();
}

TEST_CASE("site_contents: the demo traces alike as a tree and as a site file") {
  auto tree = open_tree_world(test::source_directory() + "/fixtures/demo");
  REQUIRE(tree.ok());
  const auto settings = load_settings(**tree, "/etc/postfix");
  REQUIRE(settings.ok());
  const auto contents = site_contents(*settings, **tree);
  REQUIRE(contents.ok());
  const test::TemporaryDirectory directory;
  const auto summary = export_site(**tree, *contents, directory.path("demo.site"));
  if (!summary) {
    FAIL(summary.error().message());
  }
  CHECK(summary->notes.empty());
  auto site = open_site_world(directory.path("demo.site"));
  REQUIRE(site.ok());
  for (const char* address :
       {"postmaster@example.com", "announce@example.com", "owner-announce@example.com",
        "sales@example.com", "support@example.com", "erin@example.com", "bob+lists@example.com",
        "noreply@example.com", "nosuch@example.com", "alice@example.com", "x@elsewhere.example"}) {
    CAPTURE(address);
    const std::string from_tree = trace_of(**tree, address);
    CHECK(from_tree.find(address) != std::string::npos);
    CHECK(trace_of(**site, address) == from_tree);
  }
}

TEST_CASE("site_contents: forward_path outside of the home, spools and list files") {
  const test::TemporaryDirectory directory;
  directory.write("etc/passwd", "alice:x:2001:2001::/home/alice:/bin/sh\n");
  directory.write("etc/postfix/main.cf",
                  "mydestination = /etc/postfix/domains, texthash:/etc/postfix/more\n"
                  "alias_maps =\n"
                  "local_recipient_maps =\n"
                  "mail_spool_directory = /var/mail\n"
                  "forward_path = /var/forward/$user, $home/.forward, /x/$extension\n"
                  "db_password = geheim\n");
  directory.write("etc/postfix/lastmile.cf", "lastmile_ledger =\n");
  directory.write("etc/postfix/domains", "example.com\n");
  directory.write("etc/postfix/more", "example.org x\n");
  directory.write("var/forward/alice", "bob\n");
  directory.write("var/mail/alice", "From private mail\n");
  auto tree = open_tree_world(directory.path());
  REQUIRE(tree.ok());
  const auto settings = load_settings(**tree, "/etc/postfix");
  if (!settings) {
    FAIL(settings.error().message());
  }
  const auto contents = site_contents(*settings, **tree);
  REQUIRE(contents.ok());
  REQUIRE(contents->reader_files.size() == 1);
  CHECK(contents->reader_files[0].path == "/var/forward/alice");
  const auto summary = export_site(**tree, *contents, directory.path("out"));
  REQUIRE(summary.ok());
  auto site = open_site_world(directory.path("out"));
  REQUIRE(site.ok());
  const Rights root = {0, 0, {}, "root"};
  const auto content = [&](const std::string& path) {
    const auto view = (*site)->read_file(path, root, Symlinks::follow, 1000);
    return view && *view ? (*view)->content + (*view)->unreadable : std::string("none");
  };
  CHECK(content("/var/forward/alice") == "bob\n");
  CHECK(content("/etc/postfix/lastmile.cf") == "lastmile_ledger =\n");
  CHECK(content("/etc/postfix/domains") == "example.com\n");
  CHECK(content("/etc/postfix/more") == "example.org x\n");
  CHECK(content("/var/mail/alice") == "Permission denied");
  const std::string bytes = directory.read("out");
  CHECK(bytes.find("private mail") == std::string::npos);
  CHECK(bytes.find("geheim") == std::string::npos);
}

}  // namespace
}  // namespace lastmile

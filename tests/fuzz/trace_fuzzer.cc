// SPDX-License-Identifier: Apache-2.0
// Invariant: of any small host, however its files are written, each recipient has a trace with an
// act for a delivery or a reason why there is none; it is the same a second time, in every format.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include "local/formats/format.h"
#include "local/resolving/resolve.h"
#include "tests/support/memory_world.h"
#include "transports/settings.h"

namespace lastmile {
namespace {

/// The files of the host: what stands between lines of a single `%`.
std::array<std::string, 5> files_of(std::string_view input) {
  std::array<std::string, 5> files;
  for (std::string& file : files) {
    const auto end = input.find("\n%\n");
    file = input.substr(0, end);
    if (end == std::string_view::npos) {
      break;
    }
    file += '\n';
    input.remove_prefix(end + 3);
  }
  return files;
}

std::string printed(World& world, const Settings& settings) {
  std::ostringstream out;
  std::ostringstream err;
  std::istringstream in;
  GlobalOptions options;
  const Invocation invocation{.options = options, .in = in, .out = out, .err = err};
  Resolver resolver(settings, world);
  for (const Stage stage : {Stage::local, Stage::full, Stage::smtp}) {
    for (const char* const name : {"alice", "list", "bob+x", "nobody.here"}) {
      ResolveRequest request;
      request.recipient.address = {name, "example.com"};
      request.sender = {"sender", "remote.example"};
      request.client_sender = request.sender;
      request.stage = stage;
      const Trace trace = resolver.resolve(request);
      LM_CHECK(!trace.leaves().empty());
      for (const char* const format : {"tree", "json", "dot", "tsv"}) {
        make_formatter(format, invocation)->print(out, trace);
      }
    }
  }
  return out.str();
}

void check(std::string_view input) {
  const auto files = files_of(input);
  std::array<std::string, 2> outputs;
  for (std::string& output : outputs) {
    test::MemoryWorld world;
    world.add_account({"alice", 2001, 2001, "/home/alice", "/bin/sh"});
    world.add_account({"bob", 2002, 2002, "/home/bob", "/bin/sh"});
    world.add_account({"nobody", 65534, 65534, "/nonexistent", "/bin/sh"});
    world.add_file("/etc/postfix/main.cf",
                   "compatibility_level = 3.6\nmyhostname = mx.example.com\n"
                   "mydestination = example.com\nalias_maps = texthash:/etc/aliases\n" +
                       files[0]);
    world.add_file("/etc/aliases", files[1]);
    world.add_file("/home/alice/.forward", files[2], {.owner = 2001, .group = 2001});
    world.add_file("/etc/list", files[3]);
    if (!files[4].empty()) {
      world.add_file("/etc/postfix/master.cf", files[4]);
    }
    const auto settings = load_settings(world, "/etc/postfix");
    if (!settings) {
      LM_CHECK(!settings.error().message().empty());
      return;
    }
    output = printed(world, *settings);
  }
  LM_CHECK(outputs[0] == outputs[1]);
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}

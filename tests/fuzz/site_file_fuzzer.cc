// SPDX-License-Identifier: Apache-2.0
// Invariant: a site file, whatever is in it, is refused in one line, or answers every question, in
// bounded time.
#include <cstddef>
#include <cstdint>
#include <string>

#include "aliases/world/site_world.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

void check(const std::string& content) {
  static const test::TemporaryDirectory kDirectory;
  const auto world = SiteWorld::open(kDirectory.write("site", content));
  if (!world) {
    LM_CHECK(world.error().message().find('\n') == std::string::npos);
    return;
  }
  const Rights alice = {2001, 2001, {}, "alice"};
  static_cast<void>((*world)->read_file("/home/alice/.forward", alice, Symlinks::refuse, 9999));
  static_cast<void>((*world)->list_directory("/home", alice));
  static_cast<void>((*world)->account_by_name("alice"));
  static_cast<void>((*world)->account_by_uid(2001));
  static_cast<void>((*world)->for_each_account([](const Account&) { return true; }));
  const auto table = (*world)->open_table({"hash", "/etc/aliases"}, {});
  if (table) {
    static_cast<void>((*table)->lookup("root"));
  }
}

}  // namespace
}  // namespace lastmile

// NOLINTNEXTLINE(readability-identifier-naming): the name that libFuzzer calls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  lastmile::check(std::string(data, data + size));
  return 0;
}

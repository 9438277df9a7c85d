// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/duplicate_filter.h"

#include <vector>

#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

Settings settings_with_limit(long limit) {
  Settings settings;
  settings.duplicate_filter_limit.value = limit;
  settings.smtputf8_enable.value = true;
  return settings;
}

TEST_CASE("a key is new once, in any case") {
  const Settings settings = settings_with_limit(0);
  DuplicateFilter filter(settings);
  CHECK(filter.seen(mailbox_key("bob")) == Seen::first_time);
  CHECK(filter.add(mailbox_key("bob")) == Seen::first_time);
  CHECK(filter.add(mailbox_key("bob")) == Seen::again);
  CHECK(filter.add(mailbox_key("BOB")) == Seen::again);
  CHECK(filter.seen(mailbox_key("Bob")) == Seen::again);
  CHECK(filter.add(mailbox_key("bob+a")) == Seen::first_time);
  CHECK(filter.add(mailbox_key("JÖRG")) == Seen::first_time);
  CHECK(filter.add(mailbox_key("jörg")) == Seen::again);
}

TEST_CASE("without smtputf8_enable letters beyond ASCII have no case") {
  Settings settings = settings_with_limit(0);
  settings.smtputf8_enable.value = false;
  DuplicateFilter filter(settings);
  CHECK(filter.add(mailbox_key("JÖRG")) == Seen::first_time);
  CHECK(filter.add(mailbox_key("jÖrg")) == Seen::again);
  CHECK(filter.add(mailbox_key("jörg")) == Seen::first_time);
}

TEST_CASE("keys of different kinds or parts are different") {
  const std::vector<DuplicateKey> keys = {
      recipient_key(1, "x"),    recipient_key(2, "x"),    recipient_key(1, "1x"),
      indirect_key("x"),        include_key(0, "x"),      include_key(1, "x"),
      forward_key("x"),         forward_done_key("x"),    mailbox_key("x"),
      file_key(0, "x"),         file_key(1, "x"),         file_key(0, "1x"),
      command_key("x", 0, "y"), command_key("x", 1, "y"), command_key("y", 0, "x"),
      command_key("x0", 0, ""), unknown_key("x"),         unknown_key("x+y"),
  };
  const Settings settings = settings_with_limit(0);
  DuplicateFilter filter(settings);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    INFO("key " << i);
    CHECK(filter.add(keys[i]) == Seen::first_time);
  }
  for (const DuplicateKey& key : keys) {
    CHECK(filter.add(key) == Seen::again);
  }
}

TEST_CASE("a full filter knows what it has and remembers nothing more") {
  const Settings settings = settings_with_limit(2);
  DuplicateFilter filter(settings);
  CHECK(filter.add(file_key(0, "/a")) == Seen::first_time);
  CHECK(filter.add(file_key(0, "/b")) == Seen::first_time);
  CHECK(filter.add(file_key(0, "/c")) == Seen::first_time);
  CHECK(filter.add(file_key(0, "/c")) == Seen::first_time);
  CHECK(filter.add(file_key(0, "/a")) == Seen::again);
  CHECK(filter.add(file_key(0, "/b")) == Seen::again);
}

TEST_CASE("a filter without a limit remembers everything") {
  for (const long limit : {0L, -1L}) {
    const Settings settings = settings_with_limit(limit);
    DuplicateFilter filter(settings);
    CHECK(filter.add(file_key(0, "/a")) == Seen::first_time);
    CHECK(filter.add(file_key(0, "/b")) == Seen::first_time);
    CHECK(filter.add(file_key(0, "/a")) == Seen::again);
  }
}

}  // namespace
}  // namespace lastmile::test

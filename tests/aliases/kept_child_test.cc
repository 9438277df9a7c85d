// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/kept_child.h"

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>

#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"

namespace lastmile {
namespace {

using namespace std::chrono_literals;

const Rights kAlice = {2001, 2002, {2003}, "alice"};

bool no_child_is_left() {
  return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD;
}

/// Says who it is, how many requests there were, and the request; some are orders.
KeptChild::Work working(int told_of_end = -1) {
  return {[count = 0](std::string_view request) mutable {
            if (request == "die") {
              (void)::raise(SIGKILL);
            }
            if (request == "stop") {
              (void)::raise(SIGSTOP);
            }
            return std::to_string(::getuid()) + ' ' + std::to_string(++count) + ' ' +
                   std::string(request);
          },
          [told_of_end] { (void)!::write(told_of_end, "end", 3); }};
}

std::string asked(KeptChild& child, std::string_view request, Begun expected = Begun::perhaps) {
  Begun begun = expected == Begun::no ? Begun::perhaps : Begun::no;
  const auto answer = child.ask(request, begun);
  CHECK(begun == expected);
  return answer ? *answer : answer.error().message();
}

TEST_CASE("a kept child does one request after the other, and ends in order") {
  if (!test::running_as_root()) {
    return;
  }
  std::array<int, 2> ends = {};
  REQUIRE(::pipe(ends.data()) == 0);
  {
    auto child = KeptChild::start(kAlice, working(ends[1]), 10s);
    REQUIRE(child.ok());
    CHECK(asked(**child, "one") == "2001 1 one");
    CHECK(asked(**child, std::string("\0\n", 2)) == std::string("2001 2 \0\n", 9));
    const std::string large(600'000, 'x');
    CHECK(asked(**child, large) == "2001 3 " + large);
  }
  ::close(ends[1]);
  std::string told(16, ' ');
  CHECK(::read(ends[0], told.data(), told.size()) == 3);
  ::close(ends[0]);
  CHECK(no_child_is_left());
}

TEST_CASE("a kept child that has nothing to do ends, and nothing was begun by it") {
  if (!test::running_as_root()) {
    return;
  }
  auto child = KeptChild::start(kAlice, working(), 1ms);
  REQUIRE(child.ok());
  siginfo_t what = {};
  REQUIRE(::waitid(P_ALL, 0, &what, WEXITED | WNOWAIT) == 0);
  CHECK(asked(**child, "one", Begun::no) ==
        "acting as alice (uid 2001): the child ended without an answer, exit status 0");
  CHECK(asked(**child, "two", Begun::no) == "acting as alice (uid 2001): the child has ended");
  child->reset();
  CHECK(no_child_is_left());
}

TEST_CASE("a kept child that is killed or stopped leaves a doubt where it was at work") {
  if (!test::running_as_root()) {
    return;
  }
  const auto [order, answer] = GENERATE(table<std::string, std::string>({
      {"die", "acting as alice (uid 2001): the child was killed by signal 9"},
      {"stop", "acting as alice (uid 2001): the child was stopped by a signal"},
  }));
  auto child = KeptChild::start(kAlice, working(), 10s);
  REQUIRE(child.ok());
  CHECK(asked(**child, "one") == "2001 1 one");
  CHECK(asked(**child, order) == answer);
  child->reset();
  CHECK(no_child_is_left());
}

TEST_CASE("a kept child cannot be had for rights that cannot be taken on") {
  if (!test::running_as_root()) {
    return;
  }
  Rights too_many = kAlice;
  too_many.groups.assign(100000, 2003);
  const auto child = KeptChild::start(too_many, working(), 10s);
  REQUIRE_FALSE(child.ok());
  CHECK_THAT(child.error().message(), Catch::Contains("setgroups"));
  CHECK(no_child_is_left());
}

}  // namespace
}  // namespace lastmile

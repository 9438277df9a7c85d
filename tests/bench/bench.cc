// SPDX-License-Identifier: Apache-2.0
// Compares lastmile with other programs that do the same work, on this machine, in this run: only
// the ratios carry over to another machine. Not a test: nothing here passes or fails.
//
//   bench [ROUNDS]                          (200)
//   bench scale [ALIASES [ADDRESSES]]       (1000000, 100000)
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/lmtp_sink.h"
#include "tests/bench/measure.h"
#include "tests/bench/scale.h"
#include "tests/bench/site.h"

namespace lastmile::bench {
namespace {

constexpr const char* kLastmile = LASTMILE_PROGRAM;
constexpr const char* kFloor = LASTMILE_BENCH_FLOOR;

/// Adds a peer when it is installed.
void add(Comparison& comparison, const Contestant& peer) {
  if (access(peer.arguments.front().c_str(), X_OK) == 0) {
    comparison.contestants.push_back(peer);
  }
}

void compare_trace(const Site& site, int rounds) {
  Comparison comparison = {"One address, resolved: process start to exit", {}, rounds};
  add(comparison,
      {"lastmile trace", {kLastmile, "-C", site.path("maildir"), "trace", "root@example.com"}, {}});
  add(comparison, {"floor: read a file", {kFloor, "look-up", site.path("maildir/main.cf")}, {}});
  add(comparison, {"postmap -q (one look-up)",
                   {"/usr/sbin/postmap", "-q", "root", "texthash:" + site.path("aliases")},
                   {}});
  add(comparison, {"exim -bt",
                   {"/usr/sbin/exim4", "-C", site.path("exim.conf"), "-bt", "root@example.com"},
                   {}});
  compare(comparison);
}

void compare_maildir(const Site& site, int rounds) {
  const std::string& input = site.message();
  Comparison comparison = {"4 KiB into a Maildir, durable", {}, rounds};
  add(comparison, {"lastmile deliver",
                   {kLastmile, "-C", site.path("maildir"), "deliver", "-f", "a@example.com", "--",
                    "root@example.com"},
                   input});
  add(comparison, {"floor: store", {kFloor, "store", site.path("Maildir")}, input});
  add(comparison, {"procmail", {"/usr/bin/procmail", "-m", site.path("procmailrc")}, input});
  add(comparison, {"maildrop", {"/usr/bin/maildrop", site.path("maildroprc")}, input});
  add(comparison,
      {"dovecot-lda",
       {"/usr/lib/dovecot/dovecot-lda", "-c", site.path("dovecot.conf"), "-f", "a@example.com"},
       input});
  add(comparison, {"exim -odf",
                   {"/usr/sbin/exim4", "-C", site.path("exim.conf"), "-odf", "-i", "-f",
                    "a@example.com", "root@example.com"},
                   input});
  compare(comparison);
}

void compare_lmtp(const Site& site, int rounds) {
  const LmtpSink sink(site.socket());
  Comparison comparison = {"4 KiB to an LMTP server that keeps nothing", {}, rounds};
  add(comparison, {"lastmile deliver",
                   {kLastmile, "-C", site.path("lmtp"), "deliver", "-f", "a@example.com", "--",
                    "root@example.com"},
                   site.message()});
  add(comparison, {"floor: hand over", {kFloor, "hand-over", site.socket()}, site.message()});
  add(comparison, {"smtp-source -L (one message)",
                   {"/usr/sbin/smtp-source", "-L", "-m", "1", "-l", "4096", "-f", "a@example.com",
                    "-t", "root@example.com", "unix:" + site.socket()},
                   {}});
  compare(comparison);
}

void compare_batch(const Site& site) {
  const Contestant build = {"postmap", {"/usr/sbin/postmap", "cdb:" + site.path("many")}, {}};
  if (access("/usr/sbin/postmap", X_OK) != 0 || !run_once(build)) {
    std::printf("\n100000 addresses: left out, postmap cannot make the cdb: table\n");
    return;
  }
  constexpr int kRounds = 3;
  const std::string addresses = site.path("addresses");
  Comparison comparison = {"100000 addresses through 100000 aliases (cdb)", {}, kRounds, false};
  add(comparison, {"lastmile trace -",
                   {kLastmile, "-C", site.path("batch"), "trace", "--format", "tsv", "-"},
                   addresses});
  add(comparison, {"postmap -q - (look-ups only)",
                   {"/usr/sbin/postmap", "-q", "-", "cdb:" + site.path("many")},
                   addresses});
  compare(comparison);
}

/// Programs behave otherwise for root; what is compared is the delivery of one user.
void leave_root() {
  const passwd* nobody = getpwnam("nobody");
  if (geteuid() == 0 && (nobody == nullptr || setgroups(0, nullptr) != 0 ||
                         setgid(nobody->pw_gid) != 0 || setuid(nobody->pw_uid) != 0)) {
    std::perror("cannot become nobody");
    std::exit(1);
  }
}

void compare_programs(int rounds) {
  const Site site;
  setenv("HOME", site.path().c_str(), 1);
  setenv("MAIL_CONFIG", site.path("maildir").c_str(), 1);
  compare_trace(site, rounds);
  compare_maildir(site, rounds);
  compare_lmtp(site, rounds);
  compare_batch(site);
}

int run(const std::vector<std::string>& words) {
  constexpr int kRounds = 200;
  constexpr int kAliases = 1'000'000;
  constexpr int kAddresses = 100'000;
  const auto number = [&words](std::size_t index, int usual) {
    const int value = index < words.size() ? std::atoi(words[index].c_str()) : usual;
    return value > 0 ? value : usual;
  };
  leave_root();
  if (!words.empty() && words.front() == "scale") {
    compare_scale(number(1, kAliases), number(2, kAddresses));
  } else {
    compare_programs(number(0, kRounds));
  }
  return 0;
}

}  // namespace
}  // namespace lastmile::bench

int main(int argc, char** argv) {
  try {
    return lastmile::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "bench: " << error.what() << '\n';
    return 1;
  }
}

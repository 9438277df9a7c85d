// SPDX-License-Identifier: Apache-2.0
#include "transports/settings.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/memory_world.h"

namespace lastmile {
namespace {

using test::MemoryWorld;

constexpr std::string_view kBase = "compatibility_level = 3.6\nmyhostname = mx.example.com\n";

Result<Settings> load(const std::string& lines, const std::vector<std::string>& overrides = {}) {
  MemoryWorld world;
  world.add_file("/etc/postfix/main.cf", std::string(kBase) + lines);
  return load_settings(world, "/etc/postfix", overrides);
}

Settings loaded(const std::string& lines, const std::vector<std::string>& overrides = {}) {
  auto settings = load(lines, overrides);
  if (!settings) {
    FAIL(settings.error().message());
  }
  return *std::move(settings);
}

/// What is wrong with the lines: it may stop every program, or some that read the parameter.
Error first_fault(const std::string& lines) {
  const auto settings = load(lines);
  if (!settings) {
    return settings.error();
  }
  REQUIRE_FALSE(settings->faults.empty());
  const auto is_of_others = [](const ParameterFault& fault) {
    return !fault.stops.contains(Daemon::virtual_mailbox);
  };
  const auto found = std::ranges::find_if(settings->faults, is_of_others);
  REQUIRE(found != settings->faults.end());
  return found->error;
}

TEST_CASE("settings: defaults") {
  const Settings settings = loaded("");
  CHECK(settings.myhostname.value == "mx.example.com");
  CHECK(settings.myhostname.source == SourcePos{"/etc/postfix/main.cf", 2});
  CHECK(settings.mydomain.value == "example.com");
  CHECK_FALSE(settings.mydomain.source.has_value());
  CHECK(settings.myorigin.value == "mx.example.com");
  CHECK(settings.mydestination.value ==
        std::vector<std::string>{"mx.example.com", "localhost.example.com", "localhost"});
  CHECK(settings.alias_maps.value == std::vector<TableSpec>{{"hash", "/etc/aliases"}});
  CHECK(settings.local_recipient_maps.value ==
        std::vector<TableSpec>{{"proxy", "unix:passwd.byname"}, {"hash", "/etc/aliases"}});
  CHECK(settings.forward_path.value ==
        "$home/.forward${recipient_delimiter}${extension}, $home/.forward");
  CHECK(settings.mailbox_delivery_lock.value == NameSet{"fcntl", "dotlock"});
  CHECK(settings.propagate_unmatched_extensions.value == NameSet{"canonical", "virtual"});
  CHECK(settings.command_time_limit.value == std::chrono::seconds(1000));
  CHECK(settings.lastmile_ledger.value == "/var/lib/lastmile/ledger.sqlite");
  CHECK(settings.lastmile_expansion_limit.value == 192L * 1024 * 1024);
  CHECK(settings.lastmile_ledger_lifetime.value == std::chrono::hours(5 * 24));
  CHECK(settings.mailbox_size_limit.value == 51200000);
  CHECK_FALSE(settings.append_dot_mydomain.value);
  CHECK(settings.relay_domains.value.empty());
  CHECK(settings.syslog_name.value == "postfix");
  CHECK(settings.config_directory.value == "/etc/postfix");
  CHECK(settings.master_cf.find_transport("lmtp") != nullptr);
}

TEST_CASE("settings: compatibility levels") {
  const Settings settings = loaded("compatibility_level = 0\n");
  CHECK(settings.append_dot_mydomain.value);
  CHECK_FALSE(settings.smtputf8_enable.value);
  CHECK(settings.relay_domains.value == settings.mydestination.value);
}

TEST_CASE("settings: chroot is the default of old compatibility levels") {
  for (const auto& [level, chroot] : {std::pair{"0", true}, std::pair{"1", false}}) {
    MemoryWorld world;
    world.add_file("/c/main.cf", std::string("compatibility_level = ") + level + "\n");
    world.add_file("/c/master.cf", "lmtp unix - - - - - lmtp\n");
    const auto settings = load_settings(world, "/c");
    REQUIRE(settings.ok());
    CHECK(settings->master_cf.find_transport("lmtp")->chroot == chroot);
    CHECK(settings->master_cf.find_transport("smtp") == nullptr);
  }
}

TEST_CASE("settings: the name of the host") {
  struct Row {
    std::string host, lines, myhostname, mydomain;
  };
  const std::vector<Row> rows = {
      {"vm", "", "vm.localdomain", "localdomain"},
      {"vm", "mydomain = example.org\n", "vm.example.org", "example.org"},
      {"a.b.example", "", "a.b.example", "b.example"},
      {"vm", "myhostname = foo\n", "foo", "localdomain"},
      {"vm", "myhostname = foo.example\nmydomain = other\n", "foo.example", "other"},
      {"vm", "mydomain = $nosuch${myhostname?x}.example\n", "vm..example", ""},
  };
  for (const Row& row : rows) {
    MemoryWorld world;
    world.set_hostname(row.host);
    world.add_file("/c/main.cf", row.lines);
    const auto settings = load_settings(world, "/c");
    INFO(row.host << " " << row.lines);
    if (row.mydomain.empty()) {
      CHECK_FALSE(settings.ok());
      continue;
    }
    REQUIRE(settings.ok());
    CHECK(settings->myhostname.value == row.myhostname);
    CHECK(settings->mydomain.value == row.mydomain);
  }
}

TEST_CASE("settings: myorigin may be the first line of a file") {
  MemoryWorld world;
  world.add_file("/c/main.cf", "myorigin = /etc/mailname\nrelayhost = [$myorigin]\n");
  world.add_file("/etc/mailname", "  example.net \nignored\n");
  const auto settings = load_settings(world, "/c");
  REQUIRE(settings.ok());
  CHECK(settings->myorigin.value == "example.net");
  CHECK(settings->relayhost.value == "[example.net]");
  CHECK(settings->main_cf.find("myorigin")->value == "/etc/mailname");

  MemoryWorld without;
  without.add_file("/c/main.cf", "myorigin = /etc/mailname\n");
  const auto failed = load_settings(without, "/c");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message() == "/c/main.cf:1: myorigin: \"/etc/mailname\": no such file");
}

TEST_CASE("settings: values that make no sense") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"owner_request_special = true",
       R"(owner_request_special: "true": a boolean is yes or no (did you mean "yes"?))"},
      {"soft_bounce = maybe", R"(soft_bounce: "maybe": a boolean is yes or no)"},
      {"duplicate_filter_limit = 10x", R"(duplicate_filter_limit: "10x": not a whole number)"},
      {"duplicate_filter_limit =", R"(duplicate_filter_limit: "": not a whole number)"},
      {"line_length_limit = 511", R"(line_length_limit: "511": out of range (512 to 2147483647))"},
      {"mailbox_size_limit = 99999999999999999999",
       R"(mailbox_size_limit: "99999999999999999999": the number is too large)"},
      {"command_time_limit = 5y", R"(command_time_limit: "5y": bad time unit "y" (s, m, h, d, w))"},
      {"command_time_limit = 0", R"(command_time_limit: "0": a time of at least 1s is needed)"},
      {"command_time_limit = s", R"(command_time_limit: "s": not a whole number)"},
      {"stale_lock_time = 99999w", R"(stale_lock_time: "99999w": the time is too long)"},
      {"allow_mail_to_files = alias, forwrad",
       R"(allow_mail_to_files: "alias, forwrad": unknown name "forwrad" (did you mean "forward"?) (alias, forward, include))"},
      {"mailbox_delivery_lock =",
       R"(mailbox_delivery_lock: "": no applicable mailbox locking method (flock, fcntl, dotlock))"},
      {"mailbox_size_limit = 5",
       R"(mailbox_size_limit: "5": configuration error: mailbox_size_limit is smaller than message_size_limit (10240000))"},
      {"message_size_limit = 0",
       R"(mailbox_size_limit: "51200000": configuration error: mailbox_size_limit is limited but message_size_limit is unlimited)"},
      {"forward_expansion_filter =", R"(forward_expansion_filter: "": must not be empty)"},
      {"inet_protocols = ipv5", R"(inet_protocols: "ipv5": unknown protocol (all, ipv4, ipv6))"},
      {"syslog_facility = maill",
       R"(syslog_facility: "maill": unknown value (did you mean "mail"?))"},
      {"lastmile_ledger = /var/lib/%h/ledger",
       "lastmile_ledger: \"/var/lib/%h/ledger\": '%' stands for nothing but the name of the user "
       "that delivers, as %u"},
      {"lastmile_ledger = ledger.sqlite",
       R"(lastmile_ledger: "ledger.sqlite": not an absolute path (empty: no ledger is kept))"},
      {"myhostname = a..b", R"(myhostname: "a..b": not a valid host name)"},
      {"virtual_alias_maps = ${", "virtual_alias_maps: "},
  };
  for (const auto& [line, expected] : rows) {
    INFO(line);
    const Error fault = first_fault(line + "\n");
    CHECK(fault.kind == Error::Kind::misconfigured);
    CHECK_THAT(fault.message(), Catch::StartsWith("/etc/postfix/main.cf:3: " + expected));
  }
}

TEST_CASE("settings: a table without a type is named with its parameter") {
  CHECK_THAT(first_fault("alias_maps = hash:/etc/aliases, /etc/more\n").message(),
             Catch::StartsWith("/etc/postfix/main.cf:3: alias_maps: "));
}

TEST_CASE("settings: times") {
  const std::vector<std::pair<std::string, int>> rows = {
      {"7", 7}, {"7s", 7}, {"2m", 120}, {"1h", 3600}, {"1d", 86400}, {"1w", 604800}, {"5m30s", 300},
  };
  for (const auto& [value, seconds] : rows) {
    CHECK(loaded("command_time_limit = " + value + "\n").command_time_limit.value ==
          std::chrono::seconds(seconds));
  }
  CHECK(loaded("lastmile_ledger_lifetime = 2\n").lastmile_ledger_lifetime.value ==
        std::chrono::hours(48));
}

TEST_CASE("settings: raw parameters are not expanded") {
  const Settings settings = loaded(
      "mailbox_command = /bin/x $USER $$\nluser_relay = $user@$mydomain\n"
      "command_execution_directory = $home\nhome_mailbox = $mydomain/\n");
  CHECK(settings.mailbox_command.value == "/bin/x $USER $$");
  CHECK(settings.luser_relay.value == "$user@$mydomain");
  CHECK(settings.command_execution_directory.value == "$home");
  CHECK(settings.home_mailbox.value == "example.com/");
}

TEST_CASE("settings: overrides come last and are named as such") {
  const Settings settings = loaded("mydestination = a\n", {"mydestination = b, c", "biff=no"});
  CHECK(settings.mydestination.value == std::vector<std::string>{"b", "c"});
  CHECK(settings.mydestination.source == SourcePos{"-o", 0});
  const auto failed = load("", {"biff"});
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message() == "-o: missing '=' after attribute name: \"biff\"");
}

TEST_CASE("settings: lastmile.cf is read before main.cf, and need not be there") {
  MemoryWorld world;
  world.add_file("/etc/postfix/lastmile.cf",
                 "# of its own\nlastmile_log = /var/log/$facility\nfacility = lastmile\n"
                 "lastmile_ledger =\n");
  world.add_file("/etc/postfix/main.cf", "lastmile_ledger = /srv/ledger\n");
  const auto settings = load_settings(world, "/etc/postfix", {});
  REQUIRE(settings.ok());
  CHECK(settings->lastmile_log.value == "/var/log/lastmile");
  CHECK(settings->lastmile_log.source == SourcePos{"/etc/postfix/lastmile.cf", 2});
  CHECK(settings->lastmile_ledger.value == "/srv/ledger");
  CHECK(settings->lastmile_ledger.source == SourcePos{"/etc/postfix/main.cf", 1});
  const auto overridden = load_settings(world, "/etc/postfix", {"lastmile_log=stderr"});
  REQUIRE(overridden.ok());
  CHECK(overridden->lastmile_log.value == "stderr");

  world.add_file("/etc/postfix/lastmile.cf", "lastmile_log\n");
  const auto malformed = load_settings(world, "/etc/postfix", {});
  REQUIRE_FALSE(malformed.ok());
  CHECK(malformed.error().message() ==
        "/etc/postfix/lastmile.cf:1: missing '=' after attribute name: \"lastmile_log\"");
  world.fail_file("/etc/postfix/lastmile.cf");
  const auto unreadable = load_settings(world, "/etc/postfix", {});
  REQUIRE_FALSE(unreadable.ok());
  CHECK(unreadable.error().kind == Error::Kind::unavailable);
}

TEST_CASE("settings: a configuration that cannot be read") {
  MemoryWorld world;
  const auto missing = load_settings(world, "/etc/postfix");
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message() ==
        "/etc/postfix/main.cf: no such file (use -c DIR for another configuration directory)");
  world.add_file("/etc/postfix/main.cf", "");
  world.fail_file("/etc/postfix/master.cf");
  const auto broken = load_settings(world, "/etc/postfix");
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().kind == Error::Kind::unavailable);
  world.add_directory("/other/main.cf");
  const auto directory = load_settings(world, "/other");
  REQUIRE_FALSE(directory.ok());
  CHECK(directory.error().message() == "/other/main.cf: cannot be read: not a regular file");
}

TEST_CASE("settings: parameters of a service") {
  MemoryWorld world;
  world.add_file("/c/main.cf", "lmtp_tcp_port = 2003\nmyhostname = mx.example.com\n");
  world.add_file("/c/master.cf",
                 "lmtp unix - - n - - lmtp\n"
                 "cyrus unix - - n - - lmtp -o lmtp_tcp_port=2004 -o lmtp_lhlo_name=x.$mydomain\n");
  const auto settings = load_settings(world, "/c");
  REQUIRE(settings.ok());
  CHECK(settings->service_parameter("lmtp", "lmtp_tcp_port") == "2003");
  CHECK(settings->service_parameter("lmtp", "lmtp_lhlo_name") == "mx.example.com");
  CHECK(settings->service_parameter("cyrus", "lmtp_tcp_port") == "2004");
  CHECK(settings->service_parameter("cyrus", "lmtp_lhlo_name") == "x.example.com");
  CHECK(settings->service_parameter("nosuch", "lmtp_rcpt_timeout") == "300s");
  CHECK_FALSE(settings->service_parameter("lmtp", "nosuch").has_value());
}

TEST_CASE("settings: default_privs must be an account without root's ids") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"nobody", ""},
      {"nosuch", "no such account"},
      {"root", "the account must not have uid 0 or gid 0"},
      {"wheel", "the account must not have uid 0 or gid 0"},
  };
  for (const auto& [name, problem] : rows) {
    MemoryWorld world;
    world.add_account({"nobody", 65534, 65534, "/nonexistent", "/bin/false"});
    world.add_account({"root", 0, 0, "/root", "/bin/sh"});
    world.add_account({"wheel", 1, 0, "/root", "/bin/sh"});
    const auto account = default_privileges(loaded("default_privs = " + name + "\n"), world);
    if (problem.empty()) {
      REQUIRE(account.ok());
      CHECK(account->uid == 65534);
    } else {
      REQUIRE_FALSE(account.ok());
      CHECK(account.error().message() ==
            "/etc/postfix/main.cf:3: default_privs: \"" + name + "\": " + problem);
    }
  }
  MemoryWorld world;
  world.fail_accounts();
  const auto account = default_privileges(loaded(""), world);
  REQUIRE_FALSE(account.ok());
  CHECK(account.error().kind == Error::Kind::unavailable);
}

TEST_CASE("settings: the options of a service are for that service alone") {
  MemoryWorld world;
  world.add_file("/c/main.cf", std::string(kBase) +
                                   "home_mailbox = Maildir/\nrecipient_delimiter = +\n"
                                   "where = box\nsyslog_name = mail\n");
  world.add_file("/c/master.cf",
                 "local unix - n n - - local -o home_mailbox=$where -o luser_relay=$user@b\n"
                 " -o recipient_delimiter=- -o biff=no -o syslog_name=mail/in\n"
                 "second unix - n n - - local -o where=other -o lmtp_tcp_port=2424\n"
                 "plain unix - n n - - local\n");
  const auto settings = load_settings(world, "/c", {"biff=yes"});
  REQUIRE(settings.ok());
  CHECK(settings->home_mailbox.value == "Maildir/");
  CHECK(settings->luser_relay.value.empty());
  CHECK(settings->extension_rules.recipient_delimiter == "+");
  CHECK(settings->syslog_name.value == "mail");

  const Settings& local = settings->of_service("local");
  CHECK(local.home_mailbox.value == "box");
  CHECK(local.luser_relay.value == "$user@b");
  CHECK(local.extension_rules.recipient_delimiter == "-");
  CHECK(local.syslog_name.value == "mail/in");
  CHECK(local.biff.value);  // What this program was told comes before both files.

  const Settings& second = settings->of_service("second");
  CHECK(second.home_mailbox.value == "Maildir/");
  CHECK(second.main_cf.expand_text("$where").ok());
  CHECK(second.service_parameter("lmtp", "lmtp_tcp_port") == "24");
  CHECK(&settings->of_service("plain") == &*settings);
  CHECK(&settings->of_service("nosuch") == &*settings);
}

TEST_CASE("settings: a daemon that delivers needs its privileges") {
  MemoryWorld world;
  world.add_file("/c/main.cf", std::string(kBase));
  world.add_file("/c/master.cf",
                 "local unix - n n - - local\n"
                 "second unix - - n - - local\n"
                 "smtp unix - - n - - smtp\n");
  const auto settings = load_settings(world, "/c");
  REQUIRE(settings.ok());
  CHECK_FALSE(settings->failure_of_service("local").has_value());
  CHECK_FALSE(settings->failure_of_service("smtp").has_value());
  const auto failure = settings->failure_of_service("second");
  REQUIRE(failure.has_value());
  CHECK(failure->message() ==
        "/c/master.cf:2: service second requires privileged operation: \"local\" needs \"n\" in the"
        " fourth column (unpriv)");
}

TEST_CASE("settings: an option that makes no sense names its line and stops its service alone") {
  MemoryWorld world;
  world.add_file("/c/main.cf", std::string(kBase));
  world.add_file("/c/master.cf",
                 "local unix - n n - - local\n"
                 "second unix - n n - - local -o deliver_lock_attempts=0\n");
  const auto settings = load_settings(world, "/c");
  REQUIRE(settings.ok());
  CHECK_FALSE(settings->failure_of_service("local").has_value());
  const auto failure = settings->failure_of_service("second");
  REQUIRE(failure.has_value());
  CHECK(failure->message() ==
        "/c/master.cf:2: deliver_lock_attempts: \"0\": out of range (1 to 2147483647)");
  CHECK(&settings->of_service("second") == &*settings);
}

TEST_CASE("settings: a fault stops the programs that read the parameter") {
  struct Row {
    std::string line;
    Daemon stopped;
  };
  const std::vector<Row> rows = {
      {"mailbox_delivery_lock = foo", Daemon::local},
      {"expand_owner_alias = maybe", Daemon::local},
      {"allow_mail_to_commands = alias, wherever", Daemon::local},
      {"message_size_limit = 52428800", Daemon::local},
      {"command_time_limit = 0", Daemon::local},
      {"command_time_limit = 0", Daemon::pipe},
      {"virtual_minimum_uid = 0", Daemon::virtual_mailbox},
      {"smtpd_delay_reject = maybe", Daemon::smtpd},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const Settings settings = loaded(row.line + "\n");
    CHECK(settings.failure_of(row.stopped).has_value());
    CHECK_FALSE(settings.failure_of(Daemon::smtp).has_value());
    CHECK_FALSE(settings.failure_of(Daemon::every).has_value());
  }
}

TEST_CASE("settings: what stops one program is the default to the others") {
  // As is the time that sendmail(1) gets, which is no program of Postfix that reads it.
  const Settings settings = loaded("command_time_limit = 0\nmailbox_size_limit = x\n");
  CHECK(settings.failure_of(Daemon::local));
  CHECK(settings.command_time_limit.value == std::chrono::seconds(1000));
  CHECK(settings.mailbox_size_limit.value == 51'200'000);
}

TEST_CASE("settings: what every program reads, or none can do without, ends everything") {
  for (const char* const line :
       {"soft_bounce = maybe", "swap_bangpath = maybe", "virtual_alias_recursion_limit = many",
        "default_privs = root", "mail_owner = root", "default_privs = mail\nmail_owner = mail"}) {
    CAPTURE(line);
    MemoryWorld world;
    world.add_account({"root", 0, 0, "/root", "/bin/sh"});
    world.add_file("/etc/postfix/main.cf", std::string(kBase) + line + "\n");
    CHECK_FALSE(load_settings(world, "/etc/postfix").ok());
  }
}

TEST_CASE("settings: an option of its line mends a service") {
  MemoryWorld world;
  world.add_file("/c/main.cf", std::string(kBase) + "mailbox_delivery_lock = foo\n");
  world.add_file("/c/master.cf",
                 "local unix - n n - - local\n"
                 "mended unix - n n - - local -o mailbox_delivery_lock=dotlock\n"
                 "lmtp unix - - n - - lmtp\n");
  const auto settings = load_settings(world, "/c");
  REQUIRE(settings.ok());
  CHECK(settings->failure_of_service("local").has_value());
  CHECK_FALSE(settings->failure_of_service("mended").has_value());
  CHECK_FALSE(settings->failure_of_service("lmtp").has_value());
}

}  // namespace
}  // namespace lastmile

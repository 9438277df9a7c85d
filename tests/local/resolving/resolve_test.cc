#include "local/resolving/resolve.h"

#include <algorithm>
#include <initializer_list>

#include "tests/support/catch.h"
#include "tests/support/small_host.h"

namespace lastmile::test {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("a local user has a mailbox, with or without an extension, in any case") {
  SmallHost host;
  CHECK(host.lands("alice@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
  CHECK(host.lands("Alice+Lists@example.com") ==
        Lines{"mailbox:/var/mail/alice Alice+Lists@example.com"});
  CHECK(host.lands("bob") == Lines{"mailbox:/var/mail/bob bob@example.com"});
}

TEST_CASE("an unknown user bounces") {
  SmallHost host;
  CHECK(host.lands("nosuch+x@example.com") ==
        Lines{"bounce:5.1.1 unknown user: \"nosuch\" nosuch+x@example.com"});
}

TEST_CASE("reserved names without an alias are discarded, not bounced") {
  SmallHost host;
  CHECK(host.lands("postmaster@example.com") == Lines{"discard: postmaster@example.com"});
}

TEST_CASE("an alias reaches each member once") {
  SmallHost host;
  host.alias("team", "alice, Alice, bob, alice+x, partner@remote.test");
  CHECK(host.lands("team@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com", "mailbox:/var/mail/bob bob@example.com",
              "mailbox:/var/mail/alice alice+x@example.com", "remote: partner@remote.test"});
}

TEST_CASE("a lone @ is the mail system in an alias, and no address elsewhere") {
  SmallHost host;
  host.alias("one", "@").alias("mailer-daemon", "alice");
  CHECK(host.lands("one@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
  CHECK(host.lands("@", Stage::full) == Lines{"bounce:5.1.3 bad address syntax MAILER-DAEMON@"});
}

TEST_CASE("an alias that names itself reaches the user of that name") {
  SmallHost host;
  host.alias("alice", "alice, bob");
  CHECK(host.lands("alice@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com",
                                                 "mailbox:/var/mail/bob bob@example.com"});
}

TEST_CASE("aliases that name each other end in a bounce, and the others are reached") {
  SmallHost host;
  host.alias("a", "b").alias("b", "a, bob");
  const Lines lines = host.lands("a@example.com");
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].starts_with("bounce:5.4.6 alias database loop for"));
  CHECK(lines[1] == "mailbox:/var/mail/bob bob@example.com");
}

TEST_CASE("a table that cannot answer defers every recipient and never bounces one") {
  SmallHost host;
  host.fail_aliases();
  for (const char* recipient : {"alice@example.com", "nosuch@example.com"}) {
    const Lines lines = host.lands(recipient);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].starts_with("defer:4.3.0 alias database unavailable"));
  }
}

TEST_CASE("an account database that cannot answer defers") {
  SmallHost host;
  host.world().fail_accounts();
  const Lines lines = host.lands("alice@example.com");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("defer:4.0.0 user lookup error"));
}

TEST_CASE("an alias with an owner is submitted again from the owner") {
  SmallHost host;
  host.alias("list", "alice, \"|archive\"").alias("owner-list", "bob");
  const Trace trace = host.trace("list@example.com");
  const auto acts = trace.acts();
  REQUIRE(acts.size() == 2);
  CHECK(trace.step(acts[0]) == Step::resubmitted);
  const Leaf member = trace.leaf(acts[0]);
  CHECK(to_external(member.sender) == "owner-list@example.com");
  CHECK(*member.delivered_to == "list@example.com");
  const Leaf command = trace.leaf(acts[1]);
  CHECK(to_string(command.destination) == "command:archive");
  CHECK(command.rights->uid == 65534);
  CHECK(to_external(command.sender) == "owner-list@example.com");
  CHECK(to_external(command.report_to) == "owner-list@example.com");
}

TEST_CASE("what is submitted again is followed to where it lands") {
  SmallHost host;
  host.alias("list", "alice").alias("owner-list", "bob");
  CHECK(host.lands("list@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("a .forward file is read as its user, and the user in it keeps a copy") {
  SmallHost host;
  host.forward("alice", "\\alice, \"|vacation alice\"\npartner@remote.test\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com",
              "command:vacation alice alice@example.com as alice", "remote: partner@remote.test"});
  CHECK(host.world().readers_of("/home/alice/.forward").front() == "alice");
}

TEST_CASE("a .forward file that may not be trusted is passed over with a note") {
  struct Row {
    Attributes attributes;
    std::string note;
  };
  const Row rows[] = {
      {{2001, 2001, 0666}, "file /home/alice/.forward is world writable"},
      {{2002, 2002, 0644}, "file /home/alice/.forward has bad owner uid 2002"},
      {{2001, 2001, 0000}, "cannot open file /home/alice/.forward: Permission denied"},
  };
  for (const Row& row : rows) {
    SmallHost host;
    host.world().add_file("/home/alice/.forward", "bob\n", row.attributes);
    const Trace trace = host.trace("alice@example.com");
    CHECK(leaf_lines(trace) == Lines{"mailbox:/var/mail/alice alice@example.com"});
    bool noted = false;
    for (const NodeId id : trace.children(trace.root())) {
      noted = noted || trace.node(id).subject == row.note;
    }
    CHECK(noted);
  }
}

TEST_CASE("the extension chooses the .forward file, and an empty one still hides the plain one") {
  SmallHost host;
  host.forward("alice", "bob\n");
  host.world().add_file("/home/alice/.forward+x", "carol\n", {2001, 2001, 0644});
  host.world().add_file("/home/alice/.forward+empty", "# nothing\n", {2001, 2001, 0644});
  CHECK(host.lands("alice+x@example.com") == Lines{"mailbox:/var/mail/carol carol@example.com"});
  CHECK(host.lands("alice+y@example.com") == Lines{"mailbox:/var/mail/bob bob@example.com"});
  CHECK(host.lands("alice+empty@example.com") ==
        Lines{"mailbox:/var/mail/alice alice+empty@example.com"});
}

TEST_CASE("a relative path means a file in the queue directory") {
  SmallHost host;
  host.main_cf("forward_path = forward/$user\nrequire_home_directory = yes\n");
  host.world().add_account({"erin", 2010, 2010, "erin", "/bin/sh"});
  host.world().add_directory("/var/spool/postfix/erin", {2010, 2010, 0700});
  host.world().add_file("/var/spool/postfix/forward/erin", "pal@remote.test\n");
  CHECK(host.lands("erin@example.com") == Lines{"remote: pal@remote.test"});
}

TEST_CASE("two users who forward to each other end in a loop that is named") {
  SmallHost host;
  host.forward("alice", "bob\n").forward("bob", "alice\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"bounce:5.4.6 mail forwarding loop for alice@example.com alice@example.com"});
}

TEST_CASE("members of an include file are submitted again; its commands are restricted") {
  SmallHost host;
  host.alias("list", ":include:/etc/list");
  host.include("/etc/list", "# members\nalice\n\"|sh\", /tmp/x\npartner@remote.test\n");
  CHECK(host.lands("list@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com",
              "bounce:5.7.1 mail to command is restricted list@example.com",
              "bounce:5.7.1 mail to file is restricted list@example.com",
              "remote: partner@remote.test"});
}

TEST_CASE("an include file that cannot be used bounces, one without an owner defers") {
  struct Row {
    std::string path;
    Attributes attributes;
    std::string expected;
  };
  const Row rows[] = {
      {"/etc/missing", {}, "bounce:5.3.5 mail system configuration error list@example.com"},
      {"/etc/list", {0, 0, 0666}, "bounce:5.3.5 mail system configuration error list@example.com"},
      {"/etc/list",
       {7777, 0, 0644},
       "defer:4.3.5 mail system configuration error list@example.com"},
      {"relative", {}, "bounce:5.3.5 mail system configuration error list@example.com"},
  };
  for (const Row& row : rows) {
    SmallHost host;
    host.alias("list", ":include:" + row.path);
    host.include("/etc/list", "alice\n", row.attributes);
    CHECK(host.lands("list@example.com") == Lines{row.expected});
  }
}

TEST_CASE("an include file that names nobody does not make the message vanish") {
  SmallHost host;
  host.alias("list", ":include:/etc/list").include("/etc/list", "# nobody\n:include:/etc/list\n");
  CHECK(host.lands("list@example.com") ==
        Lines{"bounce:5.3.5 the expansion names no recipient list@example.com"});
}

TEST_CASE("the mailbox is chosen in the order of local(8)") {
  struct Row {
    std::string main_cf;
    std::string recipient;
    std::string expected;
  };
  const Row rows[] = {
      {"home_mailbox = Maildir/", "alice", "maildir:/home/alice/Maildir/ alice@example.com"},
      {"home_mailbox = mbox", "alice", "mailbox:/home/alice/mbox alice@example.com"},
      {"mail_spool_directory = /srv/mail/", "alice", "maildir:/srv/mail/alice/ alice@example.com"},
      {"mailbox_command = procmail -a \"$EXTENSION\"", "alice+x",
       "command:procmail -a \"$EXTENSION\" alice+x@example.com as alice"},
      {"mailbox_transport = lmtp:unix:/run/lmtp", "Nobody-Here+X",
       "lmtp:unix:/run/lmtp Nobody-Here+X@example.com"},
      {"mailbox_transport_maps = inline:{alice=lmtp:unix:/run/a}", "alice",
       "lmtp:unix:/run/a alice@example.com"},
      {"mailbox_transport_maps = inline:{alice=lmtp:unix:/run/a}", "bob",
       "mailbox:/var/mail/bob bob@example.com"},
      {"fallback_transport = lmtp:inet:imap.example.com:2003", "nosuch",
       "lmtp:inet:imap.example.com:2003 nosuch@example.com"},
      {"fallback_transport = lmtp:unix:/run/lmtp", "bob", "mailbox:/var/mail/bob bob@example.com"},
      {"luser_relay = carol+$local", "nosuch", "mailbox:/var/mail/carol carol+nosuch@example.com"},
      {"luser_relay = alice, bob", "nosuch",
       "bounce:5.1.1 unknown user: \"alice, bob\" \"alice, bob\"@example.com"},
      {R"(luser_relay = "al\ice")", "nosuch", "mailbox:/var/mail/alice alice@example.com"},
      {"luser_relay = nosuch", "nobody-here",
       "bounce:5.1.1 unknown user: \"nosuch\" nosuch@example.com"},
      {"local_transport = lmtp:unix:/run/lmtp", "alice", "lmtp:unix:/run/lmtp alice@example.com"},
  };
  for (const Row& row : rows) {
    INFO(row.main_cf);
    SmallHost host;
    host.main_cf(row.main_cf);
    CHECK(host.lands(row.recipient) == Lines{row.expected});
  }
}

TEST_CASE("a recipient that begins with a backslash skips aliases and .forward") {
  SmallHost host;
  host.alias("alice", "bob").forward("alice", "carol\n");
  CHECK(host.lands("\"\\\\alice\"@example.com") ==
        Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("nothing is read that the recipient does not need") {
  SmallHost host;
  host.alias("team", "bob");
  host.forward("alice", "carol\n");
  host.lands("team@example.com");
  CHECK(host.world().times_read("/home/alice/.forward") == 0);
}

TEST_CASE("a Delivered-To header stops a loop, member by member") {
  SmallHost host;
  host.alias("team", "alice, bob");
  const std::vector<std::string> headers = {"bob@example.com"};
  ResolveRequest request;
  request.recipient.address = {"team", "example.com"};
  request.delivered_to = headers;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"mailbox:/var/mail/alice alice@example.com",
              "bounce:5.4.6 mail forwarding loop for bob@example.com bob@example.com"});
}

TEST_CASE("an expansion that grows without end is deferred as a whole") {
  SmallHost host;
  host.main_cf("duplicate_filter_limit = 1\nlastmile_expansion_limit = 1000000\n");
  host.alias("twice", ":include:/etc/twice");
  host.include("/etc/twice", ":include:/etc/twice, :include:/etc/twice\n");
  CHECK(host.lands("twice@example.com") ==
        Lines{"defer:4.3.0 expansion takes more than 1000000 octets (lastmile_expansion_limit) "
              "twice@example.com"});
}

TEST_CASE("users who name each other with many extensions are deferred within the limit") {
  SmallHost host;
  host.main_cf("recipient_delimiter = +\nlastmile_expansion_limit = 1000000\n");
  host.forward("alice", "bob+a\nbob+b\nbob+c\nbob+d\nbob+e\nbob+f\n");
  host.forward("bob", "alice+a\nalice+b\nalice+c\nalice+d\nalice+e\nalice+f\n");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  const Trace trace = host.trace(request);
  REQUIRE(trace.leaves().size() == 1);
  const TraceNode& leaf = trace.node(trace.leaves().front());
  CHECK(leaf.subject ==
        "defer:4.3.0 expansion takes more than 1000000 octets (lastmile_expansion_limit)");
  // Where it was given up, and how far it came.
  REQUIRE(leaf.source);
  CHECK(leaf.source->file->ends_with("/.forward"));
  CHECK(leaf.detail.starts_with("given up after "));
}

TEST_CASE("a file that is longer than what is left is not read") {
  SmallHost host;
  host.main_cf("lastmile_expansion_limit = 100000\n");
  host.forward("alice", std::string(200000, '\n'));
  CHECK(host.lands("alice@example.com") ==
        Lines{"defer:4.3.0 expansion takes more than 100000 octets (lastmile_expansion_limit) "
              "alice@example.com"});
}

TEST_CASE("the members of a list may have .forward files of their own") {
  SmallHost host;
  std::string members;
  constexpr int kMembers = 150;
  for (int i = 0; i < kMembers; ++i) {
    const std::string name = "m" + std::to_string(i);
    const auto uid = static_cast<uid_t>(5000 + i);
    host.world().add_account({name, uid, uid, "/home/" + name, "/bin/sh"});
    host.forward(name, "\\" + name + "\n");
    members += name + ", ";
  }
  host.alias("everybody", members);
  const auto lines = host.lands("everybody@example.com");
  REQUIRE(lines.size() == kMembers);
  CHECK(lines.back() == "mailbox:/var/mail/m149 m149@example.com");
}

TEST_CASE("local(8) services that hand a recipient to each other are deferred") {
  SmallHost host;
  host.main_cf("mailbox_transport = second:\n");
  host.world().add_file("/etc/postfix/master.cf",
                        "local unix - n n - - local\nsecond unix - n n - - local\n");
  CHECK(host.lands("alice@example.com") ==
        Lines{"defer:4.3.5 mail system configuration error alice@example.com"});
  host.world().add_file(
      "/etc/postfix/master.cf",
      "local unix - n n - - local\nsecond unix - n n - - local -o mailbox_transport=\n");
  CHECK(host.lands("alice@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("a loop is named by the internal form of the address") {
  SmallHost host;
  const std::vector<std::string> headers = {"\"b c\"@example.com"};
  ResolveRequest request;
  request.recipient.address = {"b c", "example.com"};
  request.delivered_to = headers;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.4.6 mail forwarding loop for b c@example.com \"b c\"@example.com"});
}

TEST_CASE("a notification that nobody could take is discarded by the queue manager alone") {
  SmallHost host;
  host.main_cf("double_bounce_sender = No-Reply\n").alias("no-reply", "alice");
  CHECK(host.lands("no-reply@example.com", Stage::full) == Lines{"discard: no-reply@example.com"});
  CHECK(host.lands("no-reply@example.com") == Lines{"mailbox:/var/mail/alice alice@example.com"});
}

TEST_CASE("a second local service submits members again that the first would take") {
  SmallHost host;
  host.world().add_file("/etc/postfix/master.cf",
                        "local unix - n n - - local\n"
                        "local2 unix - n n - - local\n"
                        "local3 unix - n n - - local -o mailbox_command=/bin/true\n");
  host.main_cf("transport_maps = inline:{team@example.com=local2:, carol@example.com=local3:}\n")
      .alias("team", "alice");
  const Trace trace = host.trace("team@example.com", Stage::full);
  REQUIRE(trace.acts().size() == 1);
  CHECK(trace.node(trace.acts().front()).step == Step::resubmitted);
  CHECK(host.lands("carol@example.com", Stage::full) ==
        Lines{"command:/bin/true carol@example.com as carol"});
}

TEST_CASE("local_transport may name a local service with parameters of its own") {
  SmallHost host;
  host.world().add_file("/etc/postfix/master.cf",
                        "local unix - n n - - local\n"
                        "second unix - n n - - local -o home_mailbox=Box -o recipient_delimiter=-\n"
                        "broken unix - n n - - local -o biff=perhaps\n");
  host.main_cf("local_transport = second\nrecipient_delimiter = +\n");
  for (const Stage stage : {Stage::local, Stage::full}) {
    CHECK(host.lands("alice-x@example.com", stage) ==
          Lines{"mailbox:/home/alice/Box alice-x@example.com"});
  }
  host.main_cf("local_transport = broken\n");
  const Trace trace = host.trace("alice@example.com", Stage::full);
  REQUIRE(leaf_lines(trace) == Lines{"defer:4.3.0 unknown mail transport error alice@example.com"});
  CHECK(*trace.leaf(trace.leaves()[0]).reason ==
        "/etc/postfix/master.cf:3: biff: \"perhaps\": a boolean is yes or no");
}

TEST_CASE("virtual(8) and pipe(8) services are followed to their end") {
  SmallHost host;
  host.world().add_account({"vmail", 5000, 5000, "/srv", "/bin/false"});
  host.world().add_file(
      "/etc/postfix/master.cf",
      "local unix - n n - - local\n"
      "virtual unix - n n - - virtual\n"
      "job unix - n n - - pipe user=vmail argv=/bin/job -f $sender $recipient $size\n"
      "bad unix - n n - - pipe user=nosuch argv=/bin/job\n"
      "odd unix - n n - - pipe user=vmail argv=/bin/job $nosuch\n"
      "slow unix - n n - - pipe user=vmail argv=/bin/job\n"
      "meek unix - - n - - pipe user=vmail argv=/bin/job\n");
  host.main_cf(
      "virtual_mailbox_domains = virtual.test\nvirtual_mailbox_base = /srv/vmail\n"
      "virtual_mailbox_maps = inline:{carol@virtual.test=carol/}\n"
      "virtual_uid_maps = static:5000\nvirtual_gid_maps = static:5001\n"
      "slow_time_limit = 0\n"
      "transport_maps = inline:{job.test=job:, bad.test=bad:, odd.test=odd:, none.test=none:,"
      " slow.test=slow:, meek.test=meek:}\n");
  const std::pair<std::string, std::string> rows[] = {
      {"carol@virtual.test", "maildir:/srv/vmail/carol/ carol@virtual.test"},
      {"Dave@virtual.test", "bounce:5.1.1 unknown user: \"dave@virtual.test\" Dave@virtual.test"},
      {"x@job.test",
       "pipe:job:job.test /bin/job -f sender@remote.test x@job.test ${size} x@job.test"},
      {"x@bad.test", "defer:4.3.0 unknown mail transport error x@bad.test"},
      {"x@slow.test", "defer:4.3.0 unknown mail transport error x@slow.test"},
      {"x@meek.test", "defer:4.3.0 unknown mail transport error x@meek.test"},
      {"x@odd.test", "defer:4.3.5 mail system configuration error x@odd.test"},
      {"x@none.test", "defer:4.3.0 mail transport unavailable x@none.test"},
  };
  for (const auto& [address, expected] : rows) {
    CHECK(host.lands(address, Stage::full) == Lines{expected});
  }
  const Trace trace = host.trace("x@odd.test", Stage::full);
  CHECK(*trace.leaf(trace.leaves()[0]).reason ==
        "/etc/postfix/master.cf:5: unknown macro name: \"nosuch\"");
}

TEST_CASE("a home that may not be reached defers with the reason alone") {
  SmallHost host;
  host.main_cf("require_home_directory = yes\n");
  host.world().add_account({"erin", 2010, 2010, "/closed/erin", "/bin/sh"});
  host.world().add_directory("/closed", {0, 0, 0700});
  host.world().add_directory("/closed/erin", {2010, 2010, 0700});
  CHECK(host.lands("erin@example.com") ==
        Lines{"defer:4.3.0 cannot access home directory /closed/erin: Permission denied "
              "erin@example.com"});
}

/// The steps of one kind, anywhere in a trace: "subject" or "subject: detail".
Lines steps(const Trace& trace, Step step, NodeId below = NodeId{0}) {
  Lines found;
  for (const NodeId id : trace.children(below)) {
    const TraceNode& node = trace.node(id);
    if (node.step == step) {
      found.push_back(node.detail.empty() ? node.subject : node.subject + ": " + node.detail);
    }
    for (std::string& line : steps(trace, step, id)) {
      found.push_back(std::move(line));
    }
  }
  return found;
}

TEST_CASE("blind copies are named once, and are no destinations") {
  SmallHost host;
  host.main_cf(
          "always_bcc = archive\nsender_bcc_maps = inline:{s@remote.test=sent@remote.test}\n"
          "recipient_bcc_maps = inline:{alice@example.com=seen@remote.test, "
          "bob@example.com=never@remote.test}\n")
      .forward("alice", "bob\n");
  ResolveRequest request;
  request.stage = Stage::full;
  request.sender = {"s", "remote.test"};
  request.recipient.address = {"alice", "example.com"};
  const Trace trace = host.trace(request);
  CHECK(leaf_lines(trace) == Lines{"mailbox:/var/mail/bob bob@example.com"});
  CHECK(steps(trace, Step::copy) ==
        Lines{"always_bcc: archive@example.com", "sender_bcc_maps s@remote.test: sent@remote.test",
              "recipient_bcc_maps alice@example.com: seen@remote.test"});
}

TEST_CASE("no_address_mappings is for what comes from outside") {
  SmallHost host;
  host.main_cf(
          "receive_override_options = no_address_mappings\n"
          "virtual_alias_maps = inline:{alice@example.com=carol@example.com, "
          "bob@example.com=x@remote.test}\n")
      .forward("alice", "bob\n");
  CHECK(host.lands("alice@example.com", Stage::full) == Lines{"remote: x@remote.test"});
}

TEST_CASE("a trace names the key that decided") {
  SmallHost host;
  host.main_cf(
      "virtual_alias_maps = inline:{info@example.com=x@sub.remote.test}\n"
      "transport_maps = inline:{.remote.test=discard:}\n"
      "virtual_alias_domains = example.com\n");
  const Trace trace = host.trace("info+y@example.com", Stage::full);
  CHECK(steps(trace, Step::recipient_check) ==
        Lines{"RCPT: 250 2.1.5 Ok", "virtual_alias_maps info@example.com"});
  CHECK(steps(trace, Step::transport) == Lines{"transport_maps .remote.test: discard:"});
  CHECK(steps(host.trace("alice@example.com", Stage::full), Step::note) ==
        Lines{"do not list domain example.com in BOTH mydestination and virtual_alias_domains"});
}

TEST_CASE("a sender without a canonical form defers what is delivered") {
  SmallHost host;
  ResolveRequest request;
  request.stage = Stage::full;
  request.recipient.address = {"alice", "example.com"};
  request.sender_failure = unavailable("sender_canonical_maps is down");
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"defer:4.3.0 virtual alias lookup failure alice@example.com"});
}

TEST_CASE("strict_rfc821_envelopes refuses what is more than an address") {
  SmallHost host;
  host.main_cf("strict_rfc821_envelopes = yes\n");
  ResolveRequest request;
  request.stage = Stage::smtp;
  request.recipient.address = {"alice", "example.com"};
  CHECK(leaf_lines(host.trace(request)) == Lines{"mailbox:/var/mail/alice alice@example.com"});
  request.recipient.is_bare = false;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.1.3 Bad recipient address syntax alice@example.com"});
  request.recipient.is_bare = true;
  request.recipient.address = {"", "example.com"};
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.1.3 Bad recipient address syntax \"\"@example.com"});
}

/// The nodes of one step, `subject: detail`.
Lines nodes_of(const Trace& trace, Step step) {
  Lines found;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const TraceNode& node = trace.node(NodeId{static_cast<std::uint32_t>(i)});
    if (node.step == step) {
      found.push_back(node.subject + ": " + node.detail);
    }
  }
  return found;
}

TEST_CASE("aliases in a circle are shown once, and reach what they reach") {
  SmallHost host;
  host.alias("root", "admin, bob").alias("admin", "root, alice");
  ResolveRequest request;
  request.recipient.address = {"root", "example.com"};
  const Trace shown = host.trace(request);
  CHECK(shown.size() < 20);
  REQUIRE(nodes_of(shown, Step::loop).size() == 1);
  CHECK(nodes_of(shown, Step::loop).front().starts_with("alias root: open since "));
  request.resubmissions = Resubmissions::stop;
  const Trace whole = host.trace(request);
  CHECK(whole.size() > 100);
  CHECK(leaf_lines(shown) == leaf_lines(whole));
}

TEST_CASE("virtual aliases in a circle are shown once") {
  SmallHost host;
  host.main_cf(
      "virtual_alias_maps = inline:{ {x@v.example=y@v.example}, {y@v.example=x@v.example} }\n"
      "virtual_alias_domains = v.example\n");
  const Trace trace = host.trace("x@v.example", Stage::full);
  CHECK(nodes_of(trace, Step::virtual_alias).size() == 2);
  CHECK(nodes_of(trace, Step::loop).size() == 1);
  CHECK(leaf_lines(trace) == Lines{"defer:4.6.0 Alias expansion error x@v.example"});
}

TEST_CASE("a trace calls a soft bounce a deferral, and a delivery gets the bounce") {
  SmallHost host;
  host.main_cf("soft_bounce = yes\n");
  ResolveRequest request;
  request.recipient.address = {"nosuch", "example.com"};
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"defer:4.1.1 unknown user: \"nosuch\" nosuch@example.com"});
  request.resubmissions = Resubmissions::stop;
  CHECK(leaf_lines(host.trace(request)) ==
        Lines{"bounce:5.1.1 unknown user: \"nosuch\" nosuch@example.com"});
}

TEST_CASE("hopcount_limit ends a message where cleanup would") {
  SmallHost host;
  host.main_cf("hopcount_limit = 5\n");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  request.received_headers = 4;
  const Lines delivered = {"mailbox:/var/mail/alice alice@example.com"};
  CHECK(leaf_lines(host.trace(request)) == delivered);  // Accepted by an MTA before.
  request.stage = Stage::full;
  CHECK(leaf_lines(host.trace(request)) == Lines{"bounce:5.4.0 too many hops alice@example.com"});
  request.received_headers = 3;
  CHECK(leaf_lines(host.trace(request)) == delivered);
}

TEST_CASE("a .forward node names the members of all lines") {
  SmallHost host;
  host.forward("alice", "# mine\n\\alice\n\n\"|/bin/vacation\"\n");
  const Lines nodes = nodes_of(host.trace("alice@example.com"), Step::forward);
  CHECK(nodes == Lines{".forward: \\alice, \"|/bin/vacation\""});
}

TEST_CASE("a refused extension of a known user is explained") {
  SmallHost host;
  host.main_cf("recipient_delimiter =\nlocal_recipient_maps = inline:{ {bob=x} }\n");
  const Lines notes = nodes_of(host.trace("bob+shop@example.com", Stage::full), Step::note);
  REQUIRE(notes.size() == 1);
  CHECK(notes.front() == "bob@example.com would be accepted: recipient_delimiter has no '+': ");
}

TEST_CASE("equal inputs make equal traces") {
  SmallHost host;
  host.alias("team", "alice, bob, x@remote.test").forward("alice", "carol, \\alice\n");
  const Lines first = host.lands("team@example.com");
  CHECK(first == host.lands("team@example.com"));
}

/// "STEP subject: detail source" of the nodes of some steps.
Lines nodes_of(const Trace& trace, std::initializer_list<Step> steps) {
  Lines lines;
  for (std::uint32_t i = 0; i < trace.size(); ++i) {
    const TraceNode& node = trace.node(NodeId{i});
    if (std::find(steps.begin(), steps.end(), node.step) != steps.end()) {
      lines.push_back(node.subject + ": " + node.detail +
                      (node.source ? " " + to_string(*node.source) : ""));
    }
  }
  return lines;
}

TEST_CASE("a step says which parameter made another domain of an address") {
  struct Row {
    std::string main_cf;
    std::string recipient;
    Lines rewritten;
  };
  const Row rows[] = {
      {"", R"("info@shop.example"@example.com)", {"resolve_dequoted_address: info@shop.example"}},
      {"resolve_dequoted_address = yes",
       R"("info@shop.example"@example.com)",
       {"resolve_dequoted_address: info@shop.example /etc/postfix/main.cf:8"}},
      {"resolve_dequoted_address = no", R"("info@shop.example"@example.com)", {}},
      {"", "info%shop.example@example.com", {"allow_percent_hack: info@shop.example"}},
      {"", "shop.example!info@example.com", {"swap_bangpath: info@shop.example"}},
      {"", "alice@example.com", {}},
  };
  for (const Row& row : rows) {
    INFO(row.recipient << " " << row.main_cf);
    SmallHost host;
    host.main_cf(row.main_cf);
    CHECK(nodes_of(host.trace(row.recipient, Stage::full), {Step::rewrite}) == row.rewritten);
  }
  SmallHost host;
  host.alias("list", R"("info@shop.example"@example.com)");
  CHECK(nodes_of(host.trace("list@example.com"), {Step::rewrite}) ==
        Lines{"resolve_dequoted_address: info@shop.example"});
}

TEST_CASE("a refusal names the key that was found, as an acceptance does") {
  SmallHost host;
  host.main_cf("relocated_maps = inline:{alice@example.com=new}\n");
  const Lines lines =
      nodes_of(host.trace("alice@example.com", Stage::full), {Step::recipient_check});
  REQUIRE(lines.size() == 2);
  CHECK(lines[1] == "relocated_maps alice@example.com: ");
}

TEST_CASE("the rights of default_privs have a reason") {
  SmallHost host;
  host.alias("list", "\"|archive\", /srv/box").forward("root", "/root/x\n");
  host.world().add_account({"daemon", 1, 1, "/", "/bin/sh"});
  const Trace of_list = host.trace("list@example.com");
  for (const NodeId id : of_list.leaves()) {
    CHECK(*of_list.leaf(id).rights_reason == "hash:/etc/aliases belongs to root");
  }
  const Trace of_root = host.trace("root@example.com");
  CHECK(*of_root.leaf(of_root.leaves().front()).rights_reason == "root has uid 0");
  host.forward("alice", "/srv/x\n");
  const Trace of_alice = host.trace("alice@example.com");
  CHECK(of_alice.node(of_alice.leaves().front()).leaf->rights_reason->empty());
}

TEST_CASE("the surroundings of a command are shown where they are wanted") {
  SmallHost host;
  host.main_cf("command_execution_directory = $home\n").forward("alice", "|archive\n");
  ResolveRequest request;
  request.recipient.address = {"alice", "example.com"};
  CHECK(nodes_of(host.trace(request), {Step::surroundings}) == Lines{});
  request.shows_surroundings = true;
  CHECK(nodes_of(host.trace(request), {Step::surroundings}) ==
        Lines{"directory: /home/alice /etc/postfix/main.cf:8", "MAIL_CONFIG: /etc/postfix",
              "PATH: /usr/bin:/bin"});
  CHECK(leaf_lines(host.trace(request)) == Lines{"command:archive alice@example.com as alice"});
}

}  // namespace
}  // namespace lastmile::test

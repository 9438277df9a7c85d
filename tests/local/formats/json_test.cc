// SPDX-License-Identifier: Apache-2.0
#include "local/formats/json.h"

#include <fstream>
#include <sstream>

#include "tests/local/sample_trace.h"
#include "tests/support/catch.h"
#include "tests/support/json_schema.h"
#include "tests/support/places.h"
#include "transports/postfix_release.h"

namespace lastmile::test {
namespace {

Json read_schema(const std::string& name) {
  std::ifstream in(source_directory() + "/docs/" + name);
  std::ostringstream text;
  text << in.rdbuf();
  const auto schema = parse_json(text.str());
  REQUIRE(schema);
  return *schema;
}

std::string printed(const Trace& trace) {
  std::ostringstream out;
  print_json(out, trace);
  return out.str();
}

std::string printed(const FinalStatus& status) {
  std::ostringstream out;
  print_status_json(out, status);
  return out.str();
}

Json parsed(const std::string& text) {
  INFO(text);
  const auto value = parse_json(text);
  REQUIRE(value);
  return *value;
}

std::string text_of(std::string_view value) {
  std::ostringstream out;
  JsonWriter(out).text(value);
  return out.str();
}

/// Every step and every kind of destination.
Trace full_trace() {
  TraceBuilder build("all@example.com");
  for (int step = 0; step < static_cast<int>(Step::leaf); ++step) {
    if (static_cast<Step>(step) != Step::resubmitted) {
      build.add(build.root(), static_cast<Step>(step), "subject", "detail",
                SourcePos{"/etc/aliases", step});
    }
  }
  for (const Destination& destination :
       {Destination(Mailbox{"/var/mail/x"}), Destination(Maildir{"/home/x/Maildir/"}),
        Destination(File{"/file"}), Destination(Command{"/bin/cat", "", {}}),
        Destination(Lmtp{lmtp::InetEndpoint{"::1", "24"}, "lmtp"}),
        Destination(Transport{"uucp", "there"}), Destination(Remote{}),
        Destination(Bounce{"5.1.1"_dsn, "no"}), Destination(Defer{"4.3.0"_dsn, "later"}),
        Destination(Discard{})}) {
    build.add_leaf(build.root(), destination, "x@example.com", "", {}, "x");
  }
  return std::move(build).take();
}

TEST_CASE("JSON text is escaped, and valid for all octets") {
  struct Row {
    std::string_view text = {};
    std::string_view json = {};
  };
  const Row rows[] = {
      {"", R"("")"},
      {R"(a"b\c/)", R"("a\"b\\c/")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string_view("\0\x1f\x7f", 3), R"("\u0000\u001f\u007f")"},
      {"\xc2\x9b", R"("\u009b")"},
      {"é日😀", "\"é日😀\""},
      {"a\xff\xfe"
       "b",
       "\"a\uFFFD\uFFFDb\""},
      {"\xc0\xaf", "\"\uFFFD\uFFFD\""},                      // overlong
      {"\xed\xa0\x80", "\"\uFFFD\uFFFD\uFFFD\""},            // surrogate
      {"\xf4\x90\x80\x80", "\"\uFFFD\uFFFD\uFFFD\uFFFD\""},  // above U+10FFFF
      {"\xe6\x97", "\"\uFFFD\uFFFD\""},                      // cut
  };
  for (const Row& row : rows) {
    CHECK(text_of(row.text) == row.json);
  }
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const char octets[] = {static_cast<char>(first), static_cast<char>(second)};
      const std::string json = text_of(std::string_view(octets, 2));
      if (!parse_json(json)) {
        FAIL_CHECK("not JSON: octets " << first << ' ' << second << ": " << json);
      }
    }
  }
}

TEST_CASE("the JSON writer separates members and items") {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  json.member("a", 1);
  json.member("b", "x");
  json.key("c");
  json.begin_array();
  json.null();
  json.boolean(true);
  json.begin_object();
  json.end_object();
  json.number(-7);
  json.end_array();
  json.end_object();
  json.end_line();
  CHECK(out.str() == "{\"a\":1,\"b\":\"x\",\"c\":[null,true,{},-7]}\n");
}

TEST_CASE("a trace in JSON is one line that follows its schema") {
  const Json schema = read_schema("trace.schema.json");
  for (const std::string& line :
       {printed(sample_trace()), printed(full_trace()), printed(TraceBuilder("x@y").trace())}) {
    CHECK(line.find('\n') == line.size() - 1);
    CHECK(validate(parsed(line), schema).empty());
  }
}

TEST_CASE("a trace in JSON tells what port 25 says, and by what mail leaves") {
  TraceBuilder build("x");
  build.add(build.root(), Step::recipient_check, "RCPT", "550 5.1.1 <x@y>: no");
  build.add_leaf(build.root(), Remote{"smtp", "[10.0.0.5]:25"}, "x@y");
  const std::string line = printed(build.trace());
  CHECK(validate(parsed(line), read_schema("trace.schema.json")).empty());
  CHECK(line.find(R"("rcpt":{"code":"550","dsn":"5.1.1","text":"<x@y>: no"})") !=
        std::string::npos);
  CHECK(line.find(R"("via":"smtp:[10.0.0.5]:25")") != std::string::npos);
}

TEST_CASE("a trace in JSON says whose rules it follows, where that is known") {
  const PostfixRelease release(PostfixVersion{3, 10, 13}, "lastmile_postfix_version");
  std::ostringstream out;
  print_json(out, full_trace(), &release);
  const Json line = parsed(out.str());
  CHECK(validate(line, read_schema("trace.schema.json")).empty());
  CHECK_THAT(
      out.str(),
      Catch::Contains(R"("postfix":{"version":"3.10.13","from":"lastmile_postfix_version"})"));
  CHECK_THAT(printed(full_trace()), !Catch::Contains("\"postfix\""));
}

TEST_CASE("the schema refuses what a trace is not") {
  const Json schema = read_schema("trace.schema.json");
  const std::string good = printed(full_trace());
  struct Row {
    std::string from = {};
    std::string to = {};
    std::string fault = {};
  };
  const Row rows[] = {
      {R"("version":1)", R"("version":2)", "/version: violates \"const\""},
      {R"("version":1,)", "", ": no member \"version\""},
      {R"("step":"alias")", R"("step":"alyas")", "violates \"enum\""},
      {R"("kind":"file",)", "", "no member \"kind\""},
      {R"("kind":"file")", R"("kind":"file","more":1)", "unknown member \"more\""},
      {R"("dsn":"5.1.1")", R"("dsn":"6.1.1")", "violates \"pattern\""},
      {R"("line":2)", R"("line":0)", "violates \"minimum\""},
      {R"("line":2)", R"("line":"2")", "violates \"type\""},
  };
  for (const Row& row : rows) {
    std::string bad = good;
    const auto position = bad.find(row.from);
    REQUIRE(position != std::string::npos);
    bad.replace(position, row.from.size(), row.to);
    CHECK_THAT(validate(parsed(bad), schema), Catch::Contains(row.fault));
  }
}

TEST_CASE("a trace in JSON says what the tree says") {
  const Json json = parsed(printed(sample_trace()));
  CHECK(json.at("address").string == "root@example.com");
  const Json& alias = json.at("tree").at("children").items.at(1);
  CHECK(alias.at("step").string == "alias");
  CHECK(alias.at("detail").string == "alice, ops@partner.example");
  CHECK(alias.at("source").at("file").string == "/etc/aliases");
  CHECK(alias.at("source").at("line").number == 3);
  const Json& account = alias.at("children").items.at(0).at("children").items.at(0);
  CHECK(account.at("source").find("line") == nullptr);

  const auto& destinations = json.at("destinations").items;
  REQUIRE(destinations.size() == 3);
  CHECK(destinations[0].at("kind").string == "lmtp");
  CHECK(destinations[0].at("target").string == "unix:/var/imap/socket/lmtp");
  CHECK(destinations[0].at("recipient").string == "alice@example.com");
  CHECK(destinations[1].at("user").string == "alice");
  CHECK(destinations[1].at("sender").string == "sender@example.net");
  CHECK(destinations[2].at("target").string == "ops@partner.example");
}

TEST_CASE("JSON gives a bounce its code and text, and the null sender as nothing") {
  TraceBuilder build("x@example.com");
  Leaf leaf;
  leaf.destination = Bounce{"5.1.1"_dsn, "unknown user: \"x\""};
  leaf.recipient.address = split_address("a b@example.com");
  build.add_leaf(build.root(), leaf);
  const Json json = parsed(printed(build.trace()));
  const Json& bounce = json.at("destinations").items.at(0);
  CHECK(bounce.at("target").string == "5.1.1 unknown user: \"x\"");
  CHECK(bounce.at("dsn").string == "5.1.1");
  CHECK(bounce.at("text").string == "unknown user: \"x\"");
  CHECK(bounce.at("recipient").string == "\"a b\"@example.com");
  CHECK(bounce.at("sender").string.empty());
}

TEST_CASE("JSON of a tree may be deeper than any stack") {
  TraceBuilder build("x@example.com");
  NodeId parent = build.root();
  constexpr int kDepth = 100000;
  for (int i = 0; i < kDepth; ++i) {
    parent = build.add(parent, Step::alias, "a");
  }
  const std::string line = printed(build.trace());
  CHECK(std::count(line.begin(), line.end(), '[') == kDepth + 2);
  CHECK(std::count(line.begin(), line.end(), ']') == kDepth + 2);
}

TEST_CASE("a delivery status in JSON is one line that follows its schema") {
  const Json schema = read_schema("deliver.schema.json");
  FinalStatus status;
  status.to = "alice@example.com";
  status.orig_to = "root@example.com";
  status.agent = "lmtp";
  status.status.outcome = DeliveryStatus::Outcome::delivered;
  status.status.code = "2.1.5"_dsn;
  status.status.text = "250 2.1.5 Ok\n\xff";
  const std::string line = printed(status);
  CHECK(line == R"({"to":"alice@example.com","orig_to":"root@example.com",)"
                R"("agent":"lmtp","relay":"lmtp","dsn":"2.1.5","status":"sent",)"
                R"("text":"250 2.1.5 Ok\n)"
                "\uFFFD\"}\n");
  CHECK(validate(parsed(line), schema).empty());

  status.status.outcome = DeliveryStatus::Outcome::deferred;
  status.status.relay = "mail.example.com[/run/lmtp]";
  const Json json = parsed(printed(status));
  CHECK(json.at("relay").string == "mail.example.com[/run/lmtp]");
  CHECK(json.at("dsn").string == "4.0.0");
  CHECK(json.at("status").string == "deferred");
  CHECK(validate(json, schema).empty());
}

}  // namespace
}  // namespace lastmile::test

// SPDX-License-Identifier: Apache-2.0
#include "local/delivering/plan_jobs.h"

#include "aliases/address.h"
#include "tests/support/catch.h"

namespace lastmile::test {
namespace {

/// A trace of one recipient with one leaf.
Trace trace_of(const std::string& recipient, Destination destination) {
  TraceNode root;
  root.step = Step::address;
  root.subject = recipient;
  Trace trace(root);
  Leaf leaf;
  leaf.destination = std::move(destination);
  leaf.recipient = Recipient{*parse_address(recipient), recipient, {}, {}};
  TraceNode node;
  node.step = Step::leaf;
  trace.add(trace.root(), node, std::move(leaf));
  return trace;
}

Destination lmtp_of(const std::string& service) {
  Lmtp server;
  server.endpoint = lmtp::parse_endpoint("unix:/run/lmtp").endpoint;
  server.service = service;
  return server;
}

/// How many recipients each job has: "2 2 1".
std::string sizes(const std::vector<Trace>& traces, std::size_t limit) {
  const auto jobs = plan_jobs(traces, [limit](const std::string& /*service*/) { return limit; });
  std::string text;
  for (const PlannedJob& planned : jobs) {
    text += (text.empty() ? "" : " ") + std::to_string(planned.leaves.size());
  }
  return text;
}

}  // namespace

TEST_CASE("recipients of one LMTP server share a job up to the limit of their service") {
  std::vector<Trace> traces;
  for (int i = 0; i < 5; ++i) {
    traces.push_back(trace_of("user" + std::to_string(i) + "@example.com", lmtp_of("lmtp")));
  }
  CHECK(sizes(traces, 0) == "5");
  CHECK(sizes(traces, 1) == "1 1 1 1 1");
  CHECK(sizes(traces, 2) == "2 2 1");
  CHECK(sizes(traces, 50) == "5");
}

TEST_CASE("recipients of one LMTP server are sorted before they are divided") {
  std::vector<Trace> traces;
  for (const char* const recipient : {"two@b.test", "Three@b.test", "one@b.test", "zoe@a.test"}) {
    traces.push_back(trace_of(recipient, lmtp_of("lmtp")));
  }
  std::string text;
  for (const PlannedJob& planned :
       plan_jobs(traces, [](const std::string& /*service*/) { return std::size_t{2}; })) {
    for (const LeafRef leaf : planned.leaves) {
      text += to_external(traces[leaf.trace].leaf(leaf.node).recipient.address) + ' ';
    }
    text += "| ";
  }
  CHECK(text == "zoe@a.test Three@b.test | one@b.test two@b.test | ");
}

TEST_CASE("recipients of a service that names the recipient in a header share no job") {
  Destination alone = lmtp_of("lmtp");
  std::get<Lmtp>(alone).one_each = true;
  std::vector<Trace> traces;
  traces.push_back(trace_of("alice@example.com", alone));
  traces.push_back(trace_of("bob@example.com", alone));
  CHECK(sizes(traces, 50) == "1 1");
}

TEST_CASE("each service is asked for its own limit, once") {
  std::vector<Trace> traces;
  for (int i = 0; i < 6; ++i) {
    traces.push_back(trace_of("user" + std::to_string(i) + "@example.com", lmtp_of("lmtp")));
  }
  std::vector<std::string> asked;
  const auto jobs = plan_jobs(traces, [&asked](const std::string& service) {
    asked.push_back(service);
    return std::size_t{4};
  });
  CHECK(jobs.size() == 2);
  CHECK(asked == std::vector<std::string>{"lmtp"});
}

TEST_CASE("what needs no agent is no job, and a mailbox is one of its own") {
  std::vector<Trace> traces;
  traces.push_back(trace_of("nosuch@example.com", Bounce{"5.1.1"_dsn, "unknown user"}));
  traces.push_back(trace_of("later@example.com", Defer{"4.3.0"_dsn, "later"}));
  traces.push_back(trace_of("none@example.com", Discard{}));
  CHECK(sizes(traces, 50).empty());
  traces.push_back(trace_of("alice@example.com", Mailbox{}));
  traces.push_back(trace_of("alice@example.com", Mailbox{}));
  CHECK(sizes(traces, 50) == "1 1");
}

}  // namespace lastmile::test

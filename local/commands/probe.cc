// SPDX-License-Identifier: Apache-2.0
#include <sysexits.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "aliases/text.h"
#include "aliases/whole_number.h"
#include "local/address_argument.h"
#include "local/commands/commands.h"
#include "local/commands/inquiry.h"
#include "local/commands/parse_options.h"
#include "local/formats/json.h"
#include "local/host.h"
#include "local/probing/print_probe.h"
#include "local/questions/address_json.h"
#include "local/questions/survey.h"
#include "transports/agents/lmtp_agent.h"
#include "transports/agents/lmtp_options.h"

namespace lastmile {
namespace {

constexpr int kTemporary = 1;
constexpr int kWrong = 2;

/// What the options ask for.
struct ProbeTerms {
  Address sender = {};
  std::size_t recipients = 3;
  std::chrono::seconds timeout = std::chrono::seconds(5);
};

Result<ProbeTerms> read_terms(const Options& options) {
  constexpr long kMostRecipients = 100;
  constexpr long kLongestTimeout = 3600;
  ProbeTerms terms;
  auto sender = parse_address_argument(options.text("sender"));
  if (!sender) {
    return std::move(sender).error();
  }
  terms.sender = *std::move(sender);
  const auto recipients = whole_number<long>(options.text("recipients"));
  if (!recipients || *recipients < 1 || *recipients > kMostRecipients) {
    return malformed("--recipients " + options.text("recipients") + ": not a number from 1 to 100");
  }
  const auto timeout = whole_number<long>(options.text("timeout"));
  if (!timeout || *timeout < 1 || *timeout > kLongestTimeout) {
    return malformed("--timeout " + options.text("timeout") + ": not a number from 1 to 3600");
  }
  terms.recipients = static_cast<std::size_t>(*recipients);
  terms.timeout = std::chrono::seconds(*timeout);
  return terms;
}

/// The servers to which the given addresses lead.
Result<Ok> add_given(Host& host, const Options& options, const ProbeTerms& terms,
                     ProbedServers& servers) {
  SurveyTerms survey_terms;
  survey_terms.sender = terms.sender;
  survey_terms.use = TableUse::explain;
  Survey survey(host.settings(), host.world(), survey_terms);
  for (const std::string& word : options.words()) {
    const auto trace = survey.trace(word);
    if (!trace) {
      return trace.error();
    }
    servers.add(*trace, true);
  }
  return Ok{};
}

/// Those to which any known address leads.
Result<Ok> add_all(Invocation& invocation, const ProbeTerms& terms, ProbedServers& servers,
                   Coverage& coverage) {
  InquiryTerms inquiry_terms;
  inquiry_terms.sender = terms.sender;
  auto inquiry = Inquiry::open(invocation.options, inquiry_terms);
  if (!inquiry) {
    return std::move(inquiry).error();
  }
  return ask_all(invocation, **inquiry, coverage,
                 [&](const KnownAddress& known, const Trace& /*trace*/, const Outcome& outcome) {
                   const bool has_server = std::ranges::any_of(
                       outcome.landings,
                       [](const Landing& landing) { return landing.words.kind == "lmtp"; });
                   if (has_server) {
                     // Once more, with the line of each step.
                     servers.add((*inquiry)->explainer().trace(known.address), !is_wildcard(known));
                   }
                   return true;
                 });
}

/// Asks one server as lmtp(8) would, up to RCPT.
ProbeReport probe(Host& host, const ProbedServer& server, const ProbeTerms& terms) {
  const std::vector<AskedRecipient> asked = recipients_to_ask(server, host.settings());
  ProbeReport report{.server = server};
  Job job;
  job.destination = server.server;
  job.service = server.server.service;
  job.envelope.sender = terms.sender;
  for (const AskedRecipient& one : asked) {
    Recipient recipient;
    recipient.address = one.address;
    recipient.original = to_external(one.address);
    job.recipients.push_back(std::move(recipient));
  }
  ServerAnswers answers;
  const Settings& settings = host.settings().of_service(server.server.service);
  AgentContext context{.settings = settings, .system = real_system()};
  context.world = &host.world();
  context.asks_within = terms.timeout;
  context.note = [&](const std::string&, const std::string& line) {
    answers.has_greeted = answers.has_greeted || line == kOffer;
    if (line.starts_with(kOffer) && line != kOffer) {
      answers.offers.push_back(line.substr(kOffer.size()));
    }
  };
  std::vector<std::string> warnings;
  context.warn_once = [&warnings](const std::string& line) { warnings.push_back(line); };
  const auto rights = rights_to_connect(host.settings());
  report.as = !is_root() ? "the caller, not as lmtp(8) does"
              : rights   ? describe(rights->rights)
                         : "";
  if (const auto empty = SpooledMessage::from_text("")) {
    answers.statuses = deliver_to_lmtp(server.server, job, *empty, context);
  }
  report.offers = answers.offers;
  report.steps = judge_answers(asked, answers, host.settings());
  for (const std::string& warning : warnings) {
    report.steps.push_back(
        {.step = "session", .verdict = ProbeVerdict::temporary, .text = warning});
  }
  return report;
}

/// What the servers came to in all.
struct ProbeCounts {
  std::size_t fine = 0;
  std::size_t temporary = 0;
  std::size_t wrong = 0;

  void add(ProbeVerdict verdict) {
    fine += verdict == ProbeVerdict::fine ? 1 : 0;
    temporary += verdict == ProbeVerdict::temporary ? 1 : 0;
    wrong += verdict == ProbeVerdict::wrong ? 1 : 0;
  }
};

void write_summary(std::ostream& out, const ProbeCounts& counts) {
  JsonWriter json(out);
  begin_record(json, "summary");
  json.member("fine", static_cast<std::int64_t>(counts.fine));
  json.member("temporary", static_cast<std::int64_t>(counts.temporary));
  json.member("wrong", static_cast<std::int64_t>(counts.wrong));
  json.end_object();
  json.end_line();
}

void print_summary(std::ostream& out, const ProbeCounts& counts) {
  const std::size_t total = counts.fine + counts.temporary + counts.wrong;
  out << '\n'
      << total << (total == 1 ? " server: " : " servers: ") << counts.fine << " as expected, "
      << counts.temporary << " with something temporary, " << counts.wrong << " with faults\n";
}

int probe_all(Invocation& invocation, Host& host, const Options& options, const ProbeTerms& terms,
              const ProbedServers& servers) {
  ProbeCounts counts;
  std::ostringstream recorded;
  for (const ProbedServer& server : servers.servers()) {
    const ProbeReport report = probe(host, server, terms);
    counts.add(worst_of(report.steps));
    print_probe_json(recorded, report);
    if (options.has("json")) {
      print_probe_json(invocation.out, report);
    } else {
      print_probe(invocation.out, report, invocation.options.config_directory);
    }
    invocation.out.flush();
  }
  write_summary(recorded, counts);
  if (options.has("record")) {
    WholeFile file(options.text("record"));
    file.stream() << recorded.str();
    if (auto written = file.commit(); !written) {
      return fail(invocation, "probe", written.error().message(), EX_IOERR);
    }
  }
  if (options.has("json")) {
    write_summary(invocation.out, counts);
  } else if (servers.servers().empty()) {
    invocation.out << "no address leads to an LMTP server\n";
  } else {
    print_summary(invocation.out, counts);
  }
  return counts.wrong > 0 ? kWrong : counts.temporary > 0 ? kTemporary : 0;
}

}  // namespace

int run_probe(Invocation& invocation) {
  const ParsedOptions parsed = parse_options(invocation, "probe [OPTIONS] [ADDRESS...]");
  if (parsed.exit_status) {
    return *parsed.exit_status;
  }
  const Options& options = parsed.values;
  const auto terms = read_terms(options);
  if (!terms) {
    return fail(invocation, "probe", terms.error().message(), EX_USAGE);
  }
  if (!invocation.options.root.empty() || !invocation.options.site.empty()) {
    return fail(invocation, "probe", "a tree or a site file has no servers; ask on the host itself",
                EX_USAGE);
  }
  auto host = Host::open(invocation.options);
  if (!host) {
    return fail(invocation, "probe", host.error().message(), kTemporary);
  }
  ProbedServers servers(terms->recipients);
  Coverage coverage;
  const auto added = options.words().empty() ? add_all(invocation, *terms, servers, coverage)
                                             : add_given(**host, options, *terms, servers);
  if (!added) {
    return fail(invocation, "probe", added.error().message(),
                options.words().empty() ? kTemporary : EX_USAGE);
  }
  const int status = probe_all(invocation, **host, options, *terms, servers);
  if (!options.has("json") && options.words().empty()) {
    print_coverage(invocation.out, coverage);
  }
  return status;
}

}  // namespace lastmile

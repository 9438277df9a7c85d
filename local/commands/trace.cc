// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <istream>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "aliases/text.h"
#include "local/address_argument.h"
#include "local/commands/commands.h"
#include "local/commands/parse_options.h"
#include "local/commands/stage_option.h"
#include "local/delivering/content_rules.h"
#include "local/formats/format.h"
#include "local/formats/recipient_reply.h"
#include "local/host.h"
#include "local/questions/map_page.h"
#include "local/questions/outcome.h"
#include "local/questions/survey.h"
#include "transports/agents/spooled_message.h"
#include "transports/errno_status.h"

namespace lastmile {

namespace {

/// The page of `map`, for the addresses that are asked for.
class PageFormatter final : public Formatter {
 public:
  PageFormatter(std::ostream& out, Commands commands) : page_(make_map_page(out, commands)) {}

  void print(std::ostream& /*out*/, const Trace& trace) override {
    const Outcome outcome = outcome_of(trace);
    auto address = parse_address(outcome.address);
    const KnownAddress known{address ? *std::move(address) : split_address(outcome.address),
                             Mark::given};
    coverage_.add(known);
    if (outcome.fate() == Fate::undecided) {
      ++coverage_.unanswered[outcome.reason()];
    }
    page_->add(known, trace, outcome);
  }

  void end(std::ostream& /*out*/) override {
    // A page is written, never sent: what went wrong is for the stream to say.
    static_cast<void>(page_->end(coverage_));
  }

 private:
  std::unique_ptr<MapReport> page_;
  Coverage coverage_ = {};
};

std::string format_of(const Options& values) {
  return values.has("json") ? "json" : values.text("format");
}

std::unique_ptr<Formatter> formatter_of(const Options& values, const Invocation& invocation) {
  const std::string format = format_of(values);
  if (format == "html") {
    return std::make_unique<PageFormatter>(
        invocation.out, values.has("with-commands") ? Commands::shown : Commands::redacted);
  }
  return make_formatter(format, invocation);
}

/// Resolves addresses one after the other and prints each trace at once.
class Tracer {
 public:
  Tracer(Invocation& invocation, Survey& survey, Formatter& formatter)
      : invocation_(invocation), survey_(survey), formatter_(formatter) {}

  void trace(const std::string& text) {
    const auto trace = survey_.trace(text);
    if (!trace) {
      fail(invocation_, "trace", trace.error().message(), EX_USAGE);
      some_are_none_ = true;
      return;
    }
    report(*trace);
  }

  int exit_status() const {
    return some_are_none_ ? EX_USAGE : some_fail_ ? kSomeFail : undecided_ ? kUndecided : 0;
  }

 private:
  void report(const Trace& trace) {
    for (const NodeId id : trace.leaves()) {
      const Destination& destination = trace.leaf(id).destination;
      some_fail_ = some_fail_ || std::holds_alternative<Bounce>(destination);
      undecided_ = undecided_ || std::holds_alternative<Defer>(destination);
    }
    if (const auto reply = recipient_reply(trace)) {
      some_fail_ = some_fail_ || reply->is_refusal();
      undecided_ = undecided_ || reply->is_deferral();
    }
    formatter_.print(invocation_.out, trace);
  }

  Invocation& invocation_;
  Survey& survey_;
  Formatter& formatter_;
  bool some_are_none_ = false;  ///< What was given is no address.
  bool some_fail_ = false;
  bool undecided_ = false;
};

/// Reads an address from each line; blank lines and lines that begin with '#' say nothing. Tables
/// are let go of before each wait for more input: nobody who writes them waits for a slow reader.
Result<Ok> trace_lines(Invocation& invocation, Survey& survey, Tracer& tracer) {
  return read_lines(
      invocation, "address", [&survey] { survey.release_tables(); },
      [&tracer](const std::string& line) {
        const auto text = trim(line);
        if (text.empty() || text.front() == '#') {
          return false;
        }
        tracer.trace(std::string(text));
        return true;
      });
}

/// The message that the addresses are traced for; an empty one where none is named.
Result<SpooledMessage> read_message(const Options& values, ContentRules rules) {
  if (!values.has("message")) {
    return SpooledMessage::from_text("");
  }
  const std::string path = values.text("message");
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return unavailable("--message: cannot open " + path + ": " + error_text(errno));
  }
  auto message = SpooledMessage::spool(file, rules);
  static_cast<void>(close(file));
  return message;
}

/// The client that the options describe; without them a stranger of whom nothing is known.
Result<SmtpClient> client_of(const Options& values) {
  SmtpClient client;
  if (values.has("client")) {
    auto given = parse_client(values.text("client"));
    if (!given) {
      return std::move(given).error();
    }
    client = *std::move(given);
    client.helo = client.name == "unknown" ? '[' + client.address + ']' : client.name;
  }
  client.helo = values.has("helo") ? values.text("helo") : client.helo;
  client.user = values.text("sasl");
  client.tls = values.has("tls");
  return client;
}

/// Many addresses see one state of the tables, which are then opened once. Lines that nobody sees
/// are not looked for.
TableUse table_use(const Options& values, std::string_view format) {
  if (!shows_reasons(format)) {
    return TableUse::list;
  }
  const auto& addresses = values.words();
  const bool from_stdin = std::find(addresses.begin(), addresses.end(), "-") != addresses.end();
  return from_stdin ? TableUse::survey : TableUse::explain;
}

/// What is asked for every address, but for who sends what.
SurveyTerms terms_of(const Options& values, const Invocation& invocation) {
  const std::string format = format_of(values);
  SurveyTerms terms;
  terms.use = table_use(values, format);
  terms.shows_restrictions = invocation.options.verbosity > 0;
  terms.shows_surroundings = invocation.options.verbosity > 0;
  terms.misses = !shows_reasons(format)             ? Misses::hidden
                 : invocation.options.verbosity > 0 ? Misses::all
                                                    : Misses::of_refusals;
  return terms;
}

}  // namespace

int run_trace(Invocation& invocation) {
  const auto options = parse_options(invocation, "trace [OPTIONS] ADDRESS... | -");
  if (options.exit_status) {
    return *options.exit_status;
  }
  const bool as_delivered = options.values.has("as-delivered");
  const auto stage = as_delivered ? Stage::local : parse_stage(options.values.text("stage"));
  LM_CHECK(stage);
  if (options.values.words().empty()) {
    return fail(invocation, "trace", "no address; '-' reads them from standard input", EX_USAGE);
  }
  auto sender = parse_address_argument(options.values.text("sender"));
  if (!sender) {
    return fail(invocation, "trace", sender.error().message(), EX_USAGE);
  }
  auto host = Host::open(invocation.options);
  if (!host) {
    return fail(invocation, "trace", host.error().message(), kUndecided);
  }
  auto message = read_message(options.values, content_rules(*stage, (*host)->settings()));
  if (!message) {
    return fail(invocation, "trace", message.error().message(), EX_USAGE);
  }
  const auto entry = entry_of(options.values, *stage, (*host)->settings());
  if (!entry) {
    return fail(invocation, "trace", "--via: " + entry.error().message(), EX_USAGE);
  }
  const auto client = client_of(options.values);
  if (!client) {
    return fail(invocation, "trace", "--client: " + client.error().message(), EX_USAGE);
  }
  const auto formatter = formatter_of(options.values, invocation);
  LM_CHECK(formatter != nullptr);
  formatter->follow(*(*host)->settings().postfix);
  SurveyTerms terms = terms_of(options.values, invocation);
  if (options.values.has("message")) {
    auto content = checked_content(*message, *stage);
    if (!content) {
      return fail(invocation, "trace", content.error().message(), kUndecided);
    }
    terms.content = *std::move(content);
  }
  terms.sender = *std::move(sender);
  terms.stage = *stage;
  terms.entry = *entry;
  terms.received_headers = static_cast<long>(message->received_headers());
  terms.delivered_to = message->delivered_to();
  terms.client = *client;
  Survey survey((*host)->settings(), (*host)->world(), terms);
  Tracer tracer(invocation, survey, *formatter);
  formatter->begin(invocation.out);
  for (const std::string& text : options.values.words()) {
    if (text != "-") {
      tracer.trace(text);
    } else if (auto read = trace_lines(invocation, survey, tracer); !read) {
      return fail(invocation, "trace", read.error().message(), EX_USAGE);
    }
  }
  formatter->end(invocation.out);
  return tracer.exit_status();
}

}  // namespace lastmile

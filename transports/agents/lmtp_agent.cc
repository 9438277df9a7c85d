// SPDX-License-Identifier: Apache-2.0
#include "transports/agents/lmtp_agent.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "aliases/address.h"
#include "aliases/text.h"
#include "aliases/tokens.h"
#include "lmtpclient/client.h"
#include "transports/address_class.h"
#include "transports/agents/client_tables.h"
#include "transports/agents/declared_body.h"
#include "transports/agents/lmtp_connections.h"
#include "transports/agents/lmtp_courier.h"
#include "transports/agents/lmtp_options.h"
#include "transports/agents/message_age.h"
#include "transports/agents/sasl_options.h"
#include "transports/agents/tls_options.h"
#include "transports/client_rules.h"
#include "transports/domain_syntax.h"
#include "transports/errno_status.h"
#include "transports/parameter_reader.h"

namespace lastmile {
namespace {

std::vector<DeliveryStatus> same_for_all(const Job& job, EnhancedStatus code,
                                         const std::string& text) {
  return {job.recipients.size(), status_with(code, text)};
}

// ---- what is sent

/// A header is one line, whatever an address may hold.
void add_header(std::string& lines, std::string_view name, std::string value) {
  std::replace_if(
      value.begin(), value.end(), [](char c) { return c == '\n' || c == '\r' || c == '\0'; }, '?');
  lines.append(name).append(": ").append(value).append("\n");
}

/// \param job  with addresses as they are outside of this host
std::string prepended_headers(const LmtpFlags& flags, const Job& job) {
  std::string lines;
  if (flags.return_path) {
    add_header(lines, "Return-Path", '<' + to_external(job.envelope.sender) + '>');
  }
  if (flags.original_to && !job.recipients[0].original.empty()) {
    add_header(lines, "X-Original-To", job.recipients[0].original);
  }
  if (flags.delivered_to) {
    add_header(lines, "Delivered-To", to_external(job.recipients[0].address));
  }
  return lines;
}

/// Why the headers that the service wants cannot be added.
std::optional<DeliveryStatus> objection_to_headers(const LmtpFlags& flags, const Job& job,
                                                   const SpooledMessage& message) {
  // A header for one recipient must not tell another of it.
  if (flags.name_recipient() && job.recipients.size() > 1) {
    return status_with("4.3.5"_dsn, "mail system configuration error");
  }
  if (flags.delivered_to) {
    const std::string recipient = to_external(job.recipients[0].address);
    if (message.has_been_at(recipient)) {
      return status_with("5.4.6"_dsn, "mail forwarding loop for " + recipient);
    }
  }
  return std::nullopt;
}

/// \see RFC 3461 section 4.1. Nothing is said where nothing was.
std::string notify_words(const DsnNotify& notify) {
  if (!notify.is_asked) {
    return "";
  }
  if (notify.never) {
    return "NEVER";
  }
  const std::pair<bool, std::string_view> words[] = {
      {notify.on_success, "SUCCESS"}, {notify.on_failure, "FAILURE"}, {notify.on_delay, "DELAY"}};
  std::string result;
  for (const auto& [is_wanted, word] : words) {
    if (is_wanted) {
      result.append(result.empty() ? "" : ",").append(word);
    }
  }
  return result;
}

lmtp::ReturnContent return_content(ReturnedContent content) {
  switch (content) {
    case ReturnedContent::full:
      return lmtp::ReturnContent::full;
    case ReturnedContent::headers:
      return lmtp::ReturnContent::headers;
    case ReturnedContent::undeclared:
      break;
  }
  return lmtp::ReturnContent::undeclared;
}

/// What the sender declared, or else what the message says of itself.
lmtp::BodyType body_type(const Envelope& envelope, const SpooledMessage& message,
                         const AgentContext& context) {
  if (envelope.body == DeclaredBody::seven_bit) {
    return lmtp::BodyType::seven_bit;
  }
  const auto detects = context.settings.main_cf.expand("detect_8bit_encoding_header");
  const bool looks = detects && *detects && equal_ignoring_case(trim(**detects), "yes");
  const bool is_eight_bit =
      envelope.body == DeclaredBody::eight_bit || (looks && declares_eight_bit(message));
  return is_eight_bit ? lmtp::BodyType::eight_bit_mime : lmtp::BodyType::undeclared;
}

/// By whose rules the addresses of a message were completed: those of this host for its own users
/// and clients. Nothing where other clients count as such. \see postconf(5),
/// local_header_rewrite_clients
std::string origin_domain(const ClientFacts& client, const AgentContext& context) {
  if (client.address.empty()) {
    return "LOCAL";
  }
  constexpr std::string_view kTag = "ipv6:";
  const bool has_tag = equal_ignoring_case(client.address.substr(0, kTag.size()), kTag);
  const auto address = canonical_ip_address(client.address.substr(has_tag ? kTag.size() : 0));
  const auto own = address && context.world != nullptr
                       ? is_own_address(*address, context.settings, *context.world)
                       : Result<Match>(Match::no);
  if (own && *own == Match::yes) {
    return "LOCAL";
  }
  const auto others = context.settings.main_cf.find("local_header_rewrite_clients");
  return own && (!others || !others->source) ? "REMOTE" : "";
}

/// What is known of where the message came from.
lmtp::MessageOrigin origin_of(const Envelope& envelope, const AgentContext& context) {
  const ClientFacts& client = envelope.client;
  return {client.hostname,
          client.address,
          client.port,
          client.protocol,
          client.helo,
          envelope.queue_id,
          origin_domain(client, context)};
}

/// An address as it was written, without the quotes.
std::string unquoted(const std::string& written) {
  const auto tokens = scan_tokens(written);
  return internal_form(written, tokens);
}

/// The job with addresses as they are to be known outside of this host. \see generic(5)
Result<Job> outside_job(const Job& job, const ClientTables& tables) {
  Job outside = job;
  if (!tables.has_generic_maps()) {
    return outside;
  }
  auto sender = tables.outside_address(job.envelope.sender);
  if (!sender) {
    return std::move(sender).error();
  }
  outside.envelope.sender = *std::move(sender);
  for (Recipient& recipient : outside.recipients) {
    auto address = tables.outside_address(recipient.address);
    if (!address) {
      return std::move(address).error();
    }
    recipient.address = *std::move(address);
    auto original = tables.outside_address(split_address(unquoted(recipient.original)));
    if (!original) {
      return std::move(original).error();
    }
    recipient.original = to_external(*original);
  }
  return outside;
}

/// \param outside  the job with addresses as they are outside of this host
lmtp::Transaction transaction_for(const Job& job, const Job& outside, const SpooledMessage& message,
                                  std::size_t prepended_size, std::size_t prepended_lines) {
  lmtp::Transaction transaction;
  transaction.sender = to_internal(outside.envelope.sender);
  transaction.envelope_id = job.envelope.envelope_id;
  transaction.return_content = return_content(job.envelope.returned_content);
  transaction.size = message.size() + message.newlines() + prepended_size + prepended_lines +
                     (message.ends_with_newline() || message.size() == 0 ? 0U : 2U);
  for (std::size_t i = 0; i < job.recipients.size(); ++i) {
    const Recipient& recipient = job.recipients[i];
    const std::string original =
        recipient.original.empty() ? "" : "rfc822;" + unquoted(recipient.original);
    transaction.recipients.push_back({to_internal(outside.recipients[i].address),
                                      notify_words(recipient.notify),
                                      recipient.orcpt.empty() ? original : recipient.orcpt});
  }
  return transaction;
}

void tell(const LogLines& log, const std::string& service, const AgentContext& context) {
  for (const LogLine& line : log) {
    if (line.is_warning && context.warn_once) {
      context.warn_once(line.text);
    } else if (!line.is_warning && context.note) {
      context.note(service, line.text);
    }
  }
}

// ---- how long it has waited

/// A server with whom TLS fails may be mended soon. Postfix asks how long a message has been in the
/// queue; here its first Received: header tells it. One that has none is not to wait for ever.
PlaintextFallback fallback_of(const SpooledMessage& message, const AgentContext& context) {
  ParameterReader reader(context.settings.main_cf);
  Setting<std::chrono::seconds> backoff;
  reader.duration("minimal_backoff_time", backoff, 's', std::chrono::seconds(1));
  const auto received = received_at(message);
  const bool has_waited =
      !received || context.system.now().tv_sec - *received >= backoff.value.count();
  return has_waited ? PlaintextFallback::allowed : PlaintextFallback::not_yet;
}

/// Each step has to be done within the limit of who asks.
void shorten(lmtp::Timeouts& timeouts, std::chrono::milliseconds limit) {
  for (auto* step : {&timeouts.connect, &timeouts.lhlo, &timeouts.starttls, &timeouts.xforward,
                     &timeouts.mail, &timeouts.rcpt, &timeouts.rset, &timeouts.quit}) {
    *step = *step == lmtp::Timeouts::Time::zero() ? limit : std::min(*step, limit);
  }
}

// ---- what a session needs

/// A parameter of the client by its name behind "lmtp_" or "smtp_", as it is set; empty: it is not.
std::string client_parameter(const Settings& settings, const Lmtp& server,
                             const std::string& name) {
  const std::string prefix = server.dialect == Dialect::lmtp ? "lmtp_" : "smtp_";
  return settings.service_parameter(server.service, prefix + name).value_or("");
}

/// Whether the log says what became of TLS. \see postconf(5), lmtp_log_tls_feature_status
bool logs_tls(const Settings& settings, const Lmtp& server) {
  return equal_ignoring_case(client_parameter(settings, server, "log_tls_feature_status"), "yes") &&
         settings.postfix->has(VersionRule::tls_in_log);
}

struct Preparation {
  Lmtp server = {};  ///< With the servers that take what it cannot.
  lmtp::ClientOptions options = {};
  lmtp::Quoting quoting = lmtp::Quoting::wanted;
  ClientTables tables;
};

/// How each server is to be talked to, and who logs in there.
Result<std::function<lmtp::ServerPlan(const lmtp::ServerAddress&)>> server_plans(
    const Lmtp& server, const Job& job, const SpooledMessage& message, const AgentContext& context,
    const std::shared_ptr<LogLines>& log) {
  auto plans = tls_plans(context.settings, server, fallback_of(message, context), context.world,
                         log, context.tls_sessions);
  if (!plans) {
    return std::move(plans).error();
  }
  auto logins = login_plans(context.settings, server, job.envelope.sender, context.world, log);
  if (!logins) {
    return std::move(logins).error();
  }
  return std::function<lmtp::ServerPlan(const lmtp::ServerAddress&)>(
      [tls = *std::move(plans), logins = *std::move(logins)](const lmtp::ServerAddress& address) {
        lmtp::ServerPlan plan = tls(address);
        plan.login = logins(address);
        // A password is not for a server that may be another one.
        plan.may_fall_back = plan.may_fall_back && !plan.login;
        return plan;
      });
}

/// \param log  gets what the session has to say
/// \return misconfigured, for a parameter that makes no sense
Result<Preparation> prepare(const Lmtp& server, const Job& job, const SpooledMessage& message,
                            const AgentContext& context, const std::shared_ptr<LogLines>& log) {
  auto servers = with_fallback_servers(context.settings, server);
  if (!servers) {
    return std::move(servers).error();
  }
  auto options = lmtp_client_options(context.settings, server);
  if (!options) {
    return std::move(options).error();
  }
  auto plans = server_plans(servers->server, job, message, context, log);
  if (!plans) {
    return std::move(plans).error();
  }
  auto tables = ClientTables::open(context.settings, server, context.world, log);
  if (!tables) {
    return std::move(tables).error();
  }
  options->plan = *std::move(plans);
  options->fallback_servers = servers->fallback_servers;
  options->session.content_rules = tables->content_rules(job.envelope.queue_id);
  options->session.reply_filter = tables->reply_filter();
  options->discard_keywords = tables->discard_keywords();
  options->warn = [log](const std::string& text) { log->push_back({true, text}); };
  options->nexthop = lmtp::as_written(server.endpoint);
  if (server.dialect == Dialect::smtp && context.world != nullptr) {
    options->is_own_address = [&settings = context.settings,
                               world = context.world](const std::string& address) {
      const auto own = is_own_address(address, settings, *world);
      return own && *own == Match::yes;
    };
  }
  const bool is_bare = equal_ignoring_case(
      client_parameter(context.settings, server, "quote_rfc821_envelope"), "no");
  return Preparation{std::move(servers->server), *std::move(options),
                     is_bare ? lmtp::Quoting::none : lmtp::Quoting::wanted, *std::move(tables)};
}

// ---- who does it

/// The message, where it is small enough to be given to whoever has a connection.
Result<std::optional<std::string>> small_content(const SpooledMessage& message) {
  constexpr std::size_t kSmall = std::size_t{64} * 1024;
  if (message.size() > kSmall) {
    return std::optional<std::string>();
  }
  auto content = message.beginning(message.size());
  if (!content) {
    return std::move(content).error();
  }
  return std::optional(*std::move(content));
}

/// What two transactions have in common that can go over one connection.
std::string manner_of(const Lmtp& server, const Preparation& prepared, const Job& job,
                      const SpooledMessage& message, const AgentContext& context) {
  std::string manner = server.service;
  manner += server.dialect == Dialect::lmtp ? " lmtp" : " smtp";
  manner += prepared.options.seeks_smtputf8 ? " smtputf8" : "";
  manner += fallback_of(message, context) == PlaintextFallback::allowed ? " fallback" : "";
  // Who logs in may depend on the sender.
  if (equal_ignoring_case(client_parameter(context.settings, server, "sasl_auth_enable"), "yes")) {
    manner += '\0' + to_internal(job.envelope.sender);
  }
  return manner;
}

/// \return misconfigured, for a parameter that makes no sense
Result<LmtpConnections::Wanted> wanted_connection(const Lmtp& server, const Preparation& prepared,
                                                  const ConnectionReuse& reuse, const Job& job,
                                                  const SpooledMessage& message,
                                                  const AgentContext& context) {
  // A table that was opened before a fork is not used by two processes at a time.
  const bool is_kept =
      reuse.is_wanted && !context.asks_within && context.connections &&
      !prepared.tables.are_asked_in_session() &&
      trim(client_parameter(context.settings, server, "sasl_mechanism_filter")).empty();
  LmtpConnections::Wanted wanted{lmtp::as_written(server.endpoint),
                                 manner_of(server, prepared, job, message, context), is_kept,
                                 reuse.idle_limit, std::nullopt};
  if (is_root()) {
    auto owner = rights_to_connect(context.settings);
    if (!owner) {
      return std::move(owner).error();
    }
    if (!owner->warning.empty() && context.warn_once) {
      context.warn_once(owner->warning);
    }
    wanted.rights = std::move(owner->rights);
  }
  return wanted;
}

/// No limit here: each step of the session has one, and a child that is killed after the final dot
/// would leave two copies of the message.
std::vector<DeliveryStatus> perform(const Lmtp& server, Preparation prepared,
                                    const std::shared_ptr<LogLines>& log,
                                    const CourierRequest& request, const Job& job,
                                    const SpooledMessage& message, const AgentContext& context) {
  const auto reuse = connection_reuse(context.settings, server);
  if (!reuse) {
    return same_for_all(job, "4.3.5"_dsn, printable(reuse.error().message()));
  }
  const auto wanted = wanted_connection(server, prepared, *reuse, job, message, context);
  if (!wanted) {
    return same_for_all(job, "4.3.5"_dsn, printable(wanted.error().message()));
  }
  tell(std::exchange(*log, {}), server.service, context);
  const auto make = [&] {
    return std::make_shared<LmtpCourier>(LmtpCourier::Options{
        std::move(prepared.server), std::move(prepared.options), std::move(prepared.tables), log,
        context.tls_sessions, logs_tls(context.settings, server) ? TlsLogged::yes : TlsLogged::no,
        reuse->encrypted_too});
  };
  LmtpConnections of_this_job;
  Begun begun = Begun::no;
  const auto bytes = (wanted->is_kept ? *context.connections : of_this_job)
                         .perform(*wanted, request, message, make, begun);
  if (!bytes) {
    const std::string text = printable(bytes.error().message());
    return {job.recipients.size(),
            begun == Begun::no ? status_with("4.3.0"_dsn, text) : uncertain_status(text)};
  }
  CourierAnswer answer =
      take_courier_answer(*bytes, context.tls_sessions.get(), job.recipients.size());
  tell(answer.log, server.service, context);
  return std::move(answer.statuses);
}

}  // namespace

std::vector<DeliveryStatus> deliver_to_lmtp(const Lmtp& server, const Job& job,
                                            const SpooledMessage& message,
                                            const AgentContext& context) {
  if (job.recipients.empty()) {
    return {};
  }
  const auto log = std::make_shared<LogLines>();
  auto prepared = prepare(server, job, message, context, log);
  if (!prepared) {
    return same_for_all(job, "4.3.5"_dsn, printable(prepared.error().message()));
  }
  const auto outside = outside_job(job, prepared->tables);
  if (!outside) {
    tell({{true, outside.error().message()}}, server.service, context);
    return same_for_all(job, "4.3.0"_dsn, "mail system configuration error");
  }
  const LmtpFlags flags = lmtp_flags(context.settings, server.service);
  const auto objection =
      context.asks_within ? std::nullopt : objection_to_headers(flags, *outside, message);
  if (objection) {
    return {job.recipients.size(), *objection};
  }
  const std::string prepended = prepended_headers(flags, *outside);
  const auto lines = static_cast<std::size_t>(std::count(prepended.begin(), prepended.end(), '\n'));
  lmtp::Transaction transaction = transaction_for(job, *outside, message, prepended.size(), lines);
  transaction.smtputf8 = context.settings.smtputf8_enable.value;
  transaction.quoting = prepared->quoting;
  transaction.body = body_type(job.envelope, message, context);
  transaction.origin = origin_of(job.envelope, context);
  if (context.asks_within) {
    transaction.probe = true;
    transaction.size = 0;
    shorten(prepared->options.timeouts, *context.asks_within);
  }
  prepared->options.seeks_smtputf8 =
      lmtp::needs_smtputf8(transaction) &&
      context.settings.postfix->has(VersionRule::smtputf8_other_servers);
  CourierRequest request{std::move(transaction), prepended, std::nullopt};
  auto content = small_content(message);
  if (!content) {
    return same_for_all(job, "4.3.0"_dsn, printable(content.error().message()));
  }
  request.content = *std::move(content);
  return perform(server, *std::move(prepared), log, request, job, message, context);
}

}  // namespace lastmile

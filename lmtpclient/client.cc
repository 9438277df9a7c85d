// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/client.h"

#include <algorithm>
#include <utility>

namespace lastmile::lmtp {
namespace {

using Clock = Connection::Clock;
using Kind = RecipientOutcome::Kind;
using Cause = RecipientOutcome::Cause;

/// How many times its time limit a step may take that goes on and on, an octet at a time.
constexpr int kPatience = 3;

constexpr std::size_t kReadSize = std::size_t{16} * 1024;
constexpr std::size_t kContentChunk = std::size_t{64} * 1024;

Timeouts::Time time_for(Phase phase, const Timeouts& timeouts) {
  switch (phase) {
    case Phase::greeting:
    case Phase::lhlo:
    case Phase::auth:
      return timeouts.lhlo;
    case Phase::starttls:
      return timeouts.starttls;
    case Phase::xforward_client:
    case Phase::xforward_message:
      return timeouts.xforward;
    case Phase::mail:
      return timeouts.mail;
    case Phase::rcpt:
      return timeouts.rcpt;
    case Phase::data:
      return timeouts.data_init;
    case Phase::content:
      return timeouts.data_xfer;
    case Phase::final_replies:
      return timeouts.data_done;
    case Phase::reset:
    case Phase::idle:
      return timeouts.rset;
    case Phase::quit:
    case Phase::closed:
      break;
  }
  return timeouts.quit;
}

/// Moves octets between a session and a connection until the session is idle or closed.
class Driver {
 public:
  Driver(Connection& connection, Session& session, const ServerPlan& tls,
         const ClientOptions& options)
      : connection_(connection), session_(session), tls_(tls), options_(options) {}

  void run(const ContentSource& content) {
    while (!is_settled()) {
      if (session_.wants_tls()) {
        session_.tls_done(shake_hands());
      } else if (session_.wants_content()) {
        give_content(content);
      } else if (!write_some()) {
        wait_and_read();
      }
    }
  }

 private:
  bool is_settled() const {
    const Phase phase = session_.phase();
    return phase == Phase::idle || phase == Phase::closed ||
           (phase == Phase::quit && options_.skip_quit_response && session_.output().empty());
  }

  TlsResult shake_hands() {
    const Timeouts::Time time = options_.timeouts.starttls;
    const auto deadline = time == Timeouts::Time::zero()
                              ? std::nullopt
                              : std::optional<Clock::time_point>(Clock::now() + time);
    return connection_.start_tls(tls_.start ? tls_.start() : nullptr, deadline);
  }

  void give_content(const ContentSource& content) {
    chunk_.resize(kContentChunk);
    const std::optional<std::size_t> count = content(offset_, chunk_);
    if (!count) {
      session_.abandon("");
    } else if (*count == 0) {
      session_.end_of_content();
    } else {
      session_.content({chunk_.data(), *count});
      offset_ += *count;
    }
  }

  /// \return false when there is nothing to write or no room for it
  bool write_some() {
    if (session_.output().empty()) {
      return false;
    }
    if (session_.is_ending_content()) {
      listen_before_dot();
      if (session_.output().empty()) {
        return true;
      }
    }
    const Connection::Transfer written = connection_.write(session_.output());
    if (written.state == Connection::Transfer::State::closed) {
      // What the server said before it hung up may be the reason. One that only stopped reading
      // can go on talking for ever.
      while (session_.phase() != Phase::closed && read_some()) {
      }
      session_.connection_lost(written.reason);
      return true;
    }
    session_.sent(written.count);
    moved_ += written.count;
    return written.count > 0;
  }

  /// What the server has said by now, also what waits in the socket, answers no final dot.
  void listen_before_dot() {
    if (session_.unread_input() == 0) {
      read_some();
    }
    if (session_.unread_input() > 0 && session_.is_ending_content()) {
      session_.answered_too_early();
    }
  }

  /// \return false when nothing was read
  bool read_some() {
    buffer_.resize(kReadSize);
    const Connection::Transfer taken = connection_.read(buffer_);
    if (taken.state == Connection::Transfer::State::closed) {
      session_.connection_lost(taken.reason);
    } else if (taken.state == Connection::Transfer::State::moved) {
      session_.received({buffer_.data(), taken.count});
    }
    return taken.state == Connection::Transfer::State::moved;
  }

  /// Reads also while there is something to write: a server may answer before it reads on.
  void wait_and_read() {
    const auto interest = session_.output().empty() ? Connection::Interest::read
                                                    : Connection::Interest::read_and_write;
    const auto until = deadline();
    // A server that always has something to say comes to its end as well.
    if ((until && Clock::now() >= *until) || !connection_.wait(interest, until)) {
      session_.deadline_passed();
      return;
    }
    read_some();
  }

  std::optional<Clock::time_point> deadline() {
    const Phase phase = session_.phase();
    auto time = time_for(phase, options_.timeouts);
    if (time == Timeouts::Time::zero()) {
      return std::nullopt;
    }
    if (phase != step_phase_ || session_.replies_taken() != step_replies_) {
      step_phase_ = phase;
      step_replies_ = session_.replies_taken();
      step_start_ = Clock::now();
      moved_ = 0;
    }
    const std::size_t rate = std::max<std::size_t>(options_.timeouts.min_data_rate, 1);
    const auto transfer = std::chrono::milliseconds(moved_ * 1000 / rate);
    if (options_.timeouts.per_request) {
      return step_start_ + time + transfer;
    }
    return std::min(Clock::now() + time, step_start_ + kPatience * time + transfer);
  }

  Connection& connection_;
  Session& session_;
  const ServerPlan& tls_;
  const ClientOptions& options_;
  std::vector<char> buffer_;
  std::vector<char> chunk_;
  std::uint64_t offset_ = 0;
  std::size_t moved_ = 0;  ///< Octets written in this step.
  Phase step_phase_ = Phase::closed;
  std::size_t step_replies_ = 0;
  Clock::time_point step_start_ = {};
};

std::optional<std::size_t> no_content(std::uint64_t /*offset*/, std::span<char> /*buffer*/) {
  return std::nullopt;
}

/// The port on which a host takes mail for others.
constexpr std::string_view kMailPort = "25";
constexpr EnhancedStatus kLoop = "5.4.6"_dsn;

std::string loop_text(const std::string& name) {
  return "mail for " + name + " loops back to myself";
}

RecipientOutcome unreachable(EnhancedStatus status, std::string problem) {
  const bool is_permanent = status.status_class == StatusClass::permanent;
  RecipientOutcome outcome;
  outcome.kind = is_permanent ? Kind::rejected : Kind::deferred;
  outcome.cause = Cause::no_connection;
  outcome.status = status;
  outcome.text = std::move(problem);
  return outcome;
}

}  // namespace

struct Client::Link {
  Link(Connection opened, SessionOptions options, ServerAddress address, ServerPlan plan)
      : tls(std::move(plan)),
        connection(std::move(opened)),
        session(std::move(options)),
        server(std::move(address)) {}

  void run(const ContentSource& content, const ClientOptions& options) {
    Driver(connection, session, tls, options).run(content);
  }

  ServerPlan tls;  ///< Outlives the channel of the connection.
  Connection connection;
  Session session;
  ServerAddress server;
  Clock::time_point opened_at = Clock::now();
  Clock::time_point idle_since = Clock::now();
  std::size_t reused = 0;  ///< How often.
};

namespace {

std::string explained(const RecipientOutcome& outcome, const std::string& server,
                      const ClientOptions& options) {
  return options.seeks_smtputf8 && outcome.cause == Cause::needs_smtputf8
             ? "message requires SMTPUTF8, but no server was found that supports SMTPUTF8. The "
               "last "
               "attempted server was " +
                   server
             : explain(outcome, server, options.session.dialect);
}

/// \see Delivery::tls
std::string tls_text(const Session& session, const ServerPlan& plan,
                     const RecipientOutcome& outcome) {
  if (outcome.cause == Cause::tls_not_offered || outcome.cause == Cause::tls_not_verified) {
    return '!' + plan.level;
  }
  const bool is_decided = !session.capabilities().server_name.empty() &&
                          outcome.cause != Cause::tls_handshake_failed &&
                          outcome.cause != Cause::tls_unavailable;
  if (!is_decided) {
    return plan.level + '?';
  }
  return session.is_encrypted() || plan.level == "none" ? plan.level : plan.level + ":none";
}

}  // namespace

/// One message on its way: who is still to be tried, and what became of the others.
class Client::Attempt {
 public:
  explicit Attempt(const Transaction& transaction)
      : transaction_(transaction), deliveries_(transaction.recipients.size()) {
    for (std::size_t i = 0; i < deliveries_.size(); ++i) {
      open_.push_back(i);
    }
  }

  bool is_over() const { return open_.empty(); }
  /// Sessions in which more was said than the greeting.
  std::size_t sessions = 0;
  /// The server that was spoken to on a kept connection: it has said what it has to say.
  std::optional<ServerAddress> asked_before = {};

  /// Whether somebody is still to be tried of whom `is_such` is true.
  template <class IsSuch>
  bool has_open(const IsSuch& is_such) const {
    return std::ranges::any_of(
        open_, [&](std::size_t index) { return is_such(deliveries_[index].outcome); });
  }

  std::vector<Delivery> take() { return std::move(deliveries_); }

  /// The transaction for those who are still to be tried.
  Transaction remainder() const {
    Transaction result = transaction_;
    result.recipients.clear();
    for (const std::size_t index : open_) {
      result.recipients.push_back(transaction_.recipients[index]);
    }
    return result;
  }

  /// Notes one outcome for all; it stands unless another server is tried. That a server does not
  /// exist says nothing of one before, which may take the message later.
  void note(const RecipientOutcome& outcome) {
    for (const std::size_t index : open_) {
      const bool is_better = deliveries_[index].outcome.kind == Kind::deferred;
      if (outcome.kind == Kind::deferred || !is_better) {
        deliveries_[index] = {outcome, outcome.text, "", "none"};
      }
    }
  }

  /// A server that is there for what others cannot take does not decide that nobody can.
  void doubt_fallback() {
    for (const std::size_t index : open_) {
      RecipientOutcome& outcome = deliveries_[index].outcome;
      if (outcome.kind == Kind::rejected) {
        outcome.kind = Kind::deferred;
        outcome.status = "4.3.5"_dsn;
      }
    }
  }

  /// \param may_retry  tells of an outcome whether the recipient is tried once more
  template <class MayRetry>
  void note(const Session& session, const Link& link, const ClientOptions& options,
            const MayRetry& may_retry) {
    const ServerAddress& server = link.server;
    std::vector<std::size_t> still_open;
    for (std::size_t i = 0; i < open_.size(); ++i) {
      const RecipientOutcome& outcome = session.outcomes()[i];
      deliveries_[open_[i]] = {outcome, explained(outcome, server.name(), options), server.host,
                               server.relay(), tls_text(session, link.tls, outcome)};
      if (may_retry(outcome)) {
        still_open.push_back(open_[i]);
      }
    }
    open_ = std::move(still_open);
  }

 private:
  const Transaction& transaction_;
  std::vector<Delivery> deliveries_;
  std::vector<std::size_t> open_;
};

namespace {

/// Whether another server may be asked: the message cannot have arrived, and the server, not the
/// message or this host, is why it was not taken.
bool may_try_next_server(const RecipientOutcome& outcome) {
  const bool is_refused = outcome.cause == Cause::reply && !outcome.is_protocol_error;
  return outcome.kind == Kind::deferred && outcome.cause != Cause::local_error &&
         (is_refused || outcome.decided_in != Phase::final_replies);
}

/// Whether a new connection to the same server may hold where a kept one had broken before there
/// was a reply to this message, or where its server turns out to be out of step: replies of the
/// message before make no sense for this one.
bool may_try_new_connection(const RecipientOutcome& outcome) {
  const bool is_out_of_step = outcome.is_protocol_error && outcome.decided_in == Phase::data;
  const bool was_broken =
      outcome.cause == Cause::connection_lost && outcome.decided_in <= Phase::mail;
  return is_out_of_step || (may_try_next_server(outcome) && was_broken);
}

/// Whether a session without TLS may go better: the handshake failed, or what came after it.
bool may_be_fault_of_tls(const RecipientOutcome& outcome, bool is_encrypted) {
  const bool is_broken =
      outcome.cause == Cause::connection_lost || outcome.cause == Cause::deadline_passed;
  return outcome.cause == Cause::tls_handshake_failed || (is_encrypted && is_broken);
}

}  // namespace

Client::Client(Endpoint endpoint, ClientOptions options)
    : endpoint_(std::move(endpoint)), options_(std::move(options)) {}

Client::~Client() {
  quit();
}

const Capabilities& Client::capabilities() const {
  return capabilities_;
}

bool Client::is_encrypted() const {
  return link_ && link_->session.is_encrypted();
}

void Client::quit() {
  if (link_) {
    link_->session.finish();
    link_->run(no_content, options_);
    link_.reset();
  }
}

std::vector<Delivery> Client::deliver(const Transaction& transaction,
                                      const ContentSource& content) {
  Attempt attempt(transaction);
  if (may_reuse()) {
    const ServerAddress kept = link_->server;
    talk(attempt, content, [this](const RecipientOutcome& outcome) {
      return may_try_new_connection(outcome) || may_try_elsewhere(outcome);
    });
    if (!attempt.has_open(may_try_new_connection)) {
      attempt.asked_before = kept;
    }
  }
  if (attempt.is_over()) {
    return attempt.take();
  }
  if (const auto* local = std::get_if<UnixEndpoint>(&endpoint_)) {
    try_addresses(unix_address(options_.myhostname, local->path,
                               options_.socket_path.empty() ? local->path : options_.socket_path),
                  attempt, content);
    return attempt.take();
  }
  const std::vector<HostPort> all = servers();
  for (std::size_t i = 0; i < all.size() && !attempt.is_over(); ++i) {
    const FoundAddresses found = addresses_of(all[i]);
    try_addresses(found, attempt, content);
    // Another server would only make the circle wider.
    if (!found.problem.empty() && found.status == kLoop) {
      break;
    }
    if (i + 1 == all.size() && options_.fallback_servers > 0) {
      attempt.doubt_fallback();
    }
  }
  return attempt.take();
}

/// Tries the addresses of one server, as many as the limits allow.
void Client::try_addresses(const FoundAddresses& found, Attempt& attempt,
                           const ContentSource& content) {
  if (!found.problem.empty()) {
    attempt.note(unreachable(found.status, found.problem));
    return;
  }
  attempt.sessions = 0;
  std::size_t addresses = 0;
  for (const ServerAddress& server : found.addresses) {
    if (attempt.asked_before && attempt.asked_before->relay() == server.relay()) {
      ++attempt.sessions;
    } else {
      try_server(server, attempt, content);
    }
    ++addresses;
    if (attempt.is_over() || attempt.sessions == options_.session_limit ||
        addresses == options_.address_limit) {
      break;
    }
  }
}

template <class MayRetry>
bool Client::talk(Attempt& attempt, const ContentSource& content, const MayRetry& may_retry) {
  link_->session.begin(attempt.remainder());
  link_->run(content, options_);
  capabilities_ = link_->session.capabilities();
  attempt.note(link_->session, *link_, options_, may_retry);
  const bool is_encrypted = link_->session.is_encrypted();
  link_->idle_since = Clock::now();
  if (link_->session.phase() != Phase::idle) {
    link_.reset();
  }
  return is_encrypted;
}

bool Client::may_try_elsewhere(const RecipientOutcome& outcome) const {
  return may_try_next_server(outcome) ||
         (options_.seeks_smtputf8 && outcome.cause == Cause::needs_smtputf8);
}

/// Once more without TLS, where the plan allows that and TLS was in the way.
void Client::try_server(const ServerAddress& server, Attempt& attempt,
                        const ContentSource& content) {
  ServerPlan plan = options_.plan ? options_.plan(server) : ServerPlan{};
  while (true) {
    if (!plan.problem.empty()) {
      attempt.note(unreachable(plan.status, plan.problem));
      return;
    }
    if (const auto problem = open(server, plan)) {
      attempt.note(*problem);
      return;
    }
    const bool is_encrypted = talk(attempt, content, [this](const RecipientOutcome& outcome) {
      return may_try_elsewhere(outcome);
    });
    const bool falls_back =
        plan.use == TlsUse::may && plan.may_fall_back && attempt.has_open([&](const auto& outcome) {
          return may_be_fault_of_tls(outcome, is_encrypted);
        });
    if (!falls_back) {
      attempt.sessions += capabilities_.server_name.empty() ? 0 : 1;
      return;
    }
    plan = ServerPlan{.login = plan.login};
  }
}

std::vector<HostPort> Client::servers() const {
  const auto& inet = std::get<InetEndpoint>(endpoint_);
  std::vector<HostPort> all{{inet.host, inet.port, inet.written}};
  all.insert(all.end(), inet.alternatives.begin(), inet.alternatives.end());
  return all;
}

/// None of them is this host's own port for mail.
FoundAddresses Client::addresses_of(const HostPort& server) const {
  FoundAddresses found = find_addresses(server, options_.network);
  const bool loops =
      options_.is_own_address && std::ranges::any_of(found.addresses, [&](const auto& address) {
        return address.port == kMailPort && options_.is_own_address(address.address);
      });
  return loops ? FoundAddresses{{}, kLoop, loop_text(server.host)} : found;
}

/// Asks the server of a kept connection whether it is still there. One that says something by
/// itself is out of step: its next reply could be taken for that to another command.
bool Client::may_reuse() {
  if (!link_) {
    return false;
  }
  Session& session = link_->session;
  const bool is_worn =
      options_.reuse_count_limit > 0 && link_->reused++ >= options_.reuse_count_limit;
  const bool is_fresh = !is_worn && Clock::now() - link_->opened_at < options_.reuse_time_limit;
  if (is_fresh && session.unread_input() == 0 && !link_->connection.is_readable()) {
    if (Clock::now() - link_->idle_since < options_.idle_before_reset) {
      return true;
    }
    session.reset();
    link_->run(no_content, options_);
    if (session.phase() == Phase::idle && session.unread_input() == 0) {
      return true;
    }
  }
  // One that is merely too old is left in good order.
  if (!is_fresh && session.unread_input() == 0 && !link_->connection.is_readable()) {
    quit();
  }
  link_.reset();
  return false;
}

/// \return why there is no session; nullopt: there is one
std::optional<RecipientOutcome> Client::open(const ServerAddress& server, const ServerPlan& plan) {
  Connection::Opened opened = Connection::open(server, options_.timeouts.connect, options_.network);
  if (!opened.warning.empty() && options_.warn) {
    options_.warn(opened.warning);
  }
  if (!opened.connection) {
    return opened.is_misconfigured
               ? unreachable("4.4.0"_dsn, opened.problem)
               : unreachable("4.4.1"_dsn, "connect to " + server.relay() + ": " + opened.problem);
  }
  SessionOptions session = options_.session;
  session.tls = plan.use;
  session.can_start_tls = static_cast<bool>(plan.start);
  session.login = plan.login;
  if (options_.is_own_address && server.port == kMailPort) {
    session.own_name = options_.myhostname;
    session.loop_text = loop_text(options_.nexthop);
  }
  if (options_.discard_keywords) {
    AddressKeywords own = options_.discard_keywords(server.address);
    if (own.failed) {
      return unreachable("4.3.0"_dsn, "local data error while talking to " + server.name());
    }
    session.discard_keywords = std::move(own.keywords).value_or(session.discard_keywords);
  }
  link_ = std::make_unique<Link>(std::move(*opened.connection), std::move(session), server, plan);
  return std::nullopt;
}

}  // namespace lastmile::lmtp

// SPDX-License-Identifier: Apache-2.0
#include "lmtpclient/transitions.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lastmile::lmtp {
namespace {

struct Transition {
  Phase phase = Phase::closed;
  /// For 2xx, 3xx, 4xx, 5xx and any other code, in the order of ReplyClass.
  std::array<Action, 5> actions = {};
};

using enum Action;
constexpr std::array<Transition, 12> kTransitions{{
    {Phase::greeting, {say_hello, refuse_session, refuse_session, refuse_session, refuse_session}},
    {Phase::lhlo, {take_capabilities, refuse_hello, refuse_hello, refuse_hello, refuse_hello}},
    {Phase::starttls, {start_tls, refuse_tls, refuse_tls, refuse_tls, refuse_tls}},
    {Phase::auth, {finish_login, answer_challenge, refuse_login, refuse_login, refuse_login}},
    {Phase::xforward_client, {go_on, go_on, go_on, go_on, go_on}},
    {Phase::xforward_message, {go_on, go_on, go_on, go_on, go_on}},
    {Phase::mail, {accept_sender, refuse_message, refuse_message, refuse_message, refuse_message}},
    {Phase::rcpt,
     {accept_recipient, refuse_recipient, refuse_recipient, refuse_recipient, refuse_recipient}},
    {Phase::data, {refuse_message, open_content, refuse_message, refuse_message, refuse_message}},
    {Phase::final_replies,
     {deliver, refuse_recipient, refuse_recipient, refuse_recipient, refuse_recipient}},
    {Phase::reset, {end_transaction, hang_up, hang_up, hang_up, hang_up}},
    {Phase::quit, {hang_up, hang_up, hang_up, hang_up, hang_up}},
}};

}  // namespace

Action action_for(Phase phase, ReplyClass reply_class) {
  const auto* const row = std::find_if(kTransitions.begin(), kTransitions.end(),
                                       [&](const Transition& t) { return t.phase == phase; });
  return row == kTransitions.end() ? hang_up : row->actions[static_cast<std::size_t>(reply_class)];
}

bool is_protocol_trouble(Action action, const Reply& reply) {
  if (action != refuse_hello && action != refuse_session && action != refuse_message &&
      action != refuse_recipient) {
    return false;
  }
  return reply.has_noise || reply.code < 400 || reply.code > 599 ||
         (reply.code >= 500 && reply.code <= 509) || reply.code == 555;
}

}  // namespace lastmile::lmtp

// SPDX-License-Identifier: Apache-2.0
#include "local/serving/server_transitions.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace lastmile {

namespace {

struct Transition {
  Verb verb = Verb::unknown;
  /// When connected, ready, addressing and chunking, in the order of ServerPhase.
  std::array<ServerStep, 4> steps = {};
};

using enum ServerStep;
constexpr std::array<Transition, 14> kTransitions{{
    {Verb::lhlo, {say_hello, say_hello, say_hello, say_hello}},
    {Verb::helo, {refuse_smtp, refuse_smtp, refuse_smtp, refuse_smtp}},
    {Verb::mail, {demand_hello, begin_message, refuse_nested, refuse_nested}},
    {Verb::rcpt, {demand_hello, demand_mail, ask_recipient, refuse_mixture}},
    {Verb::data, {demand_hello, demand_data_mail, open_content, refuse_mixture}},
    {Verb::bdat, {drop_chunk, drop_chunk, take_chunk, take_chunk}},
    {Verb::rset, {say_ok, abandon, abandon, abandon}},
    {Verb::noop, {say_ok, say_ok, say_ok, say_ok}},
    {Verb::vrfy, {demand_hello, say_nothing_known, say_nothing_known, say_nothing_known}},
    {Verb::help, {say_help, say_help, say_help, say_help}},
    {Verb::quit, {say_goodbye, say_goodbye, say_goodbye, say_goodbye}},
    {Verb::xforward, {demand_hello, take_forwarded, refuse_nested, refuse_nested}},
    {Verb::xclient, {demand_hello, take_client, refuse_nested, refuse_nested}},
    {Verb::unknown, {refuse_unknown, refuse_unknown, refuse_unknown, refuse_unknown}},
}};

}  // namespace

ServerStep step_for(ServerPhase phase, Verb verb) {
  const auto* const row = std::find_if(kTransitions.begin(), kTransitions.end(),
                                       [&](const Transition& t) { return t.verb == verb; });
  return row == kTransitions.end() ? refuse_unknown : row->steps[static_cast<std::size_t>(phase)];
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/questions/survey.h"

#include <utility>

#include "local/address_argument.h"
#include "local/resolving/leaves.h"
#include "transports/entry_services.h"
#include "transports/recipient_check.h"

namespace lastmile {

namespace {

/// What becomes of a text that smtpd takes for no address.
Trace trace_of_malformed(std::string_view text, const Error& error) {
  Trace trace({.step = Step::address, .subject = std::string(text)});
  trace.add(trace.root(), {.step = Step::recipient_check,
                           .subject = "RCPT",
                           .detail = to_string(bad_recipient_syntax())});
  Leaf leaf;
  leaf.destination = Bounce{"5.1.3"_dsn, "bad address syntax"};
  add_leaf_node(trace, trace.root(), std::move(leaf), std::nullopt, error.message());
  return trace;
}

/// smtpd(8) takes a source route off before anything else.
std::string_view without_route(std::string_view text, Stage stage) {
  return text.substr(stage == Stage::smtp ? source_route_size(text) : 0);
}

}  // namespace

Recipient recipient_from(std::string_view text, Stage stage, const std::string& original) {
  text = without_route(text, stage);
  Recipient recipient;
  if (auto address = parse_address_argument(text)) {
    recipient.address = *std::move(address);
  } else if (stage == Stage::smtp) {
    recipient.address = split_address(text);
  } else {
    recipient.address.local_part = text;
    recipient.fault = address.error().message();
  }
  recipient.is_bare = is_bare_address(text);
  recipient.original = original.empty() ? to_external(recipient.address) : original;
  return recipient;
}

Survey::Survey(const Settings& settings, World& world, const SurveyTerms& terms)
    : entry_(terms.entry                   ? *terms.entry
             : terms.stage == Stage::local ? nullptr
                                           : default_entry(settings.master_cf)),
      resolver_(settings, world, terms.use),
      request_(resolver_.request_from(terms.sender, terms.stage, entry_)) {
  request_.misses = terms.misses;
  request_.shows_surroundings = terms.shows_surroundings;
  request_.client = terms.client;
  request_.content = terms.content;
  request_.shows_restrictions = terms.shows_restrictions;
  request_.received_headers = terms.received_headers;
  request_.delivered_to = terms.delivered_to;
}

void Survey::set_sender(const Address& sender) {
  const ResolveRequest fresh = resolver_.request_from(sender, request_.stage, entry_);
  request_.client_sender = fresh.client_sender;
  request_.sender = fresh.sender;
  request_.sender_failure = fresh.sender_failure;
}

Result<Trace> Survey::trace(std::string_view text) {
  Recipient recipient = recipient_from(text, request_.stage);
  if (request_.stage == Stage::smtp) {
    // A client's word is not given the benefit of the doubt.
    auto address = parse_address(without_route(text, request_.stage));
    if (!address) {
      return trace_of_malformed(text, address.error());
    }
    recipient.address = *std::move(address);
    recipient.original = to_external(recipient.address);
  }
  if (!recipient.fault.empty()) {
    return malformed(std::move(recipient.fault));
  }
  return resolve(std::move(recipient));
}

Trace Survey::trace(const Address& address) {
  Recipient recipient;
  recipient.address = address;
  recipient.original = to_external(address);
  return resolve(std::move(recipient));
}

Trace Survey::resolve(Recipient recipient) {
  request_.recipient = std::move(recipient);
  return resolver_.resolve(request_);
}

}  // namespace lastmile

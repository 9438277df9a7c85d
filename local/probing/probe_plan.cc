// SPDX-License-Identifier: Apache-2.0
#include "local/probing/probe_plan.h"

#include <algorithm>
#include <utility>

#include "aliases/text.h"
#include "local/questions/known_address.h"

namespace lastmile {
namespace {

/// The name in capitals; empty where it has none to change.
std::string in_capitals(const std::string& name) {
  std::string capitals = name;
  for (char& octet : capitals) {
    const bool is_small = octet >= 'a' && octet <= 'z';
    octet = is_small ? static_cast<char>(octet - 'a' + 'A') : octet;
  }
  return capitals == name ? std::string() : capitals;
}

/// The variants of a recipient that Postfix would hand over just the same.
void add_variants(std::size_t of, const Address& address, const Settings& settings,
                  std::vector<AskedRecipient>& asked) {
  const std::string& delimiters = settings.recipient_delimiter.value;
  const bool has_extension =
      address.local_part.find_first_of(delimiters) != std::string::npos && !delimiters.empty();
  if (!delimiters.empty() && !has_extension) {
    Address extended = address;
    extended.local_part += delimiters.substr(0, 1) + "probe";
    asked.push_back({Question::extension, std::move(extended), of});
  }
  if (std::string capitals = in_capitals(address.local_part); !capitals.empty()) {
    asked.push_back({Question::capitals, {std::move(capitals), address.domain}, of});
  }
}

}  // namespace

std::string_view name_of(Question question) {
  switch (question) {
    case Question::known:
      return "known";
    case Question::extension:
      return "extension";
    case Question::capitals:
      return "capitals";
    case Question::nobody:
      break;
  }
  return "nobody";
}

void ProbedServers::add(const Trace& trace, bool is_real) {
  for (const NodeId id : trace.leaves()) {
    const Leaf leaf = trace.leaf(id);
    const auto* lmtp = std::get_if<Lmtp>(&leaf.destination);
    if (lmtp == nullptr) {
      continue;
    }
    const std::string key = lmtp->service + ' ' + to_string(leaf.destination);
    const auto [place, is_new] = places_.emplace(key, servers_.size());
    if (is_new) {
      const TraceNode node = trace.node(id);
      servers_.push_back({.server = *lmtp, .source = node.source, .parameter = node.detail});
    }
    ProbedServer& server = servers_[place->second];
    ++server.count;
    const Address& address = leaf.recipient.address;
    const bool is_there = std::ranges::find(server.recipients, address) != server.recipients.end();
    if (is_real && !is_there && server.recipients.size() < most_) {
      server.recipients.push_back(address);
    }
  }
}

std::vector<AskedRecipient> recipients_to_ask(const ProbedServer& server,
                                              const Settings& settings) {
  constexpr std::size_t kMostDomains = 3;
  std::vector<AskedRecipient> asked;
  std::vector<std::string> domains;
  for (const Address& address : server.recipients) {
    asked.push_back({Question::known, address, asked.size()});
    const bool is_new = std::ranges::find(domains, address.domain) == domains.end();
    if (is_new && domains.size() < kMostDomains) {
      domains.push_back(address.domain);
    }
  }
  if (!server.recipients.empty()) {
    add_variants(0, server.recipients.front(), settings, asked);
  }
  for (const std::string& domain : domains) {
    asked.push_back({Question::nobody, {std::string(kSampleName), domain}, asked.size()});
  }
  return asked;
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "tests/support/small_host.h"

#include <stdexcept>

namespace lastmile::test {

SmallHost::SmallHost() {
  world_.set_hostname("mail.example.com");
  for (const auto& [name, uid] : {std::pair{"alice", 2001U}, {"bob", 2002U}, {"carol", 2003U}}) {
    world_.add_account({name, uid, uid, "/home/" + std::string(name), "/bin/sh"});
  }
  world_.add_account({"root", 0, 0, "/root", "/bin/sh"});
  world_.add_account({"nobody", 65534, 65534, "/nonexistent", "/usr/sbin/nologin"});
  main_cf_ =
      "compatibility_level = 3.6\n"
      "myhostname = mail.example.com\n"
      "myorigin = example.com\n"
      "mydestination = $myhostname, localhost, example.com\n"
      "recipient_delimiter = +\n"
      "alias_maps = hash:/etc/aliases\n"
      "relayhost = [relay.example.net]\n";
}

SmallHost& SmallHost::main_cf(const std::string& lines) {
  main_cf_ += lines + '\n';
  return *this;
}

SmallHost& SmallHost::alias(const std::string& name, const std::string& value) {
  aliases_.emplace_back(name, value);
  return *this;
}

SmallHost& SmallHost::forward(const std::string& user, const std::string& text) {
  auto account = world_.account_by_name(user);
  if (!account || !*account) {
    throw std::invalid_argument("no account " + user);
  }
  const Account& owner = **account;
  world_.add_file(owner.home + "/.forward", text, {owner.uid, owner.gid, 0644});
  return *this;
}

SmallHost& SmallHost::include(const std::string& path, const std::string& text,
                              Attributes attributes) {
  world_.add_file(path, text, attributes);
  return *this;
}

SmallHost& SmallHost::fail_aliases() {
  aliases_fail_ = true;
  return *this;
}

void SmallHost::finish() {
  world_.add_file("/etc/postfix/main.cf", main_cf_);
  world_.add_table("hash:/etc/aliases", aliases_);
  if (aliases_fail_) {
    world_.fail_table("hash:/etc/aliases");
  }
}

Trace SmallHost::trace(const ResolveRequest& request) {
  finish();
  auto settings = load_settings(world_, "/etc/postfix");
  if (!settings) {
    throw std::invalid_argument(settings.error().message());
  }
  return Resolver(*settings, world_).resolve(request);
}

Trace SmallHost::trace(const std::string& recipient, Stage stage) {
  auto address = parse_address(recipient);
  if (!address) {
    throw std::invalid_argument(address.error().message());
  }
  ResolveRequest request;
  request.recipient.address = *address;
  request.recipient.original = recipient;
  request.sender = {"sender", "remote.test"};
  request.stage = stage;
  return trace(request);
}

std::vector<std::string> SmallHost::lands(const std::string& recipient, Stage stage) {
  return leaf_lines(trace(recipient, stage));
}

std::vector<std::string> leaf_lines(const Trace& trace) {
  std::vector<std::string> lines;
  for (const NodeId id : trace.leaves()) {
    const Leaf& leaf = trace.leaf(id);
    std::string line = to_string(leaf.destination) + ' ' + to_external(leaf.recipient.address);
    if (std::holds_alternative<Command>(leaf.destination) ||
        std::holds_alternative<File>(leaf.destination)) {
      line += " as " + leaf.rights->name;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> nodes_of(const Trace& trace, Step step) {
  std::vector<std::string> found;
  for (std::uint32_t i = 0; i < trace.size(); ++i) {
    const TraceNode node = trace.node(NodeId{i});
    if (node.step == step) {
      found.push_back(node.detail.empty() ? node.subject : node.subject + ": " + node.detail);
    }
  }
  return found;
}

}  // namespace lastmile::test

#include "local/resolving/expansion.h"

#include <utility>

#include "aliases/overloaded.h"
#include "aliases/text.h"

namespace lastmile {

namespace {

constexpr int kMaxFiles = 10'000;
/// Fewer files may make as many nodes as one long list, but no more.
constexpr int kManyFiles = 100;
constexpr std::size_t kManyNodes = 1'000'000;

}  // namespace

bool is_endless(const Resolution& run) {
  return run.files_expanded > kMaxFiles ||
         (run.files_expanded > kManyFiles && run.trace.size() > kManyNodes);
}

std::string_view name_of(ExpansionType type) {
  switch (type) {
    case ExpansionType::none:
      return "";
    case ExpansionType::alias:
      return "alias";
    case ExpansionType::include:
      return "include";
    case ExpansionType::forward:
      return "forward";
  }
  return "";
}

void run_as_service(Resolution& run, const std::string& service) {
  run.service = service;
  run.agent = &run.configurations.of_service(service);
  run.seen = DuplicateFilter(run.agent->settings());
}

Result<Rights> effect_rights(const Resolution& run, const std::optional<Account>& context) {
  if (context && context->uid != 0 && context->gid != 0) {
    return rights_of(*context);
  }
  auto fallback = default_privileges(run.local().settings(), run.world());
  if (!fallback) {
    return std::move(fallback).error();
  }
  Rights rights = rights_of(*fallback);
  if (context && context->uid != 0) {
    rights.uid = context->uid;
    rights.name = context->name;
  } else {
    rights.name = "default_privs (" + fallback->name + ")";
  }
  if (context && context->gid != 0) {
    rights.gid = context->gid;
  }
  return rights;
}

Rights reading_rights(const std::optional<Account>& context) {
  return context ? rights_of(*context) : Rights{0, 0, {}, "root"};
}

DeliveryMacros delivery_macros(const Resolution& run, const Expansion& expansion,
                               const std::optional<Account>& account) {
  DeliveryMacros macros;
  macros.user = expansion.user;
  macros.local = expansion.local_part;
  macros.domain = expansion.domain;
  macros.recipient = to_internal(expansion.recipient.address);
  macros.extension = expansion.extension;
  if (expansion.extension) {
    macros.recipient_delimiter = std::string(1, expansion.delimiter);
  } else {
    macros.recipient_delimiter = run.local().settings().recipient_delimiter.value.substr(0, 1);
  }
  macros.account = account;
  return macros;
}

NodeId add_leaf_node(Resolution& run, NodeId parent, Leaf leaf, std::optional<SourcePos> source,
                     std::string detail) {
  TraceNode node;
  node.step = Step::leaf;
  node.subject = to_string(leaf.destination);
  node.detail = std::move(detail);
  node.source = std::move(source);
  node.leaf = run.trace.keep(std::move(leaf));
  return run.trace.add(parent, std::move(node));
}

namespace {

Leaf leaf_of(const Resolution& run, const Expansion& expansion, Destination destination) {
  Leaf leaf;
  leaf.destination = std::move(destination);
  leaf.recipient = expansion.recipient;
  leaf.sender = expansion.sender;
  leaf.report_to = run.sender;
  leaf.agent = run.service;
  return leaf;
}

/// Which value of prepend_delivered_header a destination answers to; empty for those that get no
/// header here.
std::string_view header_name_for(const Destination& destination) {
  return std::visit(Overloaded{
                        [](const Mailbox&) -> std::string_view { return "file"; },
                        [](const Maildir&) -> std::string_view { return "file"; },
                        [](const File&) -> std::string_view { return "file"; },
                        [](const Command&) -> std::string_view { return "command"; },
                        [](const auto&) -> std::string_view { return {}; },
                    },
                    destination);
}

}  // namespace

std::string agent_name(const Destination& destination) {
  return std::visit(Overloaded{
                        [](const Lmtp& lmtp) { return lmtp.service; },
                        [](const Pipe& pipe) { return pipe.service; },
                        [](const Transport& transport) { return transport.service; },
                        [](const Remote&) { return std::string("sendmail"); },
                        [](const Bounce&) { return std::string("error"); },
                        [](const Defer&) { return std::string("retry"); },
                        [](const Discard&) { return std::string("discard"); },
                        [](const auto&) { return std::string("local"); },
                    },
                    destination);
}

NodeId add_leaf(Resolution& run, NodeId parent, const Expansion& expansion, Destination destination,
                std::optional<SourcePos> source, std::string detail) {
  Leaf leaf = leaf_of(run, expansion, std::move(destination));
  leaf.reason = detail;
  return add_leaf_node(run, parent, std::move(leaf), std::move(source), std::move(detail));
}

NodeId add_leaf_of(Resolution& run, NodeId parent, const Expansion& expansion, std::string agent,
                   Destination destination, std::optional<SourcePos> source, std::string detail) {
  Leaf leaf = leaf_of(run, expansion, std::move(destination));
  leaf.agent = std::move(agent);
  // What smtpd(8) refuses is told to the client alone.
  leaf.reason = leaf.agent == "smtpd" ? "" : detail;
  return add_leaf_node(run, parent, std::move(leaf), std::move(source), std::move(detail));
}

NodeId add_effect(Resolution& run, NodeId parent, const Expansion& expansion, Effect effect) {
  Leaf leaf = leaf_of(run, expansion, std::move(effect.destination));
  const auto header = header_name_for(leaf.destination);
  if (!header.empty() && expansion.delivered &&
      run.local().settings().prepend_delivered_header.value.contains(header)) {
    leaf.delivered_to = to_external(*expansion.delivered);
  }
  leaf.rights = std::move(effect.rights);
  if (effect.report == Report::to_owner) {
    leaf.report_to = owner_or_sender(run, expansion);
  }
  return add_leaf_node(run, parent, std::move(leaf), std::move(effect.source),
                       std::move(effect.detail));
}

void bounce(Resolution& run, NodeId parent, const Expansion& expansion, EnhancedStatus status,
            std::string text, std::optional<SourcePos> source) {
  add_leaf(run, parent, expansion, Bounce{status, std::move(text)}, std::move(source));
}

void bounce_to_owner(Resolution& run, NodeId parent, const Expansion& expansion,
                     EnhancedStatus status, std::string text) {
  add_effect(run, parent, expansion,
             {Bounce{status, std::move(text)}, {}, Report::to_owner, {}, {}});
}

Address owner_or_sender(Resolution& run, const Expansion& expansion) {
  const Settings& settings = run.local().settings();
  if (!settings.owner_request_special.value) {
    return run.sender;
  }
  // As the address spells them; the lookup folds case, the new address does not.
  const std::string& local_part = expansion.recipient.address.local_part;
  const std::string user(split_extension(local_part, settings.extension_rules).user);
  for (const std::string& name : {local_part, user}) {
    auto hit = run.local().tables(&Settings::alias_maps).lookup("owner-" + name);
    if (!hit) {
      return run.sender;  // The lookups that led here were answered; this one decides no delivery.
    }
    if (*hit) {
      const bool by_value = settings.expand_owner_alias.value;
      return rewrite_address(split_address(by_value ? (*hit)->entry.value : "owner-" + name),
                             run.mail_system().settings());
    }
  }
  return run.sender;
}

void add_cleanup_failure(Resolution& run, NodeId parent, const Recipient& recipient,
                         const Error& error) {
  Expansion expansion;
  expansion.recipient = recipient;
  expansion.sender = run.sender;
  add_leaf_of(run, parent, expansion, "cleanup", status_of(error, Failure::virtual_alias),
              error.source, error.message());
}

void add_failure(Resolution& run, NodeId parent, const Expansion& expansion, const Error& error,
                 Failure failure) {
  add_leaf(run, parent, expansion, status_of(error, failure), error.source, error.message());
}

NodeId add_note(Resolution& run, NodeId parent, std::string text, std::optional<SourcePos> source) {
  TraceNode node;
  node.subject = std::move(text);
  node.source = std::move(source);
  return run.trace.add(parent, std::move(node));
}

void add_duplicate(Resolution& run, NodeId parent, std::string subject) {
  TraceNode node;
  node.step = Step::duplicate;
  node.subject = std::move(subject);
  node.detail = "reached before";
  run.trace.add(parent, std::move(node));
}

}  // namespace lastmile

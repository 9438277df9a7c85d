// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <utility>

#include "aliases/overloaded.h"
#include "aliases/text.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"
#include "transports/command_rules.h"
#include "transports/rewrite.h"
#include "transports/transport_rules.h"

namespace lastmile {

namespace {

uid_t context_uid(const Expansion& expansion) {
  return expansion.context ? expansion.context->uid : 0;
}

/// Adds the effect with the rights of the branch, or the deferral that default_privs asks for.
/// \return the leaf of the effect
std::optional<NodeId> add_with_rights(Agent& agent, NodeId parent, const Expansion& expansion,
                                      Effect effect) {
  auto rights = effect_rights(agent, expansion.context);
  if (!rights) {
    add_failure(agent, parent, expansion, rights.error(), Failure::default_rights);
    return std::nullopt;
  }
  effect.rights = std::move(*rights);
  effect.rights_reason = reason_of_default_privileges(expansion);
  return add_effect(agent, parent, expansion, std::move(effect));
}

/// The path that `~/file` stands for; nullopt after a bounce was added.
std::optional<std::string> expand_home(Agent& agent, NodeId parent, const Expansion& expansion,
                                       const std::string& path) {
  const auto refuse = [&](const std::string& reason) {
    add_leaf(agent, parent, expansion,
             status_of(misconfigured(reason + path), Failure::member_path), {}, reason + path);
    return std::nullopt;
  };
  if (path.front() != '~') {
    return path;
  }
  if (!path.starts_with("~/")) {
    return refuse("bad home directory syntax for: ");
  }
  if (!expansion.context) {
    return refuse("unknown home directory for: ");
  }
  const std::string& home = expansion.context->home;
  return (home == "/" ? "" : home) + path.substr(1);
}

void deliver_file(Agent& agent, NodeId parent, const Expansion& expansion, const FileMember& file,
                  const std::optional<SourcePos>& source) {
  const auto path = expand_home(agent, parent, expansion, file.path);
  if (!path) {
    return;
  }
  if (agent.seen.add(file_key(context_uid(expansion), *path)) == Seen::again) {
    add_duplicate(agent.trace(), parent, *path);
    return;
  }
  if (!agent.local().settings().allow_mail_to_files.value.contains(name_of(expansion.type))) {
    bounce_to_owner(agent, parent, expansion, "5.7.1"_dsn, "mail to file is restricted");
    return;
  }
  Effect effect;
  effect.source = source;
  if (!path->ends_with('/')) {
    effect.destination = File{*path};
    effect.report = Report::to_owner;
    add_with_rights(agent, parent, expansion, std::move(effect));
    return;
  }
  effect.destination = Maildir{*path};
  Expansion current = expansion;
  if (!agent.local().settings().frozen_delivered_to.value) {
    current.delivered = expansion.recipient.address;
  }
  add_with_rights(agent, parent, current, std::move(effect));
}

void deliver_command(Agent& agent, NodeId parent, const Expansion& expansion,
                     const CommandMember& command, const std::optional<SourcePos>& source) {
  if (!agent.local().settings().allow_mail_to_commands.value.contains(name_of(expansion.type))) {
    bounce(agent, parent, expansion, "5.7.1"_dsn, "mail to command is restricted", source);
    return;
  }
  add_command(agent, parent, expansion, command.line, source, "");
}

}  // namespace

void add_command(Agent& agent, NodeId parent, const Expansion& expansion, const std::string& line,
                 const std::optional<SourcePos>& source, std::string detail) {
  if (agent.seen.add(command_key(expansion.user, context_uid(expansion), line)) == Seen::again) {
    add_duplicate(agent.trace(), parent, "|" + line);
    return;
  }
  const Settings& settings = agent.local().settings();
  const auto macros = delivery_macros(agent, expansion, expansion.context);
  auto directory =
      expand_macros(settings.command_execution_directory.value,
                    macros.lookup(settings.execution_directory_expansion_filter.value));
  if (!directory) {
    add_failure(agent, parent, expansion,
                std::move(directory).error().during("expanding command_execution_directory"),
                Failure::command_setting);
    return;
  }
  Effect effect;
  Command command = {line, std::move(directory->text), {}};
  if (expansion.context) {
    command.context = std::make_shared<const Account>(*expansion.context);
  }
  effect.destination = std::move(command);
  effect.report = Report::to_owner;
  effect.source = source;
  effect.detail = std::move(detail);
  const std::string ran_in = std::get<Command>(effect.destination).directory;
  if (const auto leaf = add_with_rights(agent, parent, expansion, std::move(effect))) {
    add_surroundings(agent.run(), *leaf, settings, ran_in,
                     settings.command_execution_directory.source);
  }
}

void add_surroundings(Run& run, NodeId leaf, const Settings& settings, const std::string& directory,
                      const std::optional<SourcePos>& source) {
  if (!run.request.shows_surroundings) {
    return;
  }
  const auto add = [&](std::string subject, std::string detail, std::optional<SourcePos> place) {
    run.trace.add(leaf, {.step = Step::surroundings,
                         .subject = std::move(subject),
                         .detail = std::move(detail),
                         .source = std::move(place)});
  };
  if (directory.empty()) {
    add("directory", settings.queue_directory.value + " (queue_directory)",
        settings.queue_directory.source);
  } else {
    add("directory", below_queue_directory(settings, directory), source);
  }
  const auto nothing = [](std::string_view) { return std::optional<std::string>(); };
  for (const std::string& variable : base_environment(settings, nothing)) {
    const std::size_t equals = variable.find('=');
    add(variable.substr(0, equals), variable.substr(equals + 1),
        settings.export_environment.source);
  }
}

void expand_member(Agent& agent, NodeId parent, Expansion expansion, const Member& member,
                   const std::optional<SourcePos>& source) {
  // Given up as a whole then, so that nothing of it is delivered twice by the retry.
  if (!agent.run().may_go_on(source)) {
    return;
  }
  std::visit(
      Overloaded{
          [&](const AddressMember& entry) {
            expand_address(agent, parent, expansion, entry.address, source);
          },
          [&](const FileMember& entry) { deliver_file(agent, parent, expansion, entry, source); },
          [&](const CommandMember& entry) {
            deliver_command(agent, parent, expansion, entry, source);
          },
          [&](const IncludeMember& entry) {
            expand_include(agent, parent, expansion, entry.path, source);
          },
      },
      member);
}

void expand_address(Agent& agent, NodeId parent, Expansion expansion, const Address& address,
                    const std::optional<SourcePos>& source) {
  ++expansion.level;
  const Address canonical = rewrite_parsed(address, agent.local().rewriting().settings());
  auto route = route_address(agent.local().rewriting(), canonical, Address{});
  if (!route) {
    add_failure(agent, parent, expansion, route.error(), Failure::address_resolver);
    return;
  }
  if (!route->valid) {
    bounce(agent, parent, expansion, "5.1.3"_dsn,
           "bad recipient address syntax: " + to_internal(route->recipient), source);
    return;
  }
  add_changes(agent.pass, parent, std::move(route->changes));
  expansion.recipient.address = route->recipient;
  if (expansion.unmatched_extension) {
    expansion.recipient.address.local_part += expansion.delimiter + *expansion.unmatched_extension;
  }
  if (route->transport != agent.service) {
    resubmit(agent, parent, expansion, source);
    return;
  }
  TraceNode node{
      .step = Step::address, .subject = to_external(expansion.recipient.address), .source = source};
  const NodeId id = agent.trace().add(parent, node);
  expand_recipient(agent, id, std::move(expansion));
}

}  // namespace lastmile

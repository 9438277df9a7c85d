// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "aliases/include_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "local/resolving/leaves.h"
#include "local/resolving/nodes.h"

namespace lastmile {

namespace {

constexpr std::size_t kMaxIncludeFile = std::size_t{256} * 1024 * 1024;

/// What local(8) says in the status of everything that is wrong with an include file; the reason is
/// the detail of the leaf.
void refuse(Agent& agent, NodeId parent, const Expansion& expansion, const std::string& path,
            const std::string& reason) {
  const SourcePos source = {path, 0};
  add_leaf(agent, parent, expansion,
           status_of(misconfigured(reason, source), Failure::include_file), source, reason);
}

/// The file by its attributes, when it may be one; nullopt after a leaf was added.
std::optional<FileView> find_include(Agent& agent, NodeId parent, const Expansion& expansion,
                                     const std::string& path, const Rights& rights) {
  auto seen = agent.world().file_attributes(path, rights, Symlinks::follow);
  if (!seen && seen.error().kind == Error::Kind::unseen) {
    add_failure(agent, parent, expansion, seen.error(), Failure::include_file);
    return std::nullopt;
  }
  if (!seen || !*seen) {
    // A list that is not there bounces: nothing says that it will come.
    refuse(agent, parent, expansion, path,
           "unable to lookup :include: file " + path + ": " +
               (seen ? "No such file or directory" : seen.error().text));
    return std::nullopt;
  }
  // Whoever may write the file decides where mail goes, and which commands run.
  if (const auto problem = judge_include(path, **seen)) {
    refuse(agent, parent, expansion, path, *problem);
    return std::nullopt;
  }
  return std::move(**seen);
}

/// Below an alias of root the file speaks for its owner: what it names has the owner's rights from
/// here on, and so has the reading of the file. Below another user's it gains nothing.
Handled take_file_owner(Agent& agent, NodeId parent, const std::string& path, uid_t uid,
                        Expansion& expansion) {
  if (expansion.context && expansion.context->uid != 0) {
    return Handled::no;
  }
  auto owner = agent.world().account_by_uid(uid);
  if (!owner || !*owner) {
    // Without an account there is no group, no home and no shell for its commands.
    const std::string reason =
        path + ": cannot find :include: file owner username (uid " + std::to_string(uid) + ")";
    const SourcePos source = {path, 0};
    add_leaf(agent, parent, expansion,
             status_of(misconfigured(reason, source), Failure::include_owner), source, reason);
    return Handled::yes;
  }
  if (uid != 0) {
    expansion.context = **owner;
  }
  return Handled::no;
}

/// The rights of who decides which file is meant: a user whose link root would follow.
/// \return nullopt where nobody but root does; an Error when the user has no account
Result<std::optional<Rights>> rights_of_link(Agent& agent, const Expansion& expansion,
                                             const std::string& path) {
  const bool is_root = reading_rights(expansion.context).uid == 0;
  if (!is_root || !agent.local().settings().lastmile_include_as_link_owner.value) {
    return std::optional<Rights>();
  }
  const auto link = find_link_of_user(agent.world(), path);
  if (!link) {
    return std::optional<Rights>();
  }
  auto owner = agent.world().account_by_uid(link->owner);
  if (!owner || !*owner) {
    return misconfigured(path + ": no account has the uid " + std::to_string(link->owner) +
                             " of the symbolic link " + link->path,
                         SourcePos{path, 0});
  }
  return std::optional(rights_of(**owner));
}

/// The file with its content, read with the rights that it gets; nullopt after a leaf was added.
std::optional<FileView> open_include(Agent& agent, NodeId parent, Expansion& expansion,
                                     const std::string& path) {
  const auto link = rights_of_link(agent, expansion, path);
  if (!link) {
    add_failure(agent, parent, expansion, link.error(), Failure::include_owner);
    return std::nullopt;
  }
  const auto seen = find_include(agent, parent, expansion, path,
                                 link->value_or(reading_rights(expansion.context)));
  if (!seen) {
    return std::nullopt;
  }
  expansion.type = ExpansionType::include;
  if (take_file_owner(agent, parent, path, seen->owner, expansion) == Handled::yes) {
    return std::nullopt;
  }
  auto file = agent.run().read_list(path, link->value_or(reading_rights(expansion.context)),
                                    Symlinks::follow, kMaxIncludeFile);
  if (!file && file.error().kind != Error::Kind::denied) {
    // What the disk does is no fault of the list.
    add_failure(agent, parent, expansion, file.error(), Failure::forward_file);
    return std::nullopt;
  }
  std::optional<std::string> problem;
  if (!file || !*file) {
    problem = file ? "No such file or directory" : file.error().text;
  } else if ((*file)->owner != seen->owner || judge_include(path, **file)) {
    // Judged again on what was opened: between the two looks another file may have taken its place.
    problem = "file status changed unexpectedly";
  } else if (!(*file)->unreadable.empty()) {
    problem = (*file)->unreadable;
  }
  if (problem) {
    refuse(agent, parent, expansion, path, "cannot open include file " + path + ": " + *problem);
    return std::nullopt;
  }
  return std::move(**file);
}

NodeId add_include_node(Agent& agent, NodeId parent, const std::string& path,
                        const std::optional<SourcePos>& source) {
  TraceNode node{.step = Step::include, .subject = ":include:" + path, .source = source};
  return agent.trace().add(parent, node);
}

}  // namespace

void expand_include(Agent& agent, NodeId parent, Expansion expansion, const std::string& path,
                    const std::optional<SourcePos>& source) {
  ++expansion.level;
  if (agent.is_too_deep(expansion.level)) {
    bounce(agent, parent, expansion, "5.4.6"_dsn, ":include: nesting limit exceeded", source);
    return;
  }
  const uid_t uid = expansion.context ? expansion.context->uid : 0;
  if (agent.seen.add(include_key(uid, path)) == Seen::again) {
    add_duplicate(agent.trace(), parent, ":include:" + path);
    return;
  }
  const NodeId node = add_include_node(agent, parent, path, source);
  expansion.name = expansion.local_part;
  if (!path.starts_with('/')) {
    refuse(agent, node, expansion, path, ":include:" + path + " uses a relative path");
    return;
  }
  const auto file = open_include(agent, node, expansion, path);
  if (!file) {
    return;
  }
  if (expansion.owner.empty()) {
    expansion.owner = to_internal(expansion.recipient.address);
  }
  if (!agent.local().settings().propagate_unmatched_extensions.value.contains(
          name_of(expansion.type))) {
    expansion.unmatched_extension.reset();
  }
  expand_lines(agent, node, expansion, path, file->content);
}

// Line by line: the file may name very many members, and what one of them leads to may use up what
// the resolution may take.
std::size_t expand_lines(Agent& agent, NodeId parent, const Expansion& expansion,
                         const std::string& path, std::string_view content) {
  const Shared<std::string> file = path;
  std::size_t count = 0;
  const auto limit = static_cast<std::size_t>(agent.local().settings().line_length_limit.value);
  MemberLines lines(content, limit);
  while (const auto line = lines.next()) {
    const std::size_t before = agent.trace().size();
    for (const Member& member : parse_members(line->text)) {
      expand_member(agent, parent, expansion, member, SourcePos{file, line->line});
      ++count;
    }
    if (agent.run().budget.is_spent()) {
      break;
    }
    if (agent.trace().size() > before) {
      agent.trace().begin_line(NodeId{static_cast<std::uint32_t>(before)});
    }
  }
  return count;
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "local/resolving/foresee.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "aliases/overloaded.h"
#include "aliases/path.h"
#include "aliases/text.h"
#include "transports/errno_status.h"
#include "transports/mailbox_rules.h"
#include "transports/pipe_rules.h"

namespace lastmile {

namespace {

const Rights kRoot = {0, 0, {}, "root"};

// Permission bits of files.
constexpr mode_t kOwnerWrites = 0200;
constexpr mode_t kGroupWrites = 0020;
constexpr mode_t kAllWrite = 0002;

std::optional<FileView> look_at(World& world, const std::string& path, Symlinks symlinks) {
  const auto view = world.file_attributes(path, kRoot, symlinks);
  return view ? *view : std::nullopt;
}

/// What is appended to: an agent follows a link of root, and what it says of others is its own.
std::optional<FileView> mailbox_at(World& world, const std::string& path) {
  auto file = look_at(world, path, Symlinks::refuse);
  if (file && file->type == FileType::symlink) {
    return file->owner == 0 ? look_at(world, path, Symlinks::follow) : std::nullopt;
  }
  return file;
}

Destination failed(EnhancedStatus code, std::string text) {
  if (code.status_class == StatusClass::permanent) {
    return Bounce{code, std::move(text)};
  }
  return Defer{code, std::move(text)};
}

Destination cannot_open(StoredBy stored_by, const std::string& prefix, int error) {
  return failed(status_of_errno(error, unusable_mailbox(stored_by)),
                prefix + "cannot open file: " + error_text(error));
}

/// Who opens the mailbox of a user.
struct Opener {
  bool is_root = false;  ///< In a spool where only root may make files.
  Rights rights = {};
};

/// \see MAILBOX DELIVERY in local(8): the mode of the spool decides
Opener opener_of(World& world, const Leaf& leaf, const Mailbox& mailbox) {
  Opener opener = {false, *leaf.rights};
  const std::string spool = mailbox.spool.empty() ? parent_directory(mailbox.path) : mailbox.spool;
  const auto directory =
      mailbox.in_spool ? look_at(world, spool, Symlinks::follow) : std::optional<FileView>();
  if (!directory || (directory->mode & kAllWrite) != 0) {
    return opener;
  }
  opener.is_root = (directory->mode & kGroupWrites) == 0;
  opener.rights.gid = opener.is_root ? opener.rights.gid : directory->group;
  return opener;
}

bool may_write(const FileView& file, const Rights& as) {
  const bool in_group =
      as.gid == file.group || std::ranges::find(as.groups, file.group) != as.groups.end();
  const mode_t bit = file.owner == as.uid ? kOwnerWrites : in_group ? kGroupWrites : kAllWrite;
  return as.uid == 0 || (file.mode & bit) != 0;
}

/// An empty file of root, in a spool where only root makes files, may be one that was about to be
/// given to its owner: a delivery would still do so.
bool may_be_unfinished(const FileView& file, const Opener& opener) {
  return opener.is_root && file.owner == 0 && file.version.size == 0;
}

std::optional<Destination> failure_of_mailbox(const Pass& pass, const Leaf& leaf,
                                              const Mailbox& mailbox) {
  World& world = pass.run.world();
  const auto file = mailbox_at(world, mailbox.path);
  if (!file) {
    return std::nullopt;
  }
  const Settings& settings = pass.run.mail_system().settings().of_service(leaf.agent);
  const std::string prefix = mailbox_failure_prefix(mailbox, leaf.recipient.address, settings);
  if (file->type == FileType::directory) {
    return cannot_open(mailbox.stored_by, prefix, EISDIR);
  }
  if (file->type != FileType::regular || !file->owner_is_known) {
    return std::nullopt;
  }
  const Opener opener = opener_of(world, leaf, mailbox);
  if (!opener.is_root && !may_write(*file, opener.rights)) {
    return cannot_open(mailbox.stored_by, prefix, EACCES);
  }
  if (file->owner == leaf.rights->uid || !settings.strict_mailbox_ownership.value ||
      may_be_unfinished(*file, opener)) {
    return std::nullopt;
  }
  MailboxRefusal refusal = not_owned_by_recipient(mailbox.path);
  return failed(refusal.code, prefix + refusal.text);
}

/// Why nobody could make a file in `directory` with these rights; 0: one could, or it is not there
/// and would be made.
int obstacle_in_directory(World& world, const std::string& directory, const Rights& as) {
  const auto found = look_at(world, directory, Symlinks::follow);
  if (!found) {
    return 0;
  }
  if (found->type != FileType::directory) {
    return ENOTDIR;
  }
  return found->owner_is_known && !may_write(*found, as) ? EACCES : 0;
}

std::optional<Destination> failure_of_maildir(const Pass& pass, const Leaf& leaf,
                                              const Maildir& maildir) {
  World& world = pass.run.world();
  const std::string without_slash = maildir.path.substr(0, maildir.path.size() - 1);
  const auto itself = look_at(world, without_slash, Symlinks::follow);
  const bool is_directory = !itself || itself->type == FileType::directory;
  for (const std::string_view name : {"tmp", "new"}) {
    const std::string directory = maildir.path + std::string(name);
    const int error =
        is_directory ? obstacle_in_directory(world, directory, *leaf.rights) : ENOTDIR;
    if (error != 0) {
      return failed(
          status_of_errno(error, unusable_mailbox(maildir.stored_by)),
          "maildir delivery failed: create maildir file " + directory + "/: " + error_text(error));
    }
  }
  return std::nullopt;
}

std::optional<Destination> failure_of_file(const Pass& pass, const File& file) {
  const auto found = look_at(pass.run.world(), file.path, Symlinks::refuse);
  return found && found->type == FileType::directory
             ? std::optional(cannot_open(StoredBy::local, file_failure_prefix(file), EISDIR))
             : std::nullopt;
}

// ---- pipe(8)

/// The message that a leaf belongs to: the node that it was submitted again at, or the root.
NodeId message_of(const Trace& trace, NodeId leaf) {
  NodeId node = leaf;
  for (auto above = trace.parent(leaf); above; above = trace.parent(*above)) {
    node = *above;
    if (trace.step(node) == Step::resubmitted) {
      break;
    }
  }
  return node;
}

/// Recipients with the same key may share a command.
using PipeKey = std::tuple<NodeId, std::string, std::string, std::string>;

PipeKey key_of(const Trace& trace, NodeId id) {
  const Leaf leaf = trace.leaf(id);
  const auto& pipe = std::get<Pipe>(leaf.destination);
  return {message_of(trace, id), pipe.service, fold_case(pipe.nexthop), to_internal(leaf.sender)};
}

bool comes_before(const Trace& trace, NodeId left, NodeId right) {
  const auto order = [&trace](NodeId id) { return queue_order(trace.leaf(id).recipient.address); };
  return order(left) < order(right);
}

void defer_leaf(Trace& trace, const LonePipe& pipe) {
  Leaf leaf = trace.leaf(pipe.leaf);
  leaf.destination = Defer{"4.3.5"_dsn, "mail system configuration error", pipe.reason};
  leaf.reason = pipe.reason;
  trace.replace_leaf(pipe.leaf, std::move(leaf), pipe.reason, pipe.source);
}

}  // namespace

std::optional<Destination> foreseen_failure(const Pass& pass, const Leaf& leaf) {
  return std::visit(
      Overloaded{
          [&](const Mailbox& mailbox) { return failure_of_mailbox(pass, leaf, mailbox); },
          [&](const Maildir& maildir) { return failure_of_maildir(pass, leaf, maildir); },
          [&](const File& file) { return failure_of_file(pass, file); },
          [](const auto&) { return std::optional<Destination>(); },
      },
      leaf.destination);
}

void defer_shared_pipes(Run& run) {
  Trace& trace = run.trace;
  std::map<PipeKey, std::vector<const LonePipe*>> commands;
  for (const LonePipe& pipe : run.lone_pipes) {
    commands[key_of(trace, pipe.leaf)].push_back(&pipe);
  }
  for (auto& [key, pipes] : commands) {
    std::ranges::stable_sort(pipes, [&trace](const LonePipe* left, const LonePipe* right) {
      return comes_before(trace, left->leaf, right->leaf);
    });
    const auto first = std::get<Pipe>(trace.leaf(pipes.front()->leaf).destination);
    const std::size_t limit = first.recipient_limit == 0 ? pipes.size() : first.recipient_limit;
    // What is left for a command of its own is delivered.
    const std::size_t shared = pipes.size() % limit == 1 ? pipes.size() - 1 : pipes.size();
    for (std::size_t i = 0; i < (pipes.size() == 1 ? 0 : shared); ++i) {
      defer_leaf(trace, *pipes[i]);
    }
  }
}

}  // namespace lastmile

#include <utility>

#include "aliases/include_file.h"
#include "aliases/member.h"
#include "aliases/member_lines.h"
#include "local/resolving/expansion.h"

namespace lastmile {

namespace {

constexpr std::size_t kMaxFileSize = std::size_t{256} * 1024 * 1024;

/// What local(8) says in the status of everything that is wrong with an include file; the reason is
/// the detail of the leaf.
void refuse(Resolution& run, NodeId parent, const Expansion& expansion, const std::string& path,
            std::string reason) {
  add_leaf(run, parent, expansion, Bounce{"5.3.5"_dsn, "mail system configuration error"},
           SourcePos{path, 0}, std::move(reason));
}

/// The file with its content, read with the rights that it gets; nullopt after a leaf was added.
/// Its owner becomes the user context where there was none.
std::optional<FileView> open_include(Resolution& run, NodeId parent, Expansion& expansion,
                                     const std::string& path) {
  const bool as_root = !expansion.context || expansion.context->uid == 0;
  auto seen =
      run.world().file_attributes(path, reading_rights(expansion.context), Symlinks::follow);
  if (!seen || !*seen) {
    refuse(run, parent, expansion, path,
           "unable to lookup :include: file " + path + ": " +
               (seen ? "No such file or directory" : seen.error().text));
    return std::nullopt;
  }
  if (const auto problem = judge_include(path, **seen)) {
    refuse(run, parent, expansion, path, *problem);
    return std::nullopt;
  }
  expansion.type = ExpansionType::include;
  if (as_root) {
    auto owner = run.world().account_by_uid((*seen)->owner);
    if (!owner || !*owner) {
      add_leaf(run, parent, expansion, Defer{"4.3.5"_dsn, "mail system configuration error"},
               SourcePos{path, 0},
               path + ": cannot find :include: file owner username (uid " +
                   std::to_string((*seen)->owner) + ")");
      return std::nullopt;
    }
    if ((*seen)->owner != 0) {
      expansion.context = **owner;
    }
  }
  auto file = run.world().read_file(path, reading_rights(expansion.context), Symlinks::follow,
                                    kMaxFileSize);
  if (!file && file.error().kind != Error::Kind::denied) {
    // What the disk does is no fault of the list.
    add_failure(run, parent, expansion, file.error(), Failure::forward_file);
    return std::nullopt;
  }
  std::optional<std::string> problem;
  if (!file || !*file) {
    problem = file ? "No such file or directory" : file.error().text;
  } else if ((*file)->owner != (*seen)->owner || judge_include(path, **file)) {
    problem = "file status changed unexpectedly";
  } else if (!(*file)->unreadable.empty()) {
    problem = (*file)->unreadable;
  }
  if (problem) {
    refuse(run, parent, expansion, path, "cannot open include file " + path + ": " + *problem);
    return std::nullopt;
  }
  return std::move(**file);
}

NodeId add_include_node(Resolution& run, NodeId parent, const std::string& path,
                        const std::optional<SourcePos>& source) {
  TraceNode node;
  node.step = Step::include;
  node.subject = ":include:" + path;
  node.source = source;
  return run.trace.add(parent, std::move(node));
}

}  // namespace

void expand_include(Resolution& run, NodeId parent, Expansion expansion, const std::string& path,
                    const std::optional<SourcePos>& source) {
  ++expansion.level;
  if (expansion.level > kMaxLevel) {
    bounce(run, parent, expansion, "5.4.6"_dsn, ":include: nesting limit exceeded", source);
    return;
  }
  const uid_t uid = expansion.context ? expansion.context->uid : 0;
  if (run.seen.add(include_key(uid, path)) == Seen::again) {
    add_duplicate(run, parent, ":include:" + path);
    return;
  }
  const NodeId node = add_include_node(run, parent, path, source);
  expansion.name = expansion.local_part;
  if (!path.starts_with('/')) {
    refuse(run, node, expansion, path, ":include:" + path + " uses a relative path");
    return;
  }
  const auto file = open_include(run, node, expansion, path);
  if (!file) {
    return;
  }
  if (expansion.owner.empty()) {
    expansion.owner = to_internal(expansion.recipient.address);
  }
  if (!run.local().settings().propagate_unmatched_extensions.value.contains(
          name_of(expansion.type))) {
    expansion.unmatched_extension.reset();
  }
  expand_lines(run, node, expansion, path, file->content);
}

std::size_t expand_lines(Resolution& run, NodeId parent, const Expansion& expansion,
                         const std::string& path, std::string_view content) {
  ++run.files_expanded;
  const Shared<std::string> file = path;
  std::size_t count = 0;
  const auto limit = static_cast<std::size_t>(run.local().settings().line_length_limit.value);
  for (const MemberLine& line : read_member_lines(content, limit)) {
    const std::size_t before = run.trace.children(parent).size();
    for (const Member& member : parse_members(line.text)) {
      expand_member(run, parent, expansion, member, SourcePos{file, line.line});
      ++count;
    }
    if (const auto children = run.trace.children(parent); children.size() > before) {
      run.trace.begin_line(children[before]);
    }
  }
  return count;
}

}  // namespace lastmile

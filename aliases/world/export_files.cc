// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/export_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <variant>

#include "aliases/member.h"
#include "aliases/path.h"
#include "aliases/world/open_file.h"
#include "aliases/world/recorded_tree.h"
#include "aliases/world/redact.h"
#include "aliases/world/site_export.h"

namespace lastmile {
namespace {

const Rights kRoot = {0, 0, {}, "root"};
/// Of one file; a site file is a configuration, not a backup.
constexpr std::size_t kMaxFile = std::size_t{256} * 1024 * 1024;
/// One that is not taken into memory.
constexpr std::int64_t kLargeFile = std::int64_t{1024} * 1024;
constexpr int kMaxLinks = 40;

std::string path_in(const std::string& directory, const std::string& name) {
  return directory.ends_with('/') ? directory + name : directory + "/" + name;
}

RecordedNode node_of(const FileView& view) {
  return {view.type, view.owner, view.group, view.mode, view.target};
}

}  // namespace

Result<std::optional<FileExport::Place>> FileExport::add_attributes(const std::string& path,
                                                                    const Rights& reader,
                                                                    Symlinks symlinks) {
  const auto names = path_components(path);
  std::deque<std::string> pending(names.begin(), names.end());
  auto here = record("/", reader);
  for (int links = 0; here && *here && !pending.empty();) {
    const std::string directory = (*here)->path;
    const std::string name = std::move(pending.front());
    pending.pop_front();
    if (name == ".") {
      continue;
    }
    here = record(name == ".." ? parent_directory(directory) : path_in(directory, name), reader);
    const bool follow = !pending.empty() || symlinks == Symlinks::follow;
    if (!here || !*here || (*here)->view.type != FileType::symlink || !follow) {
      continue;
    }
    if (++links > kMaxLinks) {
      return std::nullopt;
    }
    const std::string target = (*here)->view.target;
    const auto more = path_components(target);
    pending.insert(pending.begin(), more.begin(), more.end());
    here = record(target.starts_with('/') ? "/" : directory, reader);
  }
  return here;
}

/// Records one entry without content, unless it was recorded before.
Result<std::optional<FileExport::Place>> FileExport::record(const std::string& path,
                                                            const Rights& reader) {
  auto view = from_.file_attributes(path, kRoot, Symlinks::refuse);
  if (!view && view.error().kind == Error::Kind::denied) {
    view = from_.file_attributes(path, reader, Symlinks::refuse);  // NFS may refuse root.
  }
  if (!view) {
    notes_.push_back(view.error().message());
    return record_unknown(path);
  }
  if (!*view) {
    return std::nullopt;
  }
  if (recorded_.insert(path).second) {
    if (auto added = writer_.add_file(path, node_of(**view), std::nullopt); !added) {
      return std::move(added).error();
    }
  }
  return std::optional(Place{path, std::move(**view)});
}

Result<std::optional<FileExport::Place>> FileExport::record_unknown(const std::string& path) {
  recorded_.insert(path);
  if (auto added = writer_.add_unknown(path); !added) {
    return std::move(added).error();
  }
  return std::nullopt;
}

Result<Ok> FileExport::add_file(const std::string& path, const Rights& reader, Symlinks symlinks,
                                Lines lines) {
  const auto place = add_attributes(path, reader, symlinks);
  if (!place) {
    return place.error();
  }
  if (!*place || (*place)->view.type != FileType::regular) {
    return Ok{};
  }
  const bool is_streamed = lines == Lines::text && reader.uid == 0 && !path.ends_with(".cf") &&
                           (*place)->view.version.size > kLargeFile;
  if (is_streamed && !with_content_.contains((*place)->path)) {
    const auto added = add_large_file(**place);
    if (!added || *added == Streamed::yes) {
      return added ? Result<Ok>(Ok{}) : added.error();
    }
  }
  const auto view = from_.read_file(path, reader, symlinks, kMaxFile);
  if (!view) {
    notes_.push_back(view.error().message());
    // What the reader may not reach, the recorded modes refuse as well.
    return view.error().kind == Error::Kind::denied ? Result<Ok>(Ok{})
                                                    : writer_.add_unknown((*place)->path);
  }
  if (!*view || (*view)->type != FileType::regular || !(*view)->unreadable.empty()) {
    return Ok{};
  }
  const std::string& content = (*view)->content;
  for (std::size_t begin = 0; lines == Lines::members && begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    if (content[begin] != '#') {
      collect_includes(std::string_view(content).substr(begin, end - begin), reader);
    }
    begin = end + 1;
  }
  if (!with_content_.insert((*place)->path).second) {
    return Ok{};
  }
  return writer_.add_file((*place)->path, node_of(**view),
                          path.ends_with(".cf") ? without_passwords(content) : content);
}

/// Piece by piece, as root, to whom nothing on the way belongs to somebody else.
/// \return no when the file cannot be read in this way
Result<FileExport::Streamed> FileExport::add_large_file(const Place& place) {
  const auto host_path = from_.host_path(place.path);
  const OpenFile file(host_path ? open(host_path->c_str(), kReadFlags | O_NOFOLLOW) : -1);
  struct stat attributes = {};
  if (!file.is_open() || fstat(file.get(), &attributes) != 0 || !S_ISREG(attributes.st_mode) ||
      static_cast<std::uint64_t>(attributes.st_size) > kMaxFile) {
    return Streamed::no;
  }
  with_content_.insert(place.path);
  auto added = writer_.add_large_file(
      place.path, node_of(place.view), static_cast<std::uint64_t>(attributes.st_size),
      [&file](std::uint64_t offset, std::span<char> buffer) -> std::size_t {
        const ssize_t count =
            pread(file.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
        return count < 0 ? 0 : static_cast<std::size_t>(count);
      });
  return added ? Result<Streamed>(Streamed::yes) : added.error();
}

Result<Ok> FileExport::add_forward_files(const Account& account) {
  const Rights reader = rights_of(account);
  const auto home = add_attributes(account.home, reader, Symlinks::follow);
  if (!home) {
    return home.error();
  }
  if (!*home || (*home)->view.type != FileType::directory) {
    return Ok{};
  }
  // Root lists, as a home may be searched by its owner without being readable.
  const auto names = from_.list_directory(account.home, kRoot);
  if (!names) {
    notes_.push_back(names.error().message());
    return writer_.add_unknown((*home)->path);
  }
  for (const std::string& name : names->value_or(std::vector<std::string>())) {
    if (!name.starts_with(".forward")) {
      continue;
    }
    if (auto added =
            add_file(path_in(account.home, name), reader, Symlinks::refuse, Lines::members);
        !added) {
      return added;
    }
  }
  return Ok{};
}

void FileExport::collect_includes(std::string_view members, const Rights& reader) {
  if (members.find(":include:") == std::string_view::npos) {
    return;
  }
  for (const Member& member : parse_members(members)) {
    const auto* include = std::get_if<IncludeMember>(&member);
    if (include != nullptr && include->path.starts_with('/')) {
      includes_.push_back({include->path, reader});
    }
  }
}

Result<Ok> FileExport::add_include_files() {
  std::set<std::pair<std::string, uid_t>> seen;
  while (!includes_.empty()) {
    const Include include = std::move(includes_.front());
    includes_.pop_front();
    if (!seen.emplace(include.path, include.reader.uid).second) {
      continue;
    }
    const auto reader = reader_of(include);
    if (!reader) {
      return reader.error();
    }
    if (auto added = add_file(include.path, *reader, Symlinks::follow, Lines::members); !added) {
      return added;
    }
  }
  return Ok{};
}

/// Where root reads, the owner of the file does. \see local(8), :include:/file/name
Result<Rights> FileExport::reader_of(const Include& include) {
  if (include.reader.uid != 0) {
    return include.reader;
  }
  const auto view = from_.file_attributes(include.path, kRoot, Symlinks::follow);
  if (!view || !*view || (*view)->owner == 0) {
    return include.reader;
  }
  const auto owner = from_.account_by_uid((*view)->owner);
  if (!owner) {
    return owner.error();
  }
  return *owner ? rights_of(**owner) : include.reader;
}

}  // namespace lastmile

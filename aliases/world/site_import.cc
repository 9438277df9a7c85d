// SPDX-License-Identifier: Apache-2.0
#include "aliases/world/site_import.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "aliases/alias_file.h"
#include "aliases/path.h"
#include "aliases/tables/map_types.h"
#include "aliases/text.h"
#include "aliases/world/open_file.h"
#include "aliases/world/passwd_file.h"
#include "aliases/world/site_columns.h"
#include "aliases/world/site_world.h"
#include "aliases/world/site_writer.h"
#include "aliases/world/tree_world.h"

namespace lastmile {
namespace {

constexpr mode_t kPrivate = 0700;
constexpr std::size_t kMaxFile = std::size_t{1} << 30;
constexpr const char* kPasswd = "/etc/passwd";
constexpr const char* kHostname = "/etc/hostname";

Error cannot_write(const std::string& path) {
  return unavailable(path + ": " + std::strerror(errno));
}

/// Whether a path of a site file names a place below the root, as docs/site.md has it.
bool is_plain_path(const std::string& path) {
  std::string normal;
  for (const std::string& name : path_components(path)) {
    if (name == "." || name == ".." || name.find('\0') != std::string::npos) {
      return false;
    }
    normal += '/' + name;
  }
  return path == "/" || path == normal;
}

/// A line of passwd(5). \return nullopt for an account that none can hold
std::optional<std::string> passwd_line(const Account& account) {
  for (const std::string* field : {&account.name, &account.gecos, &account.home, &account.shell}) {
    if (field->find_first_of(":\n") != std::string::npos || account.name.empty()) {
      return std::nullopt;
    }
  }
  return account.name + ":x:" + std::to_string(account.uid) + ':' + std::to_string(account.gid) +
         ':' + account.gecos + ':' + account.home + ':' + account.shell + '\n';
}

/// PATH of a line of the owners file, in which glob(7) has a meaning.
/// \return nullopt for one that no line can hold
std::optional<std::string> owners_pattern(const std::string& path) {
  std::string pattern;
  for (const char octet : path) {
    if (is_space(octet)) {
      return std::nullopt;
    }
    pattern += std::string_view("*?[]\\").find(octet) == std::string_view::npos
                   ? std::string(1, octet)
                   : std::string("\\") + octet;
  }
  return pattern;
}

class Import {
 public:
  Import(SiteFile& site, std::string directory, TablePolicy policy)
      : site_(site), directory_(std::move(directory)), policy_(std::move(policy)) {}

  Result<SiteSummary> run() {
    using Part = Result<Ok> (Import::*)();
    for (const Part part :
         {&Import::make_directory, &Import::write_accounts, &Import::write_files,
          &Import::write_links, &Import::write_texts, &Import::write_owners, &Import::write_rest}) {
      if (auto done = (this->*part)(); !done) {
        return std::move(done).error();
      }
    }
    return std::move(summary_);
  }

 private:
  void note(std::string text) { summary_.notes.push_back(std::move(text)); }

  std::string place_of(const std::string& path) const { return directory_ + path; }

  Result<Ok> make_directory() {
    std::error_code problem;
    std::filesystem::create_directory(directory_, problem);
    if (!std::filesystem::is_directory(directory_) ||
        !std::filesystem::is_empty(directory_, problem)) {
      return misconfigured(directory_ + ": " + (problem ? problem.message() : "is not empty") +
                           ": a tree is written into a directory of its own");
    }
    // Accounts and .forward files are read by whoever may read the site file.
    return chmod(directory_.c_str(), kPrivate) == 0 ? Result<Ok>(Ok{}) : cannot_write(directory_);
  }

  // Files

  Result<Ok> make_directories(const std::string& path) {
    std::error_code problem;
    std::filesystem::create_directories(place_of(path), problem);
    return problem ? Result<Ok>(unavailable(place_of(path) + ": " + problem.message()))
                   : Result<Ok>(Ok{});
  }

  Result<Ok> write_file(const std::string& path, std::string_view content) {
    if (auto made = make_directories(parent_directory(path)); !made) {
      return made;
    }
    const std::string place = place_of(path);
    const OpenFile file(
        ::open(place.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!file.is_open()) {
      return cannot_write(place);
    }
    while (!content.empty()) {
      const ssize_t written = ::write(file.get(), content.data(), content.size());
      if (written < 0) {
        return cannot_write(place);
      }
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    return Ok{};
  }

  /// Directories and files first: no link is there that could lead them elsewhere.
  Result<Ok> write_files() {
    return for_each_node([this](const std::string& path, const RecordedNode& node) -> Result<Ok> {
      switch (node.type) {
        case FileType::directory:
          return make_directories(path);
        case FileType::regular:
          return write_regular(path);
        case FileType::symlink:
          return Ok{};
        case FileType::other:
          note(path + " is no file, directory or link, and is left out");
          return Ok{};
      }
      return Ok{};
    });
  }

  Result<Ok> write_regular(const std::string& path) {
    const auto content = site_.content(path, kMaxFile);
    if (!content) {
      return content.error();
    }
    if (*content) {
      with_content_.push_back(path);
    }
    return write_file(path, content->value_or(""));
  }

  Result<Ok> write_links() {
    return for_each_node([this](const std::string& path, const RecordedNode& node) -> Result<Ok> {
      if (node.type != FileType::symlink) {
        return Ok{};
      }
      if (auto made = make_directories(parent_directory(path)); !made) {
        return made;
      }
      const std::string place = place_of(path);
      return symlink(node.target.c_str(), place.c_str()) == 0 ? Result<Ok>(Ok{})
                                                              : cannot_write(place);
    });
  }

  Result<Ok> for_each_node(
      const std::function<Result<Ok>(const std::string&, const RecordedNode&)>& visit) {
    Result<Ok> result = Ok{};
    const auto listing = site_.for_each_path([&](const std::string& path) {
      if (!is_plain_path(path)) {
        result =
            misconfigured(site_.path() + ": file " + printable(path) +
                          ": not an absolute path without \".\", \"..\" or a slash at its end");
        return false;
      }
      const auto node = site_.node(path);
      if (!node && node.error().kind == Error::Kind::unavailable) {
        unseen_.push_back(path);
        return true;
      }
      result = !node ? Result<Ok>(node.error()) : *node ? visit(path, **node) : Result<Ok>(Ok{});
      return result.ok();
    });
    return listing ? std::move(result) : Result<Ok>(listing.error());
  }

  // Accounts, owners

  Result<Ok> write_accounts() {
    std::string text;
    const auto listing = site_.for_each_account([&](const Account& account) {
      if (const auto line = passwd_line(account)) {
        text += *line;
        ++summary_.accounts;
      } else {
        note("account " + printable(account.name) + " does not fit into a line of passwd(5)");
      }
      return true;
    });
    const auto host = site_.host();
    if (!listing || !host) {
      return listing ? host.error() : listing.error();
    }
    auto accounts = PasswdFile::parse(text, place_of(kPasswd));
    if (!accounts) {
      return std::move(accounts).error();
    }
    accounts_ = *std::move(accounts);
    if (auto written = write_file(kHostname, host->hostname + '\n'); !written) {
      return written;
    }
    return write_file(kPasswd, text);
  }

  /// A line for each path that is not as its home, or root, would have it.
  Result<Ok> write_owners() {
    std::string text;
    auto done = for_each_node([&](const std::string& path, const RecordedNode& node) -> Result<Ok> {
      ++summary_.files;
      const Account* const home = accounts_.by_home(path);
      struct stat attributes = {};
      const bool is_there = lstat(place_of(path).c_str(), &attributes) == 0;
      const bool has_owner = home != nullptr && home->uid == node.owner && home->gid == node.group;
      const bool has_mode = is_there && (attributes.st_mode & 07777U) == node.mode;
      if (!is_there || (has_owner && has_mode)) {
        return Ok{};
      }
      const auto pattern = owners_pattern(path);
      if (!pattern) {
        note(path + ": its owner and mode do not fit into " + kTreeOwnersFile);
        return Ok{};
      }
      text += *pattern + ' ' + std::to_string(node.owner) + ':' + std::to_string(node.group) + ' ' +
              mode_text(node.mode) + '\n';
      return Ok{};
    });
    for (const std::string& path : unseen_) {
      note(path + " could not be seen when the site file was made, and is not there in the tree");
    }
    return done ? write_file(kTreeOwnersFile, text) : std::move(done);
  }

  // Tables

  /// The texts of tables that have none among the files.
  Result<Ok> write_texts() {
    const auto tables = site_.tables();
    if (!tables) {
      return tables.error();
    }
    for (const SiteTable& table : *tables) {
      const MapType* const type = find_map_type(table.spec.type);
      const bool has_text = std::ranges::binary_search(with_content_, table.spec.name) ||
                            written_.contains(table.spec.name);
      if (has_text || type == nullptr || type->index == nullptr || !table.complete || table.error ||
          !is_plain_path(table.spec.name)) {
        continue;
      }
      if (auto written = write_text(table); !written) {
        return written;
      }
    }
    return Ok{};
  }

  Result<Ok> write_text(const SiteTable& table) {
    std::map<int, std::string> lines;
    bool is_whole = true;
    bool is_aliases = false;
    const auto listing =
        site_.for_each_entry(table, [&](std::string_view key, const TableEntry& entry) {
          if (key == kMarkOfAliases && entry.value == kMarkOfAliases) {
            is_aliases = true;
            return true;
          }
          is_whole =
              entry.source && *entry.source->file == table.spec.name && entry.source->line > 0 &&
              lines.emplace(entry.source->line, std::string(key) + '\t' + entry.value).second;
          return is_whole;
        });
    if (!listing) {
      return listing.error();
    }
    if (!is_whole) {
      return Ok{};
    }
    std::string text;
    int next = 1;
    for (auto& [number, line] : lines) {
      constexpr int kMostLines = 100'000'000;
      if (number > kMostLines) {
        return Ok{};
      }
      for (; next < number; ++next) {
        text += "#\n";  // What stood there was no entry.
      }
      if (is_aliases) {
        line.replace(line.find('\t'), 1, ":\t");
      }
      text += line + '\n';
      ++next;
    }
    written_.insert(table.spec.name);
    return write_file(table.spec.name, text);
  }

  /// What the tree alone cannot say, in a site file of its own.
  Result<Ok> write_rest() {
    const auto host = site_.host();
    const auto addresses = site_.interface_addresses();
    const auto tables = site_.tables();
    auto writer = SiteWriter::create(place_of(kTreeSiteFile));
    if (!host || !addresses || !tables || !writer) {
      return !host        ? host.error()
             : !addresses ? addresses.error()
             : !tables    ? tables.error()
                          : writer.error();
    }
    auto tree = TreeWorld::open(directory_);
    if (!tree) {
      return std::move(tree).error();
    }
    auto added = (*writer)->add_host(*host);
    for (const std::string& address : *addresses) {
      added = added ? (*writer)->add_interface_address(address) : std::move(added);
    }
    if (added) {
      added = write_tables(**tree, *tables, **writer);
    }
    if (!added) {
      return added;
    }
    const auto committed = (*writer)->commit();
    return committed ? Result<Ok>(Ok{}) : committed.error();
  }

  /// Those of which the tree does not tell what was recorded.
  Result<Ok> write_tables(TreeWorld& tree, const std::vector<SiteTable>& tables,
                          SiteWriter& writer) {
    for (const SiteTable& table : tables) {
      const auto is_told = is_told_by(tree, table);
      if (!is_told) {
        return is_told.error();
      }
      ++summary_.tables;
      if (*is_told == Told::no) {
        if (auto added = copy_table(writer, table); !added) {
          return added;
        }
      }
    }
    return Ok{};
  }

  /// Whether the tree answers as the table that was recorded.
  enum class Told { yes, no };
  Result<Told> is_told_by(TreeWorld& tree, const SiteTable& table) {
    const MapType* const type = find_map_type(table.spec.type);
    if (type == nullptr || type->index == nullptr || !table.complete || table.error) {
      return Told::no;
    }
    const auto text = tree.open_table(table.spec, policy_);
    if (!text || (*text)->owner().trust != table.owner.trust ||
        (*text)->owner().uid != table.owner.uid) {
      return Told::no;
    }
    std::int64_t count = 0;
    bool is_same = true;
    const auto recorded =
        site_.for_each_entry(table, [&](std::string_view key, const TableEntry& entry) {
          ++count;
          const auto found = (*text)->lookup(key);
          is_same = found && *found && (*found)->value == entry.value &&
                    (*found)->source == entry.source && (*found)->stale == entry.stale;
          return is_same;
        });
    if (!recorded) {
      return recorded.error();
    }
    summary_.entries += count;
    const auto listed = (*text)->for_each([&count](std::string_view, const TableEntry&) {
      --count;
      return true;
    });
    return is_same && listed && count == 0 ? Told::yes : Told::no;
  }

  Result<Ok> copy_table(SiteWriter& writer, const SiteTable& table) {
    const auto id = writer.add_table(table);
    if (!id) {
      return id.error();
    }
    Result<Ok> added = Ok{};
    const auto add = [&](std::string_view key, const TableEntry* entry) {
      added = writer.add_entry(*id, key, entry);
      return added.ok();
    };
    const auto listing =
        table.complete
            ? site_.for_each_entry(table, [&](std::string_view key,
                                              const TableEntry& entry) { return add(key, &entry); })
            : site_.for_each_answer(table, add);
    return listing ? std::move(added) : Result<Ok>(listing.error());
  }

  SiteFile& site_;
  std::string directory_;  ///< Without a slash at the end.
  TablePolicy policy_;
  SiteSummary summary_ = {};
  PasswdFile accounts_ = {};
  std::vector<std::string> with_content_ = {};  ///< Files, sorted.
  std::set<std::string> written_ = {};          ///< Texts that were made out of entries.
  std::vector<std::string> unseen_ = {};
};

}  // namespace

Result<SiteSummary> import_site(
    SiteFile& site, const std::string& directory,
    const std::function<std::optional<std::string>(std::string_view)>& parameter) {
  TablePolicy policy;
  policy.parameter = parameter;
  std::string name = directory;
  while (name.size() > 1 && name.ends_with('/')) {
    name.pop_back();
  }
  auto summary = Import(site, std::move(name), std::move(policy)).run();
  return summary ? std::move(summary) : std::move(summary).error().during("writing " + directory);
}

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aliases/account.h"
#include "aliases/result.h"
#include "aliases/world/site_writer.h"
#include "aliases/world/world.h"

namespace lastmile {

/// The files of a site export: each with its content as its reader sees it, and with the
/// directories and links that lead to it.
class FileExport {
 public:
  /// Where a walk ended: the path without links, and what is there.
  struct Place {
    std::string path = {};
    FileView view = {};
  };

  /// All must outlive the FileExport. \param notes  receives what could not be taken along
  FileExport(World& from, SiteWriter& writer, std::vector<std::string>& notes)
      : from_(from), writer_(writer), notes_(notes) {}

  /// Whether the lines of a file are lists of members, which may name include files.
  enum class Lines { text, members };

  /// Records a file with its content, as `reader` sees it, and what leads to it. One that the
  /// reader may not read is recorded without content. A file that does not exist is not an error.
  Result<Ok> add_file(const std::string& path, const Rights& reader, Symlinks symlinks,
                      Lines lines = Lines::text);

  /// The `.forward*` files of an account: those with an address extension have names of their own.
  Result<Ok> add_forward_files(const Account& account);

  /// Remembers the include files that a list of members names, for add_include_files().
  void collect_includes(std::string_view members, const Rights& reader);
  /// Records them, and what they include in turn.
  Result<Ok> add_include_files();

  /// Records every directory and link on the way to `path`, and what is at its end, without
  /// content. Only attributes are looked at, so that it may be done with root's rights.
  /// \return nullopt when there is no such file, or no way to see it (which is then noted)
  Result<std::optional<Place>> add_attributes(const std::string& path, const Rights& reader,
                                              Symlinks symlinks);

  /// How many paths are recorded.
  std::size_t count() const { return recorded_.size(); }

 private:
  struct Include {
    std::string path = {};
    Rights reader = {};
  };

  Result<std::optional<Place>> record(const std::string& path, const Rights& reader);
  Result<std::optional<Place>> record_unknown(const std::string& path);
  enum class Streamed { yes, no };
  Result<Streamed> add_large_file(const Place& place);
  Result<Rights> reader_of(const Include& include);

  World& from_;
  SiteWriter& writer_;
  std::vector<std::string>& notes_;
  std::set<std::string> recorded_;      ///< Paths that have a row.
  std::set<std::string> with_content_;  ///< Those whose content is recorded.
  std::deque<Include> includes_;
};

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aliases/world/recorded_tree.h"
#include "aliases/world/world.h"

namespace lastmile {

/// A world of files whose owners and modes are written down: who may read what is judged by them,
/// and not by what the running user may do. What differs between such worlds is where an entry, a
/// content and a directory come from.
class RecordedWorld : public World {
 public:
  Result<std::optional<FileView>> read_file(const std::string& path, const Rights& as,
                                            Symlinks symlinks, std::size_t max_bytes) override;
  Result<std::optional<FileView>> file_attributes(const std::string& path, const Rights& as,
                                                  Symlinks symlinks) override;
  Result<std::optional<std::vector<std::string>>> list_directory(const std::string& path,
                                                                 const Rights& as) override;
  Result<Access> may_enter(const std::string& path, const Rights& as) override;
  Result<std::unique_ptr<Table>> open_table(const TableSpec& spec,
                                            const TablePolicy& policy) override;
  /// None: its files are not files of this host.
  std::optional<std::string> host_path(const std::string& path) const override;

 protected:
  /// Looks an entry up. \see NodeLookup
  virtual Result<std::optional<RecordedNode>> node_at(const std::string& place) const = 0;
  /// The content of a regular file that is at `place`, which was asked for as `path`.
  /// \return nullopt when only its attributes are recorded
  virtual Result<std::optional<std::string>> content_at(const std::string& place,
                                                        const std::string& path, const Rights& as,
                                                        std::size_t max_bytes) = 0;
  /// The names in a directory, sorted.
  virtual Result<std::vector<std::string>> names_in(const std::string& place,
                                                    const std::string& path, const Rights& as) = 0;

  NodeLookup nodes() const;
};

}  // namespace lastmile

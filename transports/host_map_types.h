// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"
#include "transports/main_cf.h"

namespace lastmile {

/// The table types that the host's Postfix loads from packages, as far as a world tells: those of
/// dynamicmaps.cf, and of the files of dynamicmaps.cf.d, whose libraries are there. Libraries are
/// not asked for where shlib_directory is not: a tree has the configuration and not the program.
/// Without dynamicmaps.cf every type is taken for granted. Read when first needed.
/// \see src/global/dynamicmaps.c
class HostMapTypes {
 public:
  /// Both referents must outlive it.
  HostMapTypes(World& world, const MainCf& main_cf) : world_(world), main_cf_(main_cf) {}

  /// Why a table of this type cannot be opened on the host; nullopt: it can, or nothing is known.
  std::optional<Error> refusal_of(std::string_view type);

 private:
  void load();
  void read(const std::string& path);
  void read_line(std::string_view line);
  std::string directory_of(std::string_view parameter) const;
  bool is_there(const std::string& library) const;

  World& world_;
  const MainCf& main_cf_;
  bool is_loaded_ = false;
  bool is_known_ = false;
  std::string libraries_ = {};
  bool sees_libraries_ = false;
  /// The library of each type that a line has; looked for when the type is asked for.
  std::multimap<std::string, std::string, std::less<>> types_ = {};
  /// Why a file was left out: it is writable by others, or not root's.
  std::optional<Error> skipped_ = {};
};

}  // namespace lastmile

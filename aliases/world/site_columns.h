// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "aliases/result.h"
#include "aliases/tables/sqlite_handle.h"
#include "aliases/tables/table.h"
#include "aliases/world/world.h"

namespace lastmile {

// The values of single columns of a site file. What makes no sense is nullopt. \see docs/site.md

/// "file", "directory", "link", "other".
std::string_view type_name(FileType type);
std::optional<FileType> parse_type(std::string_view text);
/// Octal digits: "0644".
std::string mode_text(mode_t mode);
std::optional<mode_t> parse_mode(std::string_view text);
/// A uid or gid.
std::optional<unsigned> parse_id(std::int64_t number);
/// The kind of an error that was met where the file was made; `unavailable` for an unknown word.
std::string_view kind_name(Error::Kind kind);
Error::Kind parse_kind(std::string_view text);
/// The columns value, file, line, stale.
TableEntry read_entry(const SqliteStatement& row, int first_column);

}  // namespace lastmile

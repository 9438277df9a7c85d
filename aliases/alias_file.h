// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aliases/logical_lines.h"
#include "aliases/result.h"
#include "aliases/tables/table.h"

namespace lastmile {

/// By this key, whose value is the same, an index of postalias(1) is told from any other, and a
/// whole one from a broken one. It is no alias.
inline constexpr std::string_view kMarkOfAliases = "@";

/// One line of an aliases(5) file, as postalias stores it.
struct AliasEntry {
  std::string key = {};    ///< In the form of AliasNames, folded as the policy says.
  std::string value = {};  ///< External form: read by parse_members(), it means what was written.
  SourcePos source = {};   ///< Of the first physical line.
};

/// In which form a name is stored.
enum class AliasNames {
  plain,       ///< `al ice`: postalias(1) up to Postfix 3.11.
  as_written,  ///< `"al ice"`, and `"sales"` where the text has these quotes: from 3.12 on.
};

/// Takes one logical line apart: `name: value`.
/// \return the entry without a source, its key not folded; malformed in the words of postalias
/// \see aliases(5)
Result<AliasEntry> parse_alias_line(std::string_view line, AliasNames names = AliasNames::plain);

/// The form in which postalias(1) of the release that is meant stores names.
AliasNames names_of(const TablePolicy& policy);

/// Reads an aliases(5) file line by line.
class AliasReader {
 public:
  /// \param content  must outlive the reader
  /// \param file  for AliasEntry::source and messages
  AliasReader(std::string_view content, std::string file, const TablePolicy& policy);

  /// \return the next entry, or why a line is left out (the others count nevertheless); nullopt at
  ///         the end. A key that was there before is returned like any other.
  std::optional<Result<AliasEntry>> next();

  /// Takes a line of the file for itself, wherever next() is.
  Result<AliasEntry> read(const LineReader::Line& line) const;

 private:
  LineReader lines_;
  Shared<std::string> file_;
  bool fold_key_;
  bool utf8_;
  AliasNames names_;
};

/// What a whole aliases(5) file says.
struct AliasFile {
  std::vector<AliasEntry> entries = {};  ///< In the order of the file, each key once.
  /// Lines that postalias leaves out: bad ones, and those whose key was there before.
  std::vector<Error> warnings = {};
};

/// Reads all of a file. Of two lines with one key the first counts. kMarkOfAliases is not among
/// the entries.
AliasFile parse_alias_file(std::string_view content, const std::string& file,
                           const TablePolicy& policy);

}  // namespace lastmile

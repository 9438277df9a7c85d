// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "local/questions/verify.h"

namespace lastmile {

/// What the lines of an expectations file become, so that it agrees with what is.
class AcceptedFile {
 public:
  /// \param content  of the file; is copied
  explicit AcceptedFile(std::string_view content);

  /// Takes what a case really does in the place of what it does not do: expectations that hold stay
  /// as they are written. A case of an `each` line, an undecided one and a todo are left alone.
  /// \return what was taken out without anything in its place, for the reader
  std::vector<std::string> accept(const CaseResult& result);

  /// One more case at the end.
  void append(const std::string& subject, const Outcome& outcome);

  bool is_changed() const { return !edits_.empty() || !appended_.empty(); }
  std::string content() const;
  /// A unified diff with three lines around each change.
  std::string diff(std::string_view path) const;

 private:
  /// The lines from `first` on, counted from 0, become others.
  struct Edit {
    std::size_t first = 0;
    std::size_t count = 0;
    std::vector<std::string> lines = {};
  };

  /// All edits in order, with what is appended.
  std::vector<Edit> edits() const;

  std::vector<std::string> lines_ = {};
  std::vector<Edit> edits_ = {};
  std::vector<std::string> appended_ = {};
};

}  // namespace lastmile

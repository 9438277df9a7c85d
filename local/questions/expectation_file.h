// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/questions/expectation.h"

namespace lastmile {

/// What a section of an expectations file asks under.
struct ExpectationSection {
  std::string name = {};
  std::optional<std::string> sender = {};
  std::string stage = {};  ///< Empty: as on the command line; so are the next three.
  std::string config_directory = {};
  std::string root = {};
  std::string site = {};
  std::vector<std::string> overrides = {};
  std::optional<std::string> todo = {};  ///< Why its cases may fail.
  int line = 0;
};

/// One address, or one pattern of known addresses, and what is expected of it.
struct ExpectationCase {
  std::string subject = {};
  bool is_each = false;  ///< The subject is a glob.
  std::optional<std::string> sender = {};
  std::vector<Expectation> expectations = {};
  std::size_t section = 0;  ///< Index of ExpectationFile::sections.
  int line = 0;             ///< Of the subject.
  int last_line = 0;        ///< Of its last expectation.
  std::size_t column = 0;   ///< Of the first expectation, counted from 0.
};

/// A file of expectations. \see lastmile-expect(5)
struct ExpectationFile {
  std::string path = {};
  std::vector<ExpectationSection> sections = {};  ///< The first one has no name and no options.
  std::vector<ExpectationCase> cases = {};
};

/// Where a file does not follow its syntax.
struct SyntaxFault {
  int line = 0;
  std::size_t column = 0;  ///< Counted from 0.
  std::string text = {};   ///< Of the line.
  std::string message = {};
};

/// "tests/mail.expect:3:25: what", the line, and a caret below the place.
std::string to_string(const SyntaxFault& fault, std::string_view path);

/// The longest file that is read, in octets.
inline constexpr std::size_t kLongestExpectations = std::size_t{32} * 1024 * 1024;

/// Reads the whole file: nothing of it is used when one line is wrong.
/// \param fault  gets the first fault; without one the file is whole
ExpectationFile parse_expectations(std::string_view content, std::string path,
                                   std::optional<SyntaxFault>& fault);

}  // namespace lastmile

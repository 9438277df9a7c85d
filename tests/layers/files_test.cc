// SPDX-License-Identifier: Apache-2.0
// docs/architecture.md names every file of the program, and no other.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile {
namespace {

namespace fs = std::filesystem;

const std::regex kFolder(R"(^\*\*`([a-z]+)/`)");
const std::regex kWord("`([^`]+)`");

/// What the tables of section 3 name: "aliases/text" (with or without an ending). In a row, a name
/// without a folder is beside the name before it.
std::set<std::string> listed_in(const std::string& page) {
  std::set<std::string> names;
  std::istringstream lines(page);
  std::string line;
  std::string folder;
  while (std::getline(lines, line)) {
    std::smatch heading;
    if (line.starts_with("## ")) {
      folder.clear();
    } else if (std::regex_search(line, heading, kFolder)) {
      folder = heading.str(1) + '/';
    } else if (!folder.empty() && line.starts_with("| `")) {
      const std::string cell = line.substr(0, line.find('|', 1));
      std::string subfolder;
      for (std::sregex_iterator word(cell.begin(), cell.end(), kWord), end; word != end; ++word) {
        const std::string name = word->str(1);
        const auto slash = name.find('/');
        subfolder = slash == std::string::npos ? subfolder : name.substr(0, slash + 1);
        names.insert(folder + (slash == std::string::npos ? subfolder : "") + name);
      }
    }
  }
  return names;
}

std::string without_ending(const std::string& path) {
  return path.substr(0, path.rfind('.'));
}

/// One line for each file that is not named, and for each name without a file.
std::string disagreements(const std::string& page, const std::set<std::string>& files) {
  const std::set<std::string> listed = listed_in(page);
  std::set<std::string> stems;
  std::string report;
  for (const std::string& file : files) {
    stems.insert(without_ending(file));
    if (!listed.contains(file) && !listed.contains(without_ending(file))) {
      report += file + ": no line in section 3 of docs/architecture.md says what it does\n";
    }
  }
  for (const std::string& name : listed) {
    if (!files.contains(name) && !stems.contains(name)) {
      report += name + ": is in section 3 of docs/architecture.md, and not in the tree\n";
    }
  }
  return report;
}

std::set<std::string> files_of_the_program() {
  const fs::path top = test::source_directory();
  std::set<std::string> files;
  for (const char* folder : {"aliases", "lmtpclient", "transports", "local"}) {
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".h" || extension == ".cc") {
        files.insert(fs::relative(entry.path(), top).generic_string());
      }
    }
  }
  return files;
}

TEST_CASE("the page of the code names every file, and no other") {
  std::ifstream in(test::source_directory() + "/docs/architecture.md");
  const std::string page{std::istreambuf_iterator<char>(in), {}};
  const std::string found = disagreements(page, files_of_the_program());
  INFO(found);
  CHECK(found.empty());
}

TEST_CASE("the comparison of page and tree finds both kinds of fault") {
  const std::string page =
      "| `before` | no table of files |\n"
      "## 3. Files\n"
      "**`aliases/`: names**\n"
      "| `text` | a word such as `here` is no file |\n"
      "| `world/one`, `two.h`, `tables/three` | several |\n"
      "## 4. More\n"
      "| `after` | neither |\n";
  const std::set<std::string> files = {"aliases/text.h", "aliases/text.cc", "aliases/world/one.cc",
                                       "aliases/world/two.h", "aliases/tables/three.cc"};
  CHECK(disagreements(page, files).empty());
  const std::string missing = "no line in section 3 of docs/architecture.md says what it does\n";
  const std::string gone = "is in section 3 of docs/architecture.md, and not in the tree\n";
  const auto with = [&](const char* file) {
    std::set<std::string> more = files;
    more.insert(file);
    return disagreements(page, more);
  };
  CHECK(with("aliases/new.cc") == "aliases/new.cc: " + missing);
  CHECK(with("aliases/world/two.cc") == "aliases/world/two.cc: " + missing);
  CHECK(with("aliases/one.cc") == "aliases/one.cc: " + missing);
  CHECK(disagreements(page, {"aliases/text.cc", "aliases/world/one.cc", "aliases/world/two.h"}) ==
        "aliases/tables/three: " + gone);
}

}  // namespace
}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "aliases/forward_file.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

/// Candidates as `path`, with a '*' behind those that used the extension.
std::string shown(std::string_view forward_path, std::optional<std::string> extension) {
  const MacroLookup lookup = [&](std::string_view name) -> std::optional<std::string> {
    if (name == "home") {
      return "/home/bob";
    }
    if (name == "recipient_delimiter") {
      return "+";
    }
    return name == "extension" ? extension : std::nullopt;
  };
  std::string text;
  for (const ForwardCandidate& candidate : forward_candidates(forward_path, lookup)) {
    text += (text.empty() ? "" : " ") + candidate.path + (candidate.used_extension ? "*" : "");
  }
  return text;
}

TEST_CASE("the candidates of forward_path") {
  constexpr const char* kDefault =
      "$home/.forward${recipient_delimiter}${extension}, $home/.forward";
  CHECK(shown(kDefault, std::nullopt) == "/home/bob/.forward");
  CHECK(shown(kDefault, "list") == "/home/bob/.forward+list* /home/bob/.forward");
  CHECK(shown(kDefault, "") == "/home/bob/.forward+* /home/bob/.forward");
  CHECK(shown("", "x").empty());
  CHECK(shown("/a/${extension?x}", "list") == "/a/x");
  CHECK(shown("/a/${extension?$extension}", "list") == "/a/list*");
  CHECK(shown("/a/$myhostname /b/$- ${extension?/c,/d}", "x") == "/d}");
  CHECK(shown("/a\t/b,,/c\n", std::nullopt) == "/a /b /c");
}

TEST_CASE("a .forward file is judged in Postfix's order") {
  const Account bob = {"bob", 2002, 2002, "/home/bob", "/bin/sh"};
  const auto judged = [&](FileType type, uid_t owner, mode_t mode, const char* unreadable) {
    return judge_forward("/f", FileView{"", type, owner, 100, mode, unreadable, ""}, bob)
        .value_or("obeyed");
  };
  CHECK(judged(FileType::regular, 2002, 0644, "") == "obeyed");
  CHECK(judged(FileType::regular, 0, 0600, "") == "obeyed");
  CHECK(judged(FileType::regular, 2002, 0664, "") == "obeyed");
  CHECK(judged(FileType::symlink, 2003, 0777, "") == "file /f is not a regular file");
  CHECK(judged(FileType::directory, 2002, 0755, "") == "file /f is not a regular file");
  CHECK(judged(FileType::other, 2002, 0644, "") == "file /f is not a regular file");
  CHECK(judged(FileType::regular, 2003, 0666, "") == "file /f has bad owner uid 2003");
  CHECK(judged(FileType::regular, 2002, 0002, "Permission denied") == "file /f is world writable");
  CHECK(judged(FileType::regular, 2002, 0000, "Permission denied") ==
        "cannot open file /f: Permission denied");
}

}  // namespace
}  // namespace lastmile

#include "aliases/include_file.h"

#include "tests/support/catch.h"

namespace lastmile {
namespace {

TEST_CASE("an include file needs an absolute path") {
  CHECK_FALSE(judge_include_path("/etc/list"));
  CHECK(judge_include_path("list") == ":include:list uses a relative path");
  CHECK(judge_include_path("~/list") == ":include:~/list uses a relative path");
  CHECK(judge_include_path("") == ":include: uses a relative path");
}

TEST_CASE("an include file is judged by type and mode") {
  const auto judged = [](FileType type, mode_t mode) {
    return judge_include("/l", FileView{"", type, 2003, 2003, mode, "", ""}).value_or("read");
  };
  CHECK(judged(FileType::regular, 0644) == "read");
  CHECK(judged(FileType::regular, 0664) == "read");
  CHECK(judged(FileType::regular, 0000) == "read");
  CHECK(judged(FileType::regular, 0646) == ":include: file /l is world writable");
  CHECK(judged(FileType::directory, 0777) == ":include: file /l is not a regular file");
  CHECK(judged(FileType::other, 0666) == ":include: file /l is not a regular file");
}

}  // namespace
}  // namespace lastmile

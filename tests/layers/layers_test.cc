// SPDX-License-Identifier: Apache-2.0
// The layers of docs/architecture.md hold: read every #include of the program and look for an edge
// that is not allowed, and for system calls, clocks and chance in the areas that must do without.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "tests/layers/areas.h"
#include "tests/support/catch.h"
#include "tests/support/places.h"

namespace lastmile {
namespace {

namespace fs = std::filesystem;

const char* const kFolders[] = {"aliases", "lmtpclient", "transports", "local"};

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<fs::path> source_files() {
  std::vector<fs::path> files;
  for (const char* folder : kFolders) {
    for (const auto& entry :
         fs::recursive_directory_iterator(fs::path(test::source_directory()) / folder)) {
      const fs::path extension = entry.path().extension();
      if (extension == ".h" || extension == ".cc") {
        files.push_back(entry.path());
      }
    }
  }
  return files;
}

TEST_CASE("every file of the program keeps to its layer") {
  const std::vector<fs::path> files = source_files();
  REQUIRE(files.size() > 10);
  std::ostringstream report;
  for (const fs::path& file : files) {
    const std::string path = fs::relative(file, test::source_directory()).generic_string();
    for (const Violation& violation : violations_in(path, content_of(file))) {
      report << path << ':' << violation.line << ": " << violation.text << '\n';
    }
  }
  INFO(report.str());
  CHECK(report.str().empty());
}

TEST_CASE("the test itself finds what is forbidden") {
  struct Row {
    const char* path;
    const char* text;
    int line;  ///< Where the violation is; 0 when there is none.
  };
  const Row rows[] = {
      // Edges, upwards and sideways.
      {"aliases/member.cc", "#include \"lmtpclient/reply.h\"\n", 1},
      {"aliases/member.cc", "#include \"aliases/world/live_world.h\"\n", 1},
      {"aliases/forward_file.h", "#include \"aliases/world/world.h\"\n", 0},
      {"aliases/world/run_as.cc", "\n#include \"transports/settings.h\"\n", 2},
      {"aliases/tables/hash.cc", "#include \"aliases/text.h\"\n", 0},
      {"lmtpclient/session.cc", "#include \"lmtpclient/connection.h\"\n", 1},
      {"lmtpclient/session.cc", "#include \"lmtpclient/reply.h\"\n", 0},
      {"lmtpclient/client.cc", "#include \"aliases/result.h\"\n", 1},
      {"lmtpclient/tls_openssl.cc", "#include \"lmtpclient/connection.h\"\n", 0},
      {"transports/rewrite.cc", "#include \"lmtpclient/session.h\"\n", 1},
      {"transports/rewrite.cc", "#include \"lmtpclient/enhanced_status.h\"\n", 0},
      {"transports/rewrite.cc", "#include \"transports/agents/agents.h\"\n", 1},
      {"transports/agents/lmtp_agent.cc", "#include \"local/resolving/trace.h\"\n", 1},
      {"transports/agents/lmtp_agent.cc", "#include \"lmtpclient/client.h\"\n", 0},
      {"local/resolving/resolve.cc", "#include \"transports/agents/agents.h\"\n", 1},
      {"local/resolving/resolve.cc", "#include \"local/delivering/deliver.h\"\n", 1},
      {"local/resolving/resolve.cc", "#include \"lmtpclient/reply.h\"\n", 0},
      {"local/resolving/resolve.cc", "#include \"lmtpclient/client.h\"\n", 1},
      {"local/formats/json.cc", "#include \"local/resolving/trace.h\"\n", 0},
      {"local/formats/json.cc", "#include \"local/delivering/deliver.h\"\n", 1},
      {"local/delivering/deliver.cc", "#include \"transports/agents/agents.h\"\n", 0},
      {"local/delivering/deliver.cc", "#include \"transports/agents/lmtp_agent.h\"\n", 1},
      {"local/delivering/plan_jobs.cc", "#include \"local/delivering/deliver.h\"\n", 0},
      {"local/commands/deliver.cc", "#include \"transports/agents/real_agents.h\"\n", 0},
      {"local/commands/trace.cc", "#include \"tests/support/memory_world.h\"\n", 1},
      {"local/commands/trace.cc", "#include \"trace.h\"\n", 1},
      // System calls, clocks and chance.
      {"local/resolving/resolve.cc", "#include <unistd.h>\n", 1},
      {"local/delivering/ledger_file.cc", "#include <unistd.h>\n", 0},
      {"aliases/address.cc", "#include <sys/types.h>\n#include <sys/stat.h>\n", 2},
      {"aliases/world/run_as.cc", "#include <sys/wait.h>\n", 0},
      {"lmtpclient/session.cc", "#  include <sys/socket.h>\n", 1},
      {"lmtpclient/connection.cc", "#include <sys/socket.h>\n", 0},
      {"local/resolving/resolve.cc", "int x = std::time(nullptr);\n", 1},
      {"local/resolving/resolve.cc", "int x = time (nullptr);\n", 1},
      {"local/resolving/resolve.cc", "int x = lifetime(1) + event.time(2);\n", 0},
      {"local/resolving/resolve.cc", "// time(2)\nstatic_cast<void>(\"getenv\");\n", 0},
      {"local/resolving/resolve.cc", "/* two\nlines */ getenv(\"PATH\");\n", 2},
      {"local/resolving/resolve.cc", "f(R\"(\"\n getenv)\");\ngetenv(\"PATH\");\n", 3},
      {"local/resolving/resolve.cc", "f('\"', \"\\\\\"); getenv(\"PATH\");\n", 1},
      {"transports/rewrite.cc", "auto t = std::chrono::steady_clock::now();\n", 1},
      {"transports/rewrite.cc", "std::chrono::system_clock::time_point when;\n", 0},
      {"transports/rewrite.cc", "int million = 1'000'000; getenv(\"A\");\n", 1},
  };
  for (const Row& row : rows) {
    CAPTURE(row.path, row.text);
    const std::vector<Violation> found = violations_in(row.path, row.text);
    CHECK((found.empty() ? 0 : found.front().line) == row.line);
  }
}

}  // namespace
}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#include "tests/local/commands/run_command.h"

#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "tests/support/json_schema.h"
#include "tests/support/places.h"

namespace lastmile::test {

Done run_command(int (*command)(Invocation&), GlobalOptions options,
                 const std::vector<std::string>& arguments, const std::string& input,
                 bool terminal) {
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  Invocation invocation{std::move(options), arguments, in, out, err, terminal};
  const int status = command(invocation);
  return {status, out.str(), err.str()};
}

std::string fault_of_json_lines(const std::string& text, const std::string& schema) {
  std::ifstream file(source_directory() + "/docs/" + schema);
  const auto rules = parse_json(std::string(std::istreambuf_iterator<char>(file), {}));
  if (!rules) {
    return schema + " is no JSON";
  }
  std::istringstream lines(text);
  std::string type;
  for (std::string line; std::getline(lines, line);) {
    const auto value = parse_json(line);
    const std::string fault = value ? validate(*value, *rules) : "no JSON: " + line;
    if (!fault.empty()) {
      return fault + ": " + line;
    }
    type = value->at("type").string;
  }
  return type == "summary" ? "" : "the last line is no summary";
}

}  // namespace lastmile::test

#include "local/commands/options.h"

#include <sysexits.h>
#include <ostream>
#include <vector>

namespace lastmile {

namespace po = boost::program_options;

namespace {

std::string command_of(const std::string& usage) {
  return usage.substr(0, usage.find(' '));
}

}  // namespace

ParsedOptions parse_options(Invocation& invocation, const std::string& usage,
                            const po::options_description& visible, const std::string& positional) {
  ParsedOptions result;
  po::options_description all;
  all.add(visible).add_options()("help,h", "print this text")(
      positional.c_str(), po::value<std::vector<std::string>>());
  po::positional_options_description words;
  words.add(positional.c_str(), -1);
  try {
    namespace style = po::command_line_style;
    const std::vector<std::string> arguments(invocation.arguments.begin(),
                                             invocation.arguments.end());
    const int exact_names = style::unix_style & ~style::allow_guessing;
    po::store(
        po::command_line_parser(arguments).options(all).positional(words).style(exact_names).run(),
        result.values);
    po::notify(result.values);
  } catch (const po::error& error) {
    result.exit_status = fail(invocation, command_of(usage), error.what(), EX_USAGE);
    return result;
  }
  if (result.values.count("help") != 0) {
    invocation.out << "usage: lastmile " << usage << "\n\n" << visible;
    result.exit_status = 0;
  }
  return result;
}

}  // namespace lastmile

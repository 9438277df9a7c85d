#pragma once

#include <boost/program_options.hpp>
#include <optional>
#include <string>

#include "local/invocation.h"

namespace lastmile {

/// What became of reading a command's options.
struct ParsedOptions {
  boost::program_options::variables_map values = {};
  std::optional<int> exit_status = {};  ///< Set: help was printed, or the options are wrong.
};

/// Reads the options of a command. Names are never guessed from their beginnings.
///
/// \param usage  the line after "usage: lastmile "
/// \param positional  the option that takes the words without a dash
ParsedOptions parse_options(Invocation& invocation, const std::string& usage,
                            const boost::program_options::options_description& visible,
                            const std::string& positional);

}  // namespace lastmile

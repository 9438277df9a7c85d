#pragma once

#include <set>
#include <string>
#include <vector>

#include "transports/main_cf.h"
#include "transports/master_cf.h"

namespace lastmile {

/// What main.cf or a service of master.cf sets and nothing reads, and what a service asks for and
/// nothing sets: mostly misspelt names. A parameter that another one names as `$name`, a class of
/// restrictions, and the settings of a table are read.
/// \param known  the names of all parameters that are built in, those of services included
/// \return warnings, each with its line
/// \see postconf(1)
std::vector<Error> unused_parameters(const MainCf& main_cf, const MasterCf& master_cf,
                                     const std::set<std::string>& known);

}  // namespace lastmile

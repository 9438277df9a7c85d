// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace lastmile {

/// TMPDIR, or /var/tmp: what may become large does not belong into memory.
std::string temporary_directory();

/// Makes a file that has a name for an instant only; for file systems that know no O_TMPFILE.
/// \return its descriptor, or -1 with errno
int open_and_unlink(const std::string& directory);

/// A file without a name, readable and writable, that is gone when it is closed.
/// \return its descriptor, or -1 with errno
int open_temporary_file();

}  // namespace lastmile

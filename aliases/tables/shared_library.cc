// SPDX-License-Identifier: Apache-2.0
#include "aliases/tables/shared_library.h"

#include <dlfcn.h>

namespace lastmile {

Result<SharedLibrary> SharedLibrary::load(std::initializer_list<const char*> names,
                                          std::string_view package) {
  std::string problem;
  for (const char* name : names) {
    // What these libraries leave behind at the end of the process must still be there then.
    if (void* handle = ::dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE); handle != nullptr) {
      return SharedLibrary(handle, name);
    }
    if (const char* reason = ::dlerror(); reason != nullptr && problem.empty()) {
      problem = reason;
    }
  }
  return unavailable(problem + " (install Debian's package " + std::string(package) + ")");
}

void* SharedLibrary::find_symbol(const char* name) {
  void* const symbol = ::dlsym(handle_, name);
  if (symbol == nullptr && missing_.empty()) {
    missing_ = name;
  }
  return symbol;
}

Result<Ok> SharedLibrary::all_found() const {
  if (!missing_.empty()) {
    return unavailable(name_ + " has no " + missing_);
  }
  return Ok{};
}

}  // namespace lastmile

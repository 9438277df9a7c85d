// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "aliases/result.h"

namespace lastmile {

/// A library that is loaded when it is first needed, because few tables need it and it is slow to
/// load. It stays loaded to the end of the process.
class SharedLibrary {
 public:
  /// Loads the first of these that is there.
  /// \param package  the Debian package that has it, for the message
  /// \return unavailable when none can be loaded
  static Result<SharedLibrary> load(std::initializer_list<const char*> names,
                                    std::string_view package);

  /// Sets `symbol` to the function or object of that name, or to null: all_found() tells.
  template <class Symbol>
  void find(const char* name, Symbol*& symbol) {
    symbol = reinterpret_cast<Symbol*>(find_symbol(name));
  }

  /// \return unavailable when anything that find() was asked for is not in the library
  Result<Ok> all_found() const;

 private:
  SharedLibrary(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}

  void* find_symbol(const char* name);

  void* handle_ = nullptr;
  std::string name_ = {};
  std::string missing_ = {};  ///< The first symbol that was not found.
};

}  // namespace lastmile

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

  /// Sets `symbol` to the function or object of that name.
  /// \return unavailable when the library has none
  template <class Symbol>
  Result<Ok> find(const char* name, Symbol*& symbol) const {
    symbol = reinterpret_cast<Symbol*>(find_symbol(name));
    if (symbol == nullptr) {
      return missing(name);
    }
    return Ok{};
  }

 private:
  SharedLibrary(void* handle, std::string name) : handle_(handle), name_(std::move(name)) {}

  void* find_symbol(const char* name) const;
  Error missing(const char* name) const;

  void* handle_ = nullptr;
  std::string name_ = {};
};

}  // namespace lastmile

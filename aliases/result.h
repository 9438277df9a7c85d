// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "aliases/shared.h"

namespace lastmile {

/// Where a fact was read: shown to the person as "file:line".
struct SourcePos {
  Shared<std::string> file = {};
  int line = 0;  ///< Counted from 1; 0 when the whole file is meant.

  friend bool operator==(const SourcePos&, const SourcePos&) = default;
};

/// "file:line", or "file" when the whole file is meant.
std::string to_string(const SourcePos& source);

/// Why something could not be done, in words that a mail administrator can act on.
/// It is made where the fact is known. Callers add what they were doing with during(), and
/// never rewrite the text.
struct Error {
  enum class Kind {
    unavailable,    ///< May work later (I/O error, server down, lock held).
    misconfigured,  ///< A person must change the configuration.
    malformed,      ///< The input does not follow its syntax.
    denied,         ///< The rights in force do not allow it.
    unseen,         ///< Whoever asks may not look, so that nothing can be said about it.
  };

  Kind kind = Kind::unavailable;
  std::string text = {};
  std::optional<SourcePos> source = {};
  std::vector<std::string> context = {};  ///< Innermost first.

  /// For `return std::move(result).error().during("reading /etc/aliases");`.
  Error during(std::string doing) &&;

  /// "file:line: text (reading .forward of alice; expanding root)".
  std::string message() const;
};

// An Error of each kind; `source` is the line that a person would look at.
Error unavailable(std::string text, std::optional<SourcePos> source = {});
Error misconfigured(std::string text, std::optional<SourcePos> source = {});
Error malformed(std::string text, std::optional<SourcePos> source = {});
Error denied(std::string text, std::optional<SourcePos> source = {});
Error unseen(std::string text, std::optional<SourcePos> source = {});

/// The value of a Result whose success says all there is to say.
struct Ok {};

/// Prints file and line of a programming error and ends the process.
[[noreturn]] void check_failed(const char* condition, const char* file, int line);

/// A condition that only a programming error can make false. On in every build.
#define LM_CHECK(condition) \
  ((condition) ? void(0) : ::lastmile::check_failed(#condition, __FILE__, __LINE__))

/// Either a value or an Error. Ignoring one does not compile. Reading the side that is not there
/// ends the process in every build, so that a mistake here can never deliver garbage.
template <class T>
class [[nodiscard]] Result {
  static_assert(!std::same_as<T, bool>, "`if (result)` asks for success: return an enum instead");

 public:
  template <std::convertible_to<T> U>
  requires(!std::same_as<std::remove_cvref_t<U>, Result> &&
           !std::same_as<std::remove_cvref_t<U>, Error>)
      Result(U&& value)  // NOLINT(bugprone-forwarding-reference-overload): constrained
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return const_cast<Result*>(this)->value(); }
  T&& operator*() && { return std::move(value()); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &const_cast<Result*>(this)->value(); }

  const Error& error() const& {
    LM_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    LM_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  T& value() {
    LM_CHECK(ok());
    return *std::get_if<0>(&state_);
  }

  std::variant<T, Error> state_;
};

}  // namespace lastmile

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace lastmile {

/// A value that never changes and is shared by its copies, for what many records say alike: a copy
/// takes two pointers. It reads as the value itself; a new one is assigned as a whole.
template <class T>
class Shared {
 public:
  /// The empty value; takes no memory.
  Shared() = default;
  template <std::convertible_to<T> U>
  requires(!std::same_as<std::remove_cvref_t<U>, Shared>)
      Shared(U&& value)  // NOLINT(bugprone-forwarding-reference-overload): constrained
      : Shared(T(std::forward<U>(value)), Given{}) {}

  operator const T&() const { return **this; }
  const T& operator*() const {
    static const T kEmpty = {};
    return value_ == nullptr ? kEmpty : *value_;
  }
  const T* operator->() const { return &**this; }

  /// Becomes a copy of `other` if it is equal.
  void share(const Shared& other) {
    if (*this == other) {
      value_ = other.value_;
    }
  }

  friend bool operator==(const Shared& left, const Shared& right) {
    return left.value_ == right.value_ || *left == *right;
  }

 private:
  struct Given {};
  Shared(T value, Given /*unused*/)
      : value_(value == T{} ? nullptr : std::make_shared<const T>(std::move(value))) {}

  std::shared_ptr<const T> value_ = {};
};

}  // namespace lastmile

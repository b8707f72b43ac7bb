#pragma once

#include <cassert>
#include <memory>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/error.hpp"

namespace kg {

/// The failure side of a Result: `return Err(Error{...});`.
template <class E>
class Err {
  public:
    explicit Err(E error) : error_(std::move(error)) {}
    E& error() { return error_; }

  private:
    E error_;
};

/// A value or the reason why there is none; named like std::expected, which g++ 12 lacks. Errors
/// are rare and large, so they live on the heap: success costs no more than the value.
template <class T, class E = Error>
class [[nodiscard]] Result {
  public:
    using value_type = T;
    using error_type = E;

    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    template <class F, class = std::enable_if_t<std::is_convertible_v<F, E>>>
    Result(Err<F> err) : state_(std::in_place_index<1>, std::make_unique<E>(std::move(err.error()))) {}

    bool has_value() const { return state_.index() == 0; }
    explicit operator bool() const { return has_value(); }

    T& value() & { return assert(has_value()), *std::get_if<0>(&state_); }
    const T& value() const& { return assert(has_value()), *std::get_if<0>(&state_); }
    T&& value() && { return assert(has_value()), std::move(*std::get_if<0>(&state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T&& operator*() && { return std::move(*this).value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    E& error() & { return assert(!has_value()), **std::get_if<1>(&state_); }
    const E& error() const& { return assert(!has_value()), **std::get_if<1>(&state_); }
    E&& error() && { return assert(!has_value()), std::move(**std::get_if<1>(&state_)); }

    /// A copy, for telling several waiters.
    Result clone() const { return has_value() ? Result(value()) : Result(Err<E>(error())); }

    template <class U>
    T value_or(U&& other) const& {
        return has_value() ? value() : static_cast<T>(std::forward<U>(other));
    }

  private:
    std::variant<T, std::unique_ptr<E>> state_;
};

template <class E>
class [[nodiscard]] Result<void, E> {
  public:
    using value_type = void;
    using error_type = E;

    Result() = default;
    template <class F, class = std::enable_if_t<std::is_convertible_v<F, E>>>
    Result(Err<F> err) : error_(std::make_unique<E>(std::move(err.error()))) {}

    bool has_value() const { return error_ == nullptr; }
    explicit operator bool() const { return has_value(); }
    E& error() & { return assert(error_), *error_; }
    const E& error() const& { return assert(error_), *error_; }
    E&& error() && { return assert(error_), std::move(*error_); }

  private:
    std::unique_ptr<E> error_;
};

}  // namespace kg

/// The only macros: KG_TRY returns the error of `expr`, or binds its value to `name`; KG_CHECK is
/// the same for Result<void>.
#define KG_TRY(name, expr)                                                  \
    auto name##_result = (expr);                                            \
    if (!name##_result) return ::kg::Err(std::move(name##_result).error()); \
    auto& name = *name##_result

#define KG_CHECK(expr) \
    if (auto kg_check_result = (expr); !kg_check_result) return ::kg::Err(std::move(kg_check_result).error())

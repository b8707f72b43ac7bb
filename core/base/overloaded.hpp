#pragma once

namespace kg {

/// Visitor made of lambdas, one for each alternative of a variant.
template <class... Fs>
struct overloaded : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

}  // namespace kg

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace kg::store {

/// What a person may call a record by.
struct Handle {
    std::string id;
    std::string name;
    std::string email;  // accounts only
};

/// The id that `selector` means, the same in every store: an exact id, else an exact name or an
/// e-mail address (any case), else a unique id prefix of four characters or more, written with or
/// without the "acc_" tag (the tag alone means nobody). nullopt when nothing fits;
/// malformed_request when several do. `what` is the noun for the message: "account", "key".
Result<std::optional<std::string>> resolve_selector(const std::vector<Handle>& handles,
                                                    std::string_view selector, std::string_view what);

}  // namespace kg::store

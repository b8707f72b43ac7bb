#include "core/store/memory/stores.hpp"

namespace kg::store::memory {

Result<std::uint64_t> MemoryStores::version() {
    const std::lock_guard lock(state_.mutex);
    return state_.version;
}

}  // namespace kg::store::memory

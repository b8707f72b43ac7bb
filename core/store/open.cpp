#include "core/store/open.hpp"

#include "core/store/memory/stores.hpp"
#include "core/store/sqlite/stores.hpp"
#include "core/store/state_dir.hpp"

namespace kg::store {

Result<std::unique_ptr<Stores>> open_sqlite(const std::string& state_dir, Sealer sealer) {
    KG_CHECK(prepare_state_dir(state_dir));
    const std::string path = state_dir + (state_dir.ends_with('/') ? "" : "/") + "kirogate.db";
    KG_CHECK(prepare_private_file(path));
    KG_TRY(stores, sqlite::SqliteStores::open(path, std::move(sealer),
                                              sqlite::built_in_migrations()));
    return std::unique_ptr<Stores>(std::move(stores));
}

std::unique_ptr<Stores> open_memory() { return std::make_unique<memory::MemoryStores>(); }

}  // namespace kg::store

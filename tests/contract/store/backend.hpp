#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/store_records.hpp"
#include "tests/support/temp_dir.hpp"

namespace kg::test {

/// One empty store of each kind in turn: every section of a test runs for all of them.
class Backend {
  public:
    Backend() : kind_(GENERATE(as<std::string>{}, "memory", "sqlite")) {
        if (kind_ == "memory") {
            stores_ = store::open_memory();
            return;
        }
        dir_.emplace();
        auto opened = store::open_sqlite(dir_->path(), test_sealer());
        INFO("store: " << kind_);
        REQUIRE(opened);
        stores_ = std::move(*opened);
    }

    store::Stores* operator->() { return stores_.get(); }
    store::Stores& operator*() { return *stores_; }
    const std::string& kind() const { return kind_; }
    std::uint64_t version() {
        auto version = stores_->version();
        REQUIRE(version);
        return *version;
    }

  private:
    std::string kind_;
    std::optional<TempDir> dir_;
    std::unique_ptr<store::Stores> stores_;
};

}  // namespace kg::test

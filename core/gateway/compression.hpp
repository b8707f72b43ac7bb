#pragma once

#include "core/compress/compressor.hpp"
#include "core/store/async_store.hpp"

namespace kg::gateway {

/// What the jobs of a process share to compress conversations; thread-safe.
struct Compression {
    compress::SharedSummaries summaries;
    store::AsyncStore& store;  // takes the records of the summary calls
};

}  // namespace kg::gateway

#pragma once

#include <memory>
#include <utility>

#include "daemon/admin/office.hpp"
#include "daemon/admin/operation.hpp"

namespace kg::admin {

/// For operations that take a while: `job(call, stores)` runs on the office's thread for batches and its
/// Reply is the answer; 503 when too many wait there.
template <class Job>
void run_batch(std::unique_ptr<Call> call, Done done, Job job) {
    struct Held {
        std::unique_ptr<Call> call;
        Done done;
        Job job;
    };
    // Shared: a full queue gives the job back unrun.
    auto held = std::make_shared<Held>(Held{std::move(call), std::move(done), std::move(job)});
    const bool queued = held->call->office.batch([held](store::Stores& stores) {
        Reply reply = held->job(*held->call, stores);
        held->done(std::move(held->call), std::move(reply));
    });
    if (!queued) held->done(std::move(held->call), Err(busy()));
}

}  // namespace kg::admin

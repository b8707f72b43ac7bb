#include "core/account/model_catalog.hpp"

#include <algorithm>

#include "core/base/log.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kCallsMax = 4;  // at once
constexpr std::chrono::milliseconds kPollEvery = 2s;

}  // namespace

ModelCatalog::ModelCatalog(loop::Loop& loop, fetch::Fetcher& fetcher, TokenKeeper& keeper, Pool& pool,
                           const Clock& clock, const kiro::UpstreamOptions& upstream)
    : loop_(loop),
      fetcher_(fetcher),
      keeper_(keeper),
      pool_(pool),
      clock_(clock),
      upstream_(upstream),
      wakeup_(loop),
      timer_(loop, [this] { poll(); }),
      reap_(loop, [this] { finished_.clear(); }),
      current_(std::make_shared<ModelList>(ModelList{kiro::builtin_models(), false})) {
    wakeup_.set_keeps_alive(false);
}

ModelCatalog::~ModelCatalog() {
    *alive_ = false;
}

void ModelCatalog::start(std::chrono::milliseconds ttl) {
    ttl_ = ttl;
    poll();
    timer_.start(kPollEvery, kPollEvery);
}

std::shared_ptr<const ModelList> ModelCatalog::current() const {
    const std::lock_guard lock(mutex_);
    return current_;
}

void ModelCatalog::poll() {
    const auto views = pool_.view();
    for (const auto& view : views) {
        if (running_ >= kCallsMax) return;
        if (!view.usable) continue;
        auto& mine = accounts_[view.id];
        if (mine.call) continue;
        // After a failure: 30 s, 1 min, ... up to the ttl.
        const auto pause =
            mine.failures == 0
                ? ttl_
                : std::min(ttl_, std::chrono::milliseconds(30s) * (1u << std::min(mine.failures - 1, 5u)));
        if (mine.ever_asked && clock_.steady() < mine.asked + pause) continue;
        ask(view.id);
    }
    std::unordered_set<std::string_view> known;
    for (const auto& view : views) known.insert(view.id);
    std::erase_if(accounts_,
                  [&](const auto& item) { return !item.second.call && !known.contains(item.first); });
}

void ModelCatalog::ask(const std::string& id) {
    auto& mine = accounts_[id];
    mine.asked = clock_.steady();
    mine.ever_asked = true;
    const auto record = pool_.record(id);
    if (!record) return;
    ++running_;
    const auto begin = [this, id](kiro::Caller caller) {
        accounts_[id].call = std::make_unique<kiro::ListModels>(
            fetcher_, upstream_, std::move(caller),
            [this, id](Result<std::vector<kiro::Model>, kiro::Failure> result) {
                answered(id, std::move(result));
            });
    };
    if (record->auth_method == "api-key") return begin(Pool::caller_of(*record));
    keeper_.ensure(id, TokenKeeper::kAny, wakeup_.door(),
                   [this, alive = alive_, id, begin](Result<FreshToken> token) {
                       if (!*alive) return;
                       if (token) return begin(std::move(token->caller));
                       --running_;
                       ++accounts_[id].failures;
                   });
}

void ModelCatalog::answered(const std::string& id, Result<std::vector<kiro::Model>, kiro::Failure> result) {
    --running_;
    auto& mine = accounts_[id];
    finished_.push_back(std::move(mine.call));  // we are inside its callback
    reap_.schedule();
    if (!result) {
        ++mine.failures;
        log::warn("models", "an account's model list could not be read; the last known list stays",
                  {{"account", id},
                   {"failure", kiro::failure_row(result.error().cls).name},
                   {"detail", result.error().detail}});
        return;
    }
    mine.failures = 0;
    mine.models = std::move(*result);
    std::unordered_set<std::string> ids;
    for (const auto& model : mine.models) ids.insert(model.info.id);
    pool_.set_models(id, std::move(ids));
    merge();
}

void ModelCatalog::merge() {
    auto list = std::make_shared<ModelList>();
    list->live = true;
    for (const auto& [id, mine] : accounts_) {
        for (const auto& model : mine.models) {
            const auto same = [&](const kiro::Model& m) { return m.info.id == model.info.id; };
            if (std::ranges::none_of(list->models, same)) list->models.push_back(model);
        }
    }
    if (list->models.empty()) return;
    std::ranges::sort(list->models, {}, [](const kiro::Model& m) { return m.info.id; });
    log::debug("models", "model list updated", {{"models", list->models.size()}});
    const std::lock_guard lock(mutex_);
    current_ = std::move(list);
}

}  // namespace kg::account

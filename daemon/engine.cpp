#include "daemon/engine.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/log.hpp"
#include "daemon/options.hpp"

namespace kg::daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kWatchEvery = 250ms;
constexpr std::chrono::milliseconds kHealthEvery = 10s;  // the evidence a kill -9 may lose
constexpr std::chrono::milliseconds kPruneEvery = 10min;
constexpr std::chrono::milliseconds kRecordsEvery = 100ms;  // the usage a kill -9 may lose
constexpr std::chrono::milliseconds kUseEvery = 2s;         // what budgets of two daemons lag behind
constexpr std::size_t kRecordsSoon = 512;
constexpr std::chrono::hours kBudgetsReachBack{24 * 40};  // longer than any month
constexpr std::chrono::hours kMinutesKept{49};
constexpr std::size_t kCombinationsMax = 2'000'000;  // hours of a key, account and model: 250 MB
constexpr std::string_view kCalibration = "token_calibration";

/// What the store holds that is newer than what is known.
struct News {
    bool changed = false;
    std::uint64_t version = 0, keys_version = 0;
    store::AccountChanges accounts;
    bool whole = false;  // `accounts.changed` are all there are
    std::optional<std::vector<access::KeyState>> keys;
    std::string error;
};

struct Known {
    std::uint64_t version = 0, keys_version = 0;
    std::optional<std::size_t> accounts;  // nothing: none is known, all are wanted
};

News read(store::Stores& stores, const Clock& clock, const Known& known) {
    News out;
    const auto failed = [&](const Error& error) {
        out.error = error.message;
        return std::move(out);
    };
    auto version = stores.version();
    if (!version) return failed(version.error());
    out.version = *version;
    if (known.accounts && *version == known.version) return out;
    out.changed = true;
    if (known.accounts) {
        auto changes = stores.accounts().changes(known.version);
        if (!changes) return failed(changes.error());
        out.accounts = std::move(*changes);
        // Too long asleep for the store's memory of removals: begin anew.
        const auto most = *known.accounts + out.accounts.changed.size();
        const auto least = *known.accounts - std::min(*known.accounts, out.accounts.removed.size());
        out.whole = out.accounts.total < least || out.accounts.total > most;
    }
    if (!known.accounts || out.whole) {
        auto accounts = stores.accounts().list();
        if (!accounts) return failed(accounts.error());
        out.accounts.changed = std::move(*accounts);
        out.whole = true;
    }
    auto keys_version = stores.keys().version();
    if (!keys_version) return failed(keys_version.error());
    out.keys_version = *keys_version;
    if (known.accounts && *keys_version == known.keys_version) return out;
    auto keys = access::read_keys(stores, clock.wall());
    if (!keys) return failed(keys.error());
    out.keys = std::move(*keys);
    return out;
}

account::PoolOptions seeded(account::PoolOptions options, Random& random) {
    options.seed = random.next_u64();
    return options;
}

}  // namespace

Engine::Engine(loop::Loop& loop, const config::Config& config, store::Stores& stores, const Clock& clock,
               Random& random)
    : loop_(loop),
      stores_(stores),
      clock_(clock),
      random_(random),
      upstream_(upstream_options(config)),
      fetch_options_(daemon::fetch_options(config)),
      models_ttl_(config.accounts.models_ttl),
      usage_ttl_(config.accounts.usage_ttl),
      request_rows_max_(static_cast<std::size_t>(config.log.request_rows_max)),
      audit_rows_max_(static_cast<std::size_t>(config.log.audit_rows_max)),
      usage_kept_for_(config.log.usage_kept_for),
      async_(stores, {.batch_max = 2048, .batch_soon = kRecordsSoon}),
      settings_(daemon::settings(config)),
      compression_{{compress::SummaryCache(async_, clock, summary_cache_options(config)), {}}, async_},
      access_(clock),
      proxies_(daemon::trusted_proxies(config)),
      pool_(clock, seeded(pool_options(config), random)),
      fetcher_(loop, fetch_options_),
      wakeup_(loop),
      keeper_(loop, fetcher_, async_, pool_, clock, random, upstream_),
      tenants_(loop, fetcher_, clock, random, upstream_,
               {.entries_max = static_cast<std::size_t>(config.auth.tenant_credentials_max)}),
      catalog_(loop, fetcher_, keeper_, pool_, clock, upstream_),
      usage_watch_(loop, fetcher_, keeper_, pool_, clock, upstream_),
      login_checks_({loop, fetcher_, keeper_, pool_, clock, upstream_}),
      hooks_(loop, fetcher_, clock, random, hook_options(config)),
      key_percent_(config.hooks.key_percent),
      watch_timer_(loop,
                   [this] {
                       pool_.tick();
                       watch();
                       look_at_pool();
                       hooks_.tick();
                   }),
      health_timer_(loop, [this] { save_health(); }),
      prune_timer_(loop, [this] { prune(); }),
      records_timer_(loop, [this] { async_.write_pending(); }),
      use_timer_(loop, [this] {
          learn_use();
          look_at_keys();
      }) {
    wakeup_.set_keeps_alive(false);
    pool_.on_change([this](const account::StateChange& change) {
        const bool fine = change.state == account::State::ok || change.state == account::State::unknown;
        log::write(fine ? log::Level::info : log::Level::warn, "account", "state changed",
                   {{"account", change.id},
                    {"state", account::state_name(change.state)},
                    {"reason", change.reason}});
        if (tells_.load(std::memory_order_relaxed)) tell(change);
        async_.post([change](store::Stores& s) {
            if (auto saved = s.accounts().set_state(change.id, account::state_name(change.state),
                                                    change.reason, change.since_ms, change.until_ms);
                !saved) {
                log::error("account", "state not stored",
                           {{"account", change.id}, {"error", saved.error().message}});
            }
        });
    });
}

Engine::~Engine() {
    if (version_ != 0) save_calibration();
    *alive_ = false;
    save_health();
}

void Engine::save_health() {
    auto batch = pool_.take_changed_health();
    if (batch.empty()) return;
    async_.post([batch = std::move(batch)](store::Stores& s) {
        if (auto saved = s.accounts().save_health(batch); !saved)
            log::error("store", "the accounts' health was not stored", {{"error", saved.error().message}});
    });
}

Result<void> Engine::load() {
    auto all = read(stores_, clock_, {});
    if (!all.error.empty()) return Err(Error{.kind = ErrorKind::store_failed, .message = all.error});
    version_ = all.version;
    keys_version_ = all.keys_version;
    pool_.load(all.accounts.changed);
    account::read_followed(pool_);
    access_.load(*all.keys);
    KG_TRY(learned, stores_.settings().get(kCalibration));
    saved_calibration_ = learned.value_or("{}");
    calibration_.load(saved_calibration_);
    return {};
}

void Engine::start() {
    pool_was_up_ = pool_.any_usable();
    tells_ = true;
    keeper_.start();
    catalog_.start(models_ttl_);
    usage_watch_.start(usage_ttl_);
    watch_timer_.start(kWatchEvery, kWatchEvery);
    prune_timer_.start(kPruneEvery, kPruneEvery);
    health_timer_.start(kHealthEvery, kHealthEvery);
    records_timer_.start(kRecordsEvery, kRecordsEvery);
    use_timer_.start(kUseEvery, kUseEvery);
}

void Engine::look() {
    wakeup_.door().post([this, alive = alive_] {
        if (!*alive) return;
        look_again_ = watching_;
        watch();
    });
}

void Engine::watch() {
    if (watching_) return;
    const Known known{.version = version_, .keys_version = keys_version_, .accounts = pool_.size()};
    watching_ = async_.run<News>(
        wakeup_.door(), [&clock = clock_, known](store::Stores& s) { return read(s, clock, known); },
        [this, alive = alive_](News news) {
            if (!*alive) return;
            watching_ = false;
            if (std::exchange(look_again_, false)) look();
            if (!news.error.empty())
                return log::error("store", "accounts and keys could not be read", {{"error", news.error}});
            if (!news.changed) return;
            version_ = news.version;
            keys_version_ = news.keys_version;
            bool moved = news.whole;
            if (news.whole)
                pool_.load(news.accounts.changed);
            else
                moved = pool_.apply(news.accounts);
            if (news.keys) access_.load(*news.keys);
            if (moved) catalog_.poll();
        });
}

void Engine::learn_use() {
    if (learning_use_ || !access_.has_budgets()) return;
    learning_use_ = async_.run<Result<std::vector<access::KeyState>>>(
        wakeup_.door(), [&clock = clock_](store::Stores& s) { return access::read_keys(s, clock.wall()); },
        [this, alive = alive_](Result<std::vector<access::KeyState>> keys) {
            if (!*alive) return;
            learning_use_ = false;
            if (keys) access_.learn_use(*keys);  // watch() reports a store that cannot be read
        });
}

/// From any thread: an account that needs an operator.
void Engine::tell(const account::StateChange& change) {
    using hooks::EventKind;
    const auto kind =
        change.state == account::State::needs_sign_in ? std::optional(EventKind::account_needs_sign_in)
        : change.state == account::State::exhausted   ? std::optional(EventKind::account_exhausted)
        : change.state == account::State::suspended   ? std::optional(EventKind::account_suspended)
                                                      : std::nullopt;
    if (!kind) return;
    const auto record = pool_.record(change.id);
    hooks_.tell({.kind = *kind,
                 .subject = change.id,
                 .name = record ? record->name : std::string(),
                 .reason = change.reason,
                 .at_ms = to_ms(clock_.wall())});
}

void Engine::look_at_pool() {
    const bool up = pool_.any_usable();
    if (std::exchange(pool_was_up_, up) && !up)
        hooks_.tell({.kind = hooks::EventKind::pool_down,
                     .reason = "no account can take a request",
                     .at_ms = to_ms(clock_.wall())});
}

void Engine::look_at_keys() {
    if (!access_.has_budgets()) return;
    for (const auto& key : access_.near_limit(static_cast<double>(key_percent_) / 100)) {
        hooks_.tell({.kind = hooks::EventKind::key_near_limit,
                     .subject = key.id,
                     .name = key.name,
                     .reason = key.limit,
                     .at_ms = to_ms(clock_.wall())});
    }
}

/// Only when it moved: every change of a setting makes other processes look.
void Engine::save_calibration() {
    auto learned = calibration_.save();
    if (learned == saved_calibration_) return;
    saved_calibration_ = learned;
    async_.post([learned = std::move(learned)](store::Stores& s) {
        if (auto saved = s.settings().put(kCalibration, learned); !saved)
            log::error("store", "token calibration not stored", {{"error", saved.error().message}});
    });
}

void Engine::prune() {
    compression_.summaries.cache.prune();
    save_calibration();
    async_.post([rows = request_rows_max_, old = to_ms(clock_.wall() - kBudgetsReachBack)](store::Stores& s) {
        if (auto pruned = s.usage().prune(rows); !pruned)
            log::error("store", "request log not pruned", {{"error", pruned.error().message}});
        if (auto forgotten = s.usage().forget_use(old); !forgotten)
            log::error("store", "old use of keys not pruned", {{"error", forgotten.error().message}});
    });
    const auto now = clock_.wall();
    async_.post([minutes = to_ms(now - kMinutesKept), hours = to_ms(now - usage_kept_for_),
                 rows = audit_rows_max_](store::Stores& s) {
        if (auto pruned = s.history().prune(minutes, hours, kCombinationsMax); !pruned)
            log::error("store", "old usage not pruned", {{"error", pruned.error().message}});
        if (auto pruned = s.admin().prune_audit(rows); !pruned)
            log::error("store", "audit log not pruned", {{"error", pruned.error().message}});
    });
}

gateway::ChatService Engine::service(loop::Loop& loop, fetch::Fetcher& fetcher, loop::Wakeup::Door door) {
    return {.loop = loop,
            .fetcher = fetcher,
            .pool = pool_,
            .keeper = keeper_,
            .tenants = tenants_,
            .catalog = catalog_,
            .upstream = upstream_,
            .settings = settings_,
            .stats = stats_,
            .clock = clock_,
            .random = random_,
            .door = std::move(door),
            .calibration = &calibration_,
            .compression = &compression_,
            .credit_rates = &credit_rates_,
            .cut_calls = &cut_calls_};
}

}  // namespace kg::daemon

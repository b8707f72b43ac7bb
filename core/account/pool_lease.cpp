// Pool, the half that gives accounts out: choosing, sticky sessions, the queue.
#include <algorithm>

#include "core/account/pool_session.hpp"

namespace kg::account {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr std::size_t kProbeCandidatesMax = 64;  // cooling accounts looked at for an early probe
constexpr unsigned kSlowMax = 3;                 // slow first events in a row end a sticky session

constexpr milliseconds kBusyRetry = 1s;  // when a running request may have ended

/// What a waiter needs, told apart from other needs: those that need the same get the same answer.
std::string want_of(const LeaseRequest& request, std::uint64_t ticket) {
    std::string out(request.wire_model);
    for (const auto* names : {request.allowed_accounts, request.allowed_groups}) {
        out += '\n';
        for (std::size_t i = 0; names && i < names->size(); ++i) out.append((*names)[i]) += ' ';
    }
    if (request.excluded && !request.excluded->empty()) out.append("\n").append(std::to_string(ticket));
    return out;
}

}  // namespace

Lease& Lease::operator=(Lease&& other) noexcept {
    if (this == &other) return *this;
    give_back();
    pool_ = std::exchange(other.pool_, nullptr);
    id_ = std::move(other.id_);
    serial_ = other.serial_;
    session_ = other.session_;
    caller_ = std::move(other.caller_);
    generation_ = other.generation_;
    needs_refresh_ = other.needs_refresh_;
    refresh_soon_ = other.refresh_soon_;
    probe_ = other.probe_;
    limited_ = other.limited_;
    sent_ = other.sent_;
    tokens_reserved_ = other.tokens_reserved_;
    tokens_used_ = other.tokens_used_;
    return *this;
}

void Lease::give_back() noexcept {
    if (auto* pool = std::exchange(pool_, nullptr)) pool->release(*this);
}

void Lease::update(kiro::Caller caller, std::uint64_t generation) {
    caller_ = std::move(caller);
    generation_ = generation;
    needs_refresh_ = refresh_soon_ = false;
}

void Lease::sending() {
    if (sent_++ > 0 && limited_ && pool_) pool_->send_again(*this);
}

LeaseTicket& LeaseTicket::operator=(LeaseTicket&& other) noexcept {
    if (this == &other) return *this;
    cancel();
    pool_ = std::exchange(other.pool_, nullptr);
    id_ = other.id_;
    return *this;
}

void LeaseTicket::cancel() noexcept {
    if (auto* pool = std::exchange(pool_, nullptr)) pool->cancel(id_);
}

bool Pool::in_groups(const Entry& entry, const LeaseRequest& request) {
    return std::ranges::any_of(entry.record.groups, [&](const auto& group) {
        return std::ranges::find(*request.allowed_groups, group) != request.allowed_groups->end();
    });
}

bool Pool::allowed(const Entry& entry, const LeaseRequest& request) {
    if (!request.by_account() && !request.by_group()) return true;
    if (request.by_group() && in_groups(entry, request)) return true;
    return request.by_account() &&
           std::ranges::find(*request.allowed_accounts, entry.record.id) != request.allowed_accounts->end();
}

bool Pool::acceptable(const Entry& entry, const LeaseRequest& request, const Now& at) {
    if (request.excluded && request.excluded->contains(entry.record.id)) return false;
    return offers_model(entry, request, at);
}

bool Pool::offers_model(const Entry& entry, const LeaseRequest& request, const Now& at) {
    if (!entry.place.shelf->serves(request.wire_model)) return false;
    if (entry.refused_models.empty()) return true;
    const auto refused = entry.refused_models.find(request.wire_model);
    return refused == entry.refused_models.end() || at.steady >= refused->second;
}

TokenState Pool::token_of(const store::Account& record, WallTime wall) const {
    if (record.auth_method == "api-key") return TokenState::ready;
    const auto expires = wall_from_ms(record.expires_at_ms);
    if (record.access_token.empty() || expires <= wall + options_.expired_margin)
        return TokenState::needs_refresh;
    return expires < wall + options_.refresh_lead ? TokenState::expires_soon : TokenState::ready;
}

Candidate Pool::candidate_of(const Entry& entry, std::size_t index, const Now& at) const {
    return {.index = index,
            .priority = entry.record.priority,
            .order = entry.order,
            .health = entry.health.score(at.steady),
            .in_flight = entry.in_flight,
            .recent = entry.recent.at(at.steady),
            .weight = entry.record.weight,
            .first_event_ms = entry.health.first_event_ms(),
            .last_used = entry.last_used,
            .token = token_of(entry.record, at.wall)};
}

/// The account of the conversation, if it can take this request and is not persistently slow.
Pool::Entry* Pool::sticky(const LeaseRequest& request, const Now& at) {
    if (request.session == 0 || options_.sticky_ttl <= milliseconds::zero()) return nullptr;
    auto* entry = find(sticky_.find(request.session, at.steady));
    if (!entry) return nullptr;
    if (entry->slow >= kSlowMax) {
        sticky_.forget(request.session);
        return nullptr;
    }
    return entry->place.group && allowed(*entry, request) && acceptable(*entry, request, at) ? entry
                                                                                             : nullptr;
}

Pool::Entry* Pool::pick(const LeaseRequest& request, const Now& at) {
    if (index_.empty()) return nullptr;
    if (auto* entry = sticky(request, at)) return entry;
    const auto accepts = [&](const Entry& entry) { return acceptable(entry, request, at); };
    gathered_.clear();
    if (request.by_group() || !request.by_account())
        index_.gather(request.wire_model, request.allowed_groups, accepts, gathered_);
    if (request.by_account()) {
        for (const auto& id : *request.allowed_accounts) {
            auto* entry = find(id);
            if (!entry || !entry->place.group || !accepts(*entry)) continue;
            if (!request.by_group() || !in_groups(*entry, request)) gathered_.push_back(entry);
        }
    }
    if (gathered_.size() <= 1) return gathered_.empty() ? nullptr : gathered_.front();
    candidates_.clear();
    for (std::size_t i = 0; i < gathered_.size(); ++i)
        candidates_.push_back(candidate_of(*gathered_[i], i, at));
    const auto chosen = request.cautious ? choose_soundest(options_.scheduling, candidates_)
                                         : choose(options_.scheduling, candidates_);
    return gathered_[*chosen];
}

/// Whether an account that would serve the request is only at its cap.
bool Pool::capped(const LeaseRequest& request, const Now& at) const {
    const auto accepts = [&](const Entry& entry) { return acceptable(entry, request, at); };
    if (request.by_account() && std::ranges::any_of(*request.allowed_accounts, [&](const auto& id) {
            const auto* entry = find(id);
            return entry && entry->place.capped && accepts(*entry);
        }))
        return true;
    if (request.by_account() && !request.by_group()) return false;
    return index_.any_capped(request.wire_model, request.allowed_groups, accepts);
}

/// When an account that would serve the request has refilled, if that is all it lacks.
std::optional<SteadyTime> Pool::first_refill(const LeaseRequest& request, const Now& at) const {
    const auto accepts = [&](const Entry& entry) { return acceptable(entry, request, at); };
    std::optional<SteadyTime> first;
    if (request.by_group() || !request.by_account())
        first = index_.first_refill(request.wire_model, request.allowed_groups, accepts);
    if (!request.by_account()) return first;
    for (const auto& id : *request.allowed_accounts) {
        const auto* entry = find(id);
        if (!entry || !entry->place.refills || !accepts(*entry)) continue;
        if (!first || *entry->place.refills < *first) first = entry->place.refills;
    }
    return first;
}

/// Whether waiting makes sense.
bool Pool::busy(const LeaseRequest& request, const Now& at) const {
    if (index_.full() == 0) return false;
    if (capped(request, at)) return true;
    const auto first = first_refill(request, at);
    return first && *first <= at.steady + request.patience;
}

Error Pool::busy_error(const LeaseRequest& request, const Now& at, std::string message) const {
    Error error{.kind = ErrorKind::overloaded, .message = std::move(message), .retry_after = kBusyRetry};
    if (index_.refilling().empty() || capped(request, at)) return error;
    if (const auto first = first_refill(request, at))
        error.retry_after = std::max(kBusyRetry, std::chrono::ceil<milliseconds>(*first - at.steady));
    return error;
}

Error Pool::why_busy(const LeaseRequest& request) const {
    const std::lock_guard lock(mutex_);
    return busy_error(request, now(), "every account is busy; try again later");
}

/// The cooling account that comes back soonest, if it may be asked early and nobody is asking.
Pool::Entry* Pool::least_bad(const LeaseRequest& request, const Now& at) {
    if (probing_early_ || index_.full() > 0) return nullptr;
    std::size_t seen = 0;
    for (const auto& [until, entry] : cooling_) {
        if (++seen > kProbeCandidatesMax) break;
        if (at.steady >= entry->probe_from && allowed(*entry, request) && acceptable(*entry, request, at) &&
            !refills_at(*entry, at.steady))
            return entry;
    }
    return nullptr;
}

Lease Pool::take(Entry& entry, const LeaseRequest& request, Lease::Probe probe, const Now& at) {
    if (probe == Lease::Probe::none && recovering(entry)) probe = Lease::Probe::recovery;
    ++entry.in_flight;
    if (probe != Lease::Probe::none) ++entry.probes;
    if (probe == Lease::Probe::early) probing_early_ = true;
    entry.last_used = at.steady;
    entry.recent.set(entry.recent.at(at.steady) + 1, at.steady);
    if (request.session != 0 && options_.sticky_ttl > milliseconds::zero()) {
        // An account that is merely busy keeps its conversation.
        const auto* before = find(sticky_.find(request.session, at.steady));
        if (!before || before == &entry || !before->place.full())
            sticky_.remember(request.session, entry.record.id, at.steady, options_.sticky_ttl);
    }
    Lease lease;
    lease.pool_ = this;
    lease.id_ = entry.record.id;
    lease.serial_ = entry.serial;
    lease.session_ = request.session;
    lease.caller_ = caller_of(entry.record);
    lease.generation_ = entry.record.token_generation;
    const auto token = token_of(entry.record, at.wall);
    lease.needs_refresh_ = token == TokenState::needs_refresh;
    lease.refresh_soon_ = token != TokenState::ready;
    lease.probe_ = probe;
    lease.limited_ = entry.requests || entry.tokens;
    if (entry.requests) entry.requests->take(1, at.steady);
    if (entry.tokens) {
        lease.tokens_reserved_ = static_cast<std::int64_t>(std::max<std::uint64_t>(request.tokens, 1));
        entry.tokens->take(lease.tokens_reserved_, at.steady);
    }
    if (lease.limited_ || !under_cap(entry)) place(entry, at);
    return lease;
}

/// An account, or why there will be none; nothing while accounts are at their caps.
std::optional<Result<Lease>> Pool::try_lease(const LeaseRequest& request, const Now& at) {
    if (auto* entry = pick(request, at)) return take(*entry, request, Lease::Probe::none, at);
    if (busy(request, at)) return std::nullopt;
    if (auto* entry = least_bad(request, at)) return take(*entry, request, Lease::Probe::early, at);
    return Result<Lease>(Err(why_none(request, at)));
}

Result<Lease> Pool::lease(const LeaseRequest& request) {
    Session session(*this);
    const auto at = now();
    wake(at);
    session.serve(at);  // those who came before
    auto lease = try_lease(request, at);
    if (!lease) return Err(busy_error(request, at, "every account is busy; try again later"));
    return std::move(*lease);
}

Result<LeaseTicket> Pool::wait(const LeaseRequest& request, loop::Wakeup::Door door, LeaseReply reply) {
    Waiter waiter{.wire_model = std::string(request.wire_model),
                  .key = std::string(request.key),
                  .allowed_accounts = {},
                  .allowed_groups = {},
                  .excluded = {},
                  .session = request.session,
                  .cautious = request.cautious,
                  .tokens = request.tokens,
                  .door = std::move(door),
                  .reply = std::move(reply)};
    if (request.allowed_accounts) waiter.allowed_accounts = *request.allowed_accounts;
    if (request.allowed_groups) waiter.allowed_groups = *request.allowed_groups;
    if (request.excluded) waiter.excluded = *request.excluded;
    Session session(*this);  // serves it at once if a place has become free
    if (queue_->size() >= options_.queue_max) {
        auto full =
            busy_error(request, now(), "every account is busy and too many requests wait; try again later");
        auto last = queue_->displace(request.key);
        if (!last) return Err(std::move(full));
        session.tell({std::move(last->door), std::move(last->reply), Err(std::move(full))});
    }
    LeaseTicket ticket;
    ticket.pool_ = this;
    ticket.id_ = ++tickets_;
    queue_->push(ticket.id_, request.key, want_of(request, ticket.id_), std::move(waiter));
    stirred_ = true;
    return ticket;
}

void Pool::serve_waiting(const Now& at, std::vector<Grant>& grants) {
    stirred_ = false;
    queue_->offer([&](Waiter& waiter) {
        auto lease = try_lease(waiter.request(), at);
        if (!lease) return false;
        grants.push_back({std::move(waiter.door), std::move(waiter.reply), std::move(*lease)});
        return true;
    });
}

void Pool::tick() {
    const Session session(*this);
    stirred_ = true;  // time alone may have changed what those who wait can hope for
}

void Pool::release(const Lease& lease) noexcept {
    const Session session(*this);
    if (lease.probe_ == Lease::Probe::early) {
        probing_early_ = false;
        stirred_ = true;
    }
    auto* entry = find(lease);
    if (!entry || entry->in_flight == 0) return;
    --entry->in_flight;
    if (lease.probe_ != Lease::Probe::none && entry->probes > 0) --entry->probes;
    if (lease.limited_) settle_rates(*entry, lease, now().steady);
    if (lease.limited_ || entry->place.full()) place(*entry, now());
}

/// Replaces what a lease took for its tokens by what it used; one that sent nothing costs nothing.
void Pool::settle_rates(Entry& entry, const Lease& lease, SteadyTime at) {
    if (entry.requests && lease.sent_ == 0) entry.requests->give_back(1, at);
    if (!entry.tokens) return;
    const auto more = lease.tokens_used_ - lease.tokens_reserved_;
    more >= 0 ? entry.tokens->take(more, at) : entry.tokens->give_back(-more, at);
}

void Pool::send_again(const Lease& lease) {
    const std::lock_guard lock(mutex_);
    auto* entry = find(lease);
    if (!entry || !entry->requests) return;
    const auto at = now();
    entry->requests->take(1, at.steady);
    place(*entry, at);
}

void Pool::cancel(std::uint64_t ticket) noexcept {
    std::optional<Waiter> gone;  // its reply is destroyed without the lock
    const std::lock_guard lock(mutex_);
    gone = queue_->erase(ticket);
}

}  // namespace kg::account

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/kiro/account.hpp"

namespace kg::account {

class Pool;

/// One request's hold on one account: counts as in flight until destroyed. Move-only; must not
/// outlive the pool. Belongs to whoever holds it, any thread.
class Lease {
  public:
    Lease() = default;
    Lease(Lease&& other) noexcept { *this = std::move(other); }
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { give_back(); }

    explicit operator bool() const { return pool_ != nullptr; }
    const std::string& account_id() const { return id_; }
    /// As of the moment of leasing; after a refresh the keeper hands out a newer one.
    const kiro::Caller& caller() const { return caller_; }
    std::uint64_t token_generation() const { return generation_; }
    /// The token must be refreshed before it is used (expired, absent, or refused).
    bool needs_refresh() const { return needs_refresh_; }
    bool refresh_soon() const { return refresh_soon_; }
    /// The request finds out whether an account that was out works again.
    bool is_probe() const { return probe_ != Probe::none; }
    void update(kiro::Caller caller, std::uint64_t generation);

    // For the account's limits a minute; they cost nothing where there are none.
    /// A call goes upstream: the first is paid for by the lease.
    void sending();
    bool counts_tokens() const { return tokens_reserved_ > 0; }
    /// What an answer, or a part of one, really used: prompt, cache and answer.
    void used_tokens(std::uint64_t tokens) { tokens_used_ += static_cast<std::int64_t>(tokens); }

  private:
    friend class Pool;
    enum class Probe : std::uint8_t { none, recovery, early };
    void give_back() noexcept;

    Pool* pool_ = nullptr;
    std::string id_;
    std::uint64_t serial_ = 0, session_ = 0;
    kiro::Caller caller_;
    std::uint64_t generation_ = 0;
    bool needs_refresh_ = false;
    bool refresh_soon_ = false;
    Probe probe_ = Probe::none;
    bool limited_ = false;  // the account has a bucket
    unsigned sent_ = 0;
    std::int64_t tokens_reserved_ = 0, tokens_used_ = 0;
};

struct LeaseRequest {
    std::string_view wire_model{};
    // Ids and names of groups; with neither every account, else those in either. May be null.
    const std::vector<std::string>* allowed_accounts = nullptr;
    const std::vector<std::string>* allowed_groups = nullptr;
    const std::unordered_set<std::string>* excluded = nullptr;  // already tried
    std::uint64_t session = 0;                                  // of the conversation; 0: not sticky
    bool cautious = false;     // the request has failed on an account: the soundest one, whatever its load
    std::string_view key{};    // whose request; the queue is fair between keys
    std::uint64_t tokens = 0;  // of the prompt, about; needed where Pool::counts_tokens()
    /// How long it would wait: an account that refills later is no reason to.
    std::chrono::milliseconds patience = std::chrono::hours(24);

    bool by_account() const { return allowed_accounts && !allowed_accounts->empty(); }
    bool by_group() const { return allowed_groups && !allowed_groups->empty(); }
};

/// A place in the queue for an account; destroying it gives the place up. Move-only; must not outlive
/// the pool. Belongs to whoever holds it, any thread.
class LeaseTicket {
  public:
    LeaseTicket() = default;
    LeaseTicket(LeaseTicket&& other) noexcept { *this = std::move(other); }
    LeaseTicket& operator=(LeaseTicket&& other) noexcept;
    ~LeaseTicket() { cancel(); }
    explicit operator bool() const { return pool_ != nullptr; }

  private:
    friend class Pool;
    void cancel() noexcept;
    Pool* pool_ = nullptr;
    std::uint64_t id_ = 0;
};

}  // namespace kg::account

#include "core/account/follow_watch.hpp"

#include <utility>

#include "core/base/log.hpp"

namespace kg::account {

void read_followed(Pool& pool) {
    for (const auto& [id, path, gone] : pool.followed()) {
        auto login = credentials::read_login(path);
        if (login)
            pool.login_read(id, *login);
        else
            log::warn("account", "the followed login could not be read",
                      {{"account", id}, {"reason", login.error().what}});
    }
}

FollowWatch::FollowWatch(loop::Loop& loop, FileWorker& files, Pool& pool)
    : files_(files), pool_(pool), wakeup_(loop), timer_(loop, [this] { poll(); }) {
    wakeup_.set_keeps_alive(false);
}

FollowWatch::~FollowWatch() {
    *alive_ = false;
}

void FollowWatch::start() {
    timer_.start(kLookEvery, kLookEvery);
}

void FollowWatch::poll() {
    if (looking_) return;
    Looks looks;
    for (auto& [id, path, gone] : pool_.followed()) {
        const auto known = known_.find(id);
        const bool same = known != known_.end() && known->second.path == path && !gone;
        looks.push_back({.id = id, .path = path, .seen = {}, .login = {}});
        if (same) looks.back().seen = known->second.seen;
    }
    known_.clear();
    if (looks.empty()) return;
    looking_ = files_.run<Looks>(
        wakeup_.door(),
        [looks = std::move(looks)]() mutable {
            for (auto& look : looks) {
                const auto now = credentials::fingerprint(look.path);
                if (!now || now == look.seen) continue;
                auto login = credentials::read_login(look.path);
                if (!login) continue;  // perhaps half written: looked at again
                look.seen = now;
                look.login = std::move(*login);
            }
            return std::move(looks);
        },
        [this, alive = alive_](Looks done) {
            if (*alive) looked(std::move(done));
        });
}

void FollowWatch::looked(Looks looks) {
    looking_ = false;
    for (auto& look : looks) {
        if (look.login) pool_.login_read(look.id, *look.login);
        look.login.reset();
        auto id = look.id;
        known_.insert_or_assign(std::move(id), std::move(look));
    }
}

}  // namespace kg::account

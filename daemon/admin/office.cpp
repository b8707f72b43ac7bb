#include "daemon/admin/office.hpp"

#include "core/base/digest.hpp"
#include "core/base/log.hpp"

namespace kg::admin {
namespace {

constexpr std::string_view kPasswordMark = "auth.admin_password_mark";

}  // namespace

Office::Office(Parts parts, GuardOptions options, Metrics metrics)
    : parts_(std::move(parts)),
      started_(parts_.clock.wall()),
      metrics_(metrics),
      guard_(parts_.clock, parts_.random, options, [this](UniqueFunction<void(store::AdminStore&)> job) {
          if (!parts_.async.post([job = std::move(job)](store::Stores& s) mutable { job(s.admin()); }))
              log::error("admin", "a change of the sessions is not stored: too many jobs wait for the store");
      }) {}

Office::~Office() = default;

Result<void> Office::load(const Secret& configured) {
    KG_CHECK(load_password(configured));
    KG_TRY(tokens, parts_.stores.admin().tokens());
    guard_.load_tokens(tokens);
    KG_TRY(sessions, parts_.stores.admin().sessions());
    guard_.load_sessions(sessions);
    return {};
}

Result<void> Office::load_password(const Secret& configured) {
    auto& settings = parts_.stores.settings();
    KG_TRY(hash, settings.get(kPasswordHash));
    // Sealed, like every setting: good for nothing but to tell one password from another.
    const auto mark =
        configured.empty() ? hash.value_or("") : sha256_hex("kirogate admin " + configured.reveal());
    KG_TRY(before, settings.get(kPasswordMark));
    if (before != mark) {
        if (before) KG_CHECK(parts_.stores.admin().remove_sessions());
        KG_CHECK(settings.put(kPasswordMark, mark));
    }
    guard_.set_password(configured, hash.value_or(""));
    return {};
}

bool Office::post(loop::Worker& worker, UniqueFunction<void(store::Stores&)> job) {
    return worker.post([this, job = std::move(job)]() mutable { job(parts_.stores); });
}

}  // namespace kg::admin

#include "core/hooks/event.hpp"

#include <array>

#include "core/json/writer.hpp"

namespace kg::hooks {

std::string_view event_name(EventKind kind) {
    constexpr std::array<std::string_view, 5> kNames{"account.needs-sign-in", "account.exhausted",
                                                     "account.suspended", "key.near-limit", "pool.down"};
    return kNames[static_cast<std::size_t>(kind)];
}

std::string event_json(const Event& event, std::string_view id) {
    std::string out;
    json::Writer w(out);
    w.begin_object().member("id", id).member("event", event_name(event.kind)).member("at", event.at_ms);
    w.member("subject", event.subject).member("name", event.name).member("reason", event.reason);
    w.end_object();
    return out;
}

}  // namespace kg::hooks

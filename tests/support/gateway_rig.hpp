#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/account/model_catalog.hpp"
#include "core/account/pool.hpp"
#include "core/account/tenant_cache.hpp"
#include "core/account/token_keeper.hpp"
#include "core/base/overloaded.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/gateway/compression.hpp"
#include "core/kiro/frame_encoder.hpp"
#include "core/store/async_store.hpp"
#include "core/store/open.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"

namespace kg::test {

/// Keeps what a job said.
class RecordingAnswer final : public gateway::AnswerSink {
  public:
    Flow on_event(const chat::StreamEvent& event) override {
        std::visit(
            overloaded{[&](const chat::TextDelta& e) { text += e.text; },
                       [&](const chat::ThinkingDelta& e) { thinking += e.text; },
                       [&](const chat::ThinkingSignature& e) { signature = e.signature; },
                       [&](const chat::RedactedThinking&) {},
                       [&](const chat::ToolUseStart& e) { tools.push_back(std::string(e.name) + "("); },
                       [&](const chat::ToolInputDelta& e) { tools.back() += e.json; },
                       [&](const chat::ToolUseEnd&) { tools.back() += ")"; },
                       [&](const chat::WebSearchStart& e) { searches.push_back(std::string(e.query)); },
                       [&](const chat::WebSearchEnd& e) { found.push_back(*e.search); },
                       [&](const chat::Usage&) { ++leaked; }, [&](const chat::MessageEnd&) { ++leaked; }},
            event);
        ++events;
        return flow;
    }
    void on_batch() override { ++batches; }
    void on_end(const gateway::Ending& e) override {
        ++endings;
        ending = e;
    }
    void on_error(const Error& e) override {
        ++endings;
        error = e;
    }
    bool start_over() override {
        if (forgets) text.clear(), thinking.clear(), tools.clear();
        return forgets;
    }

    std::string text, thinking, signature;
    std::vector<std::string> tools;
    std::vector<std::string> searches;   // queries, as they began
    std::vector<chat::WebSearch> found;  // as they ended
    int events = 0, batches = 0, endings = 0, leaked = 0;
    Flow flow = Flow::more;
    bool forgets = false;  // start_over() is granted
    std::optional<gateway::Ending> ending;
    std::optional<Error> error;
};

/// A whole gateway below the HTTP server: memory store, real pool and keeper, and a fetcher that
/// the test plays by hand. Everything on one loop.
struct GatewayRig {
    explicit GatewayRig(int accounts = 2) {
        for (int i = 0; i < accounts; ++i) add_account("a" + std::to_string(i));
        reload();
        service.credit_rates = &credit_rates;
    }
    ~GatewayRig() { settle(); }

    void add_account(const std::string& id, std::chrono::milliseconds valid = std::chrono::hours(24)) {
        store::Account a;
        a.id = id;
        a.auth_method = "social";
        a.provider = "Google";
        a.access_token = Secret("access-" + id);
        a.refresh_token = Secret("refresh-" + id);
        a.expires_at_ms = to_ms(clock.wall() + valid);
        a.machine_id = std::string(64, 'a');
        a.priority = static_cast<std::int64_t>(added_++);
        if (!stores->accounts().add(a)) std::abort();
    }
    void reload() { pool.load(*stores->accounts().list()); }

    /// Runs the loop until nothing more happens: store jobs, doors, deferred calls.
    void settle() {
        for (int i = 0; i < 4; ++i) {
            async.flush();
            for (int turn = 0; turn < 4; ++turn) loop.run_once(false);
        }
    }

    std::unique_ptr<gateway::ChatJob> job(RecordingAnswer& answer, chat::Request request) {
        return std::make_unique<gateway::ChatJob>(service, std::move(request), gateway::JobPermissions{},
                                                  answer);
    }
    static chat::Request request(std::string text = "hi") {
        chat::Request r;
        r.model = "claude-sonnet-4-5";
        r.messages.push_back({chat::Role::user, {chat::Text{std::move(text)}}});
        return r;
    }
    static std::string text_frame(const std::string& text) {
        return kiro::event_frame("assistantResponseEvent", R"({"content":")" + text + R"("})");
    }
    static std::string tail() {
        return kiro::event_frame(
                   "metadataEvent",
                   R"({"stopReason":"END_TURN","tokenUsage":{"uncachedInputTokens":10,"outputTokens":3,"totalTokens":13}})") +
               kiro::event_frame("meteringEvent", R"({"unit":"credit","unitPlural":"credits","usage":0.25})");
    }
    /// The transfer that went to the chat endpoint last.
    ScriptedFetcher::Call& last_chat() {
        for (std::size_t i = fetcher.count(); i-- > 0;) {
            if (fetcher.call(i).request.url.find("generateAssistantResponse") != std::string::npos)
                return fetcher.call(i);
        }
        std::abort();
    }
    std::size_t calls_to(std::string_view part) const {
        std::size_t n = 0;
        for (std::size_t i = 0; i < fetcher.count(); ++i) {
            n += const_cast<ScriptedFetcher&>(fetcher).call(i).request.url.find(part) != std::string::npos;
        }
        return n;
    }
    static void stream(ScriptedFetcher::Call& call, const std::string& body) {
        call.answer(200, body, {{"content-type", "application/vnd.amazon.eventstream"}});
    }

    ManualClock clock;
    SystemRandom random;
    std::unique_ptr<store::Stores> stores = store::open_memory();
    store::AsyncStore async{*stores};
    loop::Loop loop;
    loop::Wakeup wakeup{loop};
    ScriptedFetcher fetcher;
    kiro::UpstreamOptions upstream;
    account::Pool pool{clock};
    account::TokenKeeper keeper{loop, fetcher, async, pool, clock, random, upstream};
    account::TenantCache tenants{loop, fetcher, clock, random, upstream};
    account::ModelCatalog catalog{loop, fetcher, keeper, pool, clock, upstream};
    gateway::SettingsHolder settings{gateway::Settings{}};
    gateway::Stats stats;
    chat::TokenCalibration calibration;
    chat::CreditRates credit_rates;
    gateway::CutCalls cut_calls;
    gateway::Compression compression{{compress::SummaryCache(async, clock), {}}, async};
    gateway::ChatService service{loop,         fetcher,  pool,          keeper,    tenants, catalog,
                                 upstream,     settings, stats,         clock,     random,  wakeup.door(),
                                 &calibration, nullptr,  &credit_rates, &cut_calls};

  private:
    int added_ = 0;
};

}  // namespace kg::test

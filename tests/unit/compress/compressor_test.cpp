#include "core/compress/compressor.hpp"

#include "core/store/open.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/chat_builder.hpp"
#include "tests/support/manual_clock.hpp"

using namespace kg;
using namespace kg::compress;

namespace {

/// Answers when the test says so.
class ManualSummarizer final : public Summarizer {
  public:
    std::unique_ptr<Call> summarise(chat::Request request, Done done) override {
        asked.push_back(std::move(request));
        waiting.push_back(std::make_shared<Done>(std::move(done)));
        return std::make_unique<Held>(*this, waiting.back());
    }
    void answer(Result<MadeSummary> summary) {
        auto done = waiting.front();
        waiting.pop_front();
        (*done)(std::move(summary));
    }

    std::vector<chat::Request> asked;
    std::deque<std::shared_ptr<Done>> waiting;

  private:
    struct Held final : Call {
        Held(ManualSummarizer& o, std::shared_ptr<Done> d) : owner(o), done(std::move(d)) {}
        ~Held() override { std::erase(owner.waiting, done); }
        ManualSummarizer& owner;
        std::shared_ptr<Done> done;
    };
};

struct Bench {
    test::ManualClock clock;
    std::unique_ptr<store::Stores> stores = store::open_memory();
    store::AsyncStore async{*stores};
    loop::Loop loop;
    loop::Wakeup wakeup{loop};
    SharedSummaries shared{SummaryCache(async, clock, {.memory_max_bytes = 4'000}), {}};
    ManualSummarizer summarizer;
    std::optional<std::vector<chat::Message>> result;
    std::optional<CompressionReport> report;

    void settle() {
        for (int i = 0; i < 3; ++i) {
            async.flush();
            for (int turn = 0; turn < 4; ++turn) loop.run_once(false);
        }
    }
    CompressorOptions options(std::uint64_t soft = 8'000, std::uint64_t hard = 100'000) {
        CompressorOptions out;
        out.budget.soft = {soft, 1u << 30};
        out.budget.hard = {hard, 1u << 30};
        out.budget.keep_messages = 4;
        out.budget.chunk_tokens = 2'000;
        out.budget.summary_tokens = 300;
        out.prompt.model = "small";
        out.scope = "tenant";
        return out;
    }
    std::unique_ptr<Compressor> start(const chat::Request& request, CompressorOptions options) {
        auto made = std::make_unique<Compressor>(
            loop, wakeup.door(), shared, summarizer, request, std::move(options),
            [this](std::optional<std::vector<chat::Message>> messages, const CompressionReport& told) {
                result = std::move(messages);
                report = told;
            });
        made->start();
        settle();
        return made;
    }
};

chat::Request conversation(std::size_t pairs) {
    std::vector<chat::Message> messages;
    for (std::size_t i = 0; i < pairs; ++i) {
        messages.push_back(
            test::user({test::text("question " + std::to_string(i) + std::string(2'000, '.'))}));
        messages.push_back(test::assistant({test::text("answer" + std::string(2'000, '.'))}));
    }
    messages.push_back(test::user({test::text("last")}));
    return test::request_of(std::move(messages));
}

}  // namespace

TEST_CASE("G11: the shorter of the two is sent") {
    Bench bench;
    const auto request = conversation(10);
    auto compressor = bench.start(request, bench.options());
    while (!bench.summarizer.waiting.empty()) {
        bench.summarizer.answer(MadeSummary{.text = std::string(40'000, 'x'), .credits = 0.5});
        bench.settle();
    }
    REQUIRE(bench.report);
    CHECK_FALSE(bench.result);
    CHECK_FALSE(bench.report->changed);
    CHECK(bench.report->after.tokens == bench.report->before.tokens);
    CHECK(bench.report->credits == 0.5 * static_cast<double>(bench.report->calls));
}

TEST_CASE("a conversation that fits is left alone at once") {
    Bench bench;
    const auto request = conversation(2);
    auto compressor = bench.start(request, bench.options());
    REQUIRE(bench.report);
    CHECK_FALSE(bench.result);
    CHECK(bench.summarizer.asked.empty());
}

TEST_CASE("no more than three summaries of a request are made at the same time") {
    Bench bench;
    const auto request = conversation(40);
    auto compressor = bench.start(request, bench.options());
    std::size_t most = 0;
    while (!bench.summarizer.waiting.empty()) {
        most = std::max(most, bench.summarizer.waiting.size());
        bench.summarizer.answer(MadeSummary{.text = "short"});
        bench.settle();
    }
    CHECK(most == 3);
    REQUIRE(bench.report);
    CHECK(bench.report->made == bench.report->chunks);
    REQUIRE(bench.result);
    CHECK(bench.result->size() < request.messages.size());
}

TEST_CASE("G9: destroying the compressor cancels its calls") {
    Bench bench;
    const auto request = conversation(20);
    auto compressor = bench.start(request, bench.options());
    CHECK(bench.summarizer.waiting.size() == 3);
    compressor.reset();
    CHECK(bench.summarizer.waiting.empty());
    bench.settle();
    CHECK_FALSE(bench.report);
}

TEST_CASE("summaries that never come are not waited for: the conversation goes out as it fits") {
    Bench bench;
    auto options = bench.options(8'000, 12'000);
    options.time_max = std::chrono::milliseconds(1);
    const auto request = conversation(20);
    auto compressor = bench.start(request, std::move(options));
    while (!bench.report) bench.loop.run_once(true);
    CHECK(bench.report->failed == bench.report->chunks);
    CHECK(bench.report->cut);
    CHECK(bench.summarizer.waiting.empty());
    REQUIRE(bench.result);
    CHECK(bench.report->after.tokens <= 12'000);
}

TEST_CASE("G6: one bad answer is asked for again, an empty one counts as bad") {
    Bench bench;
    const auto request = conversation(10);
    auto compressor = bench.start(request, bench.options());
    const auto chunks = bench.summarizer.waiting.size();
    bench.summarizer.answer(Err(Error{.kind = ErrorKind::upstream_failed, .message = "no"}));
    bench.settle();
    bench.summarizer.answer(MadeSummary{.text = " \n"});
    bench.settle();
    while (!bench.summarizer.waiting.empty()) {
        bench.summarizer.answer(MadeSummary{.text = "short"});
        bench.settle();
    }
    REQUIRE(bench.report);
    CHECK(bench.report->failed == 0);
    CHECK(bench.report->calls == bench.report->chunks + 2);
    CHECK(chunks > 0);
}

TEST_CASE("summaries in memory are bounded, the longest unused go first, and the store has them all") {
    Bench bench;
    auto& cache = bench.shared.cache;
    for (int i = 0; i < 20; ++i) cache.put(sha256(std::to_string(i)), std::string(700, 'a'));
    CHECK(cache.memory_bytes() <= 4'000);
    CHECK_FALSE(cache.find(sha256("0")));
    CHECK(cache.find(sha256("19")));
    bench.settle();
    CHECK(bench.stores->summaries().count().value() == 20);
    std::size_t found = 0;
    REQUIRE(cache.load({sha256("0"), sha256("unknown")}, bench.wakeup.door(),
                       [&](const SummaryCache::Found& all) { found = all.size(); }));
    bench.settle();
    CHECK(found == 1);
    CHECK(cache.find(sha256("0")));
    bench.clock.advance(std::chrono::hours(25));
    CHECK_FALSE(cache.find(sha256("0")));
    cache.prune();
    bench.settle();
    CHECK(bench.stores->summaries().count().value() == 0);
}

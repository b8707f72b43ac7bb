#include "core/kiro/attempt.hpp"

#include "core/kiro/frame_encoder.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/event_recorder.hpp"
#include "tests/support/kiro_vectors.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;
using namespace kg::kiro;
namespace vectors = kg::test::vectors;
using Lines = std::vector<std::string>;

namespace {

const std::vector<http::Headers::Field> kStream{{"content-type", "application/vnd.amazon.eventstream"}};

/// An owner that writes everything down and may destroy its attempt at a given line.
struct Owner final : AttemptHandler {
    Owner() {
        request.text = std::make_shared<std::string>(R"({"conversationState":{})");
        request.prefix_bytes = request.text->size();
        input.request = &request;
        input.caller.provider = "Google";
        input.caller.access_token = Secret("aoaSAMPLE");
        input.invocation_id = "invocation";
    }
    void start() { attempt = std::make_unique<Attempt>(fetcher, options, input, *this); }
    test::ScriptedFetcher::Call& server() { return fetcher.last(); }

    Flow on_event(const chat::StreamEvent& event) override {
        note(test::describe(event));
        return answer;
    }
    void on_batch() override { note("batch"); }
    void on_done() override { note("done"); }
    void on_failure(Failure f) override {
        failure = std::move(f);
        note("failure " + std::string(failure_row(failure->cls).name));
    }
    void note(std::string line) {
        lines.push_back(std::move(line));
        if (lines.size() == destroy_at) attempt.reset();
    }

    test::ScriptedFetcher fetcher;
    UpstreamOptions options;
    EncodedRequest request;
    AttemptInput input{};
    Lines lines;
    std::optional<Failure> failure;
    Flow answer = Flow::more;
    std::size_t destroy_at = 0;
    std::unique_ptr<Attempt> attempt;
};

}  // namespace

TEST_CASE("an attempt posts the body with its account's ARN") {
    Owner owner;
    owner.input.generation = Generation::q;
    owner.input.caller.api_region = "eu-central-1";
    owner.input.attempt_number = 2;
    owner.options.proxy = "http://proxy:1";
    owner.options.first_event_timeout = fetch::milliseconds{1234};
    owner.start();
    const fetch::Request& sent = owner.server().request;
    CHECK(sent.method == http::Method::post);
    CHECK(sent.url == "https://q.eu-central-1.amazonaws.com/generateAssistantResponse");
    CHECK(sent.body ==
          *owner.request.body("arn:aws:codewhisperer:us-east-1:699475941385:profile/EHGA3GRVQMUK"));
    CHECK(sent.proxy == "http://proxy:1");
    CHECK(sent.first_byte_timeout == fetch::milliseconds{1234});
    CHECK(owner.server().has_header("amz-sdk-request: attempt=2; max=3"));
    CHECK(owner.server().has_header("authorization: Bearer aoaSAMPLE"));
}

TEST_CASE("an account's own proxy and ARN win, and the api address is the base of every generation") {
    Owner owner;
    owner.options.proxy = "http://proxy:1";
    owner.options.api_url = "http://127.0.0.1:1";
    owner.input.caller.proxy = "socks5h://own:2";
    owner.input.caller.profile_arn = "arn:aws:codewhisperer:us-east-1:1:profile/MINE";
    owner.start();
    CHECK(owner.server().request.url == "http://127.0.0.1:1/generateAssistantResponse");
    CHECK(owner.server().request.proxy == "socks5h://own:2");
    CHECK(owner.server().request.body ==
          *owner.request.body("arn:aws:codewhisperer:us-east-1:1:profile/MINE"));
}

TEST_CASE("a good answer: events, batches, done once") {
    Owner owner;
    owner.start();
    owner.server().head(200, kStream);
    owner.server().body(vectors::kG1 + vectors::kG3);
    owner.server().batch();
    owner.server().body(vectors::kG6);
    owner.server().done();
    CHECK(owner.lines == Lines{"text Hello", "batch", "tool tooluse_AAAABBBBCCCCDDDDEEEE01 read_file",
                               "input {}", "tool end", "end tool_use", "done"});
}

TEST_CASE("#23: a shortened tool name comes back as the client wrote it") {
    Owner owner;
    const std::string long_name(100, 'n');
    const std::string wire(owner.request.tool_names.to_wire(long_name));
    REQUIRE(wire != long_name);
    owner.start();
    owner.server().answer(
        200, event_frame("toolUseEvent", R"({"name":")" + wire + R"(","toolUseId":"a","stop":true})"),
        kStream);
    REQUIRE(owner.lines.size() >= 1);
    CHECK(owner.lines[0] == "tool a " + long_name);
}

TEST_CASE("a refusal is classified from status, headers and body") {
    Owner owner;
    owner.start();
    owner.server().head(429, {{"Retry-After", "9"}});
    owner.server().body(R"({"__type":"x#Throttling)");
    owner.server().body(R"(Exception","reason":"USER_REQUEST_RATE_EXCEEDED"})");
    owner.server().batch();
    owner.server().done();
    CHECK(owner.lines == Lines{"batch", "failure rate_limited_user"});
    CHECK(owner.failure->http_status == 429);
    CHECK(owner.failure->retry_after == std::chrono::milliseconds{9000});
}

TEST_CASE("an endless error body is read to its bound and no further") {
    Owner owner;
    owner.start();
    owner.server().head(500);
    for (int i = 0; i < 65 && owner.server().alive(); ++i) owner.server().body(std::string(1024, ' '));
    CHECK(owner.lines == Lines{"failure transient"});
    CHECK(owner.server().cancelled);
}

TEST_CASE("a refusal that breaks off in its body is still a refusal") {
    Owner owner;
    owner.start();
    owner.server().head(402);
    owner.server().body("{");
    owner.server().fail(fetch::FailureKind::reset);
    CHECK(owner.lines == Lines{"failure quota_exhausted"});
}

TEST_CASE("status 200 without an event stream is no answer") {
    Owner page;
    page.start();
    page.server().answer(200, "<html>login</html>", {{"content-type", "text/html"}});
    CHECK(page.lines.back() == "failure damaged_stream");
    Owner error;
    error.start();
    error.server().answer(200, R"({"__type":"ThrottlingException"})",
                          {{"Content-Type", "application/json; charset=utf-8"}});
    CHECK(error.lines.back() == "failure throttled");
    Owner silent;
    silent.start();
    silent.server().done();
    CHECK(silent.lines.back() == "failure damaged_stream");
}

TEST_CASE("#6: an empty stream is an empty answer") {
    Owner owner;
    owner.start();
    owner.server().answer(200, "", kStream);
    CHECK(owner.lines.back() == "failure empty_answer");
}

TEST_CASE("damage ends the attempt at once") {
    Owner checksum;
    checksum.start();
    checksum.server().head(200, kStream);
    checksum.server().body(vectors::kG1 + vectors::kB1 + vectors::kG1);
    CHECK(checksum.lines == Lines{"text Hello", "failure damaged_stream"});
    CHECK(checksum.server().cancelled);
    Owner cut;
    cut.start();
    cut.server().answer(200, vectors::kG1 + vectors::kB3, kStream);
    CHECK(cut.lines == Lines{"text Hello", "batch", "failure damaged_stream"});
}

TEST_CASE("transport failures are told with their class") {
    Owner early;
    early.start();
    early.server().fail(fetch::FailureKind::first_byte_timeout);
    CHECK(early.lines == Lines{"failure timeout"});
    Owner refused;
    refused.start();
    refused.server().fail(fetch::FailureKind::connect);
    CHECK(refused.lines == Lines{"failure connect"});
    Owner late;
    late.start();
    late.server().head(200, kStream);
    late.server().body(vectors::kG1);
    late.server().fail(fetch::FailureKind::reset);
    CHECK(late.lines == Lines{"text Hello", "failure transient"});
}

TEST_CASE("C11: an exception that ends the answer ends the attempt well") {
    Owner owner;
    owner.start();
    owner.server().head(200, kStream);
    owner.server().body(vectors::kG1 + vectors::kG17 + vectors::kG1);
    CHECK(owner.lines == Lines{"text Hello", "end max_tokens", "done"});
    CHECK(owner.fetcher.active() == 0);
}

TEST_CASE("pause goes down to the fetch, resume too") {
    Owner owner;
    owner.start();
    owner.server().head(200, kStream);
    CHECK(owner.server().body(vectors::kG1) == Flow::more);
    owner.answer = Flow::pause;
    CHECK(owner.server().body(vectors::kG1) == Flow::pause);
    owner.attempt->resume();
    CHECK(owner.server().resumes == 1);
    owner.answer = Flow::more;
    CHECK(owner.server().body(vectors::kG1) == Flow::more);
    owner.server().done();
    owner.attempt->resume();  // harmless after the end
    CHECK(owner.lines.back() == "done");
}

TEST_CASE("options reach the decoder") {
    Owner owner;
    owner.options.drop_duplicate_text = true;
    owner.input.strict_tail = true;
    owner.start();
    owner.server().answer(200, vectors::kG1 + vectors::kG1, kStream);
    CHECK(owner.lines == Lines{"text Hello", "batch", "end max_tokens", "done"});
}

TEST_CASE("A1: destroying the attempt cancels the transfer and silences it") {
    Owner owner;
    owner.start();
    owner.server().head(200, kStream);
    owner.server().body(vectors::kG1);
    owner.attempt.reset();
    CHECK(owner.server().cancelled);
    CHECK(owner.fetcher.active() == 0);
    CHECK(owner.fetcher.count() == 1);
    CHECK(owner.lines == Lines{"text Hello"});
}

TEST_CASE("A5: the owner may destroy the attempt inside any call, whole stream in one piece") {
    const std::string stream = vectors::kG7 + vectors::kWholeStream;
    Owner whole;
    whole.start();
    whole.server().answer(200, stream, kStream);
    REQUIRE(whole.lines.back() == "done");
    for (std::size_t at = 1; at <= whole.lines.size(); ++at) {
        Owner owner;
        owner.destroy_at = at;
        owner.start();
        owner.server().answer(200, stream, kStream);
        INFO("destroyed at line " << at);
        CHECK(owner.lines ==
              Lines(whole.lines.begin(), whole.lines.begin() + static_cast<std::ptrdiff_t>(at)));
        CHECK(!owner.attempt);
        CHECK(owner.fetcher.active() == 0);
    }
}

TEST_CASE("A5: the owner may destroy the attempt inside a failure") {
    for (const int status : {200, 429}) {
        Owner owner;
        owner.destroy_at = 2;  // after one batch
        owner.start();
        owner.server().answer(status, vectors::kB3,
                              status == 200 ? kStream : std::vector<http::Headers::Field>{});
        CHECK(owner.lines.size() == 2);
        CHECK(!owner.attempt);
    }
    Owner owner;
    owner.destroy_at = 1;
    owner.start();
    owner.server().fail(fetch::FailureKind::dns);
    CHECK(!owner.attempt);
}

#include "core/anthropic/dialect.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

const auto kDialect = anthropic::make_dialect();

std::vector<ModelInfo> three_models() {
    std::vector<ModelInfo> models(3);
    models[0].id = "claude-sonnet-4-5";
    models[0].display_name = "Claude Sonnet 4.5";
    models[0].created = 1759104000;
    models[1].id = "b";
    models[2].id = "c";
    return models;
}

std::string ids_of(const std::string& body) {
    std::string ids;
    const auto document = test::parse(body);
    for (const auto item : document.root()["data"].children()) ids.append(item["id"].text()).append(" ");
    return ids + (document.root()["has_more"].as_bool().value() ? "more" : "end");
}

}  // namespace

TEST_CASE("C14: a whole answer keeps the order of text and tools, with cache numbers") {
    Request request;
    request.model = "claude-sonnet-4-5";
    request.thinking.enabled = true;
    FinalUsage numbers = test::usage(120, 48);
    numbers.cache_read_tokens = 7;
    numbers.cache_write_tokens = 3;
    const auto answer = test::play(*kDialect, request,
                                   {ThinkingDelta{"..."}, ThinkingSignature{"EqQBCg"}, TextDelta{"Hel"},
                                    TextDelta{"lo"}, ToolUseStart{"toolu_01", "get_weather"},
                                    ToolInputDelta{"{\"city\":\"Oslo\"}"}, ToolUseEnd{}, TextDelta{"bye"}},
                                   StopReason::tool_use, numbers);
    CHECK(
        answer.whole ==
        R"({"id":"msg_AbCdEfGhIjKlMnOpQrStUvWx","type":"message","role":"assistant","model":"claude-sonnet-4-5",)"
        R"("content":[{"type":"thinking","thinking":"...","signature":"EqQBCg"},{"type":"text","text":"Hello"},)"
        R"({"type":"tool_use","id":"toolu_01","name":"get_weather","input":{"city":"Oslo"}},)"
        R"({"type":"text","text":"bye"}],"stop_reason":"tool_use","stop_sequence":null,)"
        R"("usage":{"input_tokens":120,"cache_creation_input_tokens":3,"cache_read_input_tokens":7,)"
        R"("output_tokens":48,"service_tier":"standard"}})");
    CHECK(answer.whole.find("citations") == std::string::npos);  // captures 42
    CHECK(
        answer.stream.find(
            R"("usage":{"input_tokens":120,"cache_creation_input_tokens":3,"cache_read_input_tokens":7,"output_tokens":48}})") !=
        std::string::npos);
}

TEST_CASE("error bodies: one row for each kind") {
    struct Row {
        ErrorKind kind;
        int status;
        std::string_view type;
        bool permanent;
    };
    const std::vector<Row> rows = {
        {ErrorKind::malformed_request, 400, "invalid_request_error", true},
        {ErrorKind::unsupported, 400, "invalid_request_error", true},
        {ErrorKind::context_too_long, 400, "invalid_request_error", true},
        {ErrorKind::body_too_large, 413, "request_too_large", true},
        {ErrorKind::unsupported_encoding, 415, "invalid_request_error", true},
        {ErrorKind::route_not_found, 404, "not_found_error", true},
        {ErrorKind::method_not_allowed, 405, "invalid_request_error", true},
        {ErrorKind::unauthenticated, 401, "authentication_error", true},
        {ErrorKind::forbidden, 403, "permission_error", true},
        {ErrorKind::model_not_allowed, 403, "permission_error", true},
        {ErrorKind::model_not_found, 404, "not_found_error", true},
        {ErrorKind::key_quota_exhausted, 429, "rate_limit_error", true},
        {ErrorKind::rate_limited, 429, "rate_limit_error", false},
        {ErrorKind::no_account, 503, "overloaded_error", false},
        {ErrorKind::upstream_throttled, 429, "rate_limit_error", false},
        {ErrorKind::upstream_overloaded, 529, "overloaded_error", false},
        {ErrorKind::upstream_timeout, 504, "timeout_error", false},
        {ErrorKind::overloaded, 529, "overloaded_error", false},
        {ErrorKind::internal, 500, "api_error", false},
    };
    for (const auto& row : rows) {
        INFO(error_name(row.kind));
        const auto response =
            kDialect->encode_error(Error{.kind = row.kind, .message = "Sentence."}, "req_9");
        CHECK(response.status == row.status);
        CHECK(response.body == R"({"type":"error","error":{"type":")" + std::string(row.type) +
                                   R"(","message":"Sentence."},"request_id":"req_9"})");
        CHECK(response.headers.get("content-type") == "application/json");
        CHECK(response.headers.get("x-should-retry") == (row.permanent ? "false" : ""));
        CHECK(response.headers.has("www-authenticate") == (row.status == 401));
        const bool says_when =
            !row.permanent && (row.status == 429 || row.status == 503 || row.status == 529);
        CHECK(response.headers.has("retry-after") == says_when);
    }
}

TEST_CASE("every error kind has a non-empty message and a status that is an error") {
    for (int kind = 0; kind <= static_cast<int>(ErrorKind::internal); ++kind) {
        const auto response = kDialect->encode_error(Error{.kind = static_cast<ErrorKind>(kind)}, "r");
        CHECK(response.status >= 400);
        CHECK_FALSE(test::parse(response.body).root()["error"]["message"].text().empty());
    }
}

TEST_CASE("retry-after is whole seconds, rounded up, at least one") {
    const auto header = [](int ms) {
        return std::string(
            kDialect
                ->encode_error(
                    Error{.kind = ErrorKind::rate_limited, .retry_after = std::chrono::milliseconds(ms)}, "r")
                .headers.get("retry-after"));
    };
    CHECK(header(0) == "1");
    CHECK(header(1000) == "1");
    CHECK(header(1001) == "2");
    CHECK(header(12'000) == "12");
}

TEST_CASE("an unknown model is told as \"model: NAME\"") {
    const auto message = [](std::string text) {
        const auto response = kDialect->encode_error(
            Error{.kind = ErrorKind::model_not_found, .message = std::move(text)}, "r");
        return std::string(test::parse(response.body).root()["error"]["message"].text());
    };
    CHECK(message("model: gpt-9") == "model: gpt-9");
    CHECK(message("the model 'gpt-9' does not exist") == "model: gpt-9");
    CHECK(message("no such model") == "no such model");
}

TEST_CASE("captures 22: a thread is refused in the one way the tool runner understands") {
    const auto refused = test::decode(
        *kDialect,
        R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"thread":{"type":"create"}})");
    REQUIRE_FALSE(refused);
    const auto response = kDialect->encode_error(refused.error(), "req_1");
    CHECK(response.status == 400);
    CHECK(
        response.body ==
        R"({"type":"error","error":{"type":"invalid_request_error","message":"thread: message threads are not supported",)"
        R"("details":{"error_code":"thread_unsupported_request","unsupported":[]}},"request_id":"req_1"})");
    CHECK(test::decode(
        *kDialect,
        R"({"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"thread":null})"));
}

TEST_CASE("a model in the list has a stable date, the epoch when unknown") {
    const auto models = three_models();
    CHECK(
        kDialect->encode_model(models[0]) ==
        R"({"type":"model","id":"claude-sonnet-4-5","display_name":"Claude Sonnet 4.5","created_at":"2025-09-29T00:00:00Z",)"
        R"("max_input_tokens":200000,"max_tokens":64000})");
    CHECK(kDialect->encode_model(models[1]).find(
              R"("display_name":"b","created_at":"1970-01-01T00:00:00Z")") != std::string::npos);
}

TEST_CASE("captures 17, 23: the model list pages honestly") {
    const auto models = three_models();
    const auto page = [&](std::string_view query) { return ids_of(kDialect->encode_models(models, query)); };
    CHECK(page("") == "claude-sonnet-4-5 b c end");
    CHECK(page("limit=1000") == "claude-sonnet-4-5 b c end");
    CHECK(page("limit=2") == "claude-sonnet-4-5 b more");
    CHECK(page("limit=2&after_id=b") == "c end");
    CHECK(page("limit=3&after_id=claude-sonnet-4-5") == "b c end");
    CHECK(page("limit=1&before_id=c") == "b more");
    CHECK(page("limit=2&before_id=c") == "claude-sonnet-4-5 b end");
    CHECK(page("after_id=gone") == "end");
    for (const char* bad : {"limit=0", "limit=1001", "limit=x", "limit=-1", "limit="})
        CHECK(page(bad) == "claude-sonnet-4-5 b c end");
    const auto empty = test::parse(kDialect->encode_models({}, "limit=2"));
    CHECK(empty.root().raw() == R"({"data":[],"has_more":false,"first_id":null,"last_id":null})");
}

TEST_CASE("captures 14: tokens are counted without max_tokens and with empty tools") {
    const auto body = test::parse(R"({"model":"m","messages":[{"role":"user","content":"foo"}],"tools":[]})");
    const auto as_is = [](std::string_view, std::uint64_t estimated) { return estimated; };
    const auto doubled = [](std::string_view model, std::uint64_t estimated) {
        return model == "m" ? 2 * estimated : 0;
    };
    const auto counted = anthropic::make_dialect()->count_tokens(body, as_is);
    REQUIRE(counted);
    const auto answer = test::parse(*counted);
    const auto tokens = answer.root()["input_tokens"].as_int().value();
    CHECK(tokens > 0);
    const auto calibrated = test::parse(anthropic::make_dialect()->count_tokens(body, doubled).value());
    CHECK(calibrated.root()["input_tokens"].as_int().value() == 2 * tokens);
    CHECK(answer.root().size() == 1);
    const auto missing = anthropic::make_dialect()->count_tokens(test::parse(R"({"model":"m"})"), as_is);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().param == "messages");
}

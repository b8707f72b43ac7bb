#include "core/anthropic/dialect.hpp"
#include "core/json/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/random_answers.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

/// A strict client: follows client-apis 4.8 event by event and rebuilds the content array.
class StrictClient {
  public:
    void read(std::string_view stream) {
        while (!stream.empty()) {
            const auto end = stream.find("\n\n");
            REQUIRE(end != std::string_view::npos);
            frame(stream.substr(0, end));
            stream.remove_prefix(end + 2);
        }
        REQUIRE(stopped_);
    }
    std::string content() const { return "[" + content_ + "]"; }
    std::string stop_reason, usage;

  private:
    void frame(std::string_view text) {
        REQUIRE_FALSE(stopped_);
        const auto line_end = text.find('\n');
        REQUIRE(text.substr(0, 7) == "event: ");
        REQUIRE(text.substr(line_end + 1, 6) == "data: ");
        const auto document = json::Document::parse(std::string(text.substr(line_end + 7)));
        REQUIRE(document);
        const json::Node data = document->root();
        const std::string type(text.substr(7, line_end - 7));
        REQUIRE(data["type"].text() == type);
        REQUIRE(started_ != (type == "message_start"));
        if (type == "message_start") started_ = true;
        if (type == "content_block_start") start(data);
        if (type == "content_block_delta") delta(data);
        if (type == "content_block_stop") stop(data);
        if (type == "message_delta") {
            REQUIRE_FALSE(open_);
            stop_reason = std::string(data["delta"]["stop_reason"].text());
            usage = std::string(data["usage"].raw());
            ended_ = true;
        }
        if (type == "message_stop") {
            REQUIRE(ended_);
            stopped_ = true;
        }
    }
    void start(json::Node data) {
        REQUIRE_FALSE(open_);
        REQUIRE_FALSE(ended_);
        REQUIRE(data["index"].as_int() == next_index_++);
        open_ = true;
        const json::Node block = data["content_block"];
        type_ = std::string(block["type"].text());
        id_ = std::string(block["id"].text());
        name_ = std::string(block["name"].text());
        value_ = std::string(block["data"].text());
        searched_ = std::string(block["tool_use_id"].text());
        found_ = std::string(block["content"].raw());
        signature_.clear();
    }
    void delta(json::Node data) {
        REQUIRE(open_);
        REQUIRE(data["index"].as_int() == next_index_ - 1);
        REQUIRE(signature_.empty());  // the signature is the last delta
        const json::Node body = data["delta"];
        const auto kind = body["type"].text();
        if (kind == "signature_delta") {
            REQUIRE(type_ == "thinking");
            signature_ = std::string(body["signature"].text());
            return;
        }
        const bool fits = (kind == "text_delta" && type_ == "text") ||
                          (kind == "thinking_delta" && type_ == "thinking") ||
                          (kind == "input_json_delta" && (type_ == "tool_use" || type_ == "server_tool_use"));
        REQUIRE(fits);
        value_.append(body["text"].text())
            .append(body["thinking"].text())
            .append(body["partial_json"].text());
    }
    void stop(json::Node data) {
        REQUIRE(open_);
        REQUIRE(data["index"].as_int() == next_index_ - 1);
        open_ = false;
        if (!content_.empty()) content_ += ',';
        json::Writer writer(content_);
        writer.begin_object().member("type", type_);
        if (type_ == "text") writer.member("text", value_);
        if (type_ == "redacted_thinking") writer.member("data", value_);
        if (type_ == "thinking") {
            REQUIRE_FALSE(signature_.empty());
            writer.member("thinking", value_).member("signature", signature_);
        }
        if (type_ == "web_search_tool_result")
            writer.member("tool_use_id", searched_).key("content").raw(found_);
        if (type_ == "tool_use" || type_ == "server_tool_use") {
            REQUIRE(json::Document::parse(value_));
            writer.member("id", id_).member("name", name_).key("input").raw(value_);
        }
        writer.end_object();
    }

    bool started_ = false, open_ = false, ended_ = false, stopped_ = false;
    std::int64_t next_index_ = 0;
    std::string type_, id_, name_, value_, signature_, content_, searched_, found_;
};

}  // namespace

TEST_CASE("C14: random answers obey the state machine and equal the whole answer") {
    const auto dialect = anthropic::make_dialect();
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        INFO("seed " << seed);
        const test::RandomAnswer answer(seed);
        Request request;
        request.model = "m\"odel";
        request.max_tokens = 10;
        request.thinking.enabled = seed % 3 != 0;
        request.thinking.omit_text = seed % 3 == 2;
        const auto played =
            test::play(*dialect, request, answer.events, StopReason::end_turn, test::usage(seed, 3));
        StrictClient client;
        client.read(played.stream);
        const auto whole = json::Document::parse(played.whole);
        REQUIRE(whole);
        REQUIRE(client.content() == whole->root()["content"].raw());
        REQUIRE(client.stop_reason == whole->root()["stop_reason"].text());
        REQUIRE(test::parse(client.usage).root()["input_tokens"].as_int() ==
                whole->root()["usage"]["input_tokens"].as_int());
        if (!request.thinking.enabled) REQUIRE(played.stream.find("\"thinking\"") == std::string::npos);
    }
}

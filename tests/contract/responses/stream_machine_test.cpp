#include <map>

#include "core/json/writer.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/dialect_play.hpp"
#include "tests/support/random_answers.hpp"
#include "tests/support/responses_dialect.hpp"

using namespace kg;
using namespace kg::chat;

namespace {

/// A strict client: follows client-apis 7.5 event by event and rebuilds every item from its deltas.
class StrictClient {
  public:
    void read(std::string_view stream) {
        while (!stream.empty()) {
            const auto end = stream.find("\n\n");
            REQUIRE(end != std::string_view::npos);
            const auto frame = stream.substr(0, end);
            stream.remove_prefix(end + 2);
            REQUIRE(last_type_ != "response.completed");
            const auto line = frame.find('\n');
            REQUIRE(frame.substr(0, 7) == "event: ");
            REQUIRE(frame.substr(line + 1, 6) == "data: ");
            REQUIRE(frame.find('\n', line + 1) == std::string_view::npos);
            const auto data = json::Document::parse(std::string(frame.substr(line + 7)));
            REQUIRE(data);
            read_event(frame.substr(7, line - 7), data->root());
        }
        REQUIRE(last_type_ == "response.completed");
        REQUIRE(item_.empty());
    }

    std::vector<std::string> items;  // JSON
    std::string final_output;

  private:
    void read_event(std::string_view type, json::Node data) {
        REQUIRE(data["type"].text() == type);
        REQUIRE(data["sequence_number"].as_int() == sequence_);
        if (sequence_ < 2) REQUIRE(type == (sequence_ == 0 ? "response.created" : "response.in_progress"));
        ++sequence_;
        last_type_ = type;
        if (type.ends_with("output_item.added")) {
            begin(data);
        } else if (type.ends_with("output_item.done")) {
            end(data);
        } else if (type == "response.completed") {
            final_output = data["response"]["output"].raw();
            REQUIRE(data["response"]["status"].text() == "completed");
        } else if (data["response"]) {
            REQUIRE(data["response"]["output"].size() == 0);
        } else {
            inside(type, data);
        }
    }
    void begin(json::Node data) {
        REQUIRE(item_.empty());
        REQUIRE(data["output_index"].as_int() == static_cast<std::int64_t>(items.size()));
        item_ = data["item"]["id"].text();
        REQUIRE_FALSE(item_.empty());
        text_.clear();
        whole_.clear();
    }
    void inside(std::string_view type, json::Node data) {
        REQUIRE(data["item_id"].text() == item_);
        REQUIRE(data["output_index"].as_int() == static_cast<std::int64_t>(items.size()));
        if (type.ends_with(".delta")) {
            REQUIRE(whole_.empty());
            REQUIRE_FALSE(data["delta"].text().empty());
            text_ += data["delta"].text();
        }
        for (const char* member : {"text", "arguments", "input"}) {
            if (type.ends_with(".done") && data[member]) REQUIRE(data[member].text() == text_);
        }
        if (type.ends_with("part.done")) REQUIRE(data["part"]["text"].text() == text_);
        if (type.ends_with(".done")) whole_ = "told";
    }
    void end(json::Node data) {
        const auto item = data["item"];
        REQUIRE(item["id"].text() == item_);
        const auto type = item["type"].text();
        if (type == "message") REQUIRE(item["content"].at(0)["text"].text() == text_);
        if (type == "function_call") REQUIRE(item["arguments"].text() == text_);
        if (type == "reasoning" && !text_.empty()) REQUIRE(item["summary"].at(0)["text"].text() == text_);
        if (type == "reasoning" && text_.empty()) REQUIRE(item["summary"].size() == 0);
        items.emplace_back(item.raw());
        item_.clear();
    }

    std::int64_t sequence_ = 0;
    std::string last_type_, item_, text_, whole_;
};

}  // namespace

TEST_CASE("C12: random answers obey the order of events and equal the whole answer") {
    const auto dialect = test::responses_dialect();
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        INFO("seed " << seed);
        const test::RandomAnswer answer(seed);
        Request request;
        request.model = "m\"odel";
        if (seed % 2 == 0) request.source = test::parse(R"({"include":["reasoning.encrypted_content"]})");
        const auto played =
            test::play(*dialect, request, answer.events, StopReason::end_turn, test::usage(seed, 3));
        StrictClient client;
        client.read(played.stream);
        const auto whole = json::Document::parse(played.whole);
        REQUIRE(whole);
        const auto output = whole->root()["output"];
        REQUIRE(output.raw() == client.final_output);
        REQUIRE(output.size() == client.items.size());
        std::map<std::string, int> ids;
        for (std::size_t i = 0; i < client.items.size(); ++i) {
            REQUIRE(output.at(i).raw() == client.items[i]);
            REQUIRE(++ids[std::string(output.at(i)["id"].text())] == 1);
            if (const auto call = output.at(i)["call_id"]) REQUIRE(++ids[std::string(call.text())] == 1);
        }
    }
}

TEST_CASE("A3, 7.5: a stream cut at any event ends failed, never completed") {
    const auto dialect = test::responses_dialect();
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        INFO("seed " << seed);
        const test::RandomAnswer answer(seed);
        for (std::size_t cut = 0; cut <= answer.events.size(); ++cut) {
            std::string out;
            const auto encoder = dialect->stream({}, test::answer_context());
            encoder->begin(out);
            for (std::size_t i = 0; i < cut; ++i) encoder->event(answer.events[i], out);
            encoder->fail({.kind = ErrorKind::upstream_failed, .message = "lost"}, out);
            REQUIRE(out.find("response.completed") == std::string::npos);
            const auto last = test::parse(test::data_lines(out).back());
            REQUIRE(last.root()["type"].text() == "response.failed");
            REQUIRE(last.root()["response"]["status"].text() == "failed");
            REQUIRE(last.root()["response"]["error"]["code"].text() == "server_error");
        }
    }
}

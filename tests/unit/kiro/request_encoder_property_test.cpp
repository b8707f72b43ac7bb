#include <cstdlib>
#include <random>
#include <string>

#include "tests/support/kiro_encoding.hpp"

using namespace kg::test;

namespace {

/// Conversations as broken as clients make them: any order of roles and parts, few ids.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    kg::chat::Request request() {
        kg::chat::Request out;
        out.model = "m";
        if (one_in(2)) out.system = one_in(3) ? " " : "Be brief.";
        const unsigned count = below(14) + (out.system.size() > 1 ? 0 : 1);
        for (unsigned i = 0; i < count; ++i) out.messages.push_back(message());
        const unsigned tools = below(4);
        for (unsigned i = 0; i < tools; ++i)
            out.tools.push_back({name(), one_in(3) ? "" : "d", kg::RawJson::trusted(schema())});
        if (one_in(8)) out.tool_choice.mode = kg::chat::ToolChoice::Mode::none;
        if (one_in(8)) out.tool_choice.mode = kg::chat::ToolChoice::Mode::any;
        out.thinking.enabled = one_in(3);
        out.json_only = one_in(10);
        return out;
    }

    unsigned below(unsigned n) { return std::uniform_int_distribution<unsigned>(0, n - 1)(random_); }
    bool one_in(unsigned n) { return below(n) == 0; }

  private:
    kg::chat::Message message() {
        kg::chat::Message out;
        const unsigned role = below(9);
        out.role = role < 4   ? kg::chat::Role::user
                   : role < 8 ? kg::chat::Role::assistant
                              : kg::chat::Role::system;
        const unsigned parts = below(4);
        for (unsigned i = 0; i < parts; ++i) out.parts.push_back(part(out.role));
        return out;
    }

    kg::chat::Part part(kg::chat::Role role) {
        if (role == kg::chat::Role::system || one_in(3)) return text(words());
        if (role == kg::chat::Role::assistant) {
            if (one_in(4)) return thinking(words(), one_in(2) ? "sig" : "");
            return call(id(), name(), one_in(6) ? "null" : one_in(6) ? "[1]" : R"({"a":1})");
        }
        if (one_in(12) && images_++ < 3) return image();
        kg::chat::ToolResult out{id(), {}, one_in(4)};
        const unsigned pieces = below(3);
        for (unsigned i = 0; i < pieces; ++i) out.content.push_back(kg::chat::Text{words()});
        if (one_in(10) && images_++ < 3) out.content.push_back(kg::chat::Image{"png", "aGk="});
        return out;
    }

    std::string words() {
        static const std::string all[] = {
            "", " ", "\n\t", "hello", "\"quoted\" \\ \n", "\xE4\xBD\xA0\xE5\xA5\xBD", "\xC2\xA0", "x"};
        return all[below(8)];
    }
    std::string id() {
        static const std::string all[] = {"a", "b", "c", "call|1", "", "toolu_01", std::string(70, 'z')};
        return all[below(7)];
    }
    std::string name() {
        static const std::string all[] = {
            "read", "Read", "write", "", "1x", std::string(70, 'n'), std::string(70, 'n') + "2", "\xC3\xA9"};
        return all[below(8)];
    }
    std::string schema() {
        static const std::string all[] = {
            "null", "{}", R"({"type":"object","properties":{"a":{"required":[]}}})",
            R"({"anyOf":[{"properties":{"a":{}},"required":["a"]}],"$schema":"x"})",
            R"({"type":"object","properties":{"a":{"type":"string"}},"required":["a"]})"};
        return all[below(5)];
    }

    std::mt19937 random_;
    unsigned images_ = 0;
};

/// Names are unique by the contract of chat::Request.
void keep_unique_tools(kg::chat::Request& request) {
    std::vector<kg::chat::ToolSpec> kept;
    for (auto& spec : request.tools) {
        bool known = false;
        for (const auto& other : kept) known = known || other.name == spec.name;
        if (!known) kept.push_back(std::move(spec));
    }
    request.tools = std::move(kept);
}

}  // namespace

TEST_CASE("27: random histories always satisfy the service's rules") {
    const char* chosen = std::getenv("KIROGATE_SEED");
    const unsigned first = chosen ? static_cast<unsigned>(std::strtoul(chosen, nullptr, 10)) : 1;
    const unsigned rounds = chosen ? 1 : 3'000;
    for (unsigned seed = first; seed < first + rounds; ++seed) {
        Generator generate(seed);
        auto request = generate.request();
        keep_unique_tools(request);
        auto options = encode_options(generate.one_in(4) ? "gpt-5.6-sol" : "claude-opus-5");
        options.capabilities.native_thinking = generate.one_in(2);
        auto encoded = kg::kiro::encode_request(request, options);
        INFO("KIROGATE_SEED=" << seed);
        REQUIRE(encoded.has_value());
        const std::string body = *encoded->body("arn");
        const auto violations = KiroChecker::violations(body);
        INFO(body << "\n" << join_lines(violations));
        REQUIRE(violations.empty());
    }
}

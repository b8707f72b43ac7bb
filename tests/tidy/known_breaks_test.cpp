// The known ways to break clients (client-apis 11), each with the tests that keep the gateway from them. The
// names are looked up in the sources, so that no test can go without being missed here.
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/catch.hpp"
#include "tests/tidy/source_tree.hpp"

using namespace kg::tidy;

namespace {

struct Proof {
    std::string_view file;
    std::string_view test;
};
struct Break {
    int line;
    std::string_view what;
    std::vector<Proof> proofs;
};

const std::vector<Break>& known_breaks() {
    static const std::vector<Break> all{
        {1,
         "citations: null or unknown block types in Anthropic answers",
         {{"tests/e2e/sdk_demands.test.mjs", "a required call with a round trip"},
          {"tests/contract/anthropic/stream_machine_test.cpp",
           "C14: random answers obey the state machine and equal the whole answer"}}},
        {2,
         "delta.role other than assistant, tool delta without function, type other than function",
         {{"tests/contract/openai/stream_machine_test.cpp",
           "C12: random answers obey the chunk rules and equal the whole answer"},
          {"tests/unit/openai/stream_encoder_test.cpp",
           "C1, K4: reasoning, text and two tool calls are the documented stream, byte for byte"}}},
        {3,
         "missing finish_reason, [DONE] where it does not belong, none where it does",
         {{"tests/unit/openai/stream_encoder_test.cpp",
           "an answer without output still has role, finish reason and [DONE]"},
          {"tests/unit/anthropic/stream_encoder_test.cpp",
           "C9: a text answer is the documented stream, byte for byte"},
          {"tests/unit/responses/stream_encoder_test.cpp",
           "7.5: reasoning, text and a call are the documented stream, byte for byte"}}},
        {4,
         "gaps or repeats of block indexes, deltas of closed blocks, unsigned thinking",
         {{"tests/contract/anthropic/stream_machine_test.cpp",
           "C14: random answers obey the state machine and equal the whole answer"},
          {"tests/unit/anthropic/stream_encoder_test.cpp",
           "an unsigned thinking block gets a placeholder signature, the same in both forms"}}},
        {5,
         "empty tool_calls, arguments as an object, input as a string",
         {{"tests/unit/openai/encode_test.cpp",
           "content is null beside calls without text, and never missing"},
          {"tests/unit/anthropic/stream_encoder_test.cpp", "C4: a call without arguments gets {}"}}},
        {6,
         "errors in HTML or text, of the wrong family, or with status 200",
         {{"tests/e2e/http.test.mjs", "an unknown path is a 404 in the dialect, never HTML"},
          {"tests/e2e/acceptance.test.mjs", "a wrong key, an unknown model, malformed JSON"},
          {"tests/unit/openai/encode_test.cpp",
           "every error kind has a non-empty message and a status that is an error"},
          {"tests/unit/anthropic/encode_test.cpp",
           "every error kind has a non-empty message and a status that is an error"}}},
        {7,
         "400 for unknown fields and betas, odd budgets, system turns, empty tools",
         {{"tests/e2e/acceptance.test.mjs", "fields, betas and values of next month are no errors"},
          {"tests/unit/anthropic/decode_test.cpp", "captures 6: system turns inside messages"},
          {"tests/unit/anthropic/decode_test.cpp", "4.5: thinking options, odd budgets clamped"}}},
        {8,
         "401 without x-should-retry: false, a WebSocket refused with anything but 426",
         {{"tests/e2e/http.test.mjs", "a 401 says that trying again is of no use"},
          {"tests/e2e/http.test.mjs", "a websocket on /v1/responses is told 426"}}},
        {9,
         "usage missing, wildly wrong or null",
         {{"tests/unit/openai/encode_test.cpp",
           "C9: prompt tokens include the cached ones, in both forms alike"},
          {"tests/unit/openai/stream_encoder_test.cpp", "C10, captures 43: the usage chunk follows the flag"},
          {"tests/e2e/acceptance.test.mjs", "usage is there and no number of it is null"}}},
        {10,
         "thinking in the text, or what is left of its tags",
         {{"tests/e2e/acceptance.test.mjs", "thinking on and off"},
          {"tests/unit/gateway/chat_job_answer_test.cpp",
           "thinking that nobody asked for never reaches the client"}}},
        {11,
         "ignoring thread and after_id, losing namespace",
         {{"tests/unit/anthropic/encode_test.cpp",
           "captures 22: a thread is refused in the one way the tool runner understands"},
          {"tests/unit/anthropic/encode_test.cpp", "captures 17, 23: the model list pages honestly"},
          {"tests/unit/responses/stream_encoder_test.cpp",
           "7.5, captures 27: a call of a tool in a namespace names both"}}},
        {12,
         "characters cut between chunks, a stream that is buffered",
         {{"tests/e2e/acceptance.test.mjs", "no character is cut, however the bytes of upstream arrive"},
          {"tests/e2e/acceptance.test.mjs", "a client abort in the middle, then a normal request"}}},
    };
    return all;
}

}  // namespace

TEST_CASE("every known way to break clients has its tests, and they exist") {
    int line = 0;
    for (const Break& known : known_breaks()) {
        INFO(known.line << ": " << known.what);
        CHECK(known.line == ++line);
        CHECK_FALSE(known.proofs.empty());
        for (const Proof& proof : known.proofs) {
            INFO(proof.file << ": " << proof.test);
            const auto text = read_text(KIROGATE_SOURCE_DIR "/" + std::string(proof.file));
            CHECK(text.find(proof.test) != std::string::npos);
        }
    }
    CHECK(line == 12);
}

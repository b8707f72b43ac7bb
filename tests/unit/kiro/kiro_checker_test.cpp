#include <string>

#include "tests/support/catch.hpp"
#include "tests/support/kiro_checker.hpp"

using kg::test::KiroChecker;

namespace {

std::string user(const std::string& members) {
    return R"({"userInputMessage":{"modelId":"m","origin":"o",)" + members + "}}";
}
std::string assistant(const std::string& members) {
    return R"({"assistantResponseMessage":{)" + members + "}}";
}
std::string body(const std::string& history, const std::string& current) {
    return R"({"conversationState":{"chatTriggerType":"MANUAL",)" +
           (history.empty() ? "" : "\"history\":[" + history + "],") + "\"currentMessage\":" + current + "}}";
}
const std::string kTool =
    R"("tools":[{"toolSpecification":{"name":"t","description":"d","inputSchema":{"json":{"type":"object","properties":{}}}}}])";
const std::string kHi = R"("content":"hi")";
std::string use(const std::string& id) {
    return R"({"toolUseId":")" + id + R"(","name":"t","input":{}})";
}
std::string answer(const std::string& id) {
    return R"({"toolUseId":")" + id + R"(","status":"success","content":[{"text":"r"}]})";
}
std::string calls(const std::string& uses) {
    return assistant(R"("content":"","toolUses":[)" + uses + "]");
}
std::string answers(const std::string& list, const std::string& tools = kTool) {
    return user(R"("content":"","userInputMessageContext":{"toolResults":[)" + list + "]" +
                (tools.empty() ? "" : "," + tools) + "}");
}
std::string with_schema(const std::string& schema) {
    return body(
        "",
        user(
            kHi +
            R"(,"userInputMessageContext":{"tools":[{"toolSpecification":{"name":"t","description":"d","inputSchema":{"json":)" +
            schema + "}}}]}"));
}

}  // namespace

TEST_CASE("kiro_checker: sound bodies pass") {
    CHECK(KiroChecker::violations(body("", user(kHi))).empty());
    CHECK(KiroChecker::violations(body(user(kHi) + "," + calls(use("a") + "," + use("b")),
                                       answers(answer("a") + "," + answer("b"))))
              .empty());
}

TEST_CASE("kiro_checker: every rule is seen broken") {
    struct Case {
        std::string rule, body;
    };
    const std::string hi = user(kHi);
    const std::string said = assistant(R"("content":"x")");
    for (const Case& c : std::vector<Case>{
             {"JSON", "{"},
             {"C1", body(said, hi)},
             {"C1", body(hi, said)},
             {"C2", body(hi, hi)},
             {"C3", body("", user(R"("content":" ")"))},
             {"C4",
              body(hi + "," + calls(use("a")), user(kHi + R"(,"userInputMessageContext":{)" + kTool + "}"))},
             {"C5", body(hi + "," + said, answers(answer("a")))},
             {"C5", body(hi + "," + calls(use("a")), answers(answer("a") + "," + answer("a")))},
             {"C6", body(hi + "," + calls(use("a")) + "," + answers(answer("a"), "") + "," + calls(use("a")),
                         answers(answer("a")))},
             {"C7", body(hi + "," + calls(use("a|b")), answers(answer("a|b")))},
             {"26",
              body(hi + "," + calls(use("a") + "," + use("b")), answers(answer("b") + "," + answer("a")))},
             {"C9",
              body(hi + "," + calls(R"({"toolUseId":"a","name":"other","input":{}})"), answers(answer("a")))},
             {"C23", body(hi + "," + calls(use("a")), answers(answer("a"), ""))},
             {"C12", with_schema(R"({"type":"string"})")},
             {"C12", with_schema(R"({"type":"object","anyOf":[{}]})")},
             {"C13", with_schema(R"({"type":"object","properties":null})")},
             {"C13", with_schema(R"({"type":"object","properties":{"a":{"required":null}}})")},
             {"C14", with_schema(R"({"type":"object","properties":{"a":{"required":[]}}})")},
             {"C14", with_schema(R"({"type":"object","$schema":"x"})")},
             {"C17", body("", user(kHi + R"(,"images":[{"format":"jpg","source":{"bytes":"aGk="}}])"))},
             {"2.2", R"({"conversationState":{"chatTriggerType":"MANUAL","history":[],"currentMessage":)" +
                         hi + "}}"},
             {"2.3", body("", R"({"userInputMessage":{"content":"x","origin":"o"}})")},
             {"2.4", body("", user(kHi + R"(,"userInputMessageContext":{})"))},
             {"2.4", body(user(kHi + R"(,"userInputMessageContext":{)" + kTool + "}") + "," + said, hi)},
             {"2.5", body(hi + "," + assistant(R"("content":"")"), hi)},
             {"2.5",
              body(hi + "," + calls(R"({"toolUseId":"a","name":"t","input":"x"})"), answers(answer("a")))}}) {
        const auto found = KiroChecker::violations(c.body);
        INFO(c.body << "\n" << kg::test::join_lines(found));
        bool seen = false;
        for (const std::string& violation : found) seen = seen || violation.rfind(c.rule + ":", 0) == 0;
        CHECK(seen);
    }
}

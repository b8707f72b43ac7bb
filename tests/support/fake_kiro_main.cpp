// The fake upstream as a program, for tests that drive the real executable from outside.
//
// Its first line of output is its port on 127.0.0.1. Then every line of input is one command, a
// JSON object with one member, and is answered with one line, a JSON object. It ends at end of
// input.
//
//   {"scenario": {...}}          replaces the scenario and empties the queues  -> {"ok":true}
//   {"scenario": "throttled"}    a built-in one, daemon/demo/scenarios/*.json
//   {"push": {...}}              queues one action before the scenario's own   -> {"ok":true}
//   {"token": {"TOKEN": "expired", ...}}   state of access or refresh tokens   -> {"ok":true}
//   {"login": {"name": "a", "provider": "Google", "profile_arn": "arn:..."}}   ->
//   {"refresh_token":"aor..."}
//   {"requests": true}           what was asked, oldest first (the newest 10,000, at most 64 MiB)
//       -> {"requests":[{"operation","method","path","query","headers":{...},"body"}]}; header
//       names in
//          lower case; a body that is no UTF-8 is "body_base64" instead
//   {"forget": true}             empties that list                             -> {"ok":true}
//   {"stats": true}              -> {"stats":{"requests","streams","live_streams","peak_streams",
//          "aborted_streams","connections","refreshes","violations","last_violation","paths":{...}}}
//   anything else                -> {"error":"..."}
//
// Scenarios and actions are described in daemon/demo/scenario.hpp.

#include <csignal>
#include <cstdio>
#include <iostream>
#include <string>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/json/read.hpp"
#include "core/json/writer.hpp"
#include "daemon/demo/fake_kiro.hpp"

namespace {

using namespace kg;
using namespace kg::demo;

std::string requests_json(const Service& service) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("requests").begin_array();
    for (const RecordedRequest& request : service.requests()) {
        writer.begin_object()
            .member("operation", operation_name(request.operation))
            .member("method", request.method);
        writer.member("path", request.path).member("query", request.query).key("headers").begin_object();
        for (const auto& [name, value] : request.headers.fields()) {
            writer.member(ascii::to_lower(name), ascii::is_utf8(value) ? value : base64_encode(value));
        }
        writer.end_object();
        if (ascii::is_utf8(request.body)) {
            writer.member("body", request.body);
        } else {
            writer.member("body_base64", base64_encode(request.body));
        }
        writer.end_object();
    }
    writer.end_array().end_object();
    return out;
}

std::string stats_json(const Stats& stats) {
    std::string out;
    json::Writer writer(out);
    writer.begin_object().key("stats").begin_object();
    writer.member("requests", stats.requests)
        .member("streams", stats.streams)
        .member("live_streams", stats.live_streams);
    writer.member("peak_streams", stats.peak_streams).member("aborted_streams", stats.aborted_streams);
    writer.member("connections", stats.connections).member("refreshes", stats.refreshes);
    writer.member("violations", stats.violations).member("last_violation", stats.last_violation);
    writer.key("paths").begin_object();
    for (const auto& [path, count] : stats.paths) writer.member(path, count);
    writer.end_object().end_object().end_object();
    return out;
}

Result<std::string> set_tokens(Service& service, json::Node tokens) {
    for (const json::Node token : tokens.children()) {
        const auto state = parse_token_state(token.text());
        if (!state) return Err(json::value_error(token, "no such token state"));
        service.set_token(std::string(token.key()), *state);
    }
    return std::string(R"({"ok":true})");
}

Result<std::string> add_login(Service& service, json::Node login) {
    KG_TRY(name, json::require_string(login, "name"));
    KG_TRY(provider, json::optional_string(login, "provider"));
    KG_TRY(arn, json::optional_string(login, "profile_arn"));
    const std::string token = service.add_login(
        std::string(name), std::string(provider.value_or("Google")),
        std::string(arn.value_or("arn:aws:codewhisperer:us-east-1:111122223333:profile/TEST")));
    std::string out;
    json::Writer(out).begin_object().member("refresh_token", token).end_object();
    return out;
}

Result<std::string> run_command(FakeKiroThread& fake, std::string line) {
    KG_TRY(document, json::Document::parse(std::move(line)));
    const json::Node root = document.root();
    Service& service = fake.service();
    if (!root.is_object() || root.size() != 1)
        return Err(json::type_error(root, "an object with one member"));
    const json::Node argument = *root.children().begin();
    const std::string_view command = argument.key();
    if (command == "scenario") {
        KG_TRY(scenario, argument.is_string() ? named_scenario(argument.text()) : read_scenario(argument));
        service.set_scenario(std::move(scenario));
    } else if (command == "push") {
        KG_TRY(action, read_action(argument));
        service.push(std::move(action));
    } else if (command == "forget") {
        service.forget_requests();
    } else if (command == "token") {
        return set_tokens(service, argument);
    } else if (command == "login") {
        return add_login(service, argument);
    } else if (command == "requests") {
        return requests_json(service);
    } else if (command == "stats") {
        return stats_json(fake.stats());
    } else {
        return Err(json::value_error(argument, "unknown command"));
    }
    return std::string(R"({"ok":true})");
}

void print_line(const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

}  // namespace

int main() {
    std::signal(SIGPIPE, SIG_IGN);
    SystemRandom random;
    SystemClock clock;
    auto fake = FakeKiroThread::start(random, clock);
    if (!fake) {
        std::fprintf(stderr, "fake_kiro: %s\n", fake.error().message.c_str());
        return 1;
    }
    print_line(std::to_string((*fake)->port()));
    for (std::string line; std::getline(std::cin, line);) {
        if (ascii::is_blank(line)) continue;
        auto answer = run_command(**fake, std::move(line));
        if (answer) {
            print_line(*answer);
            continue;
        }
        std::string error;
        json::Writer(error).begin_object().member("error", answer.error().message).end_object();
        print_line(error);
    }
    return 0;
}

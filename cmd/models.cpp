#include <chrono>

#include "cmd/commands.hpp"
#include "cmd/http_call.hpp"
#include "cmd/local_engine.hpp"
#include "cmd/output.hpp"
#include "core/json/document.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {

using namespace std::chrono_literals;

Result<ExitCode> run_models(const StatusOptions& options, Context& context) {
    std::shared_ptr<const account::ModelList> list;
    std::string body;
    if (options.server) {
        const auto key = context.environment()("KIROGATE_API_KEY").value_or("");
        KG_TRY(answer, http_get(without_slash(*options.server) + "/v1/models", key));
        if (answer.status == 401)
            return Err(Error{.kind = ErrorKind::unauthenticated,
                             .message = "the gateway refused the key; set KIROGATE_API_KEY"});
        if (answer.status != 200)
            return Err(Error{.kind = ErrorKind::upstream_failed,
                             .message = "the gateway answered " + std::to_string(answer.status)});
        if (options.json) {
            print_line(answer.body);
            return ExitCode::ok;
        }
        KG_TRY(parsed, json::Document::parse(answer.body));
        for (const auto item : parsed.root()["data"].children()) print_line(item["id"].text());
        return ExitCode::ok;
    }
    KG_TRY(local, LocalEngine::open(context));
    auto& catalog = local->engine().catalog();
    if (local->engine().pool().any_usable()) {
        catalog.poll();
        loop::Timer look(local->loop(), [&] {
            if (catalog.current()->live) local->stop();
        });
        look.start(20ms, 20ms);
        local->run_for(15s);
    }
    list = catalog.current();
    if (!list->live) note("no account has answered: this is the built-in list");
    if (options.json) {
        std::string out;
        json::Writer w(out);
        w.begin_object().member("live", list->live).key("models").begin_array();
        for (const auto& m : list->models) {
            w.begin_object()
                .member("id", kiro::public_name(m.info.id))
                .member("wire_id", m.info.id)
                .member("context_tokens", m.info.context_tokens);
            w.member("output_tokens", m.info.output_tokens).member("rate", m.info.rate).end_object();
        }
        w.end_array().end_object();
        print_line(out);
        return ExitCode::ok;
    }
    Table table({"MODEL", "UPSTREAM ID", "CONTEXT", "RATE"});
    for (const auto& m : list->models) {
        std::string rate;
        json::append_double(rate, m.info.rate);
        table.row({kiro::public_name(m.info.id), m.info.id, std::to_string(m.info.context_tokens), rate});
    }
    print(table.text());
    return ExitCode::ok;
}

}  // namespace kg::cmd

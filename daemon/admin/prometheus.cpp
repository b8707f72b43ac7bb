#include <unistd.h>

#include <cstdio>

#include "core/json/writer.hpp"
#include "daemon/admin/office.hpp"
#include "daemon/admin/verbs.hpp"
#include "kirogate_version.hpp"

/// GET /metrics: Prometheus' text format 0.0.4. Names and units by its conventions (base units, _total for
/// counters); label values come from bounded sets only: APIs, outcomes, error kinds, states, endpoints and
/// at most 64 models. No account, key or address is a label.
namespace kg::admin::verbs {
namespace {

class Text {
  public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ").append(name);
        out_.append(" ").append(type).append("\n");
    }
    struct Label {
        std::string_view name, value;
    };
    void sample(double value, std::initializer_list<Label> labels = {}, std::string_view suffix = {}) {
        out_.append(name_).append(suffix);
        bool first = true;
        for (const auto& label : labels) {
            out_ += first ? '{' : ',';
            first = false;
            out_.append(label.name).append("=\"");
            for (const char c : label.value) {
                if (c == '\\' || c == '"') out_ += '\\';
                out_ += c == '\n' ? ' ' : c;
            }
            out_ += '"';
        }
        if (!first) out_ += '}';
        out_ += ' ';
        json::append_double(out_, value);
        out_ += '\n';
    }
    void one(std::string_view name, std::string_view type, std::string_view help, double value) {
        family(name, type, help);
        sample(value);
    }
    template <class N>
    void counter(std::string_view name, std::string_view help, N value) {
        one(name, "counter", help, static_cast<double>(value));
    }
    template <class N>
    void gauge(std::string_view name, std::string_view help, N value) {
        one(name, "gauge", help, static_cast<double>(value));
    }
    void histogram(const gateway::Histogram::View& view, std::string_view api) {
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < view.counts.size(); ++i) {
            below += view.counts[i];
            std::string bound = "+Inf";
            if (i < gateway::kDurationBoundsUs.size()) {
                bound.clear();
                json::append_double(bound, static_cast<double>(gateway::kDurationBoundsUs[i]) / 1e6);
            }
            const auto n = static_cast<double>(below);
            api.empty() ? sample(n, {{"le", bound}}, "_bucket")
                        : sample(n, {{"api", api}, {"le", bound}}, "_bucket");
        }
        const auto sum = static_cast<double>(view.sum_us) / 1e6;
        api.empty() ? sample(sum, {}, "_sum") : sample(sum, {{"api", api}}, "_sum");
        api.empty() ? sample(static_cast<double>(below), {}, "_count")
                    : sample(static_cast<double>(below), {{"api", api}}, "_count");
    }
    std::string take() { return std::move(out_); }

  private:
    std::string out_, name_;
};

bool seen(const gateway::Histogram::View& view) {
    for (const auto n : view.counts) {
        if (n > 0) return true;
    }
    return false;
}

void write_requests(Text& t, const gateway::Meter::View& view) {
    t.family("kirogate_requests_total", "counter", "Finished requests by API, model and outcome.");
    for (const auto& model : view.models) {
        for (std::size_t a = 0; a < gateway::kApis; ++a) {
            for (std::size_t o = 0; o < gateway::kOutcomes; ++o) {
                if (const auto n = model.requests[a][o]; n > 0)
                    t.sample(static_cast<double>(n),
                             {{"api", gateway::api_name(a)},
                              {"model", model.name},
                              {"outcome", gateway::outcome_name(static_cast<gateway::Outcome>(o))}});
            }
        }
    }
    t.family("kirogate_errors_total", "counter", "Requests that ended with an error, by its kind.");
    for (std::size_t i = 0; i < view.errors.size(); ++i) {
        if (view.errors[i] > 0)
            t.sample(static_cast<double>(view.errors[i]), {{"kind", error_name(static_cast<ErrorKind>(i))}});
    }
    t.family("kirogate_tokens_total", "counter", "Tokens by model and direction.");
    for (const auto& m : view.models) {
        for (const auto& [direction, n] :
             {std::pair{"input", m.input_tokens}, std::pair{"output", m.output_tokens},
              std::pair{"cache_read", m.cache_read_tokens}, std::pair{"cache_write", m.cache_write_tokens}}) {
            t.sample(static_cast<double>(n), {{"model", m.name}, {"direction", direction}});
        }
    }
    t.family("kirogate_credits_total", "counter", "Credits that upstream metered, by model.");
    for (const auto& m : view.models) t.sample(m.credits, {{"model", m.name}});
    t.family("kirogate_request_duration_seconds", "histogram", "From the head of a request to its end.");
    for (std::size_t a = 0; a < gateway::kApis; ++a) {
        if (seen(view.total[a])) t.histogram(view.total[a], gateway::api_name(a));
    }
    t.family("kirogate_first_event_seconds", "histogram", "From the head of a request to the first event.");
    for (std::size_t a = 0; a < gateway::kApis; ++a) {
        if (seen(view.first_event[a])) t.histogram(view.first_event[a], gateway::api_name(a));
    }
    t.family("kirogate_between_events_seconds", "histogram", "Between two batches of events of a stream.");
    t.histogram(view.between_events, "");
}

void write_pool(Text& t, account::Pool& pool) {
    constexpr std::size_t kViewsAtOnce = 200;
    constexpr std::size_t kStates = static_cast<std::size_t>(account::State::suspended) + 1;
    std::array<std::size_t, kStates> states{};
    std::size_t disabled = 0, usable = 0, in_flight = 0;
    double limit = 0, used = 0;
    for (std::size_t from = 0;; from += kViewsAtOnce) {
        const auto views = pool.view(from, kViewsAtOnce);
        for (const auto& v : views) {
            v.enabled ? ++states[static_cast<std::size_t>(v.state)] : ++disabled;
            usable += v.usable;
            in_flight += v.in_flight;
            if (v.quota) limit += v.quota->limit, used += v.quota->used;
        }
        if (views.size() < kViewsAtOnce) break;
    }
    t.family("kirogate_accounts", "gauge", "Accounts by state.");
    for (std::size_t i = 0; i < kStates; ++i)
        t.sample(static_cast<double>(states[i]),
                 {{"state", account::state_name(static_cast<account::State>(i))}});
    t.sample(static_cast<double>(disabled), {{"state", "disabled"}});
    t.gauge("kirogate_accounts_usable", "Accounts that can take a request now.", usable);
    t.gauge("kirogate_account_requests_in_flight", "Requests on accounts now.", in_flight);
    t.gauge("kirogate_requests_waiting", "Requests that wait for an account.", pool.waiting());
    t.gauge("kirogate_quota_credits", "Credits of all plans that are known.", limit);
    t.gauge("kirogate_quota_used_credits", "Credits used of all plans that are known.", used);
    t.family("kirogate_endpoint_circuit_open", "gauge", "1 while the circuit of an endpoint is not closed.");
    for (const auto& e : pool.endpoints().view())
        t.sample(e.circuit == account::Circuit::closed ? 0 : 1,
                 {{"endpoint", kiro::generation_name(e.generation)}, {"region", e.region}});
}

/// Resident bytes, as the kernel tells them; 0 where it does not.
double resident_bytes() {
    std::FILE* file = std::fopen("/proc/self/statm", "re");
    if (file == nullptr) return 0;
    long size = 0, resident = 0;
    const bool read = std::fscanf(file, "%ld %ld", &size, &resident) == 2;
    std::fclose(file);
    return read ? static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

Reply prometheus(Call& call, store::Stores&) {
    auto& parts = call.office.parts();
    const auto load = [](const auto& n) { return n.load(std::memory_order_relaxed); };
    Text t;
    t.family("kirogate_build_info", "gauge", "1, with the version of the gateway.");
    t.sample(1, {{"version", kVersion}});
    t.gauge("process_start_time_seconds", "When the gateway started.",
            static_cast<double>(to_ms(call.office.started())) / 1000);
    t.gauge("process_resident_memory_bytes", "Resident memory.", resident_bytes());
    t.gauge("kirogate_connections", "Open client connections.", load(parts.gauges.connections));
    t.gauge("kirogate_requests_in_progress", "Conversations in progress.", load(parts.stats.active));
    t.counter("kirogate_upstream_attempts_total", "Requests sent to Kiro.",
              load(parts.stats.upstream_attempts));
    t.counter("kirogate_failovers_total", "Requests moved to another account.", load(parts.stats.failovers));
    t.counter("kirogate_continuations_total", "Texts asked for on from where they broke off.",
              load(parts.stats.continuations));
    t.counter("kirogate_cut_tool_calls_total", "Tool calls that were begun and lost.",
              load(parts.stats.cut_tool_calls));
    t.counter("kirogate_records_lost_total", "Usage records that were not stored.", parts.async.lost());
    write_pool(t, parts.pool);
    write_requests(t, parts.meters.view());
    http::Response response;
    response.headers.add("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.headers.add("cache-control", "no-store");
    response.body = t.take();
    return response;
}

}  // namespace kg::admin::verbs

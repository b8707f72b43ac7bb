#include "core/websearch/search_job.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/base/log.hpp"
#include "core/base/overloaded.hpp"
#include "core/websearch/search_tool.hpp"

namespace kg::websearch {
namespace {

constexpr std::size_t kRoundsBeyondUses = 2;       // to be told that there are no more, and to answer
constexpr std::size_t kSaidBytesMax = 4u << 20;    // of a round, kept to be sent with the results
constexpr std::size_t kInputBytesMax = 64u << 10;  // of a call of the search

void add_usage(chat::FinalUsage& sum, const chat::FinalUsage& more) {
    sum.input_tokens += more.input_tokens;
    sum.cache_read_tokens += more.cache_read_tokens;
    sum.cache_write_tokens += more.cache_write_tokens;
    sum.output_tokens += more.output_tokens;
    sum.thinking_tokens += more.thinking_tokens;
    sum.credits += more.credits;
}

std::size_t uses_max(const chat::WebSearchTool& tool, const gateway::Settings& settings) {
    return std::min(tool.uses_max.value_or(std::numeric_limits<std::uint32_t>::max()),
                    settings.web_search.uses_max);
}

}  // namespace

SearchJob::SearchJob(gateway::ChatService& service, chat::Request request,
                     gateway::JobPermissions permissions, gateway::AnswerSink& sink)
    : service_(service),
      request_(std::move(request)),
      permissions_(std::move(permissions)),
      sink_(sink),
      tool_(search_tool(request_)),
      uses_max_(uses_max(*request_.web_search, *service.settings.get())),
      time_max_(service.settings.get()->web_search.time_max),
      messages_(request_.messages) {}

SearchJob::~SearchJob() {
    *alive_ = false;
}

void SearchJob::start() {
    start_round();
}

/// Its last statement may destroy this.
void SearchJob::start_round() {
    chat::Request round = request_;
    round.messages = messages_;
    round.tools.push_back(tool_);
    round.web_search.reset();
    auto permissions = permissions_;
    if (rounds_++ == 0) {
        if (request_.web_search->forced) {
            round.tool_choice.mode = chat::ToolChoice::Mode::named;
            round.tool_choice.name = tool_.name.str();
        }
    } else {
        // What was forced has been done, what was to be warned of has been told.
        round.tool_choice.mode = chat::ToolChoice::Mode::automatic;
        round.warnings.clear();
        permissions.notes.clear();
        permissions.strict = false;  // the request was found good
        permissions.preferred_account = past_.account_id;
        if (request_.max_tokens)
            round.max_tokens =
                *request_.max_tokens - static_cast<std::uint32_t>(past_output_ - past_.unheard_tokens);
    }
    forget_round();
    job_ = std::make_unique<gateway::ChatJob>(service_, std::move(round), std::move(permissions),
                                              static_cast<gateway::AnswerSink&>(*this));
    job_->start();
}

void SearchJob::forget_round() {
    said_ = {};
    waiting_.clear();
    searches_.clear();
    document_.clear();
    in_search_call_ = client_call_ = told_ = false;
    ending_.reset();
}

void SearchJob::resume() {
    flow_ = Flow::more;
    if (job_ && waiting_.empty() && !over_) job_->resume();
}

void SearchJob::abandon() {
    if (over_) return;
    over_ = true;
    waiting_.clear();
    searches_.clear();
    if (job_) job_->abandon();
}

std::uint64_t SearchJob::estimated_prompt_tokens() const {
    return job_ ? job_->estimated_prompt_tokens() : 0;
}

const gateway::JobReport& SearchJob::report() const {
    report_ = job_ ? job_->report() : past_;
    report_.usage.web_searches = searches_run_;
    if (rounds_ < 2) return report_;
    add_usage(report_.usage, past_.usage);
    report_.attempts += past_.attempts;
    report_.continuations += past_.continuations;
    report_.repairs += past_.repairs;
    report_.unheard_tokens += past_.unheard_tokens;
    report_.cut_tool = report_.cut_tool || past_.cut_tool;
    report_.summary_credits += past_.summary_credits;
    report_.summary_tokens += past_.summary_tokens;
    if (past_.first_event) report_.first_event = past_.first_event;
    if (past_.compression && !(report_.compression && report_.compression->changed))
        report_.compression = past_.compression;
    for (const auto& warning : past_.warnings)
        if (std::ranges::find(report_.warnings, warning) == report_.warnings.end())
            report_.warnings.push_back(warning);
    return report_;
}

Flow SearchJob::on_event(const chat::StreamEvent& event) {
    if (said_.size_bytes() <= kSaidBytesMax) said_.add(event);
    const auto alive = alive_;
    if (const auto* call = std::get_if<chat::ToolUseStart>(&event)) {
        in_search_call_ = call->name == tool_.name;
        client_call_ = client_call_ || !in_search_call_;
        call_id_ = call->id;
        input_.clear();
    }
    if (const auto* text = std::get_if<chat::TextDelta>(&event); text && request_.json_only) {
        document_ += text->text;
    } else if (in_search_call_) {
        if (const auto* more = std::get_if<chat::ToolInputDelta>(&event);
            more && input_.size() + more->json.size() <= kInputBytesMax)
            input_ += more->json;
        if (std::holds_alternative<chat::ToolUseEnd>(event)) {
            in_search_call_ = false;
            begin_search();
        }
    } else if (waiting_.empty()) {
        forward(event);
    } else {
        waiting_.emplace_back(hold(event));
    }
    if (!*alive) return Flow::more;
    return waiting_.empty() ? flow_ : Flow::pause;
}

void SearchJob::begin_search() {
    Search& search = searches_.emplace_back();
    search.call_id = call_id_;
    search.web.id = service_.random.hex(32);
    search.web.query = query_of(input_);
    waiting_.emplace_back(&search);
    const auto* caller = job_->caller();
    if (search.web.query.empty()) {
        search.web.error = chat::SearchError::invalid_input;
    } else if (uses_ >= uses_max_) {
        search.web.error = chat::SearchError::uses_exceeded;
    } else if (!caller) {
        search.web.error = chat::SearchError::unavailable;
    } else {
        ++uses_;
        kiro::WebSearch::Input input;
        input.caller = *caller;
        input.call_id = kiro::web_search_call_id(service_.random, service_.clock.wall());
        input.query = kiro::fit_query(search.web.query);
        input.time_max = time_max_;
        search.call = std::make_unique<kiro::WebSearch>(
            service_.fetcher, service_.upstream, std::move(input),
            [this, &search](kiro::WebSearch::Answer answer) { search_ended(search, std::move(answer)); });
    }
    search.done = search.web.error != chat::SearchError::none;
    tell_waiting();
}

void SearchJob::search_ended(Search& search, kiro::WebSearch::Answer answer) {
    const auto alive = alive_;
    search.done = true;
    if (answer) {
        ++searches_run_;
        for (auto& hit : *answer)
            if (chat::may_show(hit.url, *request_.web_search)) search.web.hits.push_back(std::move(hit));
        log::debug("search", "web search done",
                   {{"account", job_->report().account_id}, {"pages", search.web.hits.size()}});
    } else {
        search.web.error = search_error(answer.error());
        log::warn("search", "web search failed",
                  {{"account", job_->report().account_id},
                   {"failure", kiro::failure_row(answer.error().cls).name},
                   {"status", answer.error().http_status},
                   {"detail", answer.error().detail}});
    }
    if (!tell_waiting()) return;
    sink_.on_batch();
    if (!*alive || !waiting_.empty()) return;
    if (ending_) return end_round();
    if (flow_ == Flow::more) job_->resume();
}

bool SearchJob::forward(const chat::StreamEvent& event) {
    const auto alive = alive_;
    told_ = true;
    const Flow flow = sink_.on_event(event);
    if (!*alive) return false;
    if (flow == Flow::pause) flow_ = flow;
    return !over_;
}

bool SearchJob::tell_waiting() {
    while (!waiting_.empty()) {
        if (auto* held = std::get_if<Held>(&waiting_.front())) {
            const Held event = std::move(*held);
            waiting_.pop_front();
            if (!forward(told(event))) return false;
            continue;
        }
        Search& search = *std::get<Search*>(waiting_.front());
        if (!std::exchange(search.told, true) &&
            !forward(chat::WebSearchStart{search.web.id, search.web.query}))
            return false;
        if (!search.done) return true;
        waiting_.pop_front();
        if (!forward(chat::WebSearchEnd{&search.web})) return false;
    }
    return true;
}

SearchJob::Held SearchJob::hold(const chat::StreamEvent& event) {
    const auto text = [&](std::string_view first, std::string_view second = {}) {
        return Held{event.index(), std::string(first), std::string(second)};
    };
    return std::visit(overloaded{
                          [&](const chat::TextDelta& e) { return text(e.text); },
                          [&](const chat::ThinkingDelta& e) { return text(e.text); },
                          [&](const chat::ThinkingSignature& e) { return text(e.signature); },
                          [&](const chat::RedactedThinking& e) { return text(e.data); },
                          [&](const chat::ToolUseStart& e) { return text(e.id, e.name); },
                          [&](const chat::ToolInputDelta& e) { return text(e.json); },
                          [&](const chat::ToolUseEnd&) { return text({}); },
                          // A job tells none of these.
                          [&](const chat::WebSearchStart&) { return text({}); },
                          [&](const chat::WebSearchEnd&) { return text({}); },
                          [&](const chat::Usage&) { return text({}); },
                          [&](const chat::MessageEnd&) { return text({}); },
                      },
                      event);
}

chat::StreamEvent SearchJob::told(const Held& held) {
    switch (held.kind) {
        case 0: return chat::TextDelta{held.first};
        case 1: return chat::ThinkingDelta{held.first};
        case 2: return chat::ThinkingSignature{held.first};
        case 3: return chat::RedactedThinking{held.first};
        case 4: return chat::ToolUseStart{held.first, held.second};
        case 5: return chat::ToolInputDelta{held.first};
        default: return chat::ToolUseEnd{};
    }
}

void SearchJob::on_batch() {
    if (told_) sink_.on_batch();
}

bool SearchJob::start_over() {
    if (!searches_.empty() || over_) return false;
    if (told_ && (rounds_ > 1 || !sink_.start_over())) return false;
    forget_round();
    return true;
}

void SearchJob::on_error(const Error& error) {
    over_ = true;
    waiting_.clear();
    searches_.clear();
    sink_.on_error(error);
}

void SearchJob::on_end(const gateway::Ending& ending) {
    ending_ = ending;
    if (waiting_.empty()) end_round();
}

void SearchJob::end_round() {
    const gateway::Ending ending = *std::exchange(ending_, std::nullopt);
    const bool by_itself =
        ending.reason == chat::StopReason::end_turn || ending.reason == chat::StopReason::tool_use;
    if (searches_.empty() || client_call_ || !by_itself || said_.size_bytes() > kSaidBytesMax ||
        rounds_ >= uses_max_ + kRoundsBeyondUses)
        return finish(ending);
    const auto spent = past_output_ + ending.usage.output_tokens - report().unheard_tokens;
    if (request_.max_tokens && spent >= *request_.max_tokens) {
        auto cut = ending;
        cut.reason = chat::StopReason::max_tokens;
        return finish(cut);
    }
    next_round(ending);
}

void SearchJob::next_round(const gateway::Ending& ending) {
    past_ = report();
    past_output_ += ending.usage.output_tokens;
    past_thinking_ += ending.usage.thinking_tokens;
    messages_.push_back(
        {chat::Role::assistant, std::move(said_.take(ending.reason, {}, ending.usage).parts)});
    chat::Message results{chat::Role::user, {}};
    for (const auto& search : searches_) results.parts.emplace_back(tool_result(search.call_id, search.web));
    messages_.push_back(std::move(results));
    start_round();
}

/// The prompt that the client is told of is that of the last round, which holds the others: a sum would
/// make agents believe that their conversation has grown by it.
void SearchJob::finish(const gateway::Ending& ending) {
    if (!document_.empty() && !forward(chat::TextDelta{std::exchange(document_, {})})) return;
    over_ = true;
    gateway::Ending out = ending;
    if (out.reason == chat::StopReason::tool_use && !client_call_) out.reason = chat::StopReason::end_turn;
    out.usage.output_tokens += past_output_;
    out.usage.thinking_tokens += past_thinking_;
    out.usage.credits += past_.usage.credits;
    out.usage.web_searches = searches_run_;
    sink_.on_end(out);
}

}  // namespace kg::websearch

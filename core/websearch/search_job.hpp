#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/chat/accumulator.hpp"
#include "core/gateway/chat_job.hpp"
#include "core/kiro/web_search.hpp"

namespace kg::websearch {

/// One answer for whose model the gateway searches the web (client-apis 4.10). The model sees a tool
/// like any other. Each round is a ChatJob of its own; calls of the search in it are run with the
/// account that answers and told to the client as WebSearchStart and WebSearchEnd. A round that called
/// nothing but searches is followed by another one, which knows their results; tools of the client end
/// the answer, after the searches made beside them.
///
/// Of an answer that has to be one JSON document each round may bring one; the last round's counts.
///
/// What the model says after a search is held until its result is there, while the round is paused: at
/// most what one read brings. At most uses_max searches and two rounds more than that.
class SearchJob final : public gateway::Job, private gateway::AnswerSink {
  public:
    /// `request.web_search` is set.
    SearchJob(gateway::ChatService& service, chat::Request request, gateway::JobPermissions permissions,
              gateway::AnswerSink& sink);
    ~SearchJob() override;

    void start() override;
    void resume() override;
    void abandon() override;
    /// Over all rounds.
    const gateway::JobReport& report() const override;
    /// As the client sent it.
    const chat::Request& request() const override { return request_; }
    std::uint64_t estimated_prompt_tokens() const override;

  private:
    /// A call of the search, in the round that is being answered.
    struct Search {
        std::string call_id;
        chat::WebSearch web;
        bool told = false;  // that it began
        bool done = false;
        std::unique_ptr<kiro::WebSearch> call;
    };
    /// An event that owns its texts.
    struct Held {
        std::size_t kind = 0;  // index in StreamEvent
        std::string first, second;
    };
    using Waiting = std::variant<Held, Search*>;

    Flow on_event(const chat::StreamEvent& event) override;
    void on_batch() override;
    void on_end(const gateway::Ending& ending) override;
    void on_error(const Error& error) override;
    bool start_over() override;

    void start_round();
    void begin_search();
    void search_ended(Search& search, kiro::WebSearch::Answer answer);
    bool forward(const chat::StreamEvent& event);  // false when the owner has destroyed this
    static Held hold(const chat::StreamEvent& event);
    static chat::StreamEvent told(const Held& held);  // views into it
    bool tell_waiting();  // what waits up to the first search that is under way; likewise
    void end_round();
    void next_round(const gateway::Ending& ending);
    void finish(const gateway::Ending& ending);
    void forget_round();

    gateway::ChatService& service_;
    const chat::Request request_;
    gateway::JobPermissions permissions_;
    gateway::AnswerSink& sink_;
    const chat::ToolSpec tool_;
    const std::size_t uses_max_;
    const std::chrono::milliseconds time_max_;

    std::vector<chat::Message> messages_;  // with what was said and found so far
    std::size_t rounds_ = 0, uses_ = 0;
    std::uint32_t searches_run_ = 0;
    mutable gateway::JobReport report_;  // of the rounds before, made whole on demand
    gateway::JobReport past_;
    std::uint64_t past_output_ = 0, past_thinking_ = 0;

    // The round that is being answered.
    chat::Accumulator said_;
    std::deque<Search> searches_;  // elements never move
    std::deque<Waiting> waiting_;
    std::string document_;  // of JSON that is demanded: the answer's only in the last round
    std::string call_id_, input_;
    bool in_search_call_ = false;
    bool client_call_ = false;
    bool told_ = false;  // the sink got something of this round
    std::optional<gateway::Ending> ending_;

    Flow flow_ = Flow::more;
    bool over_ = false;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
    std::unique_ptr<gateway::ChatJob> job_;  // destroyed first: it calls into the rest
};

}  // namespace kg::websearch

#include "core/websearch/make_job.hpp"

#include "core/chat/request_rules.hpp"
#include "core/websearch/past_searches.hpp"
#include "core/websearch/search_job.hpp"

namespace kg::websearch {
namespace {

constexpr std::string_view kSwitchedOff = "web search is switched off here and was left out";

/// Codex declares a web search in every request: only where one is demanded does it matter to a
/// strict key that there is none.
void withdraw(chat::Request& request, gateway::JobPermissions& permissions) {
    if (request.web_search->forced)
        chat::warn(request, std::string(kSwitchedOff));
    else
        permissions.notes.emplace_back(kSwitchedOff);
    request.web_search.reset();
}

}  // namespace

std::unique_ptr<gateway::Job> make_job(gateway::ChatService& service, chat::Request request,
                                       gateway::JobPermissions permissions, gateway::AnswerSink& sink) {
    if (request.web_search) {
        const auto settings = service.settings.get();
        const bool allowed = permissions.web_search.value_or(settings->web_search.enabled);
        // A call of one tool of the client's leaves no room for a search before it.
        const auto mode = request.tool_choice.mode;
        const bool withheld = mode == chat::ToolChoice::Mode::none || mode == chat::ToolChoice::Mode::named;
        if (allowed && !withheld)
            return std::make_unique<SearchJob>(service, std::move(request), std::move(permissions), sink);
        if (withheld)
            request.web_search.reset();
        else
            withdraw(request, permissions);
    }
    // Calls of a tool that is not offered would have to be declared for upstream's sake, and called.
    if (request.past_searches) searches_to_text(request);
    return std::make_unique<gateway::ChatJob>(service, std::move(request), std::move(permissions), sink);
}

}  // namespace kg::websearch

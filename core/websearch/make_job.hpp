#pragma once

#include <memory>

#include "core/gateway/chat_job.hpp"

namespace kg::websearch {

/// A job for the request: one that runs web searches where the client declared the tool and may use
/// it, else a plain one.
std::unique_ptr<gateway::Job> make_job(gateway::ChatService& service, chat::Request request,
                                       gateway::JobPermissions permissions, gateway::AnswerSink& sink);

}  // namespace kg::websearch

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/digest.hpp"
#include "core/chat/request.hpp"
#include "core/compress/planner.hpp"

namespace kg::compress {

/// Names the summary of every chunk: a hash chain over tenant, summarising model, where the first
/// chunk begins and the whole conversation up to the chunk's end. Two tenants, or two conversations that
/// differ anywhere before it, never share one (seed G3).
std::vector<Sha256> chunk_keys(const chat::Request& request, const Plan& plan, std::string_view scope,
                               std::string_view model);

/// A chunk as text: who said what, tool calls with their input, results, pictures noted. Where it is
/// longer than `tokens` its longest parts are cut in the middle, all to the same length.
std::string transcript(const chat::Request& request, const Chunk& chunk, std::uint64_t tokens);

struct PromptOptions {
    std::string model;
    std::uint64_t transcript_tokens = 60'000;
    std::uint32_t summary_tokens = 2'048;
};
/// The request that asks for the summary of a chunk. The transcript stands in a fence whose name
/// depends on the key, so that nothing inside can close it, and is labelled as data (seed G10).
chat::Request summary_request(const chat::Request& request, const Chunk& chunk, const Sha256& key,
                              const PromptOptions& options);

/// What stands in the conversation for the messages that a summary replaces; fenced likewise.
std::string summary_block(std::string_view text, std::size_t messages, const Sha256& key);

}  // namespace kg::compress

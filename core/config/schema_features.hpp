#pragma once

#include <array>

#include "core/config/checks.hpp"
#include "core/config/schema.hpp"

/// Rows of the schema table: what the gateway does to conversations. Part of schema.cpp.
namespace kg::config {

template <auto Section, auto Member>
auto& member_at(Config& config) {
    return config.*Section.*Member;
}
template <auto Section, auto Member>
constexpr Field in() {
    return Field(&member_at<Section, Member>);
}

inline constexpr std::int64_t kSecond = 1'000, kMinute = 60 * kSecond, kHour = 60 * kMinute;
inline constexpr std::int64_t kKiB = 1 << 10, kMiB = 1 << 20, kGiB = 1 << 30;
inline constexpr std::int64_t kShort = 10;  // ms; below it a deadline is a mistake, not a choice
inline constexpr std::string_view kWord = "visible ASCII characters without spaces, at most 128";

inline constexpr Key kFeatureKeys[] = {
    {"compression.enabled",
     in<&Config::compression, &Compression::enabled>(),
     "Summarises the older part of a long conversation; the request header x-kirogate-compression, "
     "on or off, decides for one request.",
     {.seed_env = "ENABLE_COMPRESSION"}},
    {"compression.threshold_percent",
     in<&Config::compression, &Compression::threshold_percent>(),
     "Share of the model's context window, in percent, above which a conversation is compressed.",
     {.min = 1, .max = 90}},
    {"compression.keep_messages",
     in<&Config::compression, &Compression::keep_messages>(),
     "Latest messages that stay word for word, unless the window is too small for them.",
     {.min = 2, .max = 1'000}},
    {"compression.chunk_tokens",
     in<&Config::compression, &Compression::chunk_tokens>(),
     "Tokens of conversation that one summary stands for.",
     {.min = 1'000, .max = 100'000}},
    {"compression.model",
     in<&Config::compression, &Compression::model>(),
     "Model that writes the summaries.",
     {.check = check_word, .allowed = kWord}},
    {"compression.timeout",
     in<&Config::compression, &Compression::timeout>(),
     "How long a request waits for its summaries; what is missing then is done without.",
     {.min = kSecond, .max = 10 * kMinute}},
    {"compression.cache_ttl",
     in<&Config::compression, &Compression::cache_ttl>(),
     "How long a summary is kept after it was last used.",
     {.min = kMinute, .max = 30 * 24 * kHour}},
    {"compression.cache_memory_max_bytes",
     in<&Config::compression, &Compression::cache_memory_max_bytes>(),
     "Summaries kept in memory.",
     {.max = kGiB, .bytes = true}},
    {"compression.cache_store_max_bytes",
     in<&Config::compression, &Compression::cache_store_max_bytes>(),
     "Summaries kept in the database, sealed; 0 keeps none for long.",
     {.max = 16 * kGiB, .bytes = true}},

    {"responses.kept_per_key",
     in<&Config::responses, &Responses::kept_per_key>(),
     "Latest answers kept for each key, with their conversations, sealed: previous_response_id and GET "
     "and DELETE /v1/responses/ID work then; 0 keeps none, and clients send whole conversations.",
     {.max = 100'000}},
    {"responses.kept_for",
     in<&Config::responses, &Responses::kept_for>(),
     "How long an answer is kept.",
     {.min = kMinute, .max = 365 * 24 * kHour}},

    {"web_search.enabled",
     in<&Config::web_search, &WebSearch::enabled>(),
     "Offers the model a web search where a client declares one, on the account that answers.",
     {}},
    {"web_search.uses_max",
     in<&Config::web_search, &WebSearch::uses_max>(),
     "Searches in one answer; a client may ask for fewer.",
     {.min = 1, .max = 50}},
    {"web_search.timeout",
     in<&Config::web_search, &WebSearch::timeout>(),
     "How long an answer waits for one search; then it goes on without.",
     {.min = kSecond, .max = 2 * kMinute}},

    {"files.read_pdf",
     in<&Config::files, &Files::read_pdf>(),
     "Gives the model the text of PDF files, read by pdftotext (package poppler-utils) in a process of "
     "its own; otherwise a note stands in their place.",
     {}},
    {"files.pdf_max_bytes",
     in<&Config::files, &Files::pdf_max_bytes>(),
     "Largest PDF file.",
     {.min = kKiB, .max = kGiB, .bytes = true}},
    {"files.pdf_pages_max",
     in<&Config::files, &Files::pdf_pages_max>(),
     "Pages that are read of a PDF file; the rest is left out.",
     {.min = 1, .max = 10'000}},
    {"files.pdf_timeout",
     in<&Config::files, &Files::pdf_timeout>(),
     "How long reading a PDF file may take.",
     {.min = kSecond, .max = 10 * kMinute}},
    {"files.fetch",
     in<&Config::files, &Files::fetch>(),
     "Fetches pictures and documents that clients give by address, from public addresses only and "
     "without a proxy; otherwise such requests are refused.",
     {}},
    {"files.fetch_max_bytes",
     in<&Config::files, &Files::fetch_max_bytes>(),
     "Largest file that is fetched.",
     {.min = kKiB, .max = 256 * kMiB, .bytes = true}},
    {"files.fetch_timeout",
     in<&Config::files, &Files::fetch_timeout>(),
     "How long one file may take to be fetched, redirects included.",
     {.min = kSecond, .max = 2 * kMinute}},
};

}  // namespace kg::config

#pragma once

#include "core/config/checks.hpp"
#include "core/config/schema_parts.hpp"

/// Rows of the schema table: what the gateway does to conversations. Part of schema.cpp.
namespace kg::config {

inline constexpr Key kFeatureKeys[] = {
    {"compression.enabled",
     in<&Config::compression, &Compression::enabled>(),
     "Summarises the older part of a long conversation; the request header x-kirogate-compression, "
     "on or off, decides for one request.",
     {.seed_env = "ENABLE_COMPRESSION", .live = true}},
    {"compression.threshold_percent",
     in<&Config::compression, &Compression::threshold_percent>(),
     "Share of the model's context window, in percent, above which a conversation is compressed.",
     {.min = 1, .max = 90, .live = true}},
    {"compression.keep_messages",
     in<&Config::compression, &Compression::keep_messages>(),
     "Latest messages that stay word for word, unless the window is too small for them.",
     {.min = 2, .max = 1'000, .live = true}},
    {"compression.chunk_tokens",
     in<&Config::compression, &Compression::chunk_tokens>(),
     "Tokens of conversation that one summary stands for.",
     {.min = 1'000, .max = 100'000, .live = true}},
    {"compression.model",
     in<&Config::compression, &Compression::model>(),
     "Model that writes the summaries.",
     {.check = check_word, .allowed = kWord, .live = true}},
    {"compression.timeout",
     in<&Config::compression, &Compression::timeout>(),
     "How long a request waits for its summaries; what is missing then is done without.",
     {.min = kSecond, .max = 10 * kMinute, .live = true}},
    {"compression.cache_ttl",
     in<&Config::compression, &Compression::cache_ttl>(),
     "How long a summary is kept after it was last used.",
     {.min = kMinute, .max = 30 * 24 * kHour, .live = true}},
    {"compression.cache_memory_max_bytes",
     in<&Config::compression, &Compression::cache_memory_max_bytes>(),
     "Summaries kept in memory.",
     {.max = kGiB, .bytes = true, .live = true}},
    {"compression.cache_store_max_bytes",
     in<&Config::compression, &Compression::cache_store_max_bytes>(),
     "Summaries kept in the database, sealed; 0 keeps none for long.",
     {.max = 16 * kGiB, .bytes = true, .live = true}},

    {"responses.kept_per_key",
     in<&Config::responses, &Responses::kept_per_key>(),
     "Latest answers kept for each key, with their conversations, sealed: previous_response_id and GET "
     "and DELETE /v1/responses/ID work then; 0 keeps none, and clients send whole conversations.",
     {.max = 100'000, .live = true}},
    {"responses.kept_for",
     in<&Config::responses, &Responses::kept_for>(),
     "How long an answer is kept.",
     {.min = kMinute, .max = 365 * 24 * kHour, .live = true}},
};

}  // namespace kg::config

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/chat/accumulator.hpp"
#include "core/chat/dialect.hpp"
#include "core/json/document.hpp"

/// Short words for tests of the client APIs.
namespace kg::test {

inline json::Document parse(std::string_view text) {
    auto parsed = json::Document::parse(std::string(text));
    if (!parsed) return {};
    return std::move(parsed).value();
}

inline Result<chat::Request> decode(const chat::Dialect& dialect, std::string_view body,
                                    const http::Headers& headers = {}) {
    auto parsed = json::Document::parse(std::string(body));
    if (!parsed) return Err(std::move(parsed).error());
    return dialect.decode(*parsed, headers);
}

inline chat::AnswerContext answer_context() {
    return {.request_id = "req_1",
            .unique = "AbCdEfGhIjKlMnOpQrStUvWx",
            .created = 1763900000,
            .input_tokens_estimate = 25};
}

inline chat::FinalUsage usage(std::uint64_t input, std::uint64_t output) {
    chat::FinalUsage numbers;
    numbers.input_tokens = input;
    numbers.output_tokens = output;
    return numbers;
}

struct Answer {
    std::string stream;
    std::string whole;
};

/// The same events through the stream encoder and, accumulated, through the whole-answer encoder.
inline Answer play(const chat::Dialect& dialect, const chat::Request& request,
                   const std::vector<chat::StreamEvent>& events, chat::StopReason reason,
                   const chat::FinalUsage& numbers, std::string_view stop_sequence = {}) {
    Answer answer;
    const auto context = answer_context();
    const auto encoder = dialect.stream(request, context);
    chat::Accumulator accumulator;
    encoder->begin(answer.stream);
    for (const auto& event : events) {
        encoder->event(event, answer.stream);
        accumulator.add(event);
    }
    encoder->finish(reason, stop_sequence, numbers, answer.stream);
    answer.whole = dialect.encode(accumulator.take(reason, stop_sequence, numbers), request, context);
    return answer;
}

/// The data lines of a stream, without their prefix.
inline std::vector<std::string> data_lines(std::string_view stream) {
    std::vector<std::string> lines;
    while (!stream.empty()) {
        const auto end = stream.find('\n');
        const auto line = stream.substr(0, end);
        if (line.substr(0, 6) == "data: ") lines.emplace_back(line.substr(6));
        if (end == std::string_view::npos) break;
        stream.remove_prefix(end + 1);
    }
    return lines;
}

template <class T>
const T& part(const chat::Request& request, std::size_t message, std::size_t index) {
    return std::get<T>(request.messages.at(message).parts.at(index));
}

inline bool warns_about(const chat::Request& request, std::string_view word) {
    for (const auto& clause : request.warnings) {
        if (clause.find(word) != std::string::npos) return true;
    }
    return false;
}

}  // namespace kg::test

#include "cmd/chat_printer.hpp"

#include <unistd.h>
#include <utility>

#include "cmd/output.hpp"
#include "core/json/writer.hpp"

namespace kg::cmd {
namespace {

void to_stderr(std::string_view text) {
    [[maybe_unused]] const auto n = ::write(STDERR_FILENO, text.data(), text.size());
}

std::string event_line(std::string_view type, std::string_view text) {
    std::string line;
    json::Writer(line).begin_object().member("type", type).member("text", text).end_object();
    return line;
}

}  // namespace

ChatPrinter::ChatPrinter(const ChatOptions& options)
    : options_(options), colour_(colours(stderr_is_terminal())) {}

void ChatPrinter::text(std::string_view piece) {
    end_thinking();
    if (piece.empty()) return;
    if (options_.jsonl) return print_line(event_line("text", piece));
    if (options_.json || options_.no_stream) {
        text_ += piece;
        return;
    }
    print(piece);
    ends_with_newline_ = piece.ends_with('\n');
}

void ChatPrinter::thinking(std::string_view piece) {
    if (options_.jsonl) return print_line(event_line("thinking", piece));
    if (options_.json) {
        thinking_ += piece;
        return;
    }
    if (!std::exchange(in_thinking_, true) && colour_) to_stderr("\033[2m");
    to_stderr(piece);
}

void ChatPrinter::tool_call(std::string_view id, std::string_view name, std::string_view input_json) {
    end_thinking();
    std::string call;
    json::Writer w(call);
    w.begin_object();
    if (options_.jsonl) w.member("type", "tool_call");
    w.member("id", id).member("name", name).key("input").raw(input_json).end_object();
    if (options_.jsonl) return print_line(call);
    if (!tools_.empty()) tools_ += ',';
    tools_ += call;
}

void ChatPrinter::end_thinking() {
    if (!std::exchange(in_thinking_, false)) return;
    to_stderr(colour_ ? "\033[0m\n" : "\n");
}

void ChatPrinter::abandon() {
    end_thinking();
    if (!options_.json && !options_.jsonl && !ends_with_newline_ && stdout_is_terminal()) print("\n");
}

void ChatPrinter::finish(const ChatTotals& totals) {
    end_thinking();
    if (options_.json || options_.jsonl) {
        std::string out;
        json::Writer w(out);
        w.begin_object();
        if (options_.jsonl)
            w.member("type", "end");
        else
            w.member("text", text_);
        if (!thinking_.empty()) w.member("thinking", thinking_);
        if (!tools_.empty()) w.key("tool_calls").raw("[" + tools_ + "]");
        w.member("model", totals.model).member("stop_reason", totals.stop_reason).key("usage").begin_object();
        w.member("input_tokens", totals.input_tokens)
            .member("output_tokens", totals.output_tokens)
            .member("credits", totals.credits)
            .end_object()
            .end_object();
        return print_line(out);
    }
    if (options_.no_stream) {
        print(text_);
        ends_with_newline_ = text_.ends_with('\n');
    }
    if (!ends_with_newline_) print("\n");
}

}  // namespace kg::cmd

#include "core/compress/assemble.hpp"

#include <algorithm>

#include "core/compress/prompt.hpp"

namespace kg::compress {
namespace {

constexpr std::string_view kAcknowledgement = "I have the record of what went before.";

std::uint64_t smaller_cap(std::uint64_t a, std::uint64_t b) {
    return a == 0 || b == 0 ? std::max(a, b) : std::min(a, b);
}

class Assembler {
  public:
    Assembler(const chat::Request& request, const Plan& plan, const Replacements& replacements, Caps extra)
        : request_(request), plan_(plan), replacements_(replacements), extra_(extra) {}

    std::vector<chat::Message> run() && {
        const bool cut_task = plan_.cut_task && !plan_.chunks.empty() && replaced(0);
        const std::size_t first = plan_.chunks.empty() ? plan_.head : plan_.chunks.front().begin;
        for (std::size_t i = 0; i < first; ++i) keep(i);
        if (cut_task) {
            const chat::Message& task = request_.messages[first];
            out_.push_back(cut_message(task, {.texts = statement_cap(task, plan_.task_cap)}));
        }
        std::size_t next = first;
        for (std::size_t c = 0; c < plan_.chunks.size(); ++c) {
            const Chunk& chunk = plan_.chunks[c];
            next = chunk.end;
            if (!replaced(c)) {
                for (std::size_t i = chunk.begin; i < chunk.end; ++i) keep(i);
                continue;
            }
            add_summary(c);
            for (std::size_t i = chunk.begin; i < chunk.end; ++i)
                if (plan_.is_pinned(i, request_.messages[i])) keep(i, true);
        }
        for (; next < request_.messages.size(); ++next) keep(next);
        flush();
        return std::move(out_);
    }

  private:
    bool replaced(std::size_t c) const { return replacements_.texts[c].has_value(); }

    /// Summaries in a row share one block.
    void add_summary(std::size_t c) {
        block_key_ = c;  // of the youngest: nothing in the block was written by who knew it
        if (!block_text_.empty()) block_text_ += "\n\n";
        block_text_ += *replacements_.texts[c];
        block_messages_ += plan_.chunks[c].end - plan_.chunks[c].begin;
    }

    void flush() {
        if (block_messages_ == 0) return;
        std::string block = summary_block(block_text_, block_messages_, replacements_.keys[block_key_]);
        out_.push_back({chat::Role::user, {chat::Text{std::move(block)}}});
        block_text_.clear();
        block_messages_ = 0;
    }

    /// `alone`: the calls that it answers, if any, are in a summary.
    void keep(std::size_t i, bool alone = false) {
        const chat::Message& message = request_.messages[i];
        if (block_messages_ > 0) {
            flush();
            // The record does not become part of what the user says next.
            if (message.role != chat::Role::assistant)
                out_.push_back({chat::Role::assistant, {chat::Text{std::string(kAcknowledgement)}}});
        }
        Caps caps = extra_;
        if (i < plan_.result_cap_end) caps.results = smaller_cap(caps.results, plan_.result_cap);
        caps.texts = smaller_cap(caps.texts, plan_.text_cap);
        if (i == plan_.latest_user) {
            caps.results = smaller_cap(caps.results, caps.texts);
            caps.texts = 0;
        }
        out_.push_back(caps.results + caps.texts > 0 ? cut_message(message, caps) : message);
        if (alone) out_.back() = without_results(out_.back());
    }

    const chat::Request& request_;
    const Plan& plan_;
    const Replacements& replacements_;
    const Caps extra_;
    std::vector<chat::Message> out_;
    std::string block_text_;
    std::size_t block_messages_ = 0, block_key_ = 0;
};

}  // namespace

std::vector<chat::Message> assemble(const chat::Request& request, const Plan& plan,
                                    const Replacements& replacements, Caps extra) {
    return Assembler(request, plan, replacements, extra).run();
}

}  // namespace kg::compress

#include "core/compress/compressor.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/log.hpp"

namespace kg::compress {
namespace {

constexpr unsigned kTries = 2;
constexpr std::size_t kFailuresMax = 2;  // more chunks are not tried: the summariser is down
constexpr std::uint64_t kExtraCapFirst = 32'000, kExtraCapLast = 250;

bool is_wanted(const Chunk& chunk) {
    return !chunk.verbatim;
}

}  // namespace

Compressor::Compressor(loop::Loop& loop, const loop::Wakeup::Door& door, SharedSummaries& shared,
                       Summarizer& summarizer, const chat::Request& request, CompressorOptions options,
                       Done done)
    : door_(door),
      shared_(shared),
      summarizer_(summarizer),
      request_(request),
      options_(std::move(options)),
      done_(std::move(done)),
      deadline_(loop, [this] { give_up(); }) {}

Compressor::~Compressor() {
    *alive_ = false;
}

void Compressor::start() {
    plan_ = make_plan(request_, options_.budget);
    report_.before = report_.after = plan_.before;
    report_.messages_before = report_.messages_after = request_.messages.size();
    report_.chunks = static_cast<std::size_t>(std::ranges::count_if(plan_.chunks, is_wanted));
    if (!plan_.changes()) return tell(std::nullopt);
    replacements_.texts.resize(plan_.chunks.size());
    if (report_.chunks == 0) return finish();
    replacements_.keys = chunk_keys(request_, plan_, options_.scope, options_.prompt.model);
    std::vector<Sha256> unknown;
    for (std::size_t i = 0; i < plan_.chunks.size(); ++i) {
        if (!is_wanted(plan_.chunks[i])) continue;
        replacements_.texts[i] = shared_.cache.find(replacements_.keys[i]);
        if (replacements_.texts[i]) {
            ++report_.cached;
            continue;
        }
        unknown.push_back(replacements_.keys[i]);
        waiting_.push_back(i);
    }
    if (waiting_.empty()) return finish();
    deadline_.start(options_.time_max);
    const auto done = [this, alive = alive_](const SummaryCache::Found& found) {
        if (*alive) loaded(found);
    };
    const bool asked = options_.stored && shared_.cache.load(std::move(unknown), door_, done);
    if (!asked) loaded({});
}

void Compressor::loaded(const SummaryCache::Found& found) {
    if (!done_) return;  // the deadline was faster
    for (const auto& [key, text] : found) {
        const auto at = std::ranges::find(replacements_.keys, key) - replacements_.keys.begin();
        replacements_.texts[static_cast<std::size_t>(at)] = text;
        report_.cached += std::erase(waiting_, static_cast<std::size_t>(at));
    }
    fill();
}

void Compressor::fill() {
    while (!waiting_.empty() && tasks_.size() < options_.parallel) {
        tasks_.push_back(std::make_unique<Task>(Task{.chunk = waiting_.front()}));
        waiting_.pop_front();
        begin(*tasks_.back());
    }
    if (tasks_.empty()) finish();
}

void Compressor::begin(Task& task) {
    const Sha256& key = replacements_.keys[task.chunk];
    task.lead = shared_.flights.join(
        key, door_, [this, alive = alive_, &task](SummaryFlights::Landing landing, std::string text) {
            if (*alive) landed(task, landing, std::move(text));
        });
    if (task.lead) ask(task);
}

void Compressor::ask(Task& task) {
    ++task.tries;
    ++report_.calls;
    const Sha256& key = replacements_.keys[task.chunk];
    task.call = summarizer_.summarise(
        summary_request(request_, plan_.chunks[task.chunk], key, options_.prompt),
        [this, &task](Result<MadeSummary> summary) { answered(task, std::move(summary)); });
}

void Compressor::answered(Task& task, Result<MadeSummary> summary) {
    if (summary) report_.credits += summary->credits;
    if (summary && !ascii::is_blank(summary->text)) {
        ++report_.made;
        // In the cache before others hear of it: nobody starts anew in between.
        shared_.cache.put(replacements_.keys[task.chunk], summary->text, options_.stored);
        task.lead->land(summary->text);
        return settle(task, std::move(summary->text));
    }
    log::warn("compress", "a summary failed",
              {{"try", task.tries}, {"error", summary ? "the answer was empty" : summary.error().message}});
    if (task.tries < kTries) return ask(task);
    task.lead->land(std::nullopt);
    settle(task, std::nullopt);
}

void Compressor::landed(Task& task, SummaryFlights::Landing landing, std::string text) {
    if (std::ranges::none_of(tasks_, [&](const auto& running) { return running.get() == &task; })) return;
    if (landing == SummaryFlights::Landing::abandoned) return begin(task);
    if (landing == SummaryFlights::Landing::failed) return settle(task, std::nullopt);
    ++report_.shared;
    settle(task, std::move(text));
}

/// The last statement of whoever calls it: the task is gone afterwards.
void Compressor::settle(Task& task, std::optional<std::string> text) {
    if (!text) ++report_.failed;
    replacements_.texts[task.chunk] = std::move(text);
    std::erase_if(tasks_, [&](const auto& running) { return running.get() == &task; });
    if (report_.failed >= kFailuresMax) {
        report_.failed += waiting_.size();
        waiting_.clear();
    }
    fill();
}

void Compressor::give_up() {
    log::warn("compress", "summaries took too long", {{"missing", tasks_.size() + waiting_.size()}});
    report_.failed += tasks_.size() + waiting_.size();
    waiting_.clear();
    tasks_.clear();
    finish();
}

void Compressor::finish() {
    deadline_.stop();
    const Size head = [&] {
        Size size = plan_.before;
        for (const chat::Message& message : request_.messages) size -= size_of(message);
        return size;
    }();
    std::vector<chat::Message> messages;
    Size after;
    const auto put_together = [&](Caps extra) {
        messages = assemble(request_, plan_, replacements_, extra);
        after = head;
        for (const chat::Message& message : messages) after += size_of(message);
        report_.cut = report_.cut || extra.texts > 0;
    };
    report_.cut = plan_.result_cap > 0 || plan_.text_cap > 0;
    put_together({});
    if (!after.fits(options_.budget.hard) && report_.failed > 0) {
        excerpt_failed();
        put_together({});
    }
    for (auto cap = kExtraCapFirst; cap >= kExtraCapLast && !after.fits(options_.budget.hard); cap /= 2)
        put_together({.results = cap, .texts = cap});
    const bool smaller = after.tokens < plan_.before.tokens ||
                         (!plan_.before.fits(options_.budget.hard) && after.bytes < plan_.before.bytes);
    if (!smaller) {
        report_.cut = false;
        return tell(std::nullopt);
    }
    report_.changed = true;
    report_.after = after;
    report_.messages_after = messages.size();
    tell(std::move(messages));
}

void Compressor::tell(std::optional<std::vector<chat::Message>> messages) {
    auto done = std::move(done_);
    const CompressionReport report = report_;
    done(std::move(messages), report);  // may destroy this
}

/// Without their summaries these do not fit: the beginning and end of each takes its place.
void Compressor::excerpt_failed() {
    for (std::size_t i = 0; i < plan_.chunks.size(); ++i) {
        if (!is_wanted(plan_.chunks[i]) || replacements_.texts[i]) continue;
        report_.cut = true;
        replacements_.texts[i] =
            "(No summary could be made of these messages. This is what they begin and end with.)\n" +
            cut_middle(transcript(request_, plan_.chunks[i], options_.prompt.transcript_tokens),
                       options_.budget.summary_tokens);
    }
}

}  // namespace kg::compress

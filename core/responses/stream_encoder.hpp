#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/chat/dialect.hpp"
#include "core/responses/output_items.hpp"
#include "core/responses/response_object.hpp"

namespace kg::responses {

/// The events of client-apis 7.5. What is constant in a delta is built once per item, so that a
/// delta costs an escape and a few copies. Keeps the whole answer, which the last event repeats.
class StreamEncoder final : public chat::StreamEncoder {
  public:
    StreamEncoder(const chat::Request& request, const chat::AnswerContext& context, const ReasoningSeal& seal,
                  Storage storage)
        : response_(request, context, storage), items_(request, context, seal) {}

    void begin(std::string& out) override;
    void event(const chat::StreamEvent& event, std::string& out) override;
    void finish(chat::StopReason reason, std::string_view stop_sequence, const chat::FinalUsage& usage,
                std::string& out) override;
    void fail(const Error& error, std::string& out) override;
    void keep_alive(std::string& out) override;
    std::size_t size_bytes() const override { return items_.size_bytes() + response_.size_bytes(); }

  private:
    void start(std::string_view type, std::string& out);       // a frame up to the sequence number
    void start_part(std::string_view type, std::string& out);  // ... and where in which item
    void tell_response(std::string_view type, const Outcome& outcome, std::string& out);
    void tell_search(std::string_view type, std::string& out);
    void add_text(ItemKind kind, std::string_view text, std::string& out);
    void announce(std::string& out);
    void announce_part(std::string& out);
    void delta(std::string_view escaped, std::string& out);
    void close_text(std::string& out);
    void close(std::string_view status, std::string& out);
    void hidden_thinking(std::string& out);  // opens reasoning without text, if it can carry anything

    ResponseObject response_;
    OutputItems items_;
    std::uint64_t sequence_ = 0;
    bool part_open_ = false;   // the open reasoning shows a summary, the open message its text
    bool delta_sent_ = false;  // of the open item
    std::string place_;        // ,"item_id":...,"output_index":...[,"content_index":0]
    std::string delta_head_, delta_tail_;
};

}  // namespace kg::responses

#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/fetch/fetcher.hpp"

namespace kg::test {

/// A Fetcher that only records: the test plays the server by hand.
///   fetcher.last().head(200, {{"content-type", "application/json"}}); ...body("{}"); ...done();
/// Every step does nothing once the transfer ended or its owner cancelled it, as a real one would.
class ScriptedFetcher final : public fetch::Fetcher {
  public:
    class Call {
      public:
        Call(fetch::Request r, fetch::Handler& handler) : request(std::move(r)), handler_(&handler) {}
        Call(const Call&) = delete;
        Call& operator=(const Call&) = delete;

        fetch::Request request;
        std::size_t resumes = 0;  // how often the owner called Fetch::resume
        bool cancelled = false;   // the Fetch was destroyed before the end
        bool paused = false;      // the last on_body answered Flow::pause and no resume came since

        bool alive() const { return handler_ != nullptr; }
        bool has_header(std::string_view line) const {
            for (const std::string& header : request.headers) {
                if (header == line) return true;
            }
            return false;
        }
        /// The value of a request header (names without case), or nullptr.
        const char* header(std::string_view name) const {
            for (const std::string& line : request.headers) {
                if (line.size() <= name.size() || line[name.size()] != ':') continue;
                bool same = true;
                for (std::size_t i = 0; i < name.size(); ++i) {
                    same = same && (line[i] | 0x20) == (name[i] | 0x20);
                }
                if (same) return line.c_str() + name.size() + (line.c_str()[name.size() + 1] == ' ' ? 2 : 1);
            }
            return nullptr;
        }

        void head(int status, const std::vector<http::Headers::Field>& fields = {}) {
            if (!handler_) return;
            fetch::Head head;
            head.status = status;
            for (const auto& [name, value] : fields) head.headers.add(name, value);
            handler_->on_head(head);
        }
        /// One piece, in a buffer of exactly its size so that a sanitizer sees every overrun.
        Flow body(std::string_view bytes) {
            if (!handler_) return Flow::more;
            const std::unique_ptr<char[]> copy(new char[bytes.size()]);
            bytes.copy(copy.get(), bytes.size());
            paused = false;
            const Flow flow = handler_->on_body(std::string_view(copy.get(), bytes.size()));
            paused = flow == Flow::pause;
            return flow;
        }
        void batch() {
            if (handler_) handler_->on_batch();
        }
        void done() {
            if (auto* handler = std::exchange(handler_, nullptr)) handler->on_done();
        }
        void fail(fetch::FailureKind kind, std::string detail = "scripted") {
            if (auto* handler = std::exchange(handler_, nullptr))
                handler->on_failure({kind, std::move(detail)});
        }
        /// A whole answer.
        void answer(int status, std::string_view text, const std::vector<http::Headers::Field>& fields = {}) {
            head(status, fields);
            if (!text.empty()) body(text);
            batch();
            done();
        }

      private:
        friend class ScriptedFetcher;
        fetch::Handler* handler_;
    };

    std::unique_ptr<fetch::Fetch> start(fetch::Request request, fetch::Handler& handler) override {
        calls_.emplace_back(std::move(request), handler);
        return std::make_unique<Front>(calls_.back());
    }

    std::size_t count() const { return calls_.size(); }
    Call& call(std::size_t index) { return calls_.at(index); }
    Call& last() { return calls_.back(); }
    /// Transfers that neither ended nor were cancelled.
    std::size_t active() const {
        std::size_t n = 0;
        for (const Call& call : calls_) n += call.alive() ? 1u : 0u;
        return n;
    }

  private:
    class Front final : public fetch::Fetch {
      public:
        explicit Front(Call& call) : call_(call) {}
        Front(const Front&) = delete;
        Front& operator=(const Front&) = delete;
        ~Front() override {
            if (call_.handler_) call_.cancelled = true;
            call_.handler_ = nullptr;
        }
        void resume() override {
            ++call_.resumes;
            call_.paused = false;
        }

      private:
        Call& call_;
    };
    std::deque<Call> calls_;
};

}  // namespace kg::test

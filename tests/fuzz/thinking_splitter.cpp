// The first byte says how the rest is cut. In pieces or whole the blocks must be the same, and no
// byte may be lost except tags and the newlines that belong to them.
#include "core/chat/thinking_splitter.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

using kg::chat::ThinkingSplitter;

namespace {

class Blocks final : public ThinkingSplitter::Output {
  public:
    void on_text(std::string_view text) override { add('T', text); }
    void on_thinking(std::string_view text) override { add('K', text); }
    void on_thinking_end() override {
        shown += '\0';
        kind_ = 0;
    }
    std::string shown;
    std::size_t bytes = 0;

  private:
    void add(char kind, std::string_view text) {
        if (kind != kind_) shown += kind;
        kind_ = kind;
        shown += text;
        bytes += text.size();
    }
    char kind_ = 0;
};

void demand(bool ok, const char* what) {
    if (ok) return;
    std::fprintf(stderr, "broken: %s\n", what);
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    Blocks whole, pieces;
    ThinkingSplitter first(whole), second(pieces);
    first.push(text);
    first.finish();
    const std::size_t step = data[0] % 16 + 1u;
    for (std::size_t at = 0; at < text.size(); at += step) {
        second.push(text.substr(at, step));
        demand(pieces.bytes <= at + step, "nothing is said twice");
    }
    second.finish();
    demand(whole.shown == pieces.shown, "pieces give the same blocks as the whole");
    if (text.find("<thinking>") == std::string_view::npos)
        demand(whole.bytes == text.size(), "plain text is kept");
    return 0;
}

#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.hpp"
#include "core/json/document_data.hpp"

namespace kg::json {

/// Turns the source of a DocumentData into its entries. simdjson finds the tokens and checks the
/// UTF-8 at memory speed; the grammar is checked here, in one loop without recursion.
class Builder {
  public:
    Builder(DocumentData& data, const Limits& limits) : data_(data), limits_(limits) {}
    Result<void> build();

  private:
    struct Open {
        std::uint32_t entry;
        std::uint32_t last_child = Entry::kNone;
    };
    struct Slot {
        bool decoded = false, altered = false;
        std::uint32_t begin = 0, size = 0;
    };
    // Each of these is false when the text is wrong; fail() has then said why.
    bool read_all();
    bool read_value();
    bool read_key();
    bool after_value(bool& more);  // whether another value of the container follows
    bool read_string(std::uint32_t begin, std::uint32_t end, Slot& slot);
    bool read_scalar(Entry& entry);
    bool at_end() const { return token_ == tokens_end_; }
    /// Behind the last byte, which is no white space, of the token before the next one.
    std::uint32_t token_end() const;
    void close(std::uint32_t end);
    void link(Entry& entry);
    bool fail(std::size_t at, const char* reason);

    DocumentData& data_;
    const Limits& limits_;
    const char* text_ = nullptr;
    const std::uint32_t* token_ = nullptr;  // a token starts at each of these offsets
    const std::uint32_t* tokens_end_ = nullptr;
    std::vector<Open> open_;
    Slot key_;
    char* decoded_end_ = nullptr;
    bool in_object_ = false;
    std::size_t bad_at_ = 0;
    const char* reason_ = nullptr;
};

}  // namespace kg::json

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
    /// A token starts at `begin`; `end` is behind its last byte that is not white space.
    struct Token {
        std::uint32_t begin = 0, end = 0;
        char first = 0;
    };
    Result<void> read_value();
    Result<void> read_key();
    Result<bool> after_value();  // whether another value of the container follows
    Result<void> string_slot(const Token& token, bool& decoded, std::uint32_t& begin, std::uint32_t& size);
    Result<void> read_scalar(Entry& entry, const Token& token);
    bool next(Token& token);
    char peek() const;
    void close(std::uint32_t end);
    void link(Entry& entry);
    Err<Error> fail(std::size_t at, const char* reason) const;

    DocumentData& data_;
    const Limits& limits_;
    const std::uint32_t* token_ = nullptr;
    const std::uint32_t* tokens_end_ = nullptr;
    std::vector<Open> open_;
    bool in_object_ = false;
    bool key_decoded_ = false;
    std::uint32_t key_begin_ = 0, key_size_ = 0;
};

}  // namespace kg::json

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "core/json/document.hpp"
#include "core/kiro/payload.hpp"

namespace kg::kiro {

/// Puts tool calls together from their frames (kiro-upstream 4.4), by id: calls may interleave. A
/// call is handed out only when it is complete, so that no client ever sees a cut one. Bounded.
class ToolAssembler {
  public:
    static constexpr std::size_t kInputBytesMax = 32u << 20;  // of all open calls together
    static constexpr std::size_t kOpenCallsMax = 256;
    static constexpr std::size_t kFinishedCallsMax = 4096;
    static constexpr std::size_t kPiecesMax = 4096;  // of one call; later fragments join the last

    struct Fragment {
        std::string_view id;    // "": the call touched last
        std::string_view name;  // "": as the call's earlier frames said
        Payload::Input input;
        bool stop = false;
    };
    enum class Step : std::uint8_t {
        buffered,  // nothing to tell yet; also a repetition of a finished call
        complete,  // taken() holds it until the next add()
        damaged,   // frames that make no sense: no id and no open call, no name
        too_large,
        invalid_input,  // the joined input is not a JSON object; taken() has the name
    };
    Step add(const Fragment& fragment);

    struct Complete {
        std::string id;
        std::string name;
        json::Document input;           // its source() is the joined text
        std::vector<std::size_t> cuts;  // ends of the fragments as they came, the last is the size
    };
    const Complete& taken() const { return taken_; }
    std::size_t open() const { return open_.size(); }
    /// The tool of the call that was begun first of the open ones; "" when none is.
    std::string_view open_name() const { return open_.empty() ? std::string_view() : open_.front().name; }

  private:
    struct Call {
        std::string id;
        std::string name;
        std::string input;
        std::vector<std::size_t> cuts;
    };
    Step append(Call& call, const Payload::Input& input);
    Step close(std::size_t index);

    std::vector<Call> open_;
    std::string last_id_;
    std::size_t buffered_bytes_ = 0;
    std::unordered_set<std::string> finished_;
    Complete taken_;
};

}  // namespace kg::kiro

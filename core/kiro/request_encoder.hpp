#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/result.hpp"
#include "core/chat/request.hpp"
#include "core/kiro/models.hpp"

namespace kg::kiro {

struct EncodeOptions {
    std::string model_id;            // resolved wire id
    ModelCapabilities capabilities;  // how this model thinks
    std::string conversation_id;     // UUID
    std::string continuation_id;     // UUID, one per user turn
    std::string origin = "AI_EDITOR";
    std::size_t tool_description_max_bytes = 10'000;
    std::size_t body_max_bytes = 24u << 20;
    bool strip_thinking = false;  // second try after THINKING_SIGNATURE_INVALID
    bool strip_fields = false;    // second try after bad additionalModelRequestFields
};

/// Tool names as upstream takes them (C8) and back; per request, reversible, collision-free.
class ToolNames {
  public:
    std::string_view to_wire(std::string_view name);          // registers on first use
    std::string_view to_client(std::string_view wire) const;  // unknown names come back unchanged

  private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    using Map = std::unordered_map<std::string, std::string, Hash, std::equal_to<>>;

    Map wire_by_client_;  // only names that upstream would refuse
    Map client_by_wire_;  // every name in use
};

struct EncodedRequest {
    ToolNames tool_names;
    bool parse_thinking_tags = false;   // this model thinks in tags and was asked to think
    bool has_thinking_history = false;  // reasoningContent was sent: strip_thinking can help
    bool has_model_fields = false;      // additionalModelRequestFields were sent: strip_fields can help
    /// Reported to the client when not empty, one clause each (x-kirogate-warnings).
    std::vector<std::string> warnings;

    /// The whole body for an account. Written in place, unless the last one is still being sent:
    /// failover to another account reuses the buffer.
    std::shared_ptr<const std::string> body(std::string_view profile_arn);

    /// Complete JSON but for the last member and brace (beyond prefix_bytes lies what body()
    /// added).
    std::shared_ptr<std::string> text;
    std::size_t prefix_bytes = 0;
};

/// Client request to Kiro's body (kiro-upstream 2): repairs every rule of 2.8 or refuses with
/// ErrorKind::malformed_request / unsupported and the path. Pure.
Result<EncodedRequest> encode_request(const chat::Request& request, const EncodeOptions& options);

}  // namespace kg::kiro

#pragma once

#include <string>
#include <string_view>

#include "core/chat/dialect.hpp"

namespace kg::test {

struct Transcript {
    std::string kiro_request;  // pretty-printed JSON, one after the other
    std::string client_reply;
    bool stream = false;
};

/// One request through decoding, a chat job over a scripted transfer, and the dialect's encoder.
/// `script` holds upstream's answer, a line an event: the event's name and its payload, or
/// `exception TYPE PAYLOAD`; empty lines and those with a # are skipped. `---` stands between the answers to
/// several requests.
Result<Transcript> play_transcript(const chat::Dialect& dialect, std::string request,
                                   std::string_view script);

}  // namespace kg::test

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

namespace kg::kiro {

struct FrameHeader {
    std::string_view name;
    std::string_view value;
};

/// Appends one frame with string headers; for the fake upstream and for tests.
void append_frame(std::string& out, std::initializer_list<FrameHeader> headers, std::string_view payload);

/// The shapes Kiro sends, headers in its order.
std::string event_frame(std::string_view event_type, std::string_view payload_json);
std::string exception_frame(std::string_view exception_type, std::string_view payload_json);
std::string error_frame(std::string_view code, std::string_view message);

}  // namespace kg::kiro

#include "core/chat/estimate.hpp"

#include "core/base/base64.hpp"
#include "core/chat/picture.hpp"
#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::chat;
using namespace std::string_literals;

namespace {

std::string png(std::uint32_t width, std::uint32_t height) {
    std::string out = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;
    for (const std::uint32_t n : {width, height}) {
        for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
    }
    return out + std::string(40, '\x08');
}

Image image(const std::string& bytes) {
    return {"png", base64_encode(bytes)};
}

}  // namespace

TEST_CASE("estimates count by kind of letter") {
    CHECK(estimate_tokens("") == 0);
    CHECK(estimate_tokens("a") == 1);
    CHECK(estimate_tokens(std::string(400, 'a')) == 100);
    CHECK(estimate_tokens("\xe4\xbd\xa0\xe5\xa5\xbd\xe4\xb8\x96\xe7\x95\x8c") == 4);
    CHECK(estimate_tokens("\xc3\xa9\xc3\xa9\xc3\xa9") == 2);
}

TEST_CASE("pieces of a text sum up to the whole, cut anywhere") {
    const std::string text =
        "Hello \xe4\xbd\xa0\xe5\xa5\xbd, caf\xc3\xa9 \xf0\x9f\x98\x80 and so on, long enough for "
        "words.";
    for (std::size_t i = 0; i <= text.size(); ++i) {
        TokenEstimate estimate;
        estimate.add(std::string_view(text).substr(0, i));
        estimate.add(std::string_view(text).substr(i));
        CHECK(estimate.tokens() == estimate_tokens(text));
    }
}

TEST_CASE("picture sizes are read from the header of every format") {
    const auto size_is = [](std::string_view head, std::uint32_t width, std::uint32_t height) {
        const auto size = picture_size(head);
        return size && size->width == width && size->height == height;
    };
    CHECK(size_is(png(640, 480), 640, 480));
    CHECK(size_is("GIF89a\x40\x01\xf0\x00"s, 320, 240));
    CHECK(size_is("\xff\xd8\xff\xe0\x00\x04zz\xff\xff\xc2\x00\x11\x08\x01\xe0\x02\x80\x03"s, 640, 480));
    CHECK(size_is("RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"s, 640, 480));
    CHECK(size_is("RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01"s, 640, 480));
    CHECK(size_is("RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x7f\xc2\x77\x00\0\0\0\0\0"s, 640, 480));
    CHECK_FALSE(picture_size("BM something else"));
    const std::string whole = png(9, 9);
    for (std::size_t n = 0; n < 24; ++n) CHECK_FALSE(picture_size(whole.substr(0, n)));
}

TEST_CASE("D12: image tokens follow the size, within bounds") {
    CHECK(estimate_image_tokens(image(png(750, 100))) == 100);
    CHECK(estimate_image_tokens(image(png(1, 1))) == 1);
    CHECK(estimate_image_tokens(image(png(100'000, 100'000))) == 1600);
    CHECK(estimate_image_tokens(image("unknown format")) == 1600);
    CHECK(estimate_image_tokens({"png", ""}) == 1600);
    // A JPEG whose frame header comes after a large colour profile.
    const std::string profile(20'000, 'p');
    const std::string jpeg = "\xff\xd8\xff\xe2"s + static_cast<char>((profile.size() + 2) >> 8) +
                             static_cast<char>((profile.size() + 2) & 0xff) + profile +
                             "\xff\xc0\x00\x11\x08\x00\x64\x02\xee\x03"s;
    CHECK(estimate_image_tokens({"jpeg", base64_encode(jpeg)}) == 100);
}

TEST_CASE("a prompt counts all that upstream will read") {
    Request request;
    const auto empty = estimate_prompt_tokens(request);
    request.system = std::string(400, 's');
    const auto with_system = estimate_prompt_tokens(request);
    CHECK(with_system == empty + 100);
    request.messages.push_back({Role::user, {Text{std::string(400, 'u')}, image(png(750, 100))}});
    const auto with_message = estimate_prompt_tokens(request);
    CHECK(with_message >= with_system + 200);
    request.messages.push_back(
        {Role::assistant, {ToolUse{"i", "n", RawJson::trusted(std::string(400, '1'))}}});
    request.messages.push_back({Role::user, {ToolResult{"i", {Text{std::string(400, 'r')}}, false}}});
    const auto with_tools_used = estimate_prompt_tokens(request);
    CHECK(with_tools_used >= with_message + 200);
    request.tools.push_back({"name", std::string(400, 'd'), RawJson::trusted(std::string(400, '2'))});
    CHECK(estimate_prompt_tokens(request) >= with_tools_used + 200);
}

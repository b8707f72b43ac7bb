#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kg::tidy {

/// One kirogate_library() of CMakeLists.txt: the one place that says who may know whom.
struct Room {
    std::string name;
    std::string path;
    std::vector<std::string> deps;
    std::vector<std::string> libs;

    bool may_use(std::string_view other) const;
    bool links(std::string_view lib) const;
};

std::vector<Room> parse_rooms(std::string_view cmake_lists);
/// The room that a file or an included header lies in (the longest path wins), or null.
const Room* room_of(const std::vector<Room>& rooms, std::string_view path);

}  // namespace kg::tidy

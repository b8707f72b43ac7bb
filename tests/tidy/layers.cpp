#include "tests/tidy/layers.hpp"

#include <algorithm>
#include <sstream>

namespace kg::tidy {
namespace {

bool contains(const std::vector<std::string>& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
}

Room parse_room(const std::string& arguments) {
    Room room;
    std::istringstream in(arguments);
    in >> room.name;
    std::string word, mode;
    while (in >> word) {
        if (word == "PATH" || word == "DEPS" || word == "LIBS" || word == "RECURSE")
            mode = word;
        else if (mode == "PATH")
            room.path = word;
        else if (mode == "DEPS")
            room.deps.push_back(word);
        else if (mode == "LIBS")
            room.libs.push_back(word);
    }
    return room;
}

}  // namespace

bool Room::may_use(std::string_view other) const {
    return other == name || other == "base" || contains(deps, other);
}

bool Room::links(std::string_view lib) const {
    return contains(libs, lib);
}

std::vector<Room> parse_rooms(std::string_view cmake_lists) {
    constexpr std::string_view kCall = "\nkirogate_library(";
    std::vector<Room> rooms;
    for (std::size_t at = 0; (at = cmake_lists.find(kCall, at)) != std::string_view::npos;) {
        at += kCall.size();
        rooms.push_back(parse_room(std::string(cmake_lists.substr(at, cmake_lists.find(')', at) - at))));
    }
    return rooms;
}

const Room* room_of(const std::vector<Room>& rooms, std::string_view path) {
    const Room* best = nullptr;
    for (const Room& room : rooms) {
        const bool inside = path.starts_with(room.path) && path.substr(room.path.size()).starts_with('/');
        if (inside && (best == nullptr || room.path.size() > best->path.size())) best = &room;
    }
    return best;
}

}  // namespace kg::tidy

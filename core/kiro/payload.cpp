#include "core/kiro/payload.hpp"

#include <cassert>
#include <cmath>

namespace kg::kiro {

bool Payload::open(std::string_view json, std::string_view event_type) {
    ok_ = true;
    scratch_used_ = 0;
    is_flat_ = flat_.parse(json);
    return is_flat_ || open_document(json, event_type);
}

bool Payload::open_document(std::string_view json, std::string_view event_type) {
    ok_ = true;
    is_flat_ = false;
    root_ = {};
    auto parsed = json::Document::parse(std::string(json));
    if (!parsed) return false;
    document_.emplace(std::move(*parsed));
    root_ = document_->root();
    if (root_.is_object() && root_.size() == 1) {
        const json::Node inner = root_[event_type];
        if (inner.is_object()) root_ = inner;
    }
    return root_.is_object();
}

std::string_view Payload::decoded(const FlatObject::Field& field) {
    if (!field.escaped) return field.value;
    assert(scratch_used_ < scratch_.size());
    std::string& out = scratch_[scratch_used_++];
    if (!unescape_json(field.value, out)) ok_ = false;
    return out;
}

json::Node Payload::typed(std::string_view key, json::Kind kind) {
    const json::Node node = root_[key];
    if (node.is_null_or_missing()) return {};
    if (node.kind() != kind) return ok_ = false, json::Node{};
    return node;
}

std::string_view Payload::string(std::string_view key) {
    if (!is_flat_) return typed(key, json::Kind::string).text();
    const FlatObject::Field* field = flat_.find(key);
    if (field == nullptr) return {};
    if (field->kind != FlatObject::Field::Kind::string) return ok_ = false, std::string_view{};
    return decoded(*field);
}

bool Payload::boolean(std::string_view key) {
    if (!is_flat_) return typed(key, json::Kind::boolean).as_bool().value_or(false);
    const FlatObject::Field* field = flat_.find(key);
    if (field == nullptr) return false;
    if (field->kind == FlatObject::Field::Kind::string) ok_ = false;
    return field->kind == FlatObject::Field::Kind::true_;
}

Payload::Input Payload::text_or_object(std::string_view key) {
    using Kind = Input::Kind;
    if (is_flat_) return flat_.find(key) == nullptr ? Input{} : Input{Kind::text, string(key)};
    const json::Node node = root_[key];
    if (node.is_null_or_missing()) return {};
    if (node.is_object()) return {Kind::object, node.raw()};
    return {Kind::text, string(key)};
}

json::Node Payload::object(std::string_view key) {
    return typed(key, json::Kind::object);
}

std::optional<double> Payload::number(json::Node object, std::string_view key) {
    const json::Node node = object[key];
    if (node.is_null_or_missing()) return std::nullopt;
    const auto value = node.as_double();
    if (node.kind() != json::Kind::number || !value) return ok_ = false, std::nullopt;
    return value;
}

std::optional<std::uint64_t> Payload::count(json::Node object, std::string_view key) {
    const auto value = number(object, key);
    if (!value || *value < 0 || *value > 1e15) return std::nullopt;
    return static_cast<std::uint64_t>(std::floor(*value));
}

}  // namespace kg::kiro

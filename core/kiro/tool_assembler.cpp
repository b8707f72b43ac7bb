#include "core/kiro/tool_assembler.hpp"

#include <algorithm>

#include "core/base/ascii.hpp"

namespace kg::kiro {

ToolAssembler::Step ToolAssembler::add(const Fragment& fragment) {
    const std::string id(fragment.id.empty() ? std::string_view(last_id_) : fragment.id);
    if (id.empty()) return Step::damaged;
    auto at = std::find_if(open_.begin(), open_.end(), [&id](const Call& call) { return call.id == id; });
    if (at == open_.end()) {
        if (finished_.contains(id)) return Step::buffered;
        if (fragment.name.empty()) return Step::damaged;
        if (open_.size() == kOpenCallsMax) return Step::too_large;
        at = open_.insert(open_.end(), Call{id, std::string(fragment.name), {}, {}});
    }
    last_id_ = id;
    const Step step = append(*at, fragment.input);
    if (step != Step::buffered || !fragment.stop) return step;
    return close(static_cast<std::size_t>(at - open_.begin()));
}

ToolAssembler::Step ToolAssembler::append(Call& call, const Payload::Input& input) {
    if (input.kind == Payload::Input::Kind::object) {
        buffered_bytes_ -= call.input.size();
        call.input.clear();
        call.cuts.clear();
    }
    if (input.text.empty()) return Step::buffered;
    if (input.text.size() > kInputBytesMax - buffered_bytes_) return Step::too_large;
    buffered_bytes_ += input.text.size();
    call.input += input.text;
    if (call.cuts.size() == kPiecesMax) call.cuts.pop_back();
    call.cuts.push_back(call.input.size());
    return Step::buffered;
}

ToolAssembler::Step ToolAssembler::close(std::size_t index) {
    Call call = std::move(open_[index]);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
    buffered_bytes_ -= call.input.size();
    if (finished_.size() == kFinishedCallsMax) return Step::too_large;
    finished_.insert(call.id);
    if (ascii::is_blank(call.input)) {  // a tool without arguments
        call.input = "{}";
        call.cuts.assign(1, 2);
    }
    auto parsed = json::Document::parse(std::move(call.input));
    taken_.id = std::move(call.id);
    taken_.name = std::move(call.name);
    if (!parsed || !parsed->root().is_object()) return Step::invalid_input;
    taken_.input = std::move(*parsed);
    taken_.cuts = std::move(call.cuts);
    return Step::complete;
}

}  // namespace kg::kiro

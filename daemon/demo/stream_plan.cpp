#include "daemon/demo/stream_plan.hpp"

#include <algorithm>
#include <utility>

namespace kg::demo {
namespace {

/// Large enough to be cheap, small enough that a caller who does not read holds back the rest.
constexpr std::size_t kCoalescedMax = 64u << 10;

std::size_t offset(std::size_t at, std::size_t total, const Action& action) {
    return action.offsets_wrap && total > 0 ? at % total : at;
}

void damage(std::vector<Piece>& pieces, std::size_t at) {
    for (Piece& piece : pieces) {
        if (at < piece.bytes.size()) {
            piece.bytes[at] = static_cast<char>(~piece.bytes[at]);
            return;
        }
        at -= piece.bytes.size();
    }
}

void truncate(std::vector<Piece>& pieces, std::size_t at) {
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (at <= pieces[i].bytes.size()) {
            pieces[i].bytes.resize(at);
            pieces.resize(i + 1);
            return;
        }
        at -= pieces[i].bytes.size();
    }
}

std::vector<Piece> coalesced(std::vector<Piece> pieces) {
    std::vector<Piece> out;
    for (Piece& piece : pieces) {
        if (out.empty() || piece.pause.count() > 0 ||
            out.back().bytes.size() + piece.bytes.size() > kCoalescedMax) {
            out.push_back(std::move(piece));
        } else {
            out.back().bytes += piece.bytes;
        }
    }
    return out;
}

/// Writes of a fixed size, whatever frame their bytes belong to.
std::vector<Piece> recut(const std::vector<Piece>& pieces, const Action& action) {
    std::vector<Piece> out;
    for (const Piece& piece : pieces) {
        bool first = true;
        for (std::size_t at = 0; at < piece.bytes.size();) {
            const bool waits = first && piece.pause.count() > 0;
            first = false;
            if (out.empty() || waits || out.back().bytes.size() >= action.piece_bytes) {
                out.push_back({{},
                               (waits ? piece.pause : std::chrono::milliseconds{}) +
                                   (out.empty() ? std::chrono::milliseconds{} : action.piece_pause)});
            }
            const std::size_t take =
                std::min(action.piece_bytes - out.back().bytes.size(), piece.bytes.size() - at);
            out.back().bytes.append(piece.bytes, at, take);
            at += take;
        }
    }
    return out;
}

}  // namespace

Writes plan_writes(std::vector<Piece> frames, const Action& action) {
    std::size_t total = 0;
    for (const Piece& piece : frames) total += piece.bytes.size();
    if (action.corrupt_at) damage(frames, offset(*action.corrupt_at, total, action));
    if (action.truncate_at) truncate(frames, offset(*action.truncate_at, total, action));
    switch (action.delivery) {
        case Delivery::coalesced: return coalesced(std::move(frames));
        case Delivery::frames: return frames;
        case Delivery::pieces: return recut(frames, action);
    }
    return frames;
}

}  // namespace kg::demo

#include "core/files/pdf_text.hpp"

#include <algorithm>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"

namespace kg::files {
namespace {

constexpr std::size_t kPieceChars = 64u << 10;  // of base64, a multiple of four

/// The file in pieces, so that no turn of the loop decodes all of it.
loop::Program::Input pieces_of(SharedText base64) {
    return [base64 = std::move(base64), at = std::size_t{0}]() mutable -> std::string {
        const auto piece = base64.view().substr(std::min(at, base64.size()), kPieceChars);
        at += piece.size();
        return base64_decode(piece).value_or(std::string());
    };
}

}  // namespace

std::string mark_pages(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 64);
    for (std::size_t page = 1; !text.empty(); ++page) {
        const auto end = std::min(text.find('\f'), text.size());
        auto body = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!body.empty() && ascii::is_space(body.back())) body.remove_suffix(1);
        while (body.starts_with('\n') || body.starts_with('\r')) body.remove_prefix(1);
        if (body.empty()) continue;
        if (!out.empty()) out += "\n\n";
        out.append("[Page ").append(std::to_string(page)).append("]\n").append(body);
    }
    return out;
}

PdfText::PdfText(loop::Loop& loop, const Options& options, SharedText base64, Done done)
    : options_(options), done_(std::move(done)) {
    loop::ProgramLimits limits;
    limits.time_max = options.pdf_time_max;
    limits.cpu_max = std::chrono::ceil<std::chrono::seconds>(options.pdf_time_max);
    limits.memory_max_bytes = options.pdf_memory_max_bytes;
    limits.output_max_bytes = options.text_max_bytes;
    // One page more than allowed tells whether there are more.
    std::vector<std::string> arguments{options.pdf_program,
                                       "-q",
                                       "-enc",
                                       "UTF-8",
                                       "-l",
                                       std::to_string(options.pdf_pages_max + 1),
                                       "-",
                                       "-"};
    program_ =
        std::make_unique<loop::Program>(loop, std::move(arguments), pieces_of(std::move(base64)), limits,
                                        [this](loop::ProgramResult result) { ended(std::move(result)); });
}

void PdfText::ended(loop::ProgramResult result) {
    using Ending = loop::ProgramResult::Ending;
    Done done = std::move(done_);
    const bool full = result.ending == Ending::output_full;
    if (!full && (result.ending != Ending::exited || result.exit_status != 0)) {
        const bool late = result.ending == Ending::out_of_time;
        const bool missing = result.ending == Ending::not_started;
        return done(Err(std::string(missing ? "PDF files cannot be read here"
                                    : late  ? "reading it took too long"
                                            : "its contents cannot be read")));
    }
    std::string_view text = ascii::utf8_prefix(result.output, options_.text_max_bytes);
    bool cut = full;
    std::size_t at = 0;
    for (unsigned pages = 0; at < text.size(); ++pages) {
        if (pages == options_.pdf_pages_max) {
            text = text.substr(0, at);
            cut = true;
            break;
        }
        at = std::min(text.find('\f', at), text.size() - 1) + 1;
    }
    PdfAnswer answer{mark_pages(text), cut};
    if (answer.text.empty()) return done(Err(std::string("it holds no text, perhaps scanned pages")));
    if (!ascii::is_utf8(answer.text)) return done(Err(std::string("its contents cannot be read")));
    done(std::move(answer));
}

}  // namespace kg::files

#include "core/files/preparation.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/ascii.hpp"
#include "core/base/base64.hpp"
#include "core/chat/request_rules.hpp"

namespace kg::files {
namespace {

constexpr std::string_view kPdf = "application/pdf";
using Kind = chat::Attachment::Kind;

bool looks_like_text(std::string_view bytes) {
    return ascii::is_utf8(bytes) && bytes.find('\0') == std::string_view::npos;
}

}  // namespace

Preparation::Preparation(Workshop& workshop, chat::Request& request, const Options& options, Done done)
    : workshop_(workshop),
      request_(request),
      options_(options),
      done_(std::move(done)),
      step_(workshop.loop, [this] { next(); }) {
    step_.schedule();
}

Preparation::~Preparation() {
    reader_.reset();
    give_back_reader();
    if (queued_) std::erase(workshop_.waiting, this);
}

void Preparation::next() {
    if (at_ == request_.attachments.size()) return finish({});
    if (current().kind != Kind::pdf) return fetch();
    if (is_old())
        return leave_note(kPdf, "only the last " + std::to_string(chat::kAttachmentsMax) +
                                    " PDF files of a request are read");
    pdf_ = current().source;
    read_pdf();
}

/// Whether enough PDF files follow to be read.
bool Preparation::is_old() const {
    const auto rest = std::span(request_.attachments).subspan(at_ + 1);
    return static_cast<std::size_t>(std::ranges::count(rest, Kind::pdf, &chat::Attachment::kind)) >=
           chat::kAttachmentsMax;
}

void Preparation::fetch() {
    if (!options_.fetch)
        return refuse(
            ErrorKind::unsupported,
            current().kind == Kind::image_url
                ? "images are not fetched from the web; send the picture as base64 data"
                : "documents are not fetched from the web; send the contents as base64 data or text");
    if (const auto fault = address_fault(current().source); !fault.empty())
        return refuse(ErrorKind::malformed_request, fault);
    const auto bytes_max = kLargestFilesMax * options_.fetch_max_bytes;
    if (fetched_bytes_ >= bytes_max)
        return refuse(ErrorKind::unsupported, "the files of the request are larger than " +
                                                  std::to_string(bytes_max) + " bytes together");
    remote_ =
        std::make_unique<RemoteFile>(workshop_.fetcher, workshop_.clock, current().source.str(),
                                     RemoteFile::Limits{options_.fetch_max_bytes, options_.fetch_time_max},
                                     [this](RemoteFile::Answer answer) { fetched(std::move(answer)); });
}

void Preparation::fetched(RemoteFile::Answer answer) {
    if (!answer)
        return refuse(ErrorKind::malformed_request, "the file could not be fetched: " + answer.error());
    const std::string& bytes = *answer;
    fetched_bytes_ += bytes.size();
    const auto format = chat::picture_format(bytes);
    if (!format.empty()) return settle(chat::Image{std::string(format), base64_encode(bytes)});
    if (current().kind == Kind::image_url)
        return refuse(ErrorKind::malformed_request,
                      "could not process image: there is no PNG, JPEG, GIF or WebP picture at this address");
    if (bytes.starts_with("%PDF-")) {
        pdf_ = base64_encode(bytes);
        return read_pdf();
    }
    if (!looks_like_text(bytes))
        return refuse(ErrorKind::unsupported, "only PDF files, pictures and text are read from an address");
    const auto text = ascii::utf8_prefix(bytes, options_.text_max_bytes);
    settle_text(std::string(text), text.size() < bytes.size());
}

void Preparation::read_pdf() {
    if (options_.pdf_program.empty()) return leave_note(kPdf, "its contents cannot be read");
    if (pdf_.size() / 4 * 3 > options_.pdf_max_bytes)
        return refuse(ErrorKind::unsupported,
                      "the document is larger than " + std::to_string(options_.pdf_max_bytes) + " bytes");
    if (workshop_.readers >= kReadersMax) {
        queued_ = true;
        workshop_.waiting.push_back(this);
        return;
    }
    your_turn();
}

void Preparation::your_turn() {
    queued_ = false;
    reading_ = true;
    ++workshop_.readers;
    reader_ = std::make_unique<PdfText>(workshop_.loop, options_, pdf_,
                                        [this](PdfText::Answer answer) { pdf_read(std::move(answer)); });
}

void Preparation::give_back_reader() {
    if (!std::exchange(reading_, false)) return;
    --workshop_.readers;
    if (workshop_.waiting.empty()) return;
    auto* const following = workshop_.waiting.front();
    workshop_.waiting.pop_front();
    following->your_turn();
}

void Preparation::pdf_read(PdfText::Answer answer) {
    give_back_reader();
    if (!answer) return leave_note(kPdf, answer.error());
    settle_text(std::move(answer->text), answer->cut);
}

void Preparation::settle_text(std::string text, bool cut) {
    text.insert(0, current().head);
    if (cut) {
        text += "\n\n[The rest of the document was left out.]";
        chat::warn(request_, "a document was longer than what is read of one; its end was left out");
    }
    settle(chat::Text{std::move(text)});
}

void Preparation::leave_note(std::string_view media_type, const std::string& why) {
    chat::warn(request_, "a document was replaced by a note because " + why);
    settle(chat::Text{chat::unread_note(current().name, media_type, why)});
}

void Preparation::settle(std::variant<chat::Text, chat::Image> contents) {
    chat::settle_attachment(request_, current(), std::move(contents));
    ++at_;
    pdf_ = {};
    // From the loop: what is at work now ends first.
    step_.schedule();
}

void Preparation::refuse(ErrorKind kind, std::string_view sentence) {
    finish(Err(chat::attachment_error(current(), kind, sentence)));
}

void Preparation::finish(Result<void> result) {
    Done done = std::move(done_);
    done(std::move(result));  // may destroy this
}

}  // namespace kg::files

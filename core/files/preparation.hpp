#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "core/base/clock.hpp"
#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/chat/attachment.hpp"
#include "core/chat/request.hpp"
#include "core/fetch/fetcher.hpp"
#include "core/files/options.hpp"
#include "core/files/pdf_text.hpp"
#include "core/files/remote_file.hpp"
#include "core/loop/loop.hpp"

namespace kg::files {

class Preparation;

/// What the preparations of one loop share. Owns nothing but the order of those who wait.
struct Workshop {
    loop::Loop& loop;
    fetch::Fetcher& fetcher;  // reaches public addresses only
    const Clock& clock;
    std::size_t readers = 0;             // PDF files being read
    std::deque<Preparation*> waiting{};  // for one of them to end; as many as requests at most
};
inline constexpr std::size_t kReadersMax = 2;  // processes at once, for each loop
/// Files of the largest size that are fetched for one request; more bytes than theirs are refused.
inline constexpr std::size_t kLargestFilesMax = 4;

/// Gets the contents of a request's attachments and puts them into its messages, one after the other:
/// pictures and documents by address are fetched (where that is allowed), PDF files become text.
/// What cannot be had of an address is refused; a PDF file that cannot be read leaves a note and a warning,
/// as do those before the last chat::kAttachmentsMax of them. Lives on the workshop's loop. Destroying
/// cancels; otherwise `done` runs exactly once, never before the constructor has returned, and may destroy
/// the object. `request` must stay where it is until then.
class Preparation {
  public:
    using Done = UniqueFunction<void(Result<void>)>;
    Preparation(Workshop& workshop, chat::Request& request, const Options& options, Done done);
    Preparation(const Preparation&) = delete;
    Preparation& operator=(const Preparation&) = delete;
    ~Preparation();

    /// A reader is free. For the workshop.
    void your_turn();

  private:
    void next();
    void fetch();
    void fetched(RemoteFile::Answer answer);
    void read_pdf();
    void pdf_read(PdfText::Answer answer);
    void settle_text(std::string text, bool cut);
    void settle(std::variant<chat::Text, chat::Image> contents);
    void leave_note(std::string_view media_type, const std::string& why);
    void refuse(ErrorKind kind, std::string_view sentence);
    void give_back_reader();
    void finish(Result<void> result);
    bool is_old() const;
    const chat::Attachment& current() const { return request_.attachments[at_]; }

    Workshop& workshop_;
    chat::Request& request_;
    const Options options_;
    Done done_;
    std::size_t at_ = 0;
    std::size_t fetched_bytes_ = 0;
    SharedText pdf_;  // base64 of the file in hand
    bool reading_ = false, queued_ = false;
    loop::Deferred step_;
    std::unique_ptr<RemoteFile> remote_;
    std::unique_ptr<PdfText> reader_;
};

}  // namespace kg::files

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/unique_function.hpp"
#include "core/files/options.hpp"
#include "core/json/shared_text.hpp"
#include "core/loop/program.hpp"

namespace kg::files {

/// The text of a document's pages, each after its mark "[Page 3]"; form feeds divide the pages.
std::string mark_pages(std::string_view text);

struct PdfAnswer {
    std::string text;
    bool cut = false;  // there is more than the limits allow
};

/// Reads the text of a PDF file with poppler's pdftotext, in a process of its own: such files come from
/// anywhere and their readers have had many holes. The process gets the file through a pipe, a bounded
/// time, memory and output, and no files to write.
/// Destroying cancels; otherwise `done` runs exactly once, on the loop, with the text or why there is none
/// ("it cannot be read"), and may destroy the object.
class PdfText {
  public:
    using Answer = Result<PdfAnswer, std::string>;
    using Done = UniqueFunction<void(Answer)>;
    /// `base64`: the file, valid base64.
    PdfText(loop::Loop& loop, const Options& options, SharedText base64, Done done);

  private:
    void ended(loop::ProgramResult result);

    const Options& options_;
    Done done_;
    std::unique_ptr<loop::Program> program_;
};

}  // namespace kg::files

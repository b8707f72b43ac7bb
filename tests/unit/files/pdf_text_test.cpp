#include "core/files/pdf_text.hpp"

#include <csignal>
#include <cstdlib>
#include <optional>

#include "core/base/base64.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/small_pdf.hpp"

using namespace kg;

namespace {

files::PdfText::Answer read(const std::string& bytes, const files::Options& options = {}) {
    std::signal(SIGPIPE, SIG_IGN);
    loop::Loop loop;
    std::optional<files::PdfText::Answer> got;
    files::PdfText reader(loop, options, base64_encode(bytes),
                          [&](files::PdfText::Answer answer) { got = std::move(answer); });
    while (!got) loop.run_once();
    return std::move(*got);
}

bool has_pdftotext() {
    return std::system("command -v pdftotext >/dev/null 2>&1") == 0;
}

}  // namespace

TEST_CASE("pages are marked, empty ones keep their number") {
    CHECK(files::mark_pages("one\n\f\n\f  three \n\f") == "[Page 1]\none\n\n[Page 3]\n  three");
    CHECK(files::mark_pages(" \n\f \f").empty());
    CHECK(files::mark_pages("").empty());
}

TEST_CASE("a PDF file becomes text, page by page") {
    if (!has_pdftotext()) {
        WARN("pdftotext is not installed");
        return;
    }
    const auto answer = read(test::small_pdf({"Hello first page", "And the second"}));
    REQUIRE(answer);
    CHECK(answer->text == "[Page 1]\nHello first page\n\n[Page 2]\nAnd the second");
    CHECK_FALSE(answer->cut);
}

TEST_CASE("more pages or more text than allowed are left out") {
    if (!has_pdftotext()) {
        WARN("pdftotext is not installed");
        return;
    }
    const auto pdf = test::small_pdf({"one", "two", "three"});
    files::Options options;
    options.pdf_pages_max = 2;
    auto answer = read(pdf, options);
    REQUIRE(answer);
    CHECK(answer->cut);
    CHECK(answer->text == "[Page 1]\none\n\n[Page 2]\ntwo");
    options.pdf_pages_max = 3;
    answer = read(pdf, options);
    REQUIRE(answer);
    CHECK_FALSE(answer->cut);
    options.text_max_bytes = 5;
    answer = read(pdf, options);
    REQUIRE(answer);
    CHECK(answer->cut);
}

TEST_CASE("what is no readable PDF file is told in a sentence") {
    if (!has_pdftotext()) {
        WARN("pdftotext is not installed");
        return;
    }
    for (const std::string& bytes : {std::string("%PDF-1.4\nbroken"), std::string("nothing of it"),
                                     std::string(), test::small_pdf({""}), std::string(300'000, 'x')}) {
        const auto answer = read(bytes);
        REQUIRE_FALSE(answer);
        CHECK_FALSE(answer.error().empty());
    }
}

TEST_CASE("without the program, or when it takes too long, there is a sentence too") {
    files::Options options;
    options.pdf_program = "kirogate-no-such-program";
    auto answer = read("%PDF-1.4", options);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().find("cannot be read here") != std::string::npos);
}

#include "core/files/preparation.hpp"

#include <optional>

#include "core/base/base64.hpp"
#include "core/chat/inline_file.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/manual_clock.hpp"
#include "tests/support/scripted_fetcher.hpp"

using namespace kg;

namespace {

const std::string kPng = "\x89PNG\r\n\x1a\n-rest-of-it";

struct Bench {
    /// A request whose one part is what `decode` makes of the first member of `body`.
    explicit Bench(const std::string& json) {
        document = *json::Document::parse(json);
        request.source = document;
        request.messages.push_back({chat::Role::user, {}});
        options.fetch = true;
    }
    void image(std::string_view key) {
        const auto node = document.root()[key];
        auto piece = chat::read_image(node.text(), node, request);
        REQUIRE(piece);
        std::visit([&](auto& value) { request.messages[0].parts.emplace_back(std::move(value)); }, *piece);
    }
    void document_url(std::string_view key) {
        const auto node = document.root()[key];
        auto mark = chat::read_document_url(node.text(), "d", "Document: d\n", node, request);
        REQUIRE(mark);
        request.messages[0].parts.emplace_back(std::move(*mark));
    }
    void start() {
        preparation = std::make_unique<files::Preparation>(
            workshop, request, options, [this](Result<void> r) { result.emplace(std::move(r)); });
        turn();
    }
    void turn() {
        for (int i = 0; i < 4; ++i) loop.run_once(false);
    }
    template <class T>
    const T& part(std::size_t index) {
        return std::get<T>(request.messages.at(0).parts.at(index));
    }

    loop::Loop loop;
    test::ScriptedFetcher fetcher;
    test::ManualClock clock;
    files::Workshop workshop{loop, fetcher, clock};
    json::Document document;
    chat::Request request;
    files::Options options;
    std::optional<Result<void>> result;
    std::unique_ptr<files::Preparation> preparation;
};

}  // namespace

TEST_CASE("D5: a picture by address is fetched, and known by its bytes") {
    Bench bench(R"({"a":"https://example.com/cat","b":"https://example.com/dog"})");
    bench.image("a");
    bench.image("b");
    bench.start();
    REQUIRE(bench.fetcher.count() == 1);
    CHECK(bench.fetcher.last().request.url == "https://example.com/cat");
    CHECK(bench.fetcher.last().request.proxy.empty());
    bench.fetcher.last().answer(200, kPng, {{"content-type", "text/html"}});
    bench.turn();
    REQUIRE(bench.fetcher.count() == 2);
    bench.fetcher.last().answer(200, "GIF89a...");
    bench.turn();
    REQUIRE(bench.result);
    CHECK(*bench.result);
    CHECK(bench.part<chat::Image>(0).format == "png");
    CHECK(base64_decode(bench.part<chat::Image>(0).base64.view()) == kPng);
    CHECK(bench.part<chat::Image>(1).format == "gif");
}

TEST_CASE("D5: pictures by address are refused, with their path, unless that is switched on") {
    Bench bench(R"({"a":"https://example.com/cat"})");
    bench.image("a");
    bench.options.fetch = false;
    bench.start();
    REQUIRE(bench.result);
    REQUIRE_FALSE(*bench.result);
    CHECK(bench.result->error().kind == ErrorKind::unsupported);
    CHECK(bench.result->error().param == "a");
    CHECK(bench.fetcher.count() == 0);
}

TEST_CASE("an address that is none of the usual kind is not asked") {
    for (const char* url :
         {"https://user:pw@example.com/", "http://example.com:22/", "http://example.com:6379/x", "http:///x",
          "https://exa mple.com/", "http://example.com\\\\@evil/"}) {
        INFO(url);
        Bench bench(std::string(R"({"a":")") + url + "\"}");
        bench.image("a");
        bench.start();
        REQUIRE(bench.result);
        REQUIRE_FALSE(*bench.result);
        CHECK(bench.result->error().kind == ErrorKind::malformed_request);
        CHECK(bench.fetcher.count() == 0);
    }
}

TEST_CASE("redirects are judged anew, are few, and keep to https") {
    Bench bench(R"({"a":"https://example.com/x/y?z"})");
    bench.image("a");
    bench.start();
    bench.fetcher.last().answer(302, "", {{"location", "../other"}});
    CHECK(bench.fetcher.last().request.url == "https://example.com/x/../other");
    bench.fetcher.last().answer(301, "", {{"location", "//cdn.example.com/1"}});
    CHECK(bench.fetcher.last().request.url == "https://cdn.example.com/1");
    bench.fetcher.last().answer(307, "", {{"location", "http://cdn.example.com/1"}});
    bench.turn();
    REQUIRE(bench.result);
    CHECK_FALSE(*bench.result);
    CHECK(bench.fetcher.count() == 3);
    for (const char* target : {"file:///etc/passwd", "gopher://127.0.0.1/", "https://u@example.com/",
                               "https://example.com:25/", "https://[::1"}) {
        INFO(target);
        Bench other(R"({"a":"https://example.com/"})");
        other.image("a");
        other.start();
        other.fetcher.last().answer(302, "", {{"location", target}});
        other.turn();
        REQUIRE(other.result);
        CHECK_FALSE(*other.result);
        CHECK(other.fetcher.count() == 1);
    }
    Bench circle(R"({"a":"https://example.com/"})");
    circle.image("a");
    circle.start();
    for (int i = 0; i < 10 && !circle.result; ++i) circle.fetcher.last().answer(302, "", {{"location", "/"}});
    REQUIRE(circle.result);
    CHECK(circle.fetcher.count() == 5);
}

TEST_CASE("what is too large, missing, late or no picture is refused in a sentence") {
    const auto sentence = [](auto play) {
        Bench bench(R"({"a":"https://example.com/cat"})");
        bench.options.fetch_max_bytes = 100;
        bench.image("a");
        bench.start();
        play(bench.fetcher.last());
        bench.turn();
        REQUIRE(bench.result);
        REQUIRE_FALSE(*bench.result);
        CHECK(bench.result->error().param == "a");
        CHECK(bench.fetcher.active() == 0);
        return bench.result->error().message;
    };
    using Call = test::ScriptedFetcher::Call;
    CHECK(sentence([](Call& c) {
              c.head(200, {{"content-length", "101"}});
          }).find("larger") != std::string::npos);
    CHECK(sentence([](Call& c) { c.answer(200, std::string(101, 'x')); }).find("larger") !=
          std::string::npos);
    CHECK(sentence([](Call& c) { c.answer(404, "no"); }).find("404") != std::string::npos);
    CHECK(sentence([](Call& c) { c.answer(200, "<svg/>"); }).find("could not process image") !=
          std::string::npos);
    CHECK(sentence([](Call& c) { c.fail(fetch::FailureKind::total_timeout); }).find("too long") !=
          std::string::npos);
    // The same for names that are unknown and for machines that may not be asked.
    const auto unknown = sentence([](Call& c) { c.fail(fetch::FailureKind::dns); });
    CHECK(unknown == sentence([](Call& c) { c.fail(fetch::FailureKind::connect); }));
}

TEST_CASE("of an answer that is no file nothing but its head is read") {
    Bench bench(R"({"a":"https://example.com/cat"})");
    bench.image("a");
    bench.start();
    auto& redirect = bench.fetcher.last();
    redirect.head(302, {{"location", "/dog"}});
    CHECK_FALSE(redirect.alive());
    REQUIRE(bench.fetcher.count() == 2);
    bench.fetcher.last().head(503);
    REQUIRE(bench.result);
    CHECK_FALSE(*bench.result);
    CHECK(bench.fetcher.active() == 0);
}

TEST_CASE("what is fetched for one request is bounded as a whole") {
    Bench bench(R"({"a":"https://example.com/cat"})");
    bench.options.fetch_max_bytes = kPng.size();
    for (std::size_t i = 0; i <= files::kLargestFilesMax; ++i) bench.image("a");
    bench.start();
    for (std::size_t i = 0; i < files::kLargestFilesMax; ++i) {
        REQUIRE_FALSE(bench.result);
        bench.fetcher.last().answer(200, kPng);
        bench.turn();
    }
    REQUIRE(bench.result);
    REQUIRE_FALSE(*bench.result);
    CHECK(bench.result->error().kind == ErrorKind::unsupported);
    CHECK(bench.result->error().message.find("together") != std::string::npos);
    CHECK(bench.fetcher.count() == files::kLargestFilesMax);
}

TEST_CASE("a document by address is text, or refused") {
    Bench bench(R"({"a":"https://example.com/notes.txt"})");
    bench.document_url("a");
    bench.start();
    bench.fetcher.last().answer(200, "plain words");
    bench.turn();
    REQUIRE(bench.result);
    CHECK(*bench.result);
    CHECK(bench.part<chat::Text>(0).text == "Document: d\nplain words");
    Bench longer(R"({"a":"https://example.com/notes.txt"})");
    longer.options.text_max_bytes = 5;
    longer.document_url("a");
    longer.start();
    longer.fetcher.last().answer(200, "plain words");
    longer.turn();
    REQUIRE(longer.result);
    CHECK(longer.part<chat::Text>(0).text ==
          "Document: d\nplain\n\n[The rest of the document was left out.]");
    CHECK(longer.request.warnings.size() == 1);
    Bench binary(R"({"a":"https://example.com/x"})");
    binary.document_url("a");
    binary.start();
    binary.fetcher.last().answer(200, std::string("\0\1\2", 3));
    binary.turn();
    REQUIRE(binary.result);
    CHECK_FALSE(*binary.result);
}

TEST_CASE("a PDF file that cannot be read leaves a note, one that is too large is refused") {
    Bench bench("{}");
    bench.options.pdf_program.clear();
    chat::Attachment pdf;
    pdf.source = SharedText(base64_encode("%PDF-1.4"));
    pdf.name = "a.pdf";
    auto mark = chat::attach(bench.request, pdf, bench.document.root());
    REQUIRE(mark);
    bench.request.messages[0].parts.emplace_back(*mark);
    bench.start();
    REQUIRE(bench.result);
    CHECK(*bench.result);
    CHECK(bench.part<chat::Text>(0).text.view().find("a.pdf (application/pdf)") != std::string_view::npos);
    CHECK(bench.request.warnings.size() == 1);

    Bench large("{}");
    large.options.pdf_max_bytes = 3;
    auto other = chat::attach(large.request, pdf, large.document.root());
    REQUIRE(other);
    large.start();
    REQUIRE(large.result);
    CHECK_FALSE(*large.result);
}

TEST_CASE("captures 9: of the PDF files that an agent has gathered the last ones are read") {
    Bench bench("{}");
    bench.options.pdf_program.clear();
    chat::Attachment pdf;
    pdf.source = SharedText(base64_encode("%PDF-1.4"));
    for (std::size_t i = 0; i < chat::kAttachmentsMax + 2; ++i) {
        auto mark = chat::attach(bench.request, pdf, bench.document.root());
        REQUIRE(mark);
        bench.request.messages[0].parts.emplace_back(*mark);
    }
    bench.start();
    for (std::size_t i = 0; i < chat::kAttachmentsMax + 2; ++i) bench.turn();
    REQUIRE(bench.result);
    CHECK(*bench.result);
    for (std::size_t i = 0; i < chat::kAttachmentsMax + 2; ++i) {
        const bool old =
            bench.part<chat::Text>(i).text.view().find("only the last 20") != std::string_view::npos;
        CHECK(old == (i < 2));
    }
}

TEST_CASE("who leaves cancels what is under way") {
    Bench bench(R"({"a":"https://example.com/cat"})");
    bench.image("a");
    bench.start();
    CHECK(bench.fetcher.active() == 1);
    bench.preparation.reset();
    CHECK(bench.fetcher.active() == 0);
    CHECK_FALSE(bench.result);
}

TEST_CASE("a request has a bounded number of attachments") {
    Bench bench(R"({"a":"https://example.com/cat"})");
    for (std::size_t i = 0; i < chat::kAttachmentsMax; ++i) bench.image("a");
    const auto node = bench.document.root()["a"];
    CHECK_FALSE(chat::read_image(node.text(), node, bench.request));
}

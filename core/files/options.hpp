#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace kg::files {

/// What may be read and fetched for a request.
struct Options {
    std::string pdf_program = "pdftotext";  // of poppler; "" = PDF files are not read
    std::size_t pdf_max_bytes = 32u << 20;
    unsigned pdf_pages_max = 300;
    std::chrono::milliseconds pdf_time_max{15'000};
    std::uint64_t pdf_memory_max_bytes = 1u << 30;  // of its address space
    std::size_t text_max_bytes = 4u << 20;          // of one document
    bool fetch = false;                             // pictures and documents given by address
    std::size_t fetch_max_bytes = 10u << 20;
    std::chrono::milliseconds fetch_time_max{15'000};  // all redirects included
};

}  // namespace kg::files

#pragma once

#include <string>
#include <vector>

namespace kg::test {

/// A PDF file with a page for each text, in Helvetica.
inline std::string small_pdf(const std::vector<std::string>& pages) {
    std::vector<std::string> objects;
    std::string kids;
    const auto page_at = [](std::size_t i) { return std::to_string(4 + 2 * i); };
    for (std::size_t i = 0; i < pages.size(); ++i) kids += page_at(i) + " 0 R ";
    objects.push_back("<</Type/Catalog/Pages 2 0 R>>");
    objects.push_back("<</Type/Pages/Kids[" + kids + "]/Count " + std::to_string(pages.size()) + ">>");
    objects.push_back("<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>");
    for (std::size_t i = 0; i < pages.size(); ++i) {
        objects.push_back(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<</Font<</F1 3 0 R>>>>/Contents " +
            std::to_string(5 + 2 * i) + " 0 R>>");
        const std::string text = "BT /F1 12 Tf 20 200 Td (" + pages[i] + ") Tj ET";
        objects.push_back("<</Length " + std::to_string(text.size()) + ">>stream\n" + text + "\nendstream");
    }
    std::string out = "%PDF-1.4\n", table;
    for (std::size_t i = 0; i < objects.size(); ++i) {
        const auto at = std::to_string(out.size());
        table += std::string(10 - at.size(), '0') + at + " 00000 n \n";
        out += std::to_string(i + 1) + " 0 obj" + objects[i] + "endobj\n";
    }
    const auto start = out.size();
    const auto count = std::to_string(objects.size() + 1);
    out += "xref\n0 " + count + "\n0000000000 65535 f \n" + table + "trailer<</Root 1 0 R/Size " + count +
           ">>\nstartxref\n" + std::to_string(start) + "\n%%EOF\n";
    return out;
}

}  // namespace kg::test

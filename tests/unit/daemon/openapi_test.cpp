#include "daemon/admin/openapi.hpp"

#include <set>

#include "core/json/document.hpp"
#include "daemon/admin/operation.hpp"
#include "tests/unit/api/rig.hpp"

using namespace kg;

namespace {

std::string lower(std::string_view method) {
    std::string out;
    for (const char c : method) out += static_cast<char>(c | 0x20);
    return out;
}

}  // namespace

TEST_CASE("I7: the OpenAPI document has every route of the public and the admin API, and no other") {
    for (const auto part : admin::openapi_parts()) REQUIRE(json::Document::parse(std::string(part)));
    auto document = json::Document::parse(admin::openapi_document());
    REQUIRE(document);
    std::set<std::string> documented;
    std::set<std::string_view> ids;
    for (const auto path : document->root()["paths"].children()) {
        for (const auto operation : path.children()) {
            documented.insert(std::string(operation.key()) + " " + std::string(path.key()));
            CHECK(ids.insert(operation["operationId"].text()).second);
            CHECK_FALSE(operation["summary"].text().empty());
            const bool has_id = path.key().find("{id}") != std::string_view::npos;
            bool names_id = false;
            for (const auto p : operation["parameters"].children())
                names_id = names_id || p["name"].text() == "id";
            CHECK(has_id == names_id);
        }
    }
    std::set<std::string> served;
    for (const auto& operation : admin::operations())
        served.insert(lower(http::method_name(operation.method)) + " " + std::string(operation.path));
    test::ApiRig rig;
    std::set<std::string> paths;
    for (const auto& route : rig.routes) paths.insert(route.path);
    for (const auto& route : rig.routes) {
        // Base URLs are configured with and without /v1; wrong paths below /responses are no operation.
        if (!route.path.starts_with("/v1") && paths.contains("/v1" + route.path)) continue;
        if (route.method == http::Method::post && route.path == "/v1/responses/*") continue;
        auto path = route.path;
        if (path.ends_with("/*")) path.replace(path.size() - 1, 1, "{id}");
        served.insert(lower(http::method_name(route.method)) + " " + path);
    }
    CHECK(documented == served);
}

TEST_CASE("I7: what the document refers to is there, and admin operations say who may call them") {
    auto document = json::Document::parse(admin::openapi_document());
    REQUIRE(document);
    const std::string& text = document->source();
    const auto schemas = document->root()["components"]["schemas"];
    const std::string_view prefix = "\"#/components/schemas/";
    for (std::size_t at = 0; (at = text.find(prefix, at)) != text.npos;) {
        at += prefix.size();
        CHECK(schemas[text.substr(at, text.find('"', at) - at)].is_object());
    }
    for (const auto& operation : admin::operations()) {
        INFO(operation.path);
        const auto found =
            document->root()["paths"][operation.path][lower(http::method_name(operation.method))];
        const auto security = found["security"];
        bool open = security.size() == 0;
        for (const auto way : security.children()) open = open || way.size() == 0;
        CHECK((open || operation.right != admin::Right::open));
        if (operation.path != "/metrics") CHECK((!open || operation.right == admin::Right::open));
    }
}

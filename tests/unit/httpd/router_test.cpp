#include "daemon/http/router.hpp"

#include "tests/support/catch.hpp"

using namespace kg;
using namespace kg::httpd;
using http::Method;

namespace {

Router sample() {
    return Router({
        {Method::get, "/", {}, true},
        {Method::get, "/v1/models", {}, true},
        {Method::get, "/v1/models/*", {}, true},
        {Method::post, "/v1/models/special", {}, true},
        {Method::get, "/v1/models/deep/*", {}, true},
        {Method::get, "/admin/*", {}, false},
        {Method::post, "/admin/*", {}, false},
        {Method::get, "/login", {}, false},
    });
}

}  // namespace

TEST_CASE("an exact path wins over a wildcard, a longer wildcard over a shorter") {
    const Router router = sample();
    const auto path = [&](Method method, std::string_view text) {
        const auto match = router.find(method, text);
        return match.route ? match.route->path + " " + std::string(match.parameter) : "none " + match.allow;
    };
    CHECK(path(Method::get, "/") == "/ ");
    CHECK(path(Method::get, "/v1/models") == "/v1/models ");
    CHECK(path(Method::head, "/v1/models") == "/v1/models ");
    CHECK(path(Method::get, "/v1/models/a/b") == "/v1/models/* a/b");
    CHECK(path(Method::get, "/v1/models/deep/b") == "/v1/models/deep/* b");
    CHECK(path(Method::post, "/v1/models/special") == "/v1/models/special ");
    CHECK(path(Method::get, "/v1/models/special") == "/v1/models/* special");
    CHECK(path(Method::delete_, "/v1/models/special") == "none GET, HEAD, POST");
    CHECK(path(Method::other, "/admin/x") == "none GET, HEAD, POST");
    CHECK(path(Method::get, "/admin") == "none ");
    CHECK(path(Method::get, "/admin/") == "none ");
    CHECK(path(Method::get, "/v1/model") == "none ");
    CHECK(path(Method::get, "/v1/models/*") == "/v1/models/* *");
    CHECK(path(Method::get, "") == "none ");
}

TEST_CASE("an unknown path has CORS unless it is a sibling of one that has not") {
    const Router router = sample();
    CHECK(router.path_has_cors("/v1/models/x"));
    CHECK(router.path_has_cors("/v1/unknown"));
    CHECK(router.path_has_cors("/anything"));
    CHECK(router.path_has_cors("*"));
    CHECK_FALSE(router.path_has_cors("/admin/x"));
    CHECK_FALSE(router.path_has_cors("/admin"));
    CHECK_FALSE(router.path_has_cors("/login"));
    CHECK_FALSE(router.path_has_cors("/login/x"));
}

TEST_CASE("a catch-all route takes what is left") {
    const Router router({{Method::get, "/*", {}, false}, {Method::get, "/a", {}, true}});
    CHECK(router.find(Method::get, "/").route->path == "/*");
    CHECK(router.find(Method::get, "/x/y").parameter == "x/y");
    CHECK(router.find(Method::get, "/a").route->path == "/a");
}

#include <sys/stat.h>

#include "core/config/checks.hpp"
#include "tests/unit/config/support.hpp"

using namespace kg;
using namespace kg::config;
using namespace kg::config::test;

namespace {

constexpr const char* kKey = "a-long-enough-proxy-key";

}  // namespace

TEST_CASE("B6: there is no default secret, and well-known ones are refused without being repeated") {
    Setup setup;
    const auto loaded = setup.good();
    CHECK(loaded.config.auth.proxy_key.empty());
    CHECK(loaded.config.auth.admin_password.empty());
    CHECK(loaded.config.storage.seal_key.empty());
    for (const char* name : {"PROXY_API_KEY", "ADMIN_PASSWORD", "KIROGATE_AUTH_PROXY_KEY"}) {
        for (const char* text : {"changeme_proxy_secret", "admin", "changeme", "password", "Admin"}) {
            Setup bad;
            bad.variables[name] = text;
            const auto message = bad.refusal();
            CHECK(message.rfind("environment: " + std::string(name) +
                                    ": the value is a well-known default that anybody would try first; make "
                                    "one with: openssl rand -hex 24; allowed: ",
                                0) == 0);
            if (std::string(text) == "changeme_proxy_secret") CHECK(message.find(text) == std::string::npos);
        }
    }
}

TEST_CASE("B19: a proxy key with a colon is refused and the reason given") {
    Setup setup;
    setup.variables["PROXY_API_KEY"] = "sesame-open:sesame-open";
    const auto message = setup.refusal();
    CHECK(message.find("environment: PROXY_API_KEY: the value holds a colon, which would break the form "
                       "KEY:REFRESH_TOKEN") == 0);
    CHECK(message.find("sesame") == std::string::npos);
}

TEST_CASE("no message repeats a secret") {
    for (const char* text : {"sesame sesame sesame", "sesame\nsesame-sesame", "s\xc3\xa9same"}) {
        Setup setup;
        setup.variables["PROXY_API_KEY"] = text;
        CHECK(setup.refusal().find("same-") == std::string::npos);
        CHECK(setup.refusal().find("sesame") == std::string::npos);
    }
    // Forgotten and unfinished quotation marks: the parser's own words must not repeat the value.
    for (const char* value : {"sesame-sesame", "7sesame-sesame", "\"sesame-sesame", "'sesame-sesame\n'",
                              "\"sesame\" sesame", "\"sesame\\q\"", "true-sesame"}) {
        INFO(value);
        Setup setup;
        setup.file("[auth]\nproxy_key = " + std::string(value) + "\n");
        CHECK(setup.refusal().find(": syntax: ") != std::string::npos);
        CHECK(setup.refusal().find("esame") == std::string::npos);
    }
    Setup setup;
    setup.variables["KIROGATE_STORAGE_SEAL_KEY"] = std::string(64, 'g');
    CHECK(setup.refusal().find("gggg") == std::string::npos);
    setup.variables["KIROGATE_STORAGE_SEAL_KEY"] = std::string(64, '7');
    CHECK(setup.refusal().find("repeats a single digit") != std::string::npos);
    setup.variables["KIROGATE_STORAGE_SEAL_KEY"] = "abcdef";
    CHECK(setup.refusal().find("is not 64 digits long") != std::string::npos);
}

TEST_CASE("a short secret is warned of") {
    Setup setup;
    setup.variables = {{"PROXY_API_KEY", "fifteen-letters"}, {"ADMIN_PASSWORD", "sixteen-letters!"}};
    const auto loaded = setup.good();
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(loaded.warnings[0] == "environment: PROXY_API_KEY: shorter than 16 characters, easy to guess");
}

TEST_CASE("a secret and its file in one layer are refused, a later layer replaces either") {
    Setup setup;
    const auto path = setup.dir.write("key", kKey);
    setup.file("[auth]\nproxy_key = \"another-long-proxy-key\"\nproxy_key_file = \"" + path + "\"\n");
    CHECK(setup.refusal() ==
          "DIR/kirogate.toml:3:18: auth.proxy_key_file: given together with "
          "auth.proxy_key; allowed: only one of the two");
    setup.file("[auth]\nproxy_key_file = \"" + path + "\"\n");
    setup.variables["PROXY_API_KEY"] = "another-long-proxy-key";
    CHECK(setup.good().config.auth.proxy_key.reveal() == "another-long-proxy-key");
    setup.variables = {{"KIROGATE_AUTH_PROXY_KEY_FILE", path}, {"KIROGATE_AUTH_PROXY_KEY", kKey}};
    CHECK(setup.refusal().find("KIROGATE_AUTH_PROXY_KEY_FILE: given together with KIROGATE_AUTH_PROXY_KEY") !=
          std::string::npos);
    setup.variables["KIROGATE_AUTH_PROXY_KEY"] = "";
    CHECK(setup.good().config.auth.proxy_key.reveal() == kKey);
}

TEST_CASE("a secret file loses one line end and nothing else") {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"sixteen letters!\n", "sixteen letters!"},
        {"sixteen letters!\r\n", "sixteen letters!"},
        {" sixteen letters ", " sixteen letters "},
    };
    for (const auto& one : cases) {
        Setup setup;
        setup.variables["KIROGATE_AUTH_ADMIN_PASSWORD_FILE"] = setup.dir.write("f", one.first);
        CHECK(setup.good().config.auth.admin_password.reveal() == one.second);
    }
    Setup setup;
    setup.variables["KIROGATE_AUTH_ADMIN_PASSWORD_FILE"] = setup.dir.write("f", "sixteen letters!\n\n");
    CHECK(setup.refusal().find("control character") != std::string::npos);
}

TEST_CASE("a secret file that cannot be trusted is refused and the reason given") {
    Setup setup;
    auto& path = setup.variables["KIROGATE_AUTH_PROXY_KEY_FILE"];
    const std::string head = "environment: KIROGATE_AUTH_PROXY_KEY_FILE: ";
    const std::string allowed = "; allowed: a file that others cannot read, with the secret alone";
    path = setup.dir.path("none");
    CHECK(setup.refusal() == head + "file DIR/none cannot be opened: No such file or directory" + allowed);
    path = setup.dir.write("empty", "\n");
    CHECK(setup.refusal() == head + "file DIR/empty is empty" + allowed);
    path = setup.dir.write("open", kKey, 0644);
    CHECK(setup.refusal() ==
          head + "file DIR/open can be read or written by every user; try: chmod 600 DIR/open" + allowed);
    path = setup.dir.write("big", std::string(70'000, 'x'));
    CHECK(setup.refusal() == head + "file DIR/big is larger than 64KiB" + allowed);
    path = setup.dir.path();
    CHECK(setup.refusal() == head + "file DIR is not a regular file" + allowed);
    path = setup.dir.path("fifo");
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    CHECK(setup.refusal() == head + "file DIR/fifo is not a regular file" + allowed);
    path = "%d/key";
    CHECK(setup.refusal() == head + "%d stands for $CREDENTIALS_DIRECTORY, which is not set" + allowed);
    path = setup.dir.write("bad", "a:colon-in-a-long-key");
    CHECK(setup.refusal().find("holds a colon") != std::string::npos);
}

TEST_CASE("a relative secret file is sought among the credentials, then beside the file") {
    Setup setup;
    setup.dir.write("key", "key-beside-the-file");
    setup.file("[auth]\nproxy_key_file = \"key\"\n");
    CHECK(setup.good().config.auth.proxy_key.reveal() == "key-beside-the-file");
    setup.dir.write("credentials/other", "x");
    setup.variables["CREDENTIALS_DIRECTORY"] = setup.dir.path("credentials");
    CHECK(setup.good().config.auth.proxy_key.reveal() == "key-beside-the-file");
    setup.dir.write("credentials/key", "key-among-credentials", 0400);
    CHECK(setup.good().config.auth.proxy_key.reveal() == "key-among-credentials");
    setup.file("[auth]\nproxy_key_file = \"%d/key\"\n");
    CHECK(setup.good().config.auth.proxy_key.reveal() == "key-among-credentials");
}

TEST_CASE("a world-readable file with a secret inside is warned of") {
    Setup setup;
    const std::string text = "[auth]\nproxy_key = \"a-long-enough-proxy-key\"\n";
    setup.config_flag = setup.dir.write("open.toml", text, 0644);
    const auto loaded = setup.good();
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(setup.hide_dir(loaded.warnings[0]) ==
          "DIR/open.toml: file: holds a secret and can be read by every user; try: chmod 600 "
          "DIR/open.toml");
    setup.config_flag = setup.dir.write("open.toml", text, 0640);
    CHECK(setup.good().warnings.empty());
}

TEST_CASE("show tells no secret") {
    Setup setup;
    setup.variables = {{"PROXY_API_KEY", kKey}, {"KIROGATE_KIRO_PROXY", "http://joe:hunter22@host:3128"}};
    for (const auto& row : show(setup.good())) {
        CHECK(row.value.find(kKey) == std::string::npos);
        CHECK(row.value.find("hunter22") == std::string::npos);
        CHECK_FALSE(row.help.empty());
        CHECK_FALSE(row.allowed.empty());
    }
}

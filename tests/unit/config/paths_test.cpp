#include <unistd.h>

#include "tests/unit/config/support.hpp"

using namespace kg;
using namespace kg::config;
using namespace kg::config::test;

TEST_CASE("the first configuration file in the order of places is read") {
    Setup setup;
    CHECK_FALSE(find_config_file(setup.input()));
    CHECK(setup.good().path.empty());

    const auto system = setup.dir.write("etc/kirogate.toml", "[server]\nworkers = 1\n");
    CHECK(find_config_file(setup.input()) == system);
    setup.variables["HOME"] = setup.dir.path("home");
    CHECK(find_config_file(setup.input()) == system);
    const auto home = setup.dir.write("home/.config/kirogate/kirogate.toml", "[server]\nworkers = 2\n");
    CHECK(find_config_file(setup.input()) == home);
    setup.variables["XDG_CONFIG_HOME"] = "relative/is/ignored";
    CHECK(find_config_file(setup.input()) == home);
    setup.variables["XDG_CONFIG_HOME"] = setup.dir.path("xdg");
    CHECK(find_config_file(setup.input()) == system);
    const auto xdg = setup.dir.write("xdg/kirogate/kirogate.toml", "[server]\nworkers = 3\n");
    CHECK(find_config_file(setup.input()) == xdg);
    const auto named = setup.dir.write("named.toml", "[server]\nworkers = 4\n");
    setup.variables["KIROGATE_CONFIG"] = named;
    CHECK(find_config_file(setup.input()) == named);
    CHECK(setup.good().config.server.workers == 4);
    setup.config_flag = setup.dir.write("flag.toml", "[server]\nworkers = 5\n");
    CHECK(setup.good().config.server.workers == 5);
    CHECK(setup.good().path == setup.dir.path("flag.toml"));
}

TEST_CASE("a file named by --config must be there, one named by the environment is warned of") {
    Setup setup;
    setup.config_flag = setup.dir.path("none.toml");
    CHECK(setup.refusal() == "DIR/none.toml: file: cannot be opened: No such file or directory");
    setup.config_flag = setup.dir.path();
    CHECK(setup.refusal() == "DIR: file: is a directory");
    setup.config_flag = setup.dir.write("big.toml", std::string((1 << 20) + 1, '#'));
    CHECK(setup.refusal() == "DIR/big.toml: file: is larger than 1MiB");
    setup.config_flag.reset();
    setup.variables["KIROGATE_CONFIG"] = setup.dir.path("none.toml");
    const auto loaded = setup.good();
    CHECK(loaded.path.empty());
    REQUIRE(loaded.warnings.size() == 1);
    CHECK(setup.hide_dir(loaded.warnings[0]).find("environment: KIROGATE_CONFIG: ignored, because \"DIR") ==
          0);
}

TEST_CASE("the state directory") {
    Setup setup;
    const auto find = [&](const std::optional<std::string>& flag) {
        return find_state_dir(flag, setup.input().environment);
    };
    CHECK(find(std::nullopt) == "/var/lib/kirogate");
    setup.variables["HOME"] = "/home/joe";
    CHECK(find(std::nullopt) == "/home/joe/.local/state/kirogate");
    setup.variables["XDG_STATE_HOME"] = "/x/state";
    CHECK(find(std::nullopt) == "/x/state/kirogate");
    setup.variables["STATE_DIRECTORY"] = "/var/lib/a:/var/lib/b";
    CHECK(find(std::nullopt) == "/var/lib/a");
    CHECK(find("/flag") == "/flag");
}

TEST_CASE("the environment of the process can be asked and listed") {
    REQUIRE(::setenv("KIROGATE_UNIT_TEST", "a=b", 1) == 0);
    CHECK(process_environment()("KIROGATE_UNIT_TEST") == std::optional<std::string>("a=b"));
    const auto names = process_environment_names();
    CHECK(std::count(names.begin(), names.end(), "KIROGATE_UNIT_TEST") == 1);
    REQUIRE(::unsetenv("KIROGATE_UNIT_TEST") == 0);
    CHECK_FALSE(process_environment()("KIROGATE_UNIT_TEST"));
}

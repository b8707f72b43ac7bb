#include <cstdio>
#include <exception>

#include "cmd/commands.hpp"

int main(int argc, char** argv) {
    try {
        return kg::cmd::run_app(argc, argv);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "kirogate: internal error: %s\n", e.what());
    } catch (...) {
        std::fputs("kirogate: internal error\n", stderr);
    }
    return 1;
}

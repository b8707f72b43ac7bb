#!/usr/bin/env bash
# The whole test suite: installs what it needs, builds with warnings as errors, runs every test.
#   tests/run.sh [PRESET...]      presets of CMakePresets.json, default: dev
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- dev

.ci/install-deps --ci
for preset in "$@"; do
    echo "== $preset: build"
    cmake --preset "$preset" -Wno-dev >/dev/null
    cmake --build --preset "$preset"
    echo "== $preset: test"
    ctest --preset "$preset" -j "$(nproc)"
done

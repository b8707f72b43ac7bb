#!/usr/bin/env bash
# How much kirogate costs, as ratios to nginx on the same machine at the same time.
#
#   tests/bench/run.sh [--quick]
#
# Needs two cores, Node.js, taskset, nginx (Debian: nginx-light). It builds the release preset and
# two helpers, starts everything on loopback with ports of its own, prints one Markdown table on
# standard output (progress on standard error), and ends what it started. The exit status is not 0
# when any answer was wrong. KIROGATE_BIN measures another executable instead of building one.
#
# kirogate (one worker) and nginx (one worker, proxy_buffering off, keep-alive to the upstream) share
# core 0 and take turns; one of them runs at a time. The fake upstream and the load generator share
# core 1. For kirogate the upstream speaks Kiro's event stream; for nginx the same process answers
# with the finished SSE, the same texts in the same chat format. So nginx does the least that any proxy
# must do (copying bytes) and kirogate does that plus authentication, translation and accounting. The
# time added is that over asking the upstream directly. Each row is the median of the repeats (--quick:
# one short repeat). Every answer is compared in full: status, framing, exact text, stop reason and end
# marker.
#
# Rows of the table (columns: kirogate, nginx, kirogate divided by nginx; smaller is better except for
# the two rates):
#   CPU s / 1000 requests   user and system time of the process tree for 1000 streamed answers of 64
#                           events with 24 bytes, 32 connections (OpenAI and Anthropic format).
#                           Of all rows the least disturbed by neighbours, but not immune: measure on
#                           an idle machine (the run says when it is not)
#   requests / s            in the same run. Core 1 may be the limit of nginx.
#   events / s              the same, counted in events that carry text
#   added to first event    from the request to the first event with text, one connection, less the
#                           same quantile without a proxy; microseconds. On a busy machine p99 is
#                           noise, and may even be negative
#   KiB / open stream       growth of resident memory with 1000 slow streams open, divided by 1000
#   start-up                from the start of the process to the first 200 on /health; milliseconds
#   idle RSS                resident memory of the process tree after that and one answer; MiB
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in node taskset nginx cmake; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || { echo "bench: $tool is not installed" >&2; exit 2; }
done
{
    if [ -z "${KIROGATE_BIN:-}" ]; then
        cmake --preset release -Wno-dev
        cmake --build --preset release --target kirogate
    fi
    if [ -z "${KIROGATE_BENCH_DIR:-}" ]; then
        cmake -S . -B build/bench -G Ninja -DCMAKE_BUILD_TYPE=Release -Wno-dev
        cmake --build build/bench --target kirogate_bench
    fi
} >&2
export KIROGATE_BIN=${KIROGATE_BIN:-$PWD/build/release/kirogate}
export KIROGATE_BENCH_DIR=${KIROGATE_BENCH_DIR:-$PWD/build/bench/tests/bench}
ulimit -n "$(ulimit -Hn)"
PATH=$PATH:/usr/sbin exec timeout --foreground --signal=TERM --kill-after=20 900 node tests/bench/run.mjs "$@"

#!/usr/bin/env bash
# Builds kirogate and shows it working against the built-in demo upstream: a streamed OpenAI request,
# a streamed Anthropic request and `kirogate chat`. Stops everything it started; exit status 0 when
# all of it worked.
set -euo pipefail
cd "$(dirname "$0")/.."

.ci/install-deps
cmake --preset release -Wno-dev >/dev/null
cmake --build --preset release
kirogate=build/release/kirogate

work=$(mktemp -d)
"$kirogate" serve --demo --listen 127.0.0.1:0 >"$work/out" 2>"$work/log" &
daemon=$!
stop() { kill "$daemon" 2>/dev/null || true; wait "$daemon" 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT
for _ in $(seq 100); do
    grep -q 'API key' "$work/out" && break
    kill -0 "$daemon" || { cat "$work/log" >&2; exit 1; }
    read -r -t 0.1 <> <(:) || true
done
url=$(sed -n 's/.*listens on //p' "$work/out")
key=$(sed -n 's/^API key (shown once): //p' "$work/out")

echo "== OpenAI API, streamed"
curl -sS -N --fail-with-body "$url/v1/chat/completions" -H "Authorization: Bearer $key" -H 'Content-Type: application/json' \
    -d '{"model":"claude-sonnet-4-5","stream":true,"messages":[{"role":"user","content":"Say hello"}]}' | tee "$work/openai"
grep -qF 'data: [DONE]' "$work/openai"

echo "== Anthropic API, streamed"
curl -sS -N --fail-with-body "$url/v1/messages" -H "x-api-key: $key" -H 'anthropic-version: 2023-06-01' -H 'Content-Type: application/json' \
    -d '{"model":"claude-sonnet-4-5","max_tokens":1000,"stream":true,"messages":[{"role":"user","content":"Say hello"}]}' | tee "$work/anthropic"
grep -qF 'event: message_stop' "$work/anthropic"

echo "== kirogate chat"
KIROGATE_API_KEY=$key "$kirogate" chat --server "$url" 'Say hello' </dev/null

kill -TERM "$daemon"
wait "$daemon"
trap - EXIT
rm -rf "$work"
echo "== stopped cleanly"

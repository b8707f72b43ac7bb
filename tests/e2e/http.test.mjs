// The HTTP surface: paths, methods, headers, bodies, before any model is asked.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { RawSocket, anthropic_body, chat, get, messages, openai_body, post, request } from './lib/http.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const shared = shared_rig({ config: { limits: { body_max_bytes: 1 << 20 } } });
const anonymous = { key: false };

test('HEAD / and /api/hello warm a connection without a key', async () => {
    for (const path of ['/', '/api/hello']) {
        for (const method of ['HEAD', 'GET']) {
            const answer = await request(shared.gateway, method, path, anonymous);
            assert.equal(answer.status, 200, `${method} ${path}`);
            if (method === 'HEAD') assert.equal(answer.text, '');
        }
    }
    const lost = await request(shared.gateway, 'HEAD', '/nowhere', anonymous);
    assert.equal(lost.status, 404);
    assert.equal(lost.text, '');
});

test('a preflight is answered on every path, with the headers asked for', async () => {
    const asked = 'authorization, x-stainless-lang, anthropic-beta';
    for (const path of ['/v1/messages', '/v1/chat/completions', '/nowhere']) {
        const answer = await request(shared.gateway, 'OPTIONS', path, {
            key: false, headers: { origin: 'https://app.example.com', 'access-control-request-method': 'POST', 'access-control-request-headers': asked } });
        assert.equal(answer.status, 204);
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.equal(answer.headers['access-control-allow-headers'], asked);
        assert.match(answer.headers['access-control-allow-methods'], /POST/);
    }
});

test('B16: errors and streams carry the CORS headers too', async () => {
    const origin = { origin: 'https://app.example.com' };
    const answers = [
        await chat(shared.gateway, 'Hi', {}, { key: false, headers: origin }),
        await get(shared.gateway, '/nowhere', { headers: origin }),
        await chat(shared.gateway, 'Hi', { stream: true }, { headers: origin }),
    ];
    assert.deepEqual(answers.map((a) => a.status), [401, 404, 200]);
    for (const answer of answers) {
        assert.equal(answer.headers['access-control-allow-origin'], '*');
        assert.match(answer.headers['access-control-expose-headers'], /x-request-id/);
    }
});

test('the headers of a stream', async () => {
    const { headers } = await chat(shared.gateway, 'Hi', { stream: true });
    assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.equal(headers['cache-control'], 'no-cache');
    assert.equal(headers['x-accel-buffering'], 'no');
});

test('a wrong method is a 405 that says which ones are right, in the dialect', async () => {
    const openai = await get(shared.gateway, '/v1/chat/completions');
    assert.equal(openai.status, 405);
    assert.match(openai.headers.allow, /POST/);
    assert.equal(openai.json.error.type, 'invalid_request_error');
    const anthropic = await request(shared.gateway, 'DELETE', '/v1/messages');
    assert.equal(anthropic.status, 405);
    assert.equal(anthropic.json.type, 'error');
});

test('an unknown path is a 404 in the dialect, never HTML', async () => {
    for (const path of ['/v1/embeddings', '/v1/complete', '/v1/files', '/x']) {
        const answer = await post(shared.gateway, path, {});
        assert.equal(answer.status, 404, path);
        assert.deepEqual(Object.keys(answer.json.error).sort(), ['code', 'message', 'param', 'type']);
    }
    for (const [path, headers] of [['/v1/messages/batches', {}], ['/v1/complete', { 'anthropic-version': '2023-06-01' }]]) {
        const answer = await post(shared.gateway, path, {}, { headers });
        assert.equal(answer.status, 404, path);
        assert.equal(answer.json.error.type, 'not_found_error');
        assert.match(answer.json.request_id, /^req_/);
    }
});

test('base URLs with and without /v1, twice /v1, a slash and a query', async () => {
    for (const path of ['/v1/chat/completions', '/chat/completions', '/v1/v1/chat/completions', '/v1/chat/completions/', '/v1/chat/completions?x=1']) {
        assert.equal((await post(shared.gateway, path, openai_body('Hi'))).status, 200, path);
    }
    for (const path of ['/v1/messages?beta=true', '/messages', '/v1/v1/messages', '/v1/messages/']) {
        assert.equal((await post(shared.gateway, path, anthropic_body('Hi'))).status, 200, path);
    }
    assert.equal((await get(shared.gateway, '/v1/models?limit=1000')).status, 200);
});

test('a compressed body is read, an unknown encoding is a 415', async () => {
    await shared.fake.say([{ text: 'Unpacked.' }]);
    const json = { 'content-type': 'application/json' };
    const packed = gzipSync(JSON.stringify(openai_body('compressed question')));
    const answer = await request(shared.gateway, 'POST', '/v1/chat/completions', { body: packed, headers: { ...json, 'content-encoding': 'gzip' } });
    assert.equal(answer.json.choices[0].message.content, 'Unpacked.');
    assert.match((await shared.fake.chats()).at(-1).body, /compressed question/);
    const unknown = await request(shared.gateway, 'POST', '/v1/chat/completions', { body: packed, headers: { ...json, 'content-encoding': 'zstd' } });
    assert.equal(unknown.status, 415);
    const bomb = gzipSync(Buffer.alloc(8 << 20, 0x20));
    const huge = await request(shared.gateway, 'POST', '/v1/messages', { body: bomb, headers: { ...json, 'content-encoding': 'gzip' } });
    assert.equal(huge.status, 413);
    assert.equal(huge.json.error.type, 'request_too_large');
});

test('a chunked body', async () => {
    const socket = await RawSocket.connect(shared.gateway);
    const body = JSON.stringify(openai_body('in chunks'));
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-API-KEY: ${shared.gateway.key}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (let i = 0; i < body.length; i += 17) {
        const part = body.slice(i, i + 17);
        socket.write(`${part.length.toString(16)}\r\n${part}\r\n`);
    }
    socket.write('0\r\n\r\n');
    await socket.wait_for('chat.completion');
    assert.equal(socket.status, 200);
    socket.reset();
});

test('Expect: 100-continue, and a refusal instead of it', async () => {
    const head = (key, length) => `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: bearer ${key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
    const body = JSON.stringify(anthropic_body('may I?'));
    const welcome = await RawSocket.connect(shared.gateway);
    welcome.write(head(shared.gateway.key, body.length));
    await welcome.wait_for('HTTP/1.1 100 Continue\r\n\r\n');
    welcome.write(body);
    await welcome.wait_for('HTTP/1.1 200');
    welcome.reset();
    for (const [key, length, status] of [['wrong', body.length, 401], [shared.gateway.key, 2 << 20, 413]]) {
        const refused = await RawSocket.connect(shared.gateway);
        refused.write(head(key, length));
        await refused.wait_for('HTTP/1.1');
        assert.equal(refused.status, status);
        assert.ok(!refused.received.includes('100 Continue'));
        refused.reset();
    }
});

test('F8: a body that is too large is refused in the dialect before it is read', async () => {
    for (const [path, type] of [['/v1/messages', 'request_too_large'], ['/v1/chat/completions', 'invalid_request_error']]) {
        const socket = await RawSocket.connect(shared.gateway);
        socket.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nx-api-key: ${shared.gateway.key}\r\nContent-Length: 2000000\r\n\r\n{`);
        await socket.wait_for(type);
        assert.equal(socket.status, 413);
        socket.reset();
    }
});

test('a websocket on /v1/responses is told 426', async () => {
    const socket = await RawSocket.connect(shared.gateway);
    socket.write(`GET /v1/responses HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${shared.gateway.key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n');
    await socket.wait_for('\r\n\r\n');
    await socket.wait_closed();
    assert.equal(socket.status, 426);
    assert.equal(socket.received.split('\r\n\r\n')[1], '');
});

test('H5: every answer has a request id, a given one is kept', async () => {
    const made = await chat(shared.gateway, 'Hi');
    assert.match(made.headers['x-request-id'], /^req_\w{24}$/);
    assert.equal(made.headers['request-id'], made.headers['x-request-id']);
    const given = await messages(shared.gateway, 'Hi', { model: 'nothing' }, { headers: { 'x-request-id': 'trace-1234' } });
    assert.equal(given.headers['x-request-id'], 'trace-1234');
    assert.equal(given.json.request_id, 'trace-1234');
    await shared.gateway.logged('trace-1234');
});

test('H6: /health is liveness, /ready wants a usable account', async (t) => {
    const { gateway } = await rig(t, { accounts: [] });
    assert.equal((await get(gateway, '/health', anonymous)).status, 200);
    const sick = await get(gateway, '/ready', anonymous);
    assert.equal(sick.status, 503);
    assert.equal(sick.json.ready, false);
    await gateway.add_account('first');
    await until('readiness', async () => (await get(gateway, '/ready', anonymous)).status === 200);
});

test('B19: any header, any case; one good key is enough', async () => {
    const { gateway } = shared;
    const tried = [
        [{ 'x-api-key': gateway.key }, 200], [{ authorization: `bearer ${gateway.key}` }, 200], [{ 'api-key': gateway.key }, 200],
        [{ 'x-api-key': 'wrong', authorization: `Bearer ${gateway.key}` }, 200], [{ 'x-api-key': gateway.key, authorization: 'Bearer wrong' }, 200],
        [{ authorization: 'Bearer' }, 401], [{ 'x-api-key': 'wrong' }, 401], [{}, 401],
    ];
    for (const [headers, status] of tried) {
        assert.equal((await get(gateway, '/v1/models', { key: false, headers })).status, status, JSON.stringify(Object.keys(headers)));
    }
});

test('a 401 says that trying again is of no use', async () => {
    for (const ask of [chat, messages]) {
        const answer = await ask(shared.gateway, 'Hi', {}, anonymous);
        assert.equal(answer.status, 401);
        assert.equal(answer.headers['x-should-retry'], 'false');
        assert.match(answer.headers['www-authenticate'], /^Bearer/);
        assert.equal(answer.json.error.type, ask === chat ? 'invalid_request_error' : 'authentication_error');
    }
});

test('threads are refused in the way that the tool runner understands', async () => {
    const answer = await messages(shared.gateway, 'Hi', { thread: { type: 'create' } });
    assert.equal(answer.status, 400);
    assert.equal(answer.json.error.details.error_code, 'thread_unsupported_request');
    assert.equal((await messages(shared.gateway, 'Hi', { thread: null })).status, 200);
});

test('A10: bodies that are no requests are 400s, and upstream hears nothing', async () => {
    const before = (await shared.fake.chats()).length;
    const bad = ['', 'null', '[]', '7', '"x"', '{', '{}', '{"model":7}', '{"model":"claude-sonnet-4-5","messages":null}',
        '{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[]}', '{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[null]}',
        '{"model":"claude-sonnet-4-5","max_tokens":5,"messages":[{"role":"user","content":7}]}', '\u0000', '{"model":"claude-sonnet-4-5",}'];
    for (const path of ['/v1/messages', '/v1/chat/completions', '/v1/messages/count_tokens']) {
        for (const body of bad) {
            const answer = await post(shared.gateway, path, body, { headers: { 'content-type': 'application/json' } });
            assert.equal(answer.status, 400, `${path} ${body}: ${answer.text}`);
            assert.equal(answer.json.error.type, 'invalid_request_error');
        }
    }
    assert.equal((await shared.fake.chats()).length, before);
});

test('keep-alive and pipelined requests are answered in order', async () => {
    const socket = await RawSocket.connect(shared.gateway);
    const one = (path) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    socket.write(one('/health') + one('/nowhere') + one('/health'));
    await until('three answers', () => (socket.received.match(/HTTP\/1\.1 /g) ?? []).length === 3);
    assert.deepEqual(socket.received.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
    socket.reset();
});

test('H1, H2: one record per request, whatever its end', async (t) => {
    const { gateway } = await rig(t);
    assert.equal((await chat(gateway, 'Hi')).status, 200);
    assert.equal((await messages(gateway, 'Hi', { stream: true })).status, 200);
    assert.equal((await chat(gateway, 'Hi', { model: 'claude-nothing-9' })).status, 404);
    assert.equal((await get(gateway, '/health')).status, 200);
    const status = async () => JSON.parse((await gateway.cli(['status', '--json'])).stdout);
    const totals = await until('the records', async () => {
        const now = await status();
        return now.requests >= 3 && now;
    });
    assert.equal(totals.requests, 3);
    assert.equal(totals.errors, 1);
    assert.ok(totals.output_tokens > 0);
});

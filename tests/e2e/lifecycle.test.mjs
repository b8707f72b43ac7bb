// Start, stop, reload, crash: what an operator does to the process.
import assert from 'node:assert/strict';
import { readFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { PROXY_KEY, refresh_token } from './lib/gateway.mjs';
import {
    anthropic_body, anthropic_text, chat, get, messages, open_stream, openai_body, openai_text, parse_sse, request,
} from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until, within } from './lib/wait.mjs';

const body_of = (socket) => socket.received.slice(socket.received.indexOf('\r\n\r\n') + 4)
    .replace(/^[0-9a-f]+\r\n/gm, '').replace(/\r\n/g, '');

async function ten_streams(fake, gateway, action) {
    await fake.push({ ...action, times: 10 });
    return Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2
        ? open_stream(gateway, '/v1/messages', anthropic_body(`stream ${i}`), 'word')
        : open_stream(gateway, '/v1/chat/completions', openai_body(`stream ${i}`), 'word'))));
}

test('A8: SIGTERM lets ten open streams end, and refuses new work', async (t) => {
    const { fake, gateway } = await rig(t);
    const text = 'word '.repeat(40);
    const sockets = await ten_streams(fake, gateway, { steps: [{ text, chunk: 5, delay_ms: 50 }], deliver: 'frames' });
    gateway.signal('SIGTERM');
    await gateway.logged('draining');
    const end = await within('the drain', gateway.child.ended);
    assert.deepEqual(end, { code: 0, signal: null });
    for (const [i, socket] of sockets.entries()) {
        await socket.wait_closed();
        const events = parse_sse(body_of(socket));
        assert.equal((i % 2 ? anthropic_text : openai_text)(events), text);
        assert.match(socket.received, i % 2 ? /event: message_stop/ : /data: \[DONE\]/);
    }
});

test('a second signal ends the process at once', async (t) => {
    const { fake, gateway } = await rig(t);
    await ten_streams(fake, gateway, { steps: [{ text: 'word '.repeat(5000), chunk: 5, delay_ms: 50 }], deliver: 'frames' });
    gateway.signal('SIGTERM');
    await gateway.logged('draining');
    const from = Date.now();
    gateway.signal('SIGTERM');
    await within('the end', gateway.child.ended, 10_000);
    assert.ok(Date.now() - from < 5000);
    await fake.no_live_streams();
});

test('what still runs after the drain timeout ends with an error in the stream', async (t) => {
    const { fake, gateway } = await rig(t, { config: { server: { drain_timeout: '300ms' } } });
    const sockets = await ten_streams(fake, gateway, { steps: [{ text: 'word '.repeat(5000), chunk: 5, delay_ms: 50 }], deliver: 'frames' });
    gateway.signal('SIGTERM');
    const end = await within('the end', gateway.child.ended);
    assert.equal(end.code, 0);
    for (const [i, socket] of sockets.entries()) {
        await socket.wait_closed();
        const last = parse_sse(body_of(socket)).at(-1);
        if (i % 2) assert.equal(last.event, 'error');
        assert.match(last.data.error.message, /shutting down/);
        assert.doesNotMatch(socket.received, /\[DONE\]|message_stop/);
    }
});

test('SIGHUP: a broken file changes nothing and is told, a good one applies', async (t) => {
    const { gateway } = await rig(t);
    const ask = () => chat(gateway, 'Hello', { model: 'house-model' });
    assert.equal((await ask()).status, 404);

    await writeFile(gateway.config_file, '[server\nlisten = ');
    gateway.signal('SIGHUP');
    await gateway.logged(/the new configuration has errors.*kirogate\.toml/);
    assert.equal((await chat(gateway, 'Hello')).status, 200);

    await gateway.configure({ models: { aliases: { 'house-model': 'claude-sonnet-4.5' } } });
    gateway.signal('SIGHUP');
    await gateway.logged('configuration reloaded');
    const answer = await ask();
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.headers['x-kirogate-model'], 'claude-sonnet-4.5');
    assert.equal(answer.json.model, 'house-model');
});

test('A9: kill -9 right after a rotation: the next start uses the rotated token', async (t) => {
    const { fake, gateway } = await rig(t, { scenario: { access_lifetime_s: 1 } });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    gateway.signal('SIGKILL');
    await gateway.child.ended;
    await gateway.serve();
    assert.equal((await chat(gateway, 'Hello again')).status, 200);
    const sent = (await fake.requests('refresh')).map((r) => JSON.parse(r.body).refreshToken);
    assert.ok(sent.length >= 2);
    assert.equal(new Set(sent).size, sent.length, 'a used token was sent again');
});

test('the first serve prints a key and a password, the second does not', async (t) => {
    const { gateway } = await rig(t, { key: '', serve: false });
    await gateway.serve();
    await until('both secrets', () => /admin password/.test(gateway.child.stdout));
    const key = /API key \(shown once\): (\S+)/.exec(gateway.child.stdout)[1];
    const password = /admin password \(shown once\): (\S+)/.exec(gateway.child.stdout)[1];
    const with_key = () => get(gateway, '/v1/models', { key: false, headers: { authorization: `Bearer ${key}` } });
    assert.equal((await with_key()).status, 200);
    await gateway.stop();
    await gateway.serve();
    assert.equal((await with_key()).status, 200);
    await gateway.stop();
    assert.doesNotMatch(gateway.child.stdout, /API key|password/);
    assert.ok(!gateway.child.stdout.includes(key) && !gateway.log.includes(key) && !gateway.log.includes(password));
});

test('an address that is in use is refused, with several workers too', async (t) => {
    const { gateway } = await rig(t);
    for (const workers of ['1', '2']) {
        const second = await gateway.cli(['serve', '--listen', `127.0.0.1:${gateway.port}`, '--workers', workers]);
        assert.notEqual(second.code, 0);
        assert.match(second.stderr, /cannot listen on .*in use/);
    }
});

test('B6: no address that others can reach without a key', async (t) => {
    const { gateway } = await rig(t, { key: '', serve: false });
    const refused = await gateway.cli(['serve', '--listen', '0.0.0.0:0']);
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /proxy_key/);
    for (const weak of ['changeme', 'a:b']) {
        const result = await gateway.cli(['serve', '--check'], { env: { KIROGATE_AUTH_PROXY_KEY: weak } });
        assert.equal(result.code, 2, `${weak}: ${result.stderr}`);
        assert.ok(!result.stderr.includes(weak));
    }
});

test('A14: a bad value ends in a message that names the key', async (t) => {
    const { gateway } = await rig(t, { serve: false });
    const result = await gateway.cli(['serve'], { env: { PORT: 'eighty' } });
    assert.equal(result.code, 2);
    assert.match(result.stderr, /PORT|server\.listen/);
});

test('a unix socket', async (t) => {
    const { gateway } = await rig(t, { serve: false });
    const socketPath = join(gateway.home, 'gateway.sock');
    await gateway.serve(['--listen', `unix:${socketPath}`]);
    const answer = await request(gateway, 'POST', '/v1/chat/completions', { socketPath, body: openai_body('Hello') });
    assert.equal(answer.status, 200);
    await gateway.stop();
    await gateway.serve(['--listen', `unix:${socketPath}`]);
    assert.equal((await request(gateway, 'GET', '/health', { socketPath })).status, 200);
});

test('B8, H7: secrets are neither in the files nor in the log', async (t) => {
    const { fake, gateway } = await rig(t, { config: { log: { level: 'debug' } } });
    const key = (await gateway.create_key('--name', 'ci')).key;
    assert.equal((await chat(gateway, 'my private question', { stream: true })).status, 200);
    assert.equal((await messages(gateway, 'my private question')).status, 200);
    await fake.push({ status: 403, body: { message: 'The bearer token included in the request is invalid.' } });
    await chat(gateway, 'my private question');
    await until('the key', async () => (await get(gateway, '/v1/models', { key: false, headers: { 'x-api-key': key } })).status === 200);
    assert.equal((await get(gateway, '/v1/models', { key: false, headers: { 'x-api-key': `${PROXY_KEY}-wrong` } })).status, 401);

    const sent = JSON.stringify(await fake.requests());
    const tokens = [...new Set(sent.match(/ao[ar]AAAAAG[^"\\]{40,}/g))];
    assert.ok(tokens.length >= 2);
    const secrets = [...tokens, refresh_token('first'), key, PROXY_KEY];

    assert.equal((await stat(gateway.state_dir)).mode & 0o777, 0o700);
    for (const name of await readdir(gateway.state_dir)) {
        const path = join(gateway.state_dir, name);
        assert.equal((await stat(path)).mode & 0o777, 0o600, name);
        const bytes = await readFile(path, 'latin1');
        for (const secret of [...secrets, 'my private question']) assert.ok(!bytes.includes(secret), `${secret.slice(0, 8)}... in ${name}`);
    }
    await gateway.stop();
    for (const secret of [...secrets, 'my private question']) {
        // Half of it is too much as well.
        assert.ok(!gateway.log.includes(secret.slice(0, Math.max(16, secret.length / 2))), `${secret.slice(0, 8)}... in the log`);
        assert.ok(!gateway.child.stdout.includes(secret));
    }
    for (const secret of secrets) {
        for (const command of [['account', 'list', '--json'], ['account', 'show', 'first', '--json'], ['key', 'list', '--json'], ['config', 'show']]) {
            assert.ok(!(await gateway.run(command)).includes(secret), `${command.join(' ')} shows a secret`);
        }
    }
});

// Streams that break, stall, flood or are left: nothing leaks, nothing is invented.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
    RawSocket, anthropic_body, anthropic_text, chat, messages, open_stream, openai_body, openai_text,
} from './lib/http.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import { pause, until } from './lib/wait.mjs';

const slow = { steps: [{ text: 'drop '.repeat(20_000), chunk: 5, delay_ms: 20 }], deliver: 'frames' };
const prose = 'Ünïcödé 文字 and 🚀 emoji, in a text of several words.';

const APIS = [
    { name: 'openai', path: '/v1/chat/completions', ask: chat, body: openai_body, text: openai_text, first: '"content":"drop', finished: /\[DONE\]|"finish_reason":"/ },
    { name: 'anthropic', path: '/v1/messages', ask: messages, body: anthropic_body, text: anthropic_text, first: '"text":"drop', finished: /message_stop|message_delta/ },
];

test('A1: a hundred clients reset their streams after the first delta', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: ['a', 'b', 'c'] });
    assert.equal((await chat(gateway, 'warm up')).status, 200);
    const before = (await fake.chats()).length;
    await fake.push({ ...slow, times: 100 });
    const sockets = await Promise.all(Array.from({ length: 100 }, (_, i) => {
        const api = APIS[i % 2];
        return open_stream(gateway, api.path, api.body(`stream ${i}`), api.first);
    }));
    assert.equal((await fake.stats()).live_streams, 100);
    for (const socket of sockets) socket.reset();
    await fake.no_live_streams();
    assert.ok(gateway.alive());
    assert.equal((await chat(gateway, 'still there')).status, 200);
    assert.equal((await fake.chats()).length, before + 101, 'a request was repeated');
    const list = await gateway.accounts();
    assert.ok(list.every((a) => a.state === 'ok' || a.state === 'unknown'), 'a leaving client is no fault of an account');
});

test('A5: a client that leaves a request without stream cancels upstream too', async (t) => {
    const { fake, gateway } = await rig(t);
    await fake.push({ ...slow, times: 10 });
    const sockets = [];
    for (let i = 0; i < 10; ++i) sockets.push((await RawSocket.connect(gateway)).post(gateway, APIS[i % 2].path, APIS[i % 2].body('long')));
    await until('ten upstream streams', async () => (await fake.stats()).live_streams === 10);
    for (const socket of sockets) socket.reset();
    await fake.no_live_streams();
    assert.equal((await fake.chats()).length, 10);
});

for (const api of APIS) {
    // Half of what these stories ask for fails, on purpose: a fresh gateway for each API, whose
    // endpoint may fail that often (tests of the circuits are elsewhere).
    const shared = shared_rig({ config: { kiro: { circuit_calls_min: 1000 } } });
    const ask = (text, more) => api.ask(shared.gateway, text, { stream: true, ...more });

    for (const [what, damage] of Object.entries({
        'a bad CRC': { corrupt_at: 400 },
        'a stream cut in mid-frame': { truncate_at: 400 },
        'a connection reset in mid-frame': { truncate_at: 400, end: 'abort' },
        'an exception frame': { steps: [{ text: prose }, { exception: { type: 'InternalServerException', message: 'scripted' } }] },
    })) {
        test(`A3: ${api.name}: ${what} is an error in the stream, never a finished answer`, async () => {
            await shared.fake.push({ steps: Array(20).fill({ text: prose }), deliver: 'frames', ...damage });
            const answer = await ask('Hello');
            assert.equal(answer.status, 200);
            assert.doesNotMatch(answer.text, api.finished);
            assert.ok(answer.events.at(-1).data.error, answer.text);
            assert.ok(api.text(answer.events).startsWith(prose));
        });
    }

    test(`A3: ${api.name}: an answer without its tail is not a finished one`, async () => {
        await shared.fake.push({ steps: [{ text: prose }], tail: false, truncate_at: 60 });
        await shared.fake.push({ steps: [{ text: 'Complete.' }] });
        const answer = await ask('Hello');
        // Nothing had been sent when the frame turned out to be cut: another try is allowed.
        assert.equal(api.text(answer.events), 'Complete.');
    });

    test(`C6: ${api.name}: throttling is a 429, not a stream with an error`, async (t) => {
        const { fake, gateway } = await rig(t);
        await fake.push({ times: 0, status: 429, body: { __type: 'ThrottlingException', message: 'Too many requests' } });
        const answer = await api.ask(gateway, 'Hello', { stream: true });
        assert.equal(answer.status, 429);
        assert.equal(answer.headers['content-type'], 'application/json');
        assert.ok(Number(answer.headers['retry-after']) >= 1);
    });

    test(`${api.name}: bytes that arrive one by one give the same text`, async () => {
        const steps = [{ text: prose }, { text: ` ${prose}` }];
        await shared.fake.push({ steps, deliver: 'bytes' });
        const answer = await ask('Hello');
        assert.equal(api.text(answer.events), `${prose} ${prose}`);
        assert.match(answer.text, api.finished);
    });

    test(`${api.name}: unknown events are ignored`, async () => {
        await shared.fake.say([
            { event: 'somethingNewEvent', payload: { deep: [1, { x: null }] } }, { text: 'Known' },
            { event: 'followupPromptEvent', payload: { followupPrompt: { content: 'more?' } } }, { text: ' text.' }]);
        const answer = await ask('Hello');
        assert.equal(api.text(answer.events), 'Known text.');
        assert.match(answer.text, api.finished);
    });

    test(`C8: ${api.name}: silence is filled with keep-alives`, async (t) => {
        const { fake, gateway } = await rig(t, { config: { server: { ping_interval: '100ms' } } });
        await fake.say([{ text: 'before' }, { delay_ms: 1500, text: ' after' }], { deliver: 'frames' });
        const answer = await api.ask(gateway, 'Hello', { stream: true });
        assert.equal(api.text(answer.events), 'before after');
        const pings = answer.events.filter((e) => e.event === 'ping' || e.comment !== undefined);
        assert.ok(pings.length >= 3, `${pings.length} keep-alives`);
    });

    test(`${api.name}: the same answer with and without a stream (C14)`, async () => {
        const steps = [{ text: prose }, { text: prose }];
        await shared.fake.push({ steps }, { steps, deliver: 'frames' });
        const plain = (await api.ask(shared.gateway, 'Hello')).json;
        const streamed = await ask('Hello');
        assert.equal(plain.choices ? plain.choices[0].message.content : plain.content[0].text, api.text(streamed.events));
    });
}

test('A6: readers that pause do not fill the memory, and get everything later', async (t) => {
    const { fake, gateway } = await rig(t, { serve: false });
    // Buffers of unix sockets are small and do not grow: what is not read stays in the gateway, or upstream.
    await gateway.serve(['--listen', `unix:${gateway.home}/gateway.sock`]);
    const before = gateway.resident_bytes();
    const readers = 12, bytes = 8 << 20;
    await fake.push({ times: readers, steps: [{ text: 'flood '.repeat(bytes / 6), chunk: 16_384 }] });
    const sockets = [];
    for (let i = 0; i < readers; ++i) {
        const socket = await RawSocket.connect(gateway);
        socket.socket.pause();
        sockets.push(socket.post(gateway, APIS[i % 2].path, { ...APIS[i % 2].body(`flood ${i}`), max_tokens: 10_000_000, stream: true }));
    }
    await until('every stream to begin', async () => (await fake.stats()).streams === readers);
    let highest = 0;
    for (let i = 0; i < 30; ++i) {
        highest = Math.max(highest, gateway.resident_bytes());
        await pause(100);
    }
    const each = (highest - before) / readers / 1024;
    assert.ok(each < 3072, `${Math.round(each)} KiB for each reader`);
    for (const socket of sockets) socket.socket.resume();
    for (const [i, socket] of sockets.entries()) {
        await until('the end of a stream', () => /\[DONE\]|event: message_stop/.test(socket.received.slice(-200)));
        const text = i % 2 ? /"text":"((?:[^"\\])*)"/g : /"content":"((?:[^"\\])*)"/g;
        let got = 0;
        for (const match of socket.received.matchAll(text)) got += match[1].length;
        assert.equal(got, Math.floor(bytes / 6) * 6);
        socket.socket.destroy();
    }
});

test('A7: an upstream that stalls is given up, and its connection closed', async (t) => {
    const { fake, gateway } = await rig(t, { config: { kiro: { idle_timeout: '400ms', first_event_timeout: '400ms' } } });
    await fake.push({ times: 1, steps: [{ text: 'Half' }], end: 'stall', truncate_at: 100_000, tail: false });
    const answer = await chat(gateway, 'Hello', { stream: true });
    assert.ok(answer.events.at(-1).data.error, answer.text);
    await fake.no_live_streams();
});

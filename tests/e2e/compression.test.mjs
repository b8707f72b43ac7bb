// Conversations that outgrow the model's window, through the whole gateway.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MODEL, get, post } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

// A window of 200,000 tokens: compressed above 10,000, a summary for each 2,000.
const config = { compression: { threshold_percent: 5, keep_messages: 6, chunk_tokens: 2000 } };
const FACT = 'the build number is 48151623';

const filler = (words) => 'word '.repeat(words);
const question = (i) => `Question ${i}: ${filler(350)}`;
const answer = (i) => `Answer ${i}: ${filler(350)}`;

/** `turns` questions with answers between them; one answer goes through a tool. */
function openai_conversation(turns, mark = '') {
    const messages = [{ role: 'system', content: 'You are careful.' }];
    for (let i = 0; i < turns; ++i) {
        messages.push({ role: 'user', content: mark + question(i) });
        if (i === 2) {
            messages.push({ role: 'assistant', content: null, tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"path":"/etc/build"}' } }] });
            messages.push({ role: 'tool', tool_call_id: 'call_1', content: `${filler(60)}${FACT} ${filler(60)}` });
        }
        if (i + 1 < turns) messages.push({ role: 'assistant', content: answer(i) });
    }
    return messages;
}
function anthropic_conversation(turns, mark = '') {
    const messages = [];
    for (let i = 0; i < turns; ++i) {
        messages.push({ role: 'user', content: mark + question(i) });
        if (i === 2) {
            messages.push({ role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name: 'look', input: { path: '/etc/build' } }] });
            messages.push({ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1', content: `${filler(60)}${FACT} ${filler(60)}` }] });
        }
        if (i + 1 < turns) messages.push({ role: 'assistant', content: answer(i) });
    }
    return messages;
}

const dialects = {
    openai: (gateway, turns, { mark, more, ...options } = {}) =>
        post(gateway, '/v1/chat/completions', { model: MODEL, messages: openai_conversation(turns, mark), ...more }, options),
    anthropic: (gateway, turns, { mark, more, ...options } = {}) =>
        post(gateway, '/v1/messages', { model: MODEL, max_tokens: 1000, system: 'You are careful.', messages: anthropic_conversation(turns, mark), ...more }, options),
};

const model_of = (request) => JSON.parse(request.body).conversationState.currentMessage.userInputMessage.modelId;
const is_summary = (request) => model_of(request) === 'claude-haiku-4.5';
const summaries = async (fake) => (await fake.chats()).filter(is_summary);
const mains = async (fake) => (await fake.chats()).filter((r) => !is_summary(r));

/** The header as numbers: { messages: [120, 34], tokens: [...], summaries: 5, ... } */
function told(response) {
    const header = response.headers['x-kirogate-compression'];
    assert.ok(header, 'the header is there');
    return Object.fromEntries(header.split('; ').map((field) => {
        const [name, value] = field.split('=');
        const numbers = (value ?? '').split('/').map(Number);
        return [name, numbers.length > 1 ? numbers : numbers[0]];
    }));
}

for (const [name, ask] of Object.entries(dialects)) {
    describe(name, () => {
        test('G1 G2 G8 G9: a long conversation shrinks on its way, the header and the log tell, the calls are counted', async (t) => {
            const { fake, gateway } = await rig(t, { config });
            const response = await ask(gateway, 20);
            assert.equal(response.status, 200, response.text);
            const made = await summaries(fake);
            const [main] = await mains(fake);
            assert.ok(made.length >= 3, `${made.length} summaries`);
            const whole = JSON.stringify(name === 'openai' ? openai_conversation(20) : anthropic_conversation(20));
            assert.ok(main.body.length < whole.length * 0.75, `${main.body.length} of ${whole.length} bytes`);
            for (const kept of ['Question 0:', 'Question 19:', 'Answer 18:', 'You are careful.', 'earlier-conversation-']) {
                assert.ok(main.body.includes(kept), kept);
            }
            assert.ok(!main.body.includes('Question 2:'));
            assert.ok(!main.body.includes(FACT));
            const with_fact = made.filter((r) => r.body.includes(FACT));
            assert.equal(with_fact.length, 1, 'the summariser saw the tool result');
            assert.ok(with_fact[0].body.includes('/etc/build'));

            const header = told(response);
            assert.equal(header.summaries, made.length);
            assert.ok(header.messages[1] < header.messages[0]);
            assert.ok(header.tokens[1] < header.tokens[0]);
            assert.ok(header.credits > 0);
            await gateway.logged('conversation compressed');
            // G9: what the gateway counted is what upstream was asked.
            await until('the records', async () =>
                JSON.parse((await gateway.cli(['status', '--json'])).stdout).requests === made.length + 1);
            assert.equal(gateway.log.split('summary made').length - 1, made.length);
            const { compression } = JSON.parse((await gateway.cli(['status', '--json'])).stdout);
            assert.deepEqual({ ...compression, tokens_saved: 0 }, { conversations: 1, summaries: made.length, cached: 0, failed: 0, tokens_saved: 0 });
            assert.equal(compression.tokens_saved, header.tokens[0] - header.tokens[1]);
            assert.equal((await fake.stats()).violations, 0);
        });

        test('G1: the client switches it off, and short conversations are left alone', async (t) => {
            const { fake, gateway } = await rig(t, { config });
            const off = await ask(gateway, 20, { headers: { 'x-kirogate-compression': 'off' } });
            assert.equal(off.status, 200);
            assert.equal(off.headers['x-kirogate-compression'], undefined);
            const short = await ask(gateway, 5);
            assert.equal(short.headers['x-kirogate-compression'], undefined);
            assert.equal((await summaries(fake)).length, 0);
            assert.ok((await mains(fake))[0].body.includes('Question 7:'));
        });

        test('G5: twenty turns of a session pay for new chunks, not for every turn', async (t) => {
            const { fake, gateway } = await rig(t, { config });
            let turns_that_paid = 0, before = 0;
            for (let turn = 14; turn < 34; ++turn) {
                const response = await ask(gateway, turn);
                assert.equal(response.status, 200, response.text);
                const now = (await summaries(fake)).length;
                if (now > before) ++turns_that_paid;
                before = now;
            }
            const tokens = 33 * 900;
            assert.ok(before <= tokens / 2000 + 2, `${before} summary calls`);
            assert.ok(turns_that_paid <= before && turns_that_paid < 16, `${turns_that_paid} turns paid`);
        });
    });
}

test('G1: with ENABLE_COMPRESSION=false only a client that asks for it is served so', async (t) => {
    const { fake, gateway } = await rig(t, { config, env: { ENABLE_COMPRESSION: 'false' } });
    assert.equal((await dialects.openai(gateway, 20)).status, 200);
    assert.equal((await summaries(fake)).length, 0);
    const asked = await dialects.openai(gateway, 20, { headers: { 'x-kirogate-compression': 'on' } });
    assert.ok(told(asked).summaries > 0);
});

test('G3: two keys never share a summary, one key does over both workers and a restart', async (t) => {
    const { fake, gateway } = await rig(t, { config });
    const keys = [(await gateway.create_key('--name', 'a')).key, (await gateway.create_key('--name', 'b')).key];
    const as = (key) => ({ key: false, headers: { 'x-api-key': key } });
    const counts = [];
    for (const key of [...keys, ...keys]) {
        await until('the key', async () => (await get(gateway, '/v1/models', as(key))).status === 200);
        assert.equal((await dialects.openai(gateway, 20, as(key))).status, 200);
        counts.push((await summaries(fake)).length);
    }
    assert.equal(counts[1], 2 * counts[0]);
    assert.equal(counts[3], counts[1], 'known by now');
    await gateway.stop();
    await gateway.serve();
    assert.equal((await dialects.openai(gateway, 20, as(keys[0]))).status, 200);
    assert.equal((await summaries(fake)).length, counts[1], 'and after a restart');
});

test('a body larger than upstream takes is made smaller, not refused', async (t) => {
    const { fake, gateway } = await rig(t, { config: { compression: { ...config.compression, threshold_percent: 90 }, kiro: { body_max_bytes: 65_536 } } });
    for (const ask of Object.values(dialects)) {
        const earlier = (await mains(fake)).length;
        const whole = await ask(gateway, 20, { headers: { 'x-kirogate-compression': 'off' } });
        assert.equal(whole.status, 400, whole.text);
        assert.equal((await mains(fake)).length, earlier, 'nothing went out');
        const smaller = await ask(gateway, 20);
        assert.equal(smaller.status, 200, smaller.text);
        const sent = (await mains(fake)).at(-1).body;
        assert.ok(Buffer.byteLength(sent) < 65_536, `${sent.length} bytes`);
        assert.ok(sent.includes('Question 19:'));
    }
});

test('G4: two turns of a conversation at once share the summaries of what they share, and nothing else', async (t) => {
    const { fake, gateway } = await rig(t, { config, scenario: { pace_ms: 5 } });
    for (const ask of Object.values(dialects)) {
        const before = { summaries: (await summaries(fake)).length, mains: (await mains(fake)).length };
        const turns = [20, 21, 20, 21];
        const mark = `${ask.length} ${before.mains} `;
        const answers = await Promise.all(turns.map((n, i) => ask(gateway, n, { mark, more: { temperature: 1 - i / 10 } })));
        for (const answer of answers) assert.equal(answer.status, 200, answer.text);
        const made = (await summaries(fake)).slice(before.summaries).map((r) => JSON.parse(r.body).conversationState.currentMessage.userInputMessage.content);
        assert.equal(new Set(made).size, made.length, 'no summary was made twice');
        const last = (await mains(fake)).slice(before.mains).map((r) => JSON.parse(r.body).conversationState.currentMessage.userInputMessage.content);
        const asked = (i) => last.filter((content) => content.includes(question(i))).length;
        assert.deepEqual([asked(19), asked(20)], [2, 2], 'each went out with its own last question');
    }
});

test('G1: a key has its own switch and its own threshold', async (t) => {
    const { fake, gateway } = await rig(t, { config: { compression: { ...config.compression, threshold_percent: 80 } }, serve: false });
    const keys = {};
    for (const when of ['off', 'on', '5']) keys[when] = (await gateway.create_key('--name', `key-${when}`, '--compression', when)).key;
    await gateway.serve();
    const told_by = async (key, headers) => (await dialects.openai(gateway, 20, { key: false, headers: { 'x-api-key': key, ...headers } })).headers['x-kirogate-compression'];
    assert.equal(await told_by(keys.on), undefined, 'far below 80 %');
    assert.equal(await told_by(keys.off), undefined);
    assert.equal((await summaries(fake)).length, 0);
    assert.match(await told_by(keys['5']), /summaries=/);
    assert.equal(await told_by(keys['5'], { 'x-kirogate-compression': 'off' }), undefined);
});

test('a conversation beyond the window of the model goes on', async (t) => {
    const { fake, gateway } = await rig(t, { config, scenario: { context_tokens: 20_000 } });
    const off = await dialects.anthropic(gateway, 40, { headers: { 'x-kirogate-compression': 'off' } });
    assert.equal(off.status, 400);
    const on = await dialects.anthropic(gateway, 40);
    assert.equal(on.status, 200, on.text);
    assert.ok((await mains(fake)).at(-1).body.includes('Question 39:'));
});

test('G6: without its summariser the conversation is sent as it is', async (t) => {
    const { fake, gateway } = await rig(t, { config });
    await fake.push({ times: 4, status: 400, body: { __type: 'ValidationException', message: 'Improperly formed request.', reason: null } });
    const response = await dialects.openai(gateway, 14);
    assert.equal(response.status, 200, response.text);
    assert.ok((await mains(fake)).at(-1).body.includes('Question 13:'));
});

test('streams are compressed too', async (t) => {
    const { gateway } = await rig(t, { config });
    for (const ask of Object.values(dialects)) {
        const response = await ask(gateway, 20, { more: { stream: true } });
        assert.equal(response.status, 200);
        assert.ok(told(response).summaries > 0);
    }
});

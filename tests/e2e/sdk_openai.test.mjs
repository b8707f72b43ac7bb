// The openai package against the gateway: what its users do, in the order they would.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MODEL } from './lib/http.mjs';
import { PICTURE, TOOLS } from './lib/material.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import * as sdk from './lib/sdk.mjs';
import { until } from './lib/wait.mjs';

const OpenAI = sdk.openai();
const shared = shared_rig();

const client_of = (gateway, more) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0, ...more });
const ask = (text, more) => ({ model: MODEL, messages: [{ role: 'user', content: text }], ...more });

async function collect(stream) {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    return chunks;
}
const text_of = (chunks) => chunks.map((c) => c.choices[0]?.delta?.content ?? '').join('');
const finishes = (chunks) => chunks.map((c) => c.choices[0]?.finish_reason).filter(Boolean);

const two_calls = [
    { text: 'Looking.' },
    { tool: { name: 'get_weather', id: 'tooluse_one', input: ['{"city":', '"Oslo"}'] } },
    { tool: { name: 'get_time', id: 'tooluse_two', input: [] } },
];

test('a plain answer', async () => {
    await shared.fake.say([{ text: 'Hello ' }, { text: 'there.' }]);
    const answer = await client_of(shared.gateway).chat.completions.create(ask('Hi'));
    assert.equal(answer.object, 'chat.completion');
    assert.match(answer.id, /^chatcmpl-\w{24}$/);
    assert.equal(answer.model, MODEL);
    assert.equal(answer.choices[0].message.content, 'Hello there.');
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.choices[0].message.tool_calls, undefined);
    assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
    assert.equal(answer.usage.prompt_tokens, 120);
    assert.equal(answer.usage.completion_tokens, 30);
    assert.match(answer._request_id, /^req_/);
});

test('a stream, without a usage chunk unless asked for', async () => {
    await shared.fake.say([{ text: 'one ' }, { text: 'two ' }, { text: 'three' }], { deliver: 'frames' });
    const chunks = await collect(await client_of(shared.gateway).chat.completions.create(ask('Count', { stream: true })));
    assert.equal(text_of(chunks), 'one two three');
    assert.equal(chunks[0].choices[0].delta.role, 'assistant');
    assert.deepEqual(finishes(chunks), ['stop']);
    assert.equal(new Set(chunks.map((c) => c.id)).size, 1);
    assert.ok(chunks.every((c) => c.choices.length === 1 && c.usage === undefined));
});

test('C10: include_usage adds one chunk with the numbers of upstream', async () => {
    await shared.fake.say([{ text: 'counted' }]);
    const chunks = await collect(await client_of(shared.gateway).chat.completions.create(
        ask('Count', { stream: true, stream_options: { include_usage: true } })));
    const last = chunks.at(-1);
    assert.deepEqual(last.choices, []);
    assert.equal(last.usage.prompt_tokens, 120);
    assert.equal(last.usage.completion_tokens, 30);
    assert.ok(chunks.slice(0, -1).every((c) => c.usage === null && c.choices.length === 1));
});

test('two parallel tool calls', async () => {
    await shared.fake.say(two_calls);
    const answer = await client_of(shared.gateway).chat.completions.create(ask('Weather and time?', { tools: TOOLS.openai }));
    const { message, finish_reason } = answer.choices[0];
    assert.equal(finish_reason, 'tool_calls');
    assert.equal(message.content, 'Looking.');
    assert.deepEqual(message.tool_calls.map((c) => [c.type, c.function.name, JSON.parse(c.function.arguments)]),
        [['function', 'get_weather', { city: 'Oslo' }], ['function', 'get_time', {}]]);
    assert.notEqual(message.tool_calls[0].id, message.tool_calls[1].id);
});

test('C2, C4: two parallel tool calls in a stream', async () => {
    await shared.fake.say(two_calls, { deliver: 'frames' });
    const stream = client_of(shared.gateway).chat.completions.stream(ask('Weather and time?', { tools: TOOLS.openai }));
    const { message, finish_reason } = (await stream.finalChatCompletion()).choices[0];
    assert.equal(finish_reason, 'tool_calls');
    assert.equal(message.content, 'Looking.');
    assert.deepEqual(message.tool_calls.map((c) => [c.function.name, JSON.parse(c.function.arguments)]),
        [['get_weather', { city: 'Oslo' }], ['get_time', {}]]);
});

test('tool results go back with the ids of their calls', async () => {
    const client = client_of(shared.gateway);
    await shared.fake.say(two_calls);
    const first = await client.chat.completions.create(ask('Weather and time?', { tools: TOOLS.openai }));
    const calls = first.choices[0].message.tool_calls;
    await shared.fake.say([{ text: 'Rain at noon.' }]);
    const second = await client.chat.completions.create({
        model: MODEL, tools: TOOLS.openai,
        messages: [
            { role: 'user', content: 'Weather and time?' },
            first.choices[0].message,
            { role: 'tool', tool_call_id: calls[1].id, content: '12:00' },
            { role: 'tool', tool_call_id: calls[0].id, content: 'rain' },
        ],
    });
    assert.equal(second.choices[0].message.content, 'Rain at noon.');
    const sent = (await shared.fake.last_chat()).conversationState;
    const uses = sent.history.at(-1).assistantResponseMessage.toolUses;
    const results = sent.currentMessage.userInputMessage.userInputMessageContext.toolResults;
    assert.deepEqual(uses.map((u) => u.toolUseId), calls.map((c) => c.id));
    const said = Object.fromEntries(results.map((r) => [r.toolUseId, r.content[0].text]));
    assert.deepEqual(said, { [calls[0].id]: 'rain', [calls[1].id]: '12:00' });
});

test('a picture in a data URI reaches upstream byte for byte', async () => {
    await shared.fake.say([{ text: 'A dot.' }]);
    await client_of(shared.gateway).chat.completions.create({
        model: MODEL,
        messages: [{ role: 'user', content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } },
        ] }],
    });
    const { images, content } = (await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage;
    assert.equal(images.length, 1);
    assert.equal(images[0].format, 'png');
    assert.equal(images[0].source.bytes, PICTURE);
    assert.match(content, /What is this\?/);
});

test('C1: reasoning_effort gives reasoning_content, apart from the text', async () => {
    const steps = [{ thinking: 'Let me ' }, { thinking: 'see.' }, { signature: 'c2ln' }, { text: 'Seen.' }];
    const client = client_of(shared.gateway);
    await shared.fake.say(steps);
    const answer = await client.chat.completions.create(ask('Think', { reasoning_effort: 'high' }));
    assert.equal(answer.choices[0].message.reasoning_content, 'Let me see.');
    assert.equal(answer.choices[0].message.content, 'Seen.');
    // Models without native reasoning are asked for it in the system text.
    assert.match((await shared.fake.chats()).at(-1).body, /"thinking":\{"type":"adaptive"|<thinking_mode>enabled/);

    await shared.fake.say(steps, { deliver: 'frames' });
    const chunks = await collect(await client.chat.completions.create(ask('Think', { reasoning_effort: 'high', stream: true })));
    assert.equal(chunks.map((c) => c.choices[0]?.delta?.reasoning_content ?? '').join(''), 'Let me see.');
    assert.equal(text_of(chunks), 'Seen.');
});

test('C17: a stop sequence ends the text before it, also across fragments', async () => {
    await shared.fake.say([{ text: 'one two EN' }, { text: 'D three' }], { deliver: 'frames' });
    const chunks = await collect(await client_of(shared.gateway).chat.completions.create(ask('Count', { stop: ['END'], stream: true })));
    assert.equal(text_of(chunks), 'one two ');
    assert.deepEqual(finishes(chunks), ['stop']);
    await shared.fake.no_live_streams();
});

test('max_tokens ends with length', async () => {
    await shared.fake.say([{ text: 'word '.repeat(400), chunk: 50 }]);
    const answer = await client_of(shared.gateway).chat.completions.create(ask('Write', { max_tokens: 20 }));
    assert.equal(answer.choices[0].finish_reason, 'length');
    const { content } = answer.choices[0].message;
    assert.ok(content.length > 0 && content.length < 400, `${content.length} characters`);
});

test('the list of models, and one of them', async () => {
    const client = client_of(shared.gateway);
    const models = await collect(await client.models.list());
    assert.ok(models.length > 1);
    assert.ok(models.every((m) => m.object === 'model' && Number.isInteger(m.created)));
    assert.ok(models.some((m) => m.id === MODEL), models.map((m) => m.id).join(' '));
    assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
});

test('a wrong key is an AuthenticationError after one request', async () => {
    let requests = 0;
    const counting = (...args) => (++requests, fetch(...args));
    const client = client_of(shared.gateway, { apiKey: 'wrong', maxRetries: 5, fetch: counting });
    await assert.rejects(client.chat.completions.create(ask('Hi')), (error) => {
        assert.ok(error instanceof OpenAI.AuthenticationError);
        assert.equal(error.code, 'invalid_api_key');
        return true;
    });
    assert.equal(requests, 1);
});

test('D1: an unknown model is a NotFoundError', async () => {
    await assert.rejects(client_of(shared.gateway).chat.completions.create(ask('Hi', { model: 'gpt-nothing' })), (error) => {
        assert.ok(error instanceof OpenAI.NotFoundError);
        assert.equal(error.code, 'model_not_found');
        assert.equal(error.param, 'model');
        return true;
    });
});

test('A10: a mistake is a BadRequestError with its path, and upstream hears nothing of it', async () => {
    const before = (await shared.fake.chats()).length;
    const bad = { model: MODEL, messages: [{ role: 'user', content: 'a' }, { role: 'user', content: [{ type: 'text', text: 7 }] }] };
    await assert.rejects(client_of(shared.gateway).chat.completions.create(bad), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.match(error.param, /^messages.*1.*content.*0/);
        return true;
    });
    await assert.rejects(client_of(shared.gateway).chat.completions.create({ model: MODEL, messages: [] }), OpenAI.BadRequestError);
    assert.equal((await shared.fake.chats()).length, before);
});

test('throttling of every account is a RateLimitError with retry-after', async (t) => {
    const { fake, gateway } = await rig(t);
    await fake.push({ times: 0, status: 429, headers: { 'retry-after': '7' },
        body: { __type: 'ThrottlingException', message: 'Too many requests, please wait before trying again.' } });
    await assert.rejects(client_of(gateway).chat.completions.create(ask('Hi')), (error) => {
        assert.ok(error instanceof OpenAI.RateLimitError, String(error));
        const wait = Number(error.headers.get('retry-after'));
        assert.ok(wait > 0 && wait <= 60, `retry-after ${wait}`);
        return true;
    });
});

test('an abort in mid-stream ends upstream, and the next request is served', async () => {
    const client = client_of(shared.gateway);
    await shared.fake.say([{ text: 'slow '.repeat(2000), chunk: 5, delay_ms: 50 }], { deliver: 'frames' });
    const stream = await client.chat.completions.create(ask('Slowly', { stream: true }));
    for await (const chunk of stream) {
        if (chunk.choices[0]?.delta?.content) break; // leaving the loop aborts
    }
    await shared.fake.no_live_streams();
    await shared.fake.say([{ text: 'Still here.' }]);
    const answer = await client.chat.completions.create(ask('Hi'));
    assert.equal(answer.choices[0].message.content, 'Still here.');
});

test('a failure in mid-stream throws and is never an answer', async () => {
    await shared.fake.say([{ text: 'Half an' }, { exception: { type: 'ThrottlingException', message: 'scripted' } }]);
    const stream = await client_of(shared.gateway).chat.completions.create(ask('Hi', { stream: true }));
    const seen = [];
    await assert.rejects(async () => {
        for await (const chunk of stream) seen.push(chunk);
    }, OpenAI.APIError);
    assert.deepEqual(finishes(seen), []);
});

test('F6: a refusal makes the client wait as long as it was told, then go on', async () => {
    const { key } = await shared.gateway.create_key('--name', 'paced', '--rpm', '30', '--burst', '1');
    const paced = client_of(shared.gateway, { apiKey: key, maxRetries: 2 });
    await until('the key', async () => paced.models.list().then(() => true, () => false));
    await paced.chat.completions.create(ask('one'));
    const began = Date.now();
    await paced.chat.completions.create(ask('two'));
    const waited = Date.now() - began;
    assert.ok(waited > 1000 && waited < 10_000, `${waited} ms`);
    const impatient = client_of(shared.gateway, { apiKey: key });
    await assert.rejects(impatient.chat.completions.create(ask('three')), (error) => {
        assert.equal(error.status, 429);
        assert.equal(error.headers.get?.('x-kirogate-limit') ?? error.headers['x-kirogate-limit'], 'key.requests_per_minute');
        assert.equal(error.headers.get?.('x-ratelimit-limit-requests') ?? error.headers['x-ratelimit-limit-requests'], '1');
        return true;
    });
});

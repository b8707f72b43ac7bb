// The openai package's Responses API against the gateway, and what Codex needs beside it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MODEL, get, post, request } from './lib/http.mjs';
import { PICTURE, TOOLS } from './lib/material.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import * as sdk from './lib/sdk.mjs';

const OpenAI = sdk.openai();
const shared = shared_rig();

const client_of = (gateway, more) => new OpenAI({ baseURL: `${gateway.url}/v1`, apiKey: gateway.key, maxRetries: 0, ...more });
const create = (more) => client_of(shared.gateway).responses.create({ model: MODEL, ...more });
const raw = (body, options) => post(shared.gateway, '/v1/responses', { model: MODEL, ...body }, options);

async function collect(stream) {
    const events = [];
    for await (const event of stream) events.push(event);
    return events;
}

const two_calls = [
    { text: 'Looking.' },
    { tool: { name: 'get_weather', id: 'tooluse_one', input: ['{"city":', '"Oslo"}'] } },
    { tool: { name: 'get_time', id: 'tooluse_two', input: [] } },
];

test('a plain answer to a string', async () => {
    await shared.fake.say([{ text: 'Hello ' }, { text: 'there.' }]);
    const answer = await create({ input: 'Hi', instructions: 'Be kind.', metadata: { run: '7' } });
    assert.equal(answer.object, 'response');
    assert.match(answer.id, /^resp_\w{24}$/);
    assert.equal(answer.status, 'completed');
    assert.equal(answer.output_text, 'Hello there.');
    assert.equal(answer.model, MODEL);
    assert.equal(answer.instructions, 'Be kind.');
    assert.deepEqual(answer.metadata, { run: '7' });
    assert.equal(answer.store, false);
    assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.total_tokens], [120, 30, 150]);
    assert.match(answer._request_id, /^req_/);
});

test('a stream counts its events and ends completed', async () => {
    await shared.fake.say([{ text: 'one ' }, { text: 'two ' }, { text: 'three' }], { deliver: 'frames' });
    const events = await collect(await create({ input: 'Count', stream: true }));
    assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
    assert.deepEqual(events.slice(0, 2).map((e) => e.type), ['response.created', 'response.in_progress']);
    assert.equal(events.filter((e) => e.type === 'response.output_text.delta').map((e) => e.delta).join(''), 'one two three');
    const last = events.at(-1);
    assert.equal(last.type, 'response.completed');
    assert.equal(last.response.id, events[0].response.id);
    assert.equal(last.response.usage.total_tokens, 150);
    assert.equal(last.response.output[0].content[0].text, 'one two three');
});

test('C4: the stream helper puts two parallel calls together', async () => {
    await shared.fake.say(two_calls, { deliver: 'frames' });
    const stream = client_of(shared.gateway).responses.stream({ model: MODEL, input: 'Weather and time?', tools: TOOLS.responses });
    const answer = await stream.finalResponse();
    assert.equal(answer.output[0].content[0].text, 'Looking.');
    const calls = answer.output.filter((item) => item.type === 'function_call');
    assert.deepEqual(calls.map((c) => [c.name, c.arguments, c.status]),
        [['get_weather', '{"city":"Oslo"}', 'completed'], ['get_time', '{}', 'completed']]);
    assert.notEqual(calls[0].call_id, calls[1].call_id);
});

test('a tool round trip: the output goes back as it came, with the results in another order', async () => {
    await shared.fake.say(two_calls);
    const first = await create({ input: 'Weather and time?', tools: TOOLS.responses });
    const calls = first.output.filter((item) => item.type === 'function_call');
    await shared.fake.say([{ text: 'Rain at noon.' }]);
    const second = await create({
        tools: TOOLS.responses,
        input: [
            { role: 'user', content: 'Weather and time?' },
            ...first.output,
            { type: 'function_call_output', call_id: calls[1].call_id, output: '12:00' },
            { type: 'function_call_output', call_id: calls[0].call_id, output: 'rain' },
        ],
    });
    assert.equal(second.output_text, 'Rain at noon.');
    const sent = (await shared.fake.last_chat()).conversationState;
    const uses = sent.history.at(-1).assistantResponseMessage.toolUses;
    const results = sent.currentMessage.userInputMessage.userInputMessageContext.toolResults;
    assert.deepEqual(uses.map((u) => u.toolUseId), calls.map((c) => c.call_id));
    const said = Object.fromEntries(results.map((r) => [r.toolUseId, r.content[0].text]));
    assert.deepEqual(said, { [calls[0].call_id]: 'rain', [calls[1].call_id]: '12:00' });
});

test('a custom tool is called with raw text, and a namespace comes back', async () => {
    await shared.fake.say([
        { tool: { name: 'apply_patch', id: 'tooluse_one', input: ['{"input":"*** Be', 'gin\\nx"}'] } },
        { tool: { name: 'find', id: 'tooluse_two', input: [] } },
    ], { deliver: 'frames' });
    const answer = await create({
        input: [{ type: 'message', role: 'developer', content: 'You edit.' }, { role: 'user', content: 'Fix it' }],
        tools: [
            { type: 'custom', name: 'apply_patch', description: 'Edits', format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' } },
            { type: 'namespace', name: 'docs', description: 'Manual', tools: [{ type: 'function', name: 'find', parameters: null }] },
            { type: 'web_search' },
        ],
    });
    assert.deepEqual(answer.output.map((i) => [i.type, i.name, i.namespace, i.input ?? i.arguments]),
        [['custom_tool_call', 'apply_patch', undefined, '*** Begin\nx'], ['function_call', 'find', 'docs', '{}']]);
});

test('C1: reasoning is an item of its own; sealed, it survives the round trip', async () => {
    const steps = [{ thinking: 'Let me ' }, { thinking: 'see.' }, { signature: 'c2ln' }, { text: 'Seen.' }];
    const more = { reasoning: { effort: 'high', summary: 'auto' }, include: ['reasoning.encrypted_content'], store: false };
    await shared.fake.say(steps, { deliver: 'frames' });
    const events = await collect(await create({ input: 'Think', stream: true, ...more }));
    assert.equal(events.filter((e) => e.type === 'response.reasoning_summary_text.delta').map((e) => e.delta).join(''), 'Let me see.');
    const { output } = events.at(-1).response;
    assert.deepEqual(output.map((i) => i.type), ['reasoning', 'message']);
    assert.ok(output[0].encrypted_content.length > 40);
    assert.ok(!output[0].encrypted_content.includes('see'));

    const tampered = { ...output[0], encrypted_content: `${output[0].encrypted_content.slice(0, -6)}AAAAA=` };
    const foreign = { ...output[0], encrypted_content: 'gAAAAfromelsewhere', content: null };
    for (const reasoning of [output[0], foreign, tampered]) {
        await shared.fake.say([{ text: 'Again.' }]);
        const again = await create({ input: [{ role: 'user', content: 'Think' }, reasoning, output[1], { role: 'user', content: 'More' }], ...more });
        assert.equal(again.output_text, 'Again.');
        if (reasoning !== output[0]) assert.ok(!(await shared.fake.chats()).at(-1).body.includes('c2ln'));
    }
});

test('a picture in a data URI reaches upstream byte for byte', async () => {
    await shared.fake.say([{ text: 'A dot.' }]);
    await create({ input: [{ role: 'user', content: [
        { type: 'input_text', text: 'What is this?' },
        { type: 'input_image', image_url: `data:image/png;base64,${PICTURE}`, detail: 'high' },
    ] }] });
    const { images } = (await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage;
    assert.equal(images[0].source.bytes, PICTURE);
});

test('structured output is parsed by the SDK', async () => {
    await shared.fake.say([{ text: '{"city":"Oslo"}' }]);
    const answer = await client_of(shared.gateway).responses.parse({
        model: MODEL, input: 'A city',
        text: { format: { type: 'json_schema', name: 'city', schema: { type: 'object', properties: { city: { type: 'string' } } } } },
    });
    assert.equal(answer.text.format.name, 'city');
    assert.deepEqual(JSON.parse(answer.output_text), { city: 'Oslo' });
});

test('max_output_tokens ends incomplete', async () => {
    await shared.fake.say([{ text: 'word '.repeat(400), chunk: 50 }]);
    const answer = await create({ input: 'Write', max_output_tokens: 20 });
    assert.equal(answer.status, 'incomplete');
    assert.equal(answer.incomplete_details.reason, 'max_output_tokens');
});

test('A3: an upstream lost in mid-stream is response.failed, never completed', async () => {
    await shared.fake.say([{ text: 'Half an' }, { exception: { type: 'ThrottlingException', message: 'scripted' } }]);
    const answer = await raw({ input: 'Hi', stream: true });
    const last = answer.events.at(-1);
    assert.equal(last.event, 'response.failed');
    assert.equal(last.data.response.status, 'failed');
    assert.equal(last.data.response.error.code, 'rate_limit_exceeded');
    assert.ok(!answer.text.includes('response.completed'));
});

test('captures 26: a WebSocket is refused with 426, other GETs with 405', async () => {
    const upgrade = await get(shared.gateway, '/v1/responses', { headers: { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' } });
    assert.equal(upgrade.status, 426);
    assert.equal(upgrade.text, '');
    assert.equal(upgrade.headers.connection, 'close');
    const plain = await get(shared.gateway, '/v1/responses');
    assert.equal(plain.status, 405);
    assert.match(plain.headers.allow, /POST/);
    assert.equal(plain.json.error.type, 'invalid_request_error');
});

test('7.6: neighbours answer in the shape of the family', async () => {
    const counted = await post(shared.gateway, '/v1/responses/input_tokens', { model: MODEL, input: 'some words to count' });
    assert.equal(counted.status, 200);
    assert.equal(counted.json.object, 'response.input_tokens');
    assert.ok(counted.json.input_tokens > 0);
    for (const [method, path] of [['POST', '/v1/responses/compact'], ['GET', '/v1/responses/resp_1'], ['DELETE', '/v1/responses/resp_1'], ['GET', '/v1/responses/resp_1/input_items'], ['POST', '/v1/conversations'], ['POST', '/v1/embeddings']]) {
        const answer = await request(shared.gateway, method, path);
        assert.equal(answer.status, 404, path);
        assert.deepEqual(Object.keys(answer.json.error), ['message', 'type', 'param', 'code']);
        assert.equal(answer.json.error.type, 'invalid_request_error');
    }
    const alias = await post(shared.gateway, '/responses/input_tokens', { model: MODEL, input: 'x' });
    assert.equal(alias.status, 200);
});

test('stored state is refused with the code that clients act on', async () => {
    await assert.rejects(create({ input: 'Hi', previous_response_id: 'resp_1' }), (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.equal(error.code, 'previous_response_not_found');
        assert.equal(error.param, 'previous_response_id');
        return true;
    });
});

test('F6: a wrong key is an AuthenticationError, an unknown model a NotFoundError', async () => {
    await assert.rejects(client_of(shared.gateway, { apiKey: 'wrong' }).responses.create({ model: MODEL, input: 'Hi' }), OpenAI.AuthenticationError);
    await assert.rejects(create({ model: 'gpt-unknown', input: 'Hi' }), (error) => {
        assert.ok(error instanceof OpenAI.NotFoundError);
        assert.equal(error.code, 'model_not_found');
        return true;
    });
});

test('kept answers are continued, read and deleted, also after a restart', async (t) => {
    const { fake, gateway } = await rig(t, { env: { KIROGATE_RESPONSES_KEPT_PER_KEY: '5' } });
    const client = client_of(gateway);
    await fake.say([{ text: 'Noted.' }]);
    const first = await client.responses.create({ model: MODEL, input: 'My number is 41.' });
    assert.equal(first.store, true);
    await gateway.stop();
    await gateway.serve();
    await fake.say([{ text: 'It is 41.' }]);
    const second = await client_of(gateway).responses.create({ model: MODEL, input: 'Which number?', previous_response_id: first.id });
    assert.equal(second.previous_response_id, first.id);
    const sent = (await fake.chats()).at(-1).body;
    assert.match(sent, /My number is 41.*Noted\..*Which number/s);
    const kept = await client_of(gateway).responses.retrieve(first.id);
    assert.deepEqual(kept.output, first.output);
    await client_of(gateway).responses.delete(first.id);
    await assert.rejects(client_of(gateway).responses.retrieve(first.id), OpenAI.NotFoundError);
});

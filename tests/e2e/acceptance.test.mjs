// The checklist of client-apis 12, for each of the three formats: what every client needs, in the order of
// the list. One row of `formats` says how a format is spoken; the tests below know none of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MODEL, RawSocket, get, open_stream, post, request } from './lib/http.mjs';
import { PICTURE, TOOLS } from './lib/material.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const shared = shared_rig();
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const joined = (events, pick) => events.map((e) => (e.data && e.data !== '[DONE]' && pick(e.data)) || '').join('');

const formats = {
    chat: {
        path: '/v1/chat/completions',
        body: (text, more = {}) => ({ messages: [{ role: 'user', content: text }], ...more }),
        text: (answer) => answer.choices[0].message.content,
        thinking: (answer) => answer.choices[0].message.reasoning_content ?? '',
        calls: (answer) => answer.choices[0].message.tool_calls.map((c) => [c.id, c.function.name, JSON.parse(c.function.arguments)]),
        stop: (answer) => answer.choices[0].finish_reason,
        stream_text: (events) => joined(events, (d) => d.choices?.[0]?.delta?.content),
        stream_calls: (events) => {
            const calls = [];
            for (const { data } of events) {
                for (const c of data?.choices?.[0]?.delta?.tool_calls ?? []) {
                    calls[c.index] ??= [c.id, c.function.name, ''];
                    calls[c.index][2] += c.function.arguments;
                }
            }
            return calls.map(([id, name, json]) => [id, name, JSON.parse(json)]);
        },
        whole: (events) => events.at(-1).data === '[DONE]',
        broken: (events) => events.some((e) => e.data?.error) && events.at(-1).data !== '[DONE]',
        tools: { tools: TOOLS.openai },
        thinks: { reasoning_effort: 'high' },
        json: { response_format: { type: 'json_schema', json_schema: { name: 'city', schema } } },
        short: { max_tokens: 5 }, cut: 'length', called: 'tool_calls',
        image: () => ({ messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } }] }] }),
        after: (calls, results) => ({ messages: [
            { role: 'user', content: 'Go' },
            { role: 'assistant', content: null, tool_calls: calls.map(([id, name, input]) => ({ id, type: 'function', function: { name, arguments: JSON.stringify(input) } })) },
            ...results.map(([id, content]) => ({ role: 'tool', tool_call_id: id, content })),
        ] }),
        turn: (role, text) => ({ role, content: text }), history: 'messages',
        error: (body) => body.error.type && 'code' in body.error && 'param' in body.error,
    },
    responses: {
        path: '/v1/responses',
        body: (text, more = {}) => ({ input: text, ...more }),
        text: (answer) => answer.output.filter((i) => i.type === 'message').map((i) => i.content[0].text).join(''),
        thinking: (answer) => answer.output.filter((i) => i.type === 'reasoning').map((i) => i.summary[0]?.text ?? '').join(''),
        calls: (answer) => answer.output.filter((i) => i.type === 'function_call').map((i) => [i.call_id, i.name, JSON.parse(i.arguments)]),
        stop: (answer) => answer.incomplete_details?.reason ?? answer.status,
        stream_text: (events) => joined(events, (d) => d.type === 'response.output_text.delta' && d.delta),
        stream_calls: (events) => formats.responses.calls(events.at(-1).data.response),
        whole: (events) => events.at(-1).event === 'response.completed',
        broken: (events) => events.at(-1).event === 'response.failed',
        tools: { tools: TOOLS.responses },
        thinks: { reasoning: { effort: 'high', summary: 'auto' } },
        json: { text: { format: { type: 'json_schema', name: 'city', schema } } },
        short: { max_output_tokens: 5 }, cut: 'max_output_tokens', called: 'completed',
        image: () => ({ input: [{ role: 'user', content: [{ type: 'input_image', image_url: `data:image/png;base64,${PICTURE}` }] }] }),
        after: (calls, results) => ({ input: [
            { role: 'user', content: 'Go' },
            ...calls.map(([call_id, name, input]) => ({ type: 'function_call', call_id, name, arguments: JSON.stringify(input) })),
            ...results.map(([call_id, output]) => ({ type: 'function_call_output', call_id, output })),
        ] }),
        turn: (role, text) => ({ role, content: text }), history: 'input',
        error: (body) => body.error.type && 'code' in body.error && 'param' in body.error,
    },
    messages: {
        path: '/v1/messages?beta=true',
        body: (text, more = {}) => ({ max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more }),
        text: (answer) => answer.content.filter((b) => b.type === 'text').map((b) => b.text).join(''),
        thinking: (answer) => answer.content.filter((b) => b.type === 'thinking').map((b) => b.thinking).join(''),
        calls: (answer) => answer.content.filter((b) => b.type === 'tool_use').map((b) => [b.id, b.name, b.input]),
        stop: (answer) => answer.stop_reason,
        stream_text: (events) => joined(events, (d) => d.delta?.text),
        stream_calls: (events) => {
            const blocks = [];
            for (const { data } of events) {
                if (data?.content_block?.type === 'tool_use') blocks[data.index] = [data.content_block.id, data.content_block.name, ''];
                if (data?.delta?.type === 'input_json_delta') blocks[data.index][2] += data.delta.partial_json;
            }
            return blocks.filter(Boolean).map(([id, name, json]) => [id, name, JSON.parse(json)]);
        },
        whole: (events) => events.at(-1).event === 'message_stop',
        broken: (events) => events.at(-1).event === 'error' && !events.some((e) => e.event === 'message_stop'),
        tools: { tools: TOOLS.anthropic },
        thinks: { thinking: { type: 'enabled', budget_tokens: 2000 } },
        json: { output_config: { format: { type: 'json_schema', schema } } },
        short: { max_tokens: 5 }, cut: 'max_tokens', called: 'tool_use',
        image: () => ({ max_tokens: 1000, messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } }] }] }),
        after: (calls, results) => ({ max_tokens: 1000, messages: [
            { role: 'user', content: 'Go' },
            { role: 'assistant', content: calls.map(([id, name, input]) => ({ type: 'tool_use', id, name, input })) },
            { role: 'user', content: results.map(([id, content]) => ({ type: 'tool_result', tool_use_id: id, content })) },
        ] }),
        turn: (role, text) => ({ role, content: text }), history: 'messages',
        error: (body) => body.type === 'error' && body.error.type && body.request_id,
    },
};

const sent_turn = async () => (await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage;
const two_calls = [
    { text: 'Looking.' },
    { tool: { name: 'get_weather', id: 'tooluse_one', input: ['{"city":', '"Oslo"}'] } },
    { tool: { name: 'get_time', id: 'tooluse_two', input: [] } },
];
const both = [['get_weather', { city: 'Oslo' }], ['get_time', {}]];
const names = (calls) => calls.map(([, name, input]) => [name, input]);

for (const [name, f] of Object.entries(formats)) {
    const send = (body, options) => post(options?.to ?? shared.gateway, f.path, { model: MODEL, ...body }, options);

    describe(name, () => {
        test('plain, and a stream', async () => {
            await shared.fake.say([{ text: 'Hello ' }, { text: 'there.' }]);
            const answer = await send(f.body('Hi'));
            assert.equal(answer.status, 200);
            assert.equal(f.text(answer.json), 'Hello there.');
            await shared.fake.say([{ text: 'Hello ' }, { text: 'there.' }], { deliver: 'frames' });
            const { events, headers } = await send(f.body('Hi', { stream: true }));
            assert.match(headers['content-type'], /^text\/event-stream/);
            assert.equal(f.stream_text(events), 'Hello there.');
            assert.ok(f.whole(events));
        });

        test('two parallel tool calls, in a stream and not, and their results', async () => {
            await shared.fake.say(two_calls);
            const answer = await send(f.body('Go', f.tools));
            const calls = f.calls(answer.json);
            assert.deepEqual(names(calls), both);
            assert.equal(f.stop(answer.json), f.called);
            await shared.fake.say(two_calls, { deliver: 'bytes' });
            assert.deepEqual(names(f.stream_calls((await send(f.body('Go', { ...f.tools, stream: true }))).events)), both);

            await shared.fake.say([{ text: 'Rain at noon.' }]);
            const last = await send({ ...f.after(calls, [[calls[1][0], '12:00'], [calls[0][0], 'rain']]), ...f.tools });
            assert.equal(f.text(last.json), 'Rain at noon.');
            const { toolResults } = (await sent_turn()).userInputMessageContext;
            assert.deepEqual(toolResults.map((r) => r.content[0].text), ['rain', '12:00']);
        });

        test('a picture', async () => {
            await shared.fake.say([{ text: 'A dot.' }]);
            assert.equal((await send(f.image())).status, 200);
            assert.equal((await sent_turn()).images[0].source.bytes, PICTURE);
        });

        test('thinking on and off', async () => {
            const steps = [{ thinking: 'Hm.' }, { signature: 'c2ln' }, { text: 'Yes.' }];
            await shared.fake.say(steps);
            const on = await send(f.body('Think', f.thinks));
            assert.deepEqual([f.thinking(on.json), f.text(on.json)], ['Hm.', 'Yes.']);
            await shared.fake.say(steps);
            const off = await send(f.body('Think'));
            assert.deepEqual([f.thinking(off.json), f.text(off.json)], ['', 'Yes.']);
        });

        test('JSON by a schema, in a stream and not', async () => {
            for (const stream of [false, true]) {
                await shared.fake.say([{ text: 'Sure: ```json\n{"city":"Oslo"}\n```' }]);
                const answer = await send(f.body('A city', { ...f.json, stream }));
                assert.equal(stream ? f.stream_text(answer.events) : f.text(answer.json), '{"city":"Oslo"}');
            }
        });

        test('stop by length', async () => {
            await shared.fake.say([{ text: 'one two three four five six seven eight nine ten', chunk: 6 }]);
            assert.equal(f.stop((await send(f.body('Count', f.short))).json), f.cut);
        });

        test('a wrong key, an unknown model, malformed JSON', async () => {
            const wrong = await send(f.body('Hi'), { key: false, headers: { authorization: 'Bearer wrong' } });
            assert.deepEqual([wrong.status, wrong.headers['x-should-retry']], [401, 'false']);
            const unknown = await post(shared.gateway, f.path, { ...f.body('Hi'), model: 'no-such-model' });
            assert.equal(unknown.status, 404);
            const malformed = await request(shared.gateway, 'POST', f.path, { body: '{"model":', headers: { 'content-type': 'application/json' } });
            assert.equal(malformed.status, 400);
            for (const answer of [wrong, unknown, malformed]) assert.ok(f.error(answer.json), answer.text);
        });

        test('upstream 429 and 5xx before output', async (t) => {
            const { fake, gateway } = await rig(t, {});
            await fake.push({ status: 500, body: { message: 'scripted' } }, { steps: [{ text: 'Well.' }] });
            assert.equal(f.text((await send(f.body('Hi'), { to: gateway })).json), 'Well.');
            await fake.push({ times: 0, status: 429, headers: { 'retry-after': '7' },
                body: { __type: 'com.amazon.aws.codewhisperer#ThrottlingException', message: 'Too many requests.', reason: 'USER_REQUEST_RATE_EXCEEDED' } });
            const refused = await send(f.body('Hi', { stream: true }), { to: gateway });
            assert.equal(refused.status, 429);
            assert.ok(Number(refused.headers['retry-after']) > 0);
            assert.ok(f.error(refused.json));
        });

        test('upstream lost in the middle', async (t) => {
            const { fake, gateway } = await rig(t, {});
            await fake.say([{ text: 'Half an' }, { exception: { type: 'ThrottlingException', message: 'scripted' } }]);
            assert.ok(f.broken((await send(f.body('Hi', { stream: true }), { to: gateway })).events));
        });

        test('a client abort in the middle, then a normal request', async () => {
            await shared.fake.say([{ text: 'one ' }, { delay_ms: 60000, text: 'two' }], { deliver: 'frames' });
            const socket = await open_stream(shared.gateway, f.path, { model: MODEL, ...f.body('Count') }, 'one ');
            socket.reset();
            await shared.fake.no_live_streams();
            await shared.fake.say([{ text: 'Still here.' }]);
            assert.equal(f.text((await send(f.body('Hi'))).json), 'Still here.');
        });

        test('no character is cut, however the bytes of upstream arrive', async () => {
            const text = 'Gr\u00fc\u00dfe \u4e2d\u6587 \u{1F600}\u{1F469}\u200d\u{1F680} '.repeat(8);
            await shared.fake.say([{ text, chunk: 5 }], { deliver: 'bytes' });
            assert.equal(f.stream_text((await send(f.body('Hi', { stream: true }))).events), text);
        });

        test('usage is there and no number of it is null', async () => {
            await shared.fake.say([{ text: 'Well.' }]);
            const { usage } = (await send(f.body('Hi'))).json;
            const numbers = JSON.stringify(usage);
            assert.doesNotMatch(numbers, /null/);
            assert.ok((usage.prompt_tokens ?? usage.input_tokens) > 0);
        });

        test('2 MB of history, 300 KB of tools', async () => {
            const word = 'The quick brown fox jumps over the lazy dog. '.repeat(220);
            const turns = Array.from({ length: 201 }, (_, i) => f.turn(i % 2 ? 'assistant' : 'user', word));
            assert.ok(JSON.stringify(turns).length > 1_900_000);
            // More than the model's window: it is made to fit, by summaries that the fake writes too.
            const long = await send({ ...f.body(''), [f.history]: turns });
            assert.equal(long.status, 200, long.text.slice(0, 300));
            assert.match(long.headers['x-kirogate-compression'], /^messages=201\//);
            assert.ok(f.text(long.json).length > 0);
            const one = f.tools.tools[0];
            const tools = Array.from({ length: 60 }, (_, i) => {
                const copy = structuredClone(one);
                const at = copy.function ?? copy;
                at.name = `tool_${i}`;
                at.description = word.slice(0, 5000);
                return copy;
            });
            await shared.fake.say([{ text: 'Many.' }]);
            assert.equal(f.text((await send(f.body('Hi', { tools }))).json), 'Many.');
        });
    });
}

test('a picture inside a tool result (messages)', async () => {
    await shared.fake.say([{ text: 'A dot.' }]);
    const picture = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } };
    const f = formats.messages;
    const answer = await post(shared.gateway, f.path, { model: MODEL, ...f.after([['toolu_1', 'look', {}]], [['toolu_1', [picture]]]) });
    assert.equal(answer.status, 200);
    assert.equal((await sent_turn()).images[0].source.bytes, PICTURE);
});

test('models in both shapes, count_tokens', async () => {
    assert.equal((await get(shared.gateway, '/v1/models')).json.object, 'list');
    assert.equal((await get(shared.gateway, '/v1/models', { headers: { 'anthropic-version': '2023-06-01' } })).json.data[0].type, 'model');
    const count = await post(shared.gateway, '/v1/messages/count_tokens?beta=true', { model: MODEL, messages: [{ role: 'user', content: 'foo' }], tools: [] });
    assert.ok(count.json.input_tokens > 0);
});

test('a CORS preflight, HEAD /, a refused WebSocket', async () => {
    const preflight = await request(shared.gateway, 'OPTIONS', '/v1/messages', { key: false, headers: { origin: 'https://example.com', 'access-control-request-headers': 'x-stainless-os' } });
    assert.deepEqual([preflight.status, preflight.headers['access-control-allow-headers']], [204, 'x-stainless-os']);
    assert.equal((await request(shared.gateway, 'HEAD', '/', { key: false })).status, 200);
    const socket = await RawSocket.connect(shared.gateway);
    socket.write('GET /v1/responses HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n');
    await until('the refusal of the WebSocket', () => socket.status === 426);
    socket.reset();
});

test('both anthropic-versions, both headers for the key', async () => {
    for (const version of ['2023-06-01', '2026-10-21']) {
        for (const headers of [{ 'x-api-key': shared.gateway.key }, { authorization: `Bearer ${shared.gateway.key}` }]) {
            await shared.fake.say([{ text: 'Fine.' }]);
            const answer = await post(shared.gateway, '/v1/messages', { model: MODEL, ...formats.messages.body('Hi', { temperature: 1 }) },
                { key: false, headers: { ...headers, 'anthropic-version': version } });
            assert.equal(answer.status, 200);
        }
    }
});

test('fields, betas and values of next month are no errors', async () => {
    for (const [path, body] of [
        ['/v1/messages', formats.messages.body('Hi', { thinking: { type: 'enabled', budget_tokens: -1 }, tools: [], context_management: { edits: [{ type: 'new' }] } })],
        ['/v1/chat/completions', formats.chat.body('Hi', { tools: [], stream_options: { new: 1 }, store: true })],
        ['/v1/responses', formats.responses.body('Hi', { tools: [], include: ['something.new'], truncation: 'auto' })],
    ]) {
        await shared.fake.say([{ text: 'Fine.' }]);
        const answer = await post(shared.gateway, path, { model: MODEL, ...body, field_of_next_month: { a: [1] } },
            { headers: { 'anthropic-beta': 'never-heard-of-2027-01-01,another-2027-02-02' } });
        assert.equal(answer.status, 200, answer.text);
    }
});

test('threads are refused, system turns and a prefill are not', async () => {
    const body = (more) => ({ model: MODEL, ...formats.messages.body('Hi', more) });
    const refused = await post(shared.gateway, '/v1/messages', body({ thread: { type: 'create' } }));
    assert.equal(refused.status, 400);
    assert.equal(refused.json.error.details.error_code, 'thread_unsupported_request');
    await shared.fake.say([{ text: 'Fine.' }]);
    const turns = [{ role: 'user', content: 'Hi' }, { role: 'system', content: 'Be kind.', output_config: { effort: 'low' } }];
    assert.equal((await post(shared.gateway, '/v1/messages', body({ messages: turns }))).json.content[0].text, 'Fine.');
    await shared.fake.say([{ text: '"a":1}' }]);
    const prefilled = [{ role: 'user', content: 'JSON' }, { role: 'assistant', content: '{' }];
    assert.equal((await post(shared.gateway, '/v1/messages', body({ messages: prefilled }))).json.content[0].text, '"a":1}');
});

// The @anthropic-ai/sdk package against the gateway: 0.x, which sends x-api-key, and 1.x, which
// sends Authorization: Bearer.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MODEL, get } from './lib/http.mjs';
import { PICTURE, TOOLS } from './lib/material.mjs';
import { shared_rig } from './lib/rig.mjs';
import * as sdk from './lib/sdk.mjs';
import { until } from './lib/wait.mjs';

const shared = shared_rig();
const ask = (text, more) => ({ model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more });
const current = async () => (await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage;

const two_calls = [
    { text: 'Looking.' },
    { tool: { name: 'get_weather', id: 'tooluse_one', input: ['{"city":', '"Oslo"}'] } },
    { tool: { name: 'get_time', id: 'tooluse_two', input: [] } },
];

function load(major) {
    try {
        return { module: sdk.anthropic(major) };
    } catch (error) {
        // 1.x wants a newer Node than some systems have; anything else that is wrong must be seen.
        const old = major > 0 && Number(process.versions.node.split('.')[0]) < 20;
        if (old) return { skip: `@anthropic-ai/sdk 1.x does not run on Node ${process.versions.node}` };
        throw error;
    }
}

for (const major of [0, 1]) {
    const { module: Anthropic, skip } = load(major);
    if (skip) {
        test(`@anthropic-ai/sdk ${major}.x`, { skip }, () => {});
        continue;
    }
    describe(`@anthropic-ai/sdk ${major}.x`, () => {
        const client_of = (more) => new Anthropic({ baseURL: shared.gateway.url, apiKey: shared.gateway.key, maxRetries: 0, ...more });

        test('a plain answer', async () => {
            await shared.fake.say([{ text: 'Hello ' }, { text: 'there.' }]);
            const answer = await client_of().messages.create(ask('Hi'));
            assert.match(answer.id, /^msg_\w{24}$/);
            assert.equal(answer.model, MODEL);
            assert.deepEqual(answer.content, [{ type: 'text', text: 'Hello there.' }]);
            assert.equal(answer.stop_reason, 'end_turn');
            assert.equal(answer.stop_sequence, null);
            assert.equal(answer.usage.input_tokens, 120);
            assert.equal(answer.usage.output_tokens, 30);
            assert.match(answer._request_id, /^req_/);
            const sent = (await shared.fake.chats()).at(-1);
            assert.ok(!JSON.stringify(sent).includes(shared.gateway.key));
        });

        test('the stream helper', async () => {
            await shared.fake.say([{ text: 'one ' }, { text: 'two ' }, { text: 'three' }], { deliver: 'frames' });
            const stream = client_of().messages.stream(ask('Count'));
            const pieces = [];
            stream.on('text', (text) => pieces.push(text));
            const answer = await stream.finalMessage();
            assert.equal(pieces.join(''), 'one two three');
            assert.deepEqual(answer.content, [{ type: 'text', text: 'one two three' }]);
            assert.equal(answer.stop_reason, 'end_turn');
            assert.equal(answer.usage.output_tokens, 30);
        });

        test('C1, D10: thinking blocks carry a signature and may come back', async () => {
            const client = client_of();
            const model = 'claude-sonnet-4-6'; // reasons natively, says the live list of models
            await until('the live list', async () => !(await get(shared.gateway, '/v1/models')).headers['x-kirogate-warnings']);
            const thinking = { type: 'enabled', budget_tokens: 2000 };
            await shared.fake.say([{ thinking: 'Let me see.' }, { signature: 'c2lnbmF0dXJl' }, { text: 'Seen.' }], { deliver: 'frames' });
            const first = await client.messages.stream(ask('Think', { model, thinking, max_tokens: 4000 })).finalMessage();
            assert.deepEqual(first.content.map((b) => b.type), ['thinking', 'text']);
            assert.equal(first.content[0].thinking, 'Let me see.');
            assert.ok(first.content[0].signature.length > 0);
            assert.equal(first.content[1].text, 'Seen.');
            await shared.fake.say([{ text: 'Again.' }]);
            const second = await client.messages.create({
                model, max_tokens: 4000, thinking,
                messages: [{ role: 'user', content: 'Think' }, { role: 'assistant', content: first.content }, { role: 'user', content: 'And?' }],
            });
            assert.equal(second.content.at(-1).text, 'Again.');
            const history = JSON.stringify((await shared.fake.last_chat()).conversationState.history);
            assert.ok(history.includes('Let me see.') && history.includes('c2lnbmF0dXJl'), history);
        });

        test('without thinking no reasoning is shown', async () => {
            await shared.fake.say([{ thinking: 'secret thought' }, { text: 'Answer.' }]);
            const answer = await client_of().messages.create(ask('Hi'));
            assert.deepEqual(answer.content, [{ type: 'text', text: 'Answer.' }]);
        });

        test('two tool calls, streamed and not, are the same blocks', async () => {
            const client = client_of();
            await shared.fake.say(two_calls);
            const plain = await client.messages.create(ask('Weather and time?', { tools: TOOLS.anthropic }));
            await shared.fake.say(two_calls, { deliver: 'frames' });
            const streamed = await client.messages.stream(ask('Weather and time?', { tools: TOOLS.anthropic })).finalMessage();
            for (const answer of [plain, streamed]) {
                assert.equal(answer.stop_reason, 'tool_use');
                assert.deepEqual(answer.content.map((b) => [b.type, b.text ?? b.name, b.input]), [
                    ['text', 'Looking.', undefined], ['tool_use', 'get_weather', { city: 'Oslo' }], ['tool_use', 'get_time', {}]]);
            }
        });

        test('D3: tool results with a picture and with is_error', async () => {
            await shared.fake.say([{ text: 'I see.' }]);
            await client_of().messages.create({
                model: MODEL, max_tokens: 1000, tools: TOOLS.anthropic,
                messages: [
                    { role: 'user', content: 'Look' },
                    { role: 'assistant', content: [
                        { type: 'tool_use', id: 'toolu_a', name: 'get_weather', input: { city: 'Oslo' } },
                        { type: 'tool_use', id: 'toolu_b', name: 'get_time', input: {} }] },
                    { role: 'user', content: [
                        { type: 'tool_result', tool_use_id: 'toolu_a', content: [
                            { type: 'text', text: 'radar' },
                            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PICTURE } }] },
                        { type: 'tool_result', tool_use_id: 'toolu_b', is_error: true, content: 'no clock' }] },
                ],
            });
            const sent = await current();
            assert.equal(sent.images?.[0]?.source.bytes, PICTURE);
            const results = Object.fromEntries(sent.userInputMessageContext.toolResults.map((r) => [r.toolUseId, r]));
            assert.equal(results.toolu_a.status, 'success');
            assert.match(JSON.stringify(results.toolu_a.content), /radar/);
            assert.equal(results.toolu_b.status, 'error');
            assert.match(JSON.stringify(results.toolu_b.content), /no clock/);
        });

        test('system blocks reach upstream', async () => {
            await shared.fake.say([{ text: 'Ahoy.' }]);
            await client_of().messages.create(ask('Hi', { system: [
                { type: 'text', text: 'Speak like a pirate.' },
                { type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }] }));
            const body = (await shared.fake.chats()).at(-1).body;
            assert.ok(body.includes('Speak like a pirate.') && body.includes('Be brief.'));
        });

        test('35 counts at once, without upstream', async () => {
            const client = client_of();
            const before = (await shared.fake.chats()).length;
            const counts = await Promise.all(Array.from({ length: 35 }, (_, i) =>
                client.messages.countTokens({ model: MODEL, messages: [{ role: 'user', content: 'word '.repeat(1 + i * 50) }], tools: [] })));
            for (let i = 1; i < counts.length; ++i) assert.ok(counts[i].input_tokens > counts[i - 1].input_tokens);
            assert.equal((await shared.fake.chats()).length, before);
        });

        test('models, page by page', async () => {
            const client = client_of();
            const all = [];
            for await (const model of client.models.list({ limit: 2 })) {
                all.push(model.id);
                assert.ok(all.length < 1000, 'endless paging');
            }
            assert.ok(all.includes(MODEL), all.join(' '));
            assert.equal(new Set(all).size, all.length);
            assert.ok(all.length > 2);
            const one = await client.models.retrieve(MODEL);
            assert.equal(one.type, 'model');
            assert.equal(typeof one.display_name, 'string');
        });

        test('error classes', async () => {
            let requests = 0;
            const counting = (...args) => (++requests, fetch(...args));
            await assert.rejects(client_of({ apiKey: 'wrong', maxRetries: 5, fetch: counting }).messages.create(ask('Hi')), Anthropic.AuthenticationError);
            assert.equal(requests, 1);
            await assert.rejects(client_of().messages.create(ask('Hi', { model: 'gpt-nothing' })), (error) => {
                assert.ok(error instanceof Anthropic.NotFoundError);
                assert.equal(error.error.error.message, 'model: gpt-nothing');
                assert.match(error.error.request_id, /^req_/);
                return true;
            });
            await assert.rejects(client_of().messages.create({ model: MODEL, max_tokens: 10, messages: [] }), Anthropic.BadRequestError);
        });

        test('C7: an error in mid-stream throws', async () => {
            await shared.fake.say([{ text: 'Half an' }, { exception: { type: 'ThrottlingException', message: 'scripted' } }]);
            const seen = [];
            await assert.rejects(async () => {
                for await (const event of await client_of().messages.create(ask('Hi', { stream: true }))) seen.push(event.type);
            }, (error) => {
                assert.ok(error instanceof Anthropic.APIError);
                assert.match(JSON.stringify(error.error), /rate_limit_error|overloaded_error/);
                return true;
            });
            assert.ok(!seen.includes('message_stop') && !seen.includes('message_delta'));
        });

        test('the tool runner works, with threads refused where it tries them', { skip: !new Anthropic({ apiKey: 'x' }).beta?.messages?.toolRunner }, async () => {
            await shared.fake.say([{ tool: { name: 'get_weather', id: 'tooluse_r', input: { city: 'Oslo' } } }]);
            await shared.fake.say([{ text: 'It rains.' }]);
            const asked = [];
            const runner = client_of().beta.messages.toolRunner(ask('Weather in Oslo?', {
                tools: [{
                    type: 'custom', ...TOOLS.anthropic[0],
                    run: async (input) => (asked.push(input), 'rain'),
                    parse: (input) => input,
                }],
            }));
            const answer = await runner;
            assert.deepEqual(asked, [{ city: 'Oslo' }]);
            assert.equal(answer.content.at(-1).text, 'It rains.');
            assert.match(JSON.stringify((await current()).userInputMessageContext.toolResults), /rain/);
        });
    });
}

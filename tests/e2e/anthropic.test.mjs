// What Claude Code and its relatives send to the Messages API beside plain turns.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MODEL, get, messages, post } from './lib/http.mjs';
import { shared_rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const shared = shared_rig();
const state = async () => (await shared.fake.last_chat()).conversationState;
const say = (text) => shared.fake.say([{ text }]);
const ask = (body, headers = {}) => post(shared.gateway, '/v1/messages?beta=true', { model: MODEL, max_tokens: 1000, ...body }, { headers });

test('both API versions, any beta name and whatever a new release adds get the same answer', async () => {
    const body = {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi', cache_control: { type: 'ephemeral', ttl: '1h' } }] }],
        system: [{ type: 'text', text: 'Be kind.', cache_control: { type: 'ephemeral' } }],
        temperature: 1, context_management: { edits: [{ type: 'clear_tool_uses_20250919' }] }, speed: 'standard',
        metadata: { user_id: '{"session_id":"s"}' }, fallbacks: [], diagnostics: {}, novelty: { of: ['next', 'month'] },
    };
    for (const version of ['2023-06-01', '2026-10-21', undefined]) {
        await say('Hello.');
        const answer = await ask(body, { ...(version ? { 'anthropic-version': version } : {}), 'anthropic-beta': 'claude-code-20250219,context-management-2025-06-27,from-the-future-2027-01-01' });
        assert.equal(answer.status, 200, answer.text);
        assert.deepEqual(answer.json.content, [{ type: 'text', text: 'Hello.' }]);
        const { usage } = answer.json;
        assert.deepEqual([usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens], [120, 0, 0]);
    }
});

test('cache fields are those of upstream', async () => {
    await shared.fake.say([{ text: 'Hello.' }, { usage: { uncached: 20, output: 5, cache_read: 4000, cache_write: 40 }, stop_reason: 'END_TURN' }]);
    const { usage } = (await messages(shared.gateway, 'Hi')).json;
    assert.deepEqual([usage.input_tokens, usage.cache_creation_input_tokens, usage.cache_read_input_tokens, usage.output_tokens], [20, 40, 4000, 5]);
});

test('captures 6: system turns, also as the last one', async () => {
    await say('Yes.');
    const first = await ask({ messages: [{ role: 'user', content: 'Hi' }, { role: 'system', content: 'The date is today.', output_config: { effort: 'high' } }] });
    assert.equal(first.status, 200, first.text);
    assert.match((await state()).currentMessage.userInputMessage.content, /Hi[^]*The date is today\./);
    await say('Yes.');
    const later = await ask({ messages: [{ role: 'user', content: 'Hi' }, { role: 'system', content: [{ type: 'text', text: 'Note one.' }] },
        { role: 'assistant', content: 'Hello.' }, { role: 'user', content: 'And?' }, { role: 'system' }] });
    assert.equal(later.status, 200, later.text);
    assert.match((await state()).history[0].userInputMessage.content, /Note one\./);
});

test('captures 8: deferred tools and references to them', async () => {
    await say('Ready.');
    const answer = await ask({
        tools: [{ name: 'ToolSearch', input_schema: { type: 'object' } }, { name: 'Late', defer_loading: true, input_schema: { type: 'object' } },
            { name: 'DeferredToolPlaceholder', input_schema: { type: 'object' } }],
        messages: [{ role: 'user', content: 'Hi' }, { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'ToolSearch', input: {} }] },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'tool_reference', tool_name: 'Late' }] }, { type: 'text', text: 'Tool loaded.' }] }],
    });
    assert.equal(answer.status, 200, answer.text);
    const context = (await state()).currentMessage.userInputMessage.userInputMessageContext;
    assert.deepEqual(context.tools.map((t) => t.toolSpecification.name).sort(), ['Late', 'ToolSearch']);
    assert.match(JSON.stringify(context.toolResults), /tool Late is available/);
});

test('captures 13, D13: a prefill is continued and not said again', async () => {
    const body = { messages: [{ role: 'user', content: 'New topic? JSON.' }, { role: 'assistant', content: '{' }] };
    for (const said of ['{"isNewTopic":true}', '"isNewTopic":true}']) {
        await shared.fake.say([...said].map((text) => ({ text })), { deliver: 'frames' });
        const answer = await ask({ ...body, stream: true });
        assert.equal(answer.events.map((e) => e.data?.delta?.text ?? '').join(''), '"isNewTopic":true}');
    }
});

test('4.11: threads are refused in the one way that clients understand', async () => {
    for (const thread of [{ type: 'create' }, { type: 'continue', previous_message_id: 'msg_1' }]) {
        const answer = await ask({ thread, messages: [{ role: 'user', content: 'Hi' }] }, { 'anthropic-beta': 'message-threads-2026-08-12' });
        assert.equal(answer.status, 400);
        assert.deepEqual(answer.json.error, { type: 'invalid_request_error', message: 'thread: message threads are not supported',
            details: { error_code: 'thread_unsupported_request', unsupported: [] } });
    }
});

test('captures 14: thirty-five counts at once, without an account', async () => {
    await until('the daemon', async () => (await get(shared.gateway, '/health')).status === 200);
    const before = (await shared.fake.chats()).length;
    const tool = (n) => ({ name: `tool_${n}`, description: 'x '.repeat(1500), input_schema: { type: 'object', properties: { a: { type: 'string' } } } });
    const answers = await Promise.all([...Array(35).keys()].map((n) =>
        post(shared.gateway, '/v1/messages/count_tokens?beta=true', { model: MODEL, messages: [{ role: 'user', content: 'foo' }], tools: n % 5 ? [tool(n)] : [] })));
    for (const answer of answers) {
        assert.equal(answer.status, 200, answer.text);
        assert.ok(answer.json.input_tokens > 0);
    }
    assert.equal((await shared.fake.chats()).length, before);
    assert.equal((await post(shared.gateway, '/v1/messages/count_tokens', { model: MODEL })).status, 400);
});

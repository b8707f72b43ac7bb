// Searches of the web that the gateway runs for the model, as the SDKs of three APIs see them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MODEL, anthropic_body, messages, post } from './lib/http.mjs';
import { TOOLS } from './lib/material.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import * as sdk from './lib/sdk.mjs';
import { until } from './lib/wait.mjs';

const shared = shared_rig();
const SEARCH = { type: 'web_search_20250305', name: 'web_search', max_uses: 3 };
const call = (query = 'cats', id = 'tooluse_s') => ({ tool: { name: 'web_search', id, input: { query } } });
const LINK = 'See [The kirogate demo](https://example.org/).';
const round_of = async (more = {}) => {
    await shared.fake.say([{ text: 'Let me look.' }, call()], more);
    await shared.fake.say([{ text: LINK }], more);
};

for (const major of [0, 1]) {
    let Anthropic;
    try {
        Anthropic = sdk.anthropic(major);
    } catch (error) {
        if (!major || Number(process.versions.node.split('.')[0]) >= 20) throw error;
    }
    test(`@anthropic-ai/sdk ${major}.x: server tool blocks, streamed and not, and back again`, { skip: !Anthropic }, async () => {
        const client = new Anthropic({ baseURL: shared.gateway.url, apiKey: shared.gateway.key, maxRetries: 0 });
        const body = { model: MODEL, max_tokens: 1000, tools: [SEARCH], messages: [{ role: 'user', content: 'What of cats?' }] };
        await round_of();
        const plain = await client.messages.create(body);
        await round_of({ deliver: 'frames' });
        const streamed = await client.messages.stream(body).finalMessage();
        for (const answer of [plain, streamed]) {
            assert.deepEqual(answer.content.map((b) => b.type), ['text', 'server_tool_use', 'web_search_tool_result', 'text']);
            const [, use, result, text] = answer.content;
            assert.match(use.id, /^srvtoolu_[0-9a-f]{32}$/);
            assert.equal(use.name, 'web_search');
            assert.deepEqual(use.input, { query: 'cats' });
            assert.equal(result.tool_use_id, use.id);
            assert.equal(result.content.length, 3);
            for (const page of result.content) {
                assert.equal(page.type, 'web_search_result');
                for (const member of ['url', 'title', 'encrypted_content']) assert.equal(typeof page[member], 'string');
            }
            assert.equal(result.content[0].page_age, '2026-01-01');
            assert.equal(text.text, LINK);
            assert.equal(answer.stop_reason, 'end_turn');
            assert.equal(answer.usage.server_tool_use.web_search_requests, 1);
            assert.equal(answer.usage.output_tokens, 60);
        }
        await shared.fake.say([{ text: 'As I said.' }]);
        await client.messages.create({ ...body, messages: [...body.messages, { role: 'assistant', content: plain.content }, { role: 'user', content: 'Sure?' }] });
        const history = (await shared.fake.last_chat()).conversationState.history;
        const result = history.find((m) => m.userInputMessage?.userInputMessageContext?.toolResults);
        assert.match(JSON.stringify(result), /A made-up page about cats/);
    });
}

test('the searches go out with the token of the account that answers, and are bounded', async () => {
    const before = (await shared.fake.requests('mcp')).length;
    for (let i = 0; i < 5; i++) await shared.fake.say([call(`cats ${i}`, `tooluse_${i}`)]);
    const answer = await messages(shared.gateway, 'search on', { tools: [{ ...SEARCH, max_uses: 1 }] });
    assert.equal(answer.status, 200);
    const searches = (await shared.fake.requests('mcp')).slice(before);
    assert.equal(searches.length, 1);
    const chats = await shared.fake.chats();
    assert.equal(searches[0].headers.authorization, chats.at(-1).headers.authorization);
    const errors = answer.json.content.filter((b) => b.type === 'web_search_tool_result' && !Array.isArray(b.content));
    assert.equal(errors[0].content.error_code, 'max_uses_exceeded');
    await until('the queue of answers to be empty', async () => {
        const rest = await messages(shared.gateway, 'anything left?');
        return rest.json.content[0].type === 'text' && /demo/.test(rest.json.content[0].text);
    });
});

test('a search that fails is an error block, and the answer goes on', async () => {
    await shared.fake.say([call()]);
    await shared.fake.push({ op: 'mcp', status: 500, body: { message: 'no' } });
    await shared.fake.say([{ text: 'Without it.' }]);
    const answer = await messages(shared.gateway, 'search', { tools: [SEARCH], stream: true });
    const starts = answer.events.filter((e) => e.event === 'content_block_start').map((e) => e.data.content_block);
    assert.deepEqual(starts.map((b) => b.type), ['server_tool_use', 'web_search_tool_result', 'text']);
    assert.deepEqual(starts[1].content, { type: 'web_search_tool_result_error', error_code: 'unavailable' });
    assert.equal(answer.events.at(-1).event, 'message_stop');
});

test('a tool of the client beside a search ends the turn after both', async () => {
    await shared.fake.say([call(), { tool: { name: 'get_time', id: 'tooluse_t', input: {} } }]);
    const answer = await messages(shared.gateway, 'search and tell the time', { tools: [SEARCH, ...TOOLS.anthropic] });
    assert.deepEqual(answer.json.content.map((b) => b.type), ['server_tool_use', 'web_search_tool_result', 'tool_use']);
    assert.equal(answer.json.stop_reason, 'tool_use');
    await shared.fake.say([{ text: 'Done.' }]);
    const next = await post(shared.gateway, '/v1/messages', {
        ...anthropic_body('search and tell the time', { tools: [SEARCH, ...TOOLS.anthropic] }),
        messages: [{ role: 'user', content: 'search and tell the time' }, { role: 'assistant', content: answer.json.content },
            { role: 'user', content: [{ type: 'tool_result', tool_use_id: answer.json.content[2].id, content: 'noon' }] }],
    });
    assert.equal(next.status, 200);
    assert.equal(next.json.content[0].text, 'Done.');
});

test('the Responses API: a web_search_call item with its progress, sources and annotations', async () => {
    const OpenAI = sdk.openai();
    const client = new OpenAI({ baseURL: `${shared.gateway.url}/v1`, apiKey: shared.gateway.key, maxRetries: 0 });
    const body = { model: MODEL, input: 'What of cats?', tools: [{ type: 'web_search', filters: { allowed_domains: ['example.org', 'example.com'] } }],
        include: ['web_search_call.action.sources'] };
    await round_of();
    const plain = await client.responses.create(body);
    assert.deepEqual(plain.output.map((i) => i.type), ['message', 'web_search_call', 'message']);
    const [, search, message] = plain.output;
    assert.equal(search.status, 'completed');
    assert.equal(search.action.type, 'search');
    assert.equal(search.action.query, 'cats');
    assert.deepEqual(search.action.sources, ['https://example.org/', 'https://docs.example.com/notes'].map((url) => ({ type: 'url', url })));
    const [note] = message.content[0].annotations;
    assert.deepEqual(note, { type: 'url_citation', start_index: 4, end_index: LINK.length - 1, url: 'https://example.org/', title: 'The kirogate demo' });

    await round_of({ deliver: 'frames' });
    const events = [];
    for await (const event of await client.responses.create({ ...body, stream: true })) events.push(event);
    assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
    const types = events.map((e) => e.type);
    const at = (type) => types.indexOf(`response.web_search_call.${type}`);
    assert.ok(0 < at('in_progress') && at('in_progress') < at('searching') && at('searching') < at('completed'));
    assert.ok(types.includes('response.output_text.annotation.added'));
    const final = events.at(-1).response;
    assert.equal(final.status, 'completed');
    assert.deepEqual(final.output.map((i) => i.type), ['message', 'web_search_call', 'message']);
    await shared.fake.say([{ text: 'Yes.' }]);
    const again = await client.responses.create({ ...body, input: [{ role: 'user', content: 'What of cats?' }, ...final.output, { role: 'user', content: 'Sure?' }] });
    assert.equal(again.output_text, 'Yes.');
});

test('chat completions: the text with url citations', async () => {
    const OpenAI = sdk.openai();
    const client = new OpenAI({ baseURL: `${shared.gateway.url}/v1`, apiKey: shared.gateway.key, maxRetries: 0 });
    const body = { model: MODEL, messages: [{ role: 'user', content: 'What of cats?' }], web_search_options: {} };
    await round_of();
    const plain = await client.chat.completions.create(body);
    assert.equal(plain.choices[0].message.content, `Let me look.${LINK}`);
    assert.equal(plain.choices[0].finish_reason, 'stop');
    assert.equal(plain.choices[0].message.annotations[0].url_citation.url, 'https://example.org/');
    await round_of({ deliver: 'frames' });
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) chunks.push(chunk);
    const noted = chunks.filter((c) => c.choices[0]?.delta?.annotations);
    assert.equal(noted.length, 1);
    assert.deepEqual(noted[0].choices[0].delta.annotations, plain.choices[0].message.annotations);
    assert.equal(chunks.at(-1).choices[0].finish_reason, 'stop');
});

test('a strict key does not mind the web search that Codex always declares, switched on or off', async (t) => {
    const { fake, gateway } = await rig(t);
    const body = { model: MODEL, input: 'hi', store: false, tools: [{ type: 'web_search', external_web_access: false }, ...TOOLS.responses] };
    for (const search of ['on', 'off']) {
        const made = await gateway.create_key('--name', search, '--strict', '--web-search', search);
        assert.equal(made.web_search, search);
        const headers = { authorization: `Bearer ${made.key}` };
        await until('the key to be known', async () => (await post(gateway, '/v1/responses', { model: MODEL, input: 'hi' }, { headers, key: false })).status === 200);
        await fake.say([{ text: 'Hello.' }]);
        const answer = await post(gateway, '/v1/responses', body, { headers, key: false });
        assert.equal(answer.status, 200, answer.text);
        const sent = JSON.stringify((await fake.last_chat()).conversationState.currentMessage);
        assert.equal(sent.includes('"web_search"'), search === 'on');
        assert.equal((answer.headers['x-kirogate-warnings'] ?? '').includes('web search'), search === 'off');
        const forced = await post(gateway, '/v1/responses', { ...body, tool_choice: { type: 'web_search' } }, { headers, key: false });
        if (search === 'off') assert.equal(forced.status, 400);
    }
});

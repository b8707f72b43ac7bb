// What clients demand of an answer (calls, no calls, one call, JSON that fits a schema) through their own
// packages, against a model that does not do it the first time.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { MODEL, chat, messages, post } from './lib/http.mjs';
import { PICTURE, TOOLS } from './lib/material.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import * as sdk from './lib/sdk.mjs';
import { until } from './lib/wait.mjs';

const OpenAI = sdk.openai();
const { z } = sdk.zod();
const { zodResponseFormat, zodTextFormat } = sdk.openai_zod();
const ai = sdk.ai();
const shared = shared_rig();

const openai = (more) => new OpenAI({ baseURL: `${shared.gateway.url}/v1`, apiKey: shared.gateway.key, maxRetries: 0, ...more });
const ask = (more) => ({ model: MODEL, messages: [{ role: 'user', content: 'Weather in Oslo?' }], ...more });
const says = (...answers) => shared.fake.push(...answers.map((steps) => ({ steps: [].concat(steps) })));
/** How many requests upstream got while `work` ran. */
async function rounds(work) {
    const before = (await shared.fake.chats()).length;
    const result = await work();
    return { result, rounds: (await shared.fake.chats()).length - before };
}

const talk = { text: 'It is sunny, I suppose.' };
const call = { tool: { name: 'get_weather', id: 'tooluse_one', input: { city: 'Oslo' } } };
const second = { tool: { name: 'get_time', id: 'tooluse_two', input: [] } };
const city = z.object({ name: z.string(), people: z.number().int().min(0) });
const oslo = { name: 'Oslo', people: 700000 };
const fenced = { text: '```json\n' + JSON.stringify(oslo) + '\n```' };
const unfit = { text: '{"name":"Oslo","people":"many"}' };

describe('the openai package, chat completions', () => {
    test('a required call comes in the second round, and both are paid for', async () => {
        await says(talk, call);
        const { result, rounds: n } = await rounds(() =>
            openai().chat.completions.create(ask({ tools: TOOLS.openai, tool_choice: 'required' })).withResponse());
        assert.equal(n, 2);
        const { message, finish_reason } = result.data.choices[0];
        assert.equal(finish_reason, 'tool_calls');
        assert.equal(message.content, null);
        assert.deepEqual(JSON.parse(message.tool_calls[0].function.arguments), { city: 'Oslo' });
        assert.equal(result.data.usage.prompt_tokens, 240);
        assert.equal(result.data.usage.completion_tokens, 60);
        assert.match(result.response.headers.get('x-kirogate-warnings'), /tool_choice emulated.*the model called no tool/);
        assert.match((await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage.content,
            /Your last message called no tool/);
    });

    test('a named tool in a stream: nothing of the first round is seen', async () => {
        await says(talk, [{ text: 'Looking.' }, call]);
        const stream = openai().chat.completions.stream(
            ask({ tools: TOOLS.openai, tool_choice: { type: 'function', function: { name: 'get_weather' } } }));
        const { message } = (await stream.finalChatCompletion()).choices[0];
        assert.equal(message.content, 'Looking.');
        assert.equal(message.tool_calls.length, 1);
    });

    test('a model that never calls is an error that is not retried', async () => {
        await says(talk, talk);
        const { result, rounds: n } = await rounds(() =>
            openai({ maxRetries: 2 }).chat.completions.create(ask({ tools: TOOLS.openai, tool_choice: 'required' }))
                .then(() => null, (error) => error));
        assert.ok(result instanceof OpenAI.InternalServerError);
        assert.equal(result.code, 'tool_call_missing');
        assert.equal(result.param, 'tool_choice');
        assert.match(result.message, /the model called no tool; the model was asked twice/);
        assert.equal(n, 2);
    });

    test('parallel_tool_calls: false ends the answer with the first call', async () => {
        await says([call, second]);
        const answer = await openai().chat.completions.create(ask({ tools: TOOLS.openai, parallel_tool_calls: false }));
        assert.deepEqual(answer.choices[0].message.tool_calls.map((c) => c.function.name), ['get_weather']);
        assert.equal(answer.choices[0].finish_reason, 'tool_calls');
        await shared.fake.no_live_streams();
    });

    test('parse with a zod schema: fences go, what does not fit is asked for again', async () => {
        await says(fenced);
        const format = zodResponseFormat(city, 'city');
        const first = await openai().chat.completions.parse(ask({ response_format: format }));
        assert.deepEqual(first.choices[0].message.parsed, oslo);
        await says(unfit, fenced);
        const { result, rounds: n } = await rounds(() => openai().chat.completions.parse(ask({ response_format: format })));
        assert.equal(n, 2);
        assert.deepEqual(result.choices[0].message.parsed, oslo);
        assert.match((await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage.content, /\$\.people/);
    });

    test('a stream of JSON is the document alone', async () => {
        await says(fenced);
        const stream = openai().chat.completions.stream(ask({ response_format: zodResponseFormat(city, 'city') }));
        assert.deepEqual((await stream.finalChatCompletion()).choices[0].message.parsed, oslo);
    });

    test('a custom tool is called with raw text', async () => {
        await says({ tool: { name: 'patch', id: 'tooluse_p', input: { input: '*** a\n"b"' } } });
        const answer = await openai().chat.completions.create(ask({ tools: [{ type: 'custom', custom: { name: 'patch' } }] }));
        assert.deepEqual(answer.choices[0].message.tool_calls[0].custom, { name: 'patch', input: '*** a\n"b"' });
    });
});

describe('the openai package, responses', () => {
    test('parse with a zod schema, and a required call', async () => {
        await says(unfit, fenced);
        const answer = await openai().responses.parse({ model: MODEL, input: 'A city', text: { format: zodTextFormat(city, 'city') } });
        assert.deepEqual(answer.output_parsed, oslo);
        assert.equal(answer.usage.output_tokens, 60);
        await says(talk, call);
        const called = await openai().responses.create({ model: MODEL, input: 'Weather?', tools: TOOLS.responses, tool_choice: 'required' });
        assert.deepEqual(called.output.map((item) => item.type), ['function_call']);
    });

    test('a stream that misses twice is response.failed with the code, or an error before it', async () => {
        await says(unfit, unfit);
        const format = zodTextFormat(city, 'city');
        const answer = await post(shared.gateway, '/v1/responses', { model: MODEL, input: 'A city', text: { format }, stream: true });
        assert.equal(answer.status, 500);
        assert.equal(answer.json.error.code, 'invalid_json_answer');
        assert.equal(answer.json.error.param, 'text.format');
        assert.equal(answer.headers['x-should-retry'], 'false');
    });
});

describe('@anthropic-ai/sdk', () => {
    const Anthropic = sdk.anthropic(0);
    const client = () => new Anthropic({ baseURL: shared.gateway.url, apiKey: shared.gateway.key, maxRetries: 0 });

    test('any and tool, whole and streamed', async () => {
        for (const tool_choice of [{ type: 'any' }, { type: 'tool', name: 'get_weather', disable_parallel_tool_use: true }]) {
            await says(talk, [call, second]);
            const message = await client().messages.stream({ ...ask({ tools: TOOLS.anthropic, tool_choice }), max_tokens: 1000 }).finalMessage();
            assert.equal(message.stop_reason, 'tool_use');
            assert.deepEqual(message.content.map((block) => block.name),
                tool_choice.type === 'any' ? ['get_weather', 'get_time'] : ['get_weather']);
        }
    });

    test('the tool runner with a forced first call', async () => {
        await says(talk, call, { text: 'It rains.' });
        const runner = client().beta.messages.toolRunner({
            ...ask({ max_tokens: 1000 }), max_iterations: 2,
            tools: [{ type: 'custom', ...TOOLS.anthropic[0], run: async () => 'rain', parse: (input) => input }],
            tool_choice: { type: 'any' },
        });
        const kinds = [];
        for await (const message of runner) {
            kinds.push(message.content[0].type);
            runner.setMessagesParams((params) => ({ ...params, tool_choice: { type: 'auto' } }));
        }
        assert.deepEqual(kinds, ['tool_use', 'text']);
    });

    test('captures 12: a title request of Claude Code gets bare JSON in one round', async () => {
        await says({ text: '```json\n{"title":"Weather"}\n```' });
        const format = {
            type: 'json_schema',
            schema: { type: 'object', properties: { title: { type: 'string' } }, required: ['title'], additionalProperties: false },
        };
        const { result, rounds: n } = await rounds(() => messages(shared.gateway, '<session>Weather?</session>',
            { stream: true, thinking: { type: 'disabled' }, output_config: { format } }));
        assert.equal(n, 1);
        assert.equal(result.events.map((e) => e.data?.delta?.text ?? '').join(''), '{"title":"Weather"}');
    });
});

describe('the AI SDK', () => {
    const provider = {
        'openai chat': () => sdk.ai_openai().createOpenAI({ baseURL: `${shared.gateway.url}/v1`, apiKey: shared.gateway.key }).chat(MODEL),
        'openai responses': () => sdk.ai_openai().createOpenAI({ baseURL: `${shared.gateway.url}/v1`, apiKey: shared.gateway.key }).responses(MODEL),
        'anthropic': () => sdk.ai_anthropic().createAnthropic({ baseURL: `${shared.gateway.url}/v1`, apiKey: shared.gateway.key })(MODEL),
    };
    for (const [name, model] of Object.entries(provider)) {
        test(`${name}: a required call with a round trip`, async () => {
            await says(talk, call, { text: 'It rains.' });
            let asked;
            const answer = await ai.generateText({
                model: model(), prompt: 'Weather in Oslo?', maxRetries: 0, stopWhen: ai.stepCountIs(3),
                prepareStep: ({ stepNumber }) => ({ toolChoice: stepNumber === 0 ? 'required' : 'auto' }),
                tools: {
                    get_weather: ai.tool({
                        description: 'Weather', inputSchema: z.object({ city: z.string() }),
                        execute: async (input) => ((asked = input), 'rain'),
                    }),
                },
            });
            assert.deepEqual(asked, { city: 'Oslo' });
            assert.equal(answer.text, 'It rains.');
        });

        test(`${name}: an object, whole and streamed`, async () => {
            // Without native structured output the provider forces a tool named json instead.
            const by_tool = await asks_by_tool(model());
            const good = by_tool ? { tool: { name: 'json', id: 'tooluse_j', input: oslo } } : fenced;
            await says(by_tool ? talk : unfit, good);
            const whole = await ai.generateObject({ model: model(), schema: city, prompt: 'A city', maxRetries: 0 });
            assert.deepEqual(whole.object, oslo);
            await says(good);
            const stream = ai.streamObject({ model: model(), schema: city, prompt: 'A city', maxRetries: 0 });
            for await (const part of stream.partialObjectStream) assert.ok(part);
            assert.deepEqual(await stream.object, oslo);
        });
    }

    /** Whether the provider asks for JSON by a tool. */
    async function asks_by_tool(model) {
        await says({ tool: { name: 'json', id: 'tooluse_j', input: oslo } });
        await ai.generateObject({ model, schema: city, prompt: 'A city', maxRetries: 0 }).catch(() => {});
        const body = JSON.stringify(await shared.fake.last_chat());
        return body.includes('"toolSpecification":{"name":"json"');
    }
});

test('a strict key is refused what would be emulated, without a word of what was done about it', async () => {
    const { key } = await shared.gateway.create_key('--name', 'strict', '--strict');
    const as = { key: false, headers: { authorization: `Bearer ${key}` } };
    await until('the key that the CLI made', async () => (await chat(shared.gateway, 'Hi', {}, as)).status === 200);
    for (const more of [
        { tools: TOOLS.openai, tool_choice: 'required' },
        { tools: TOOLS.openai, parallel_tool_calls: false },
        { response_format: { type: 'json_object' } },
        { seed: 1 },
    ]) {
        const answer = await chat(shared.gateway, 'Hi', more, as);
        assert.equal(answer.status, 400, JSON.stringify(more));
        assert.doesNotMatch(answer.json.error.message, /was ignored|was dropped/);
    }
});

test('a schema that cannot be honoured is refused with keyword and path, in every dialect', async () => {
    const schema = { type: 'object', properties: { a: { type: 'wish' } } };
    const answers = [
        [await chat(shared.gateway, 'Hi', { response_format: { type: 'json_schema', json_schema: { name: 'n', schema } } }),
            'response_format.json_schema.schema.properties.a.type'],
        [await post(shared.gateway, '/v1/responses', { model: MODEL, input: 'Hi', text: { format: { type: 'json_schema', name: 'n', schema } } }),
            'text.format.schema.properties.a.type'],
        [await messages(shared.gateway, 'Hi', { output_config: { format: { type: 'json_schema', schema } } }),
            'output_config.format.schema.properties.a.type'],
    ];
    for (const [answer, path] of answers) {
        assert.equal(answer.status, 400);
        assert.ok(answer.json.error.message.startsWith(path), answer.json.error.message);
    }
});

test('status counts what was asked for once more, and the searches', async (t) => {
    const { fake, gateway } = await rig(t);
    await fake.push({ steps: [talk] }, { steps: [call] });
    assert.equal((await chat(gateway, 'Weather?', { tools: TOOLS.openai, tool_choice: 'required' })).status, 200);
    await fake.push({ steps: [{ tool: { name: 'web_search', id: 'tooluse_s', input: { query: 'Oslo' } } }] }, { steps: [talk] });
    assert.equal((await chat(gateway, 'Weather?', { web_search_options: {} })).status, 200);
    await until('the counts', async () => {
        const { repairs, web_searches } = JSON.parse(await gateway.run(['status', '--json', '--server', gateway.url]));
        return repairs === 1 && web_searches === 1;
    });
    assert.match(await gateway.run(['status', '--server', gateway.url]), /^repaired {2}1 answers asked for once more[^]*^searched {2}1 times$/m);
});

test('what upstream has no room for is told by the item that the client sent', async () => {
    const picture = { type: 'input_image', image_url: `data:image/png;base64,${PICTURE}` };
    const answer = await post(shared.gateway, '/v1/responses', { model: MODEL, input: [
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: Array(11).fill(picture) },
    ] });
    assert.equal(answer.status, 400);
    assert.equal(answer.json.error.param, 'input[1]');
});

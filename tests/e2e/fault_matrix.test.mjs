// Every row of Kiro's failures x when it strikes x streamed or whole x dialect, as data: what the client
// saw, what was tried, and what is left behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { anthropic_text, chat, messages, openai_text } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

// next: what must happen to the request when the failure strikes once and nothing was told yet
//   stop     the client is told            same     the same account is asked again
//   other    another account answers
// final: statuses when every try fails (OpenAI, Anthropic); left: state of the account that failed
// ends: after text it is the end of an answer, not a failure
const ROWS = [
    { id: 'E2', status: 403, type: 'AccessDeniedException', message: 'The bearer token included in the request is invalid.', next: 'same', final: [[502, 503], [502, 503]] },
    { id: 'E4', status: 403, type: 'AccessDeniedException', reason: 'TEMPORARILY_SUSPENDED', message: 'Your User ID (x) temporarily is suspended.', next: 'other', final: [[403], [403]], left: 'suspended' },
    { id: 'E5', status: 403, type: 'AccessDeniedException', reason: 'FEATURE_NOT_SUPPORTED', message: 'not supported', next: 'other', final: [[403], [403]] },
    { id: 'E6', status: 403, type: 'AccessDeniedException', message: 'no', next: 'other', final: [[502, 503], [502, 503]] },
    { id: 'E7', status: 402, type: 'ServiceQuotaExceededException', reason: 'MONTHLY_REQUEST_COUNT', message: 'You have reached the limit.', next: 'other', final: [[429], [402, 429]], left: 'exhausted' },
    { id: 'E8', status: 400, type: 'ValidationException', reason: 'CONVERSATION_LIMIT_EXCEEDED', message: 'too long', next: 'stop', final: [[400], [400]] },
    { id: 'E9', status: 429, type: 'ThrottlingException', reason: 'DAILY_REQUEST_COUNT', message: 'limit', next: 'other', final: [[429], [402, 429]], left: 'exhausted' },
    { id: 'E10', status: 429, type: 'ThrottlingException', reason: 'USER_REQUEST_RATE_EXCEEDED', message: 'Too many requests, please wait before trying again.', next: 'other', final: [[429], [429]] },
    { id: 'E11', status: 400, type: 'ValidationException', reason: 'CONTENT_LENGTH_EXCEEDS_THRESHOLD', message: 'Input is too long.', next: 'stop', final: [[400], [400]], ends: true },
    { id: 'E12', status: 429, type: 'ThrottlingException', reason: 'INSUFFICIENT_MODEL_CAPACITY', message: 'I am experiencing high traffic, please try again shortly.', next: 'same', final: [[503], [529]] },
    { id: 'E13', status: 500, type: 'InternalServerException', reason: 'MODEL_TEMPORARILY_UNAVAILABLE', message: 'Encountered unexpectedly high load when processing the request, please try again.', next: 'same', final: [[503], [529]] },
    { id: 'E14', status: 429, type: 'ThrottlingException', message: 'Due to suspicious activity, we are imposing temporary limits', next: 'other', final: [[429], [429]] },
    { id: 'E15', status: 429, type: 'ThrottlingException', reason: 'SERVICE_REQUEST_RATE_EXCEEDED', message: 'slow down', next: 'other', final: [[429], [429]] },
    { id: 'E16', status: 400, type: 'ValidationException', reason: 'INVALID_MODEL_ID', message: 'Invalid model.', next: 'other', final: [[404], [404]] },
    { id: 'E19', status: 400, type: 'ValidationException', message: 'Invalid tool use format.', next: 'same', final: [[400], [400]] },
    { id: 'E20', status: 400, type: 'ValidationException', message: 'Invalid profileArn.', next: 'same', final: [[502, 503], [502, 503, 500]] },
    { id: 'E21', status: 400, type: 'ValidationException', reason: 'INVALID_CONVERSATION_ID', message: 'bad id', next: 'same', final: [[400], [400]] },
    { id: 'E22', status: 400, type: 'ValidationException', message: 'Improperly formed request.', next: 'stop', final: [[400], [400]] },
    { id: 'E23', status: 404, type: 'UnknownOperationException', message: 'unknown', next: 'any', final: [[502, 503], [502, 503, 500]] },
    { id: 'E24', status: 503, type: 'ServiceUnavailableException', message: 'try again', next: 'same', final: [[502, 503], [502, 503, 500]] },
    { id: 'E25', status: 409, type: 'ConflictException', reason: 'INVALID_KMS_GRANT', message: 'kms', next: 'other', final: [[502, 503], [502, 503, 500]], left: 'suspended' },
    { id: 'E27', status: 413, type: 'RequestEntityTooLarge', message: 'too large', next: 'stop', final: [[413], [413]] },
];

const APIS = [
    { name: 'openai', ask: chat, text: openai_text, whole: (json) => json.choices[0].message.content, told: (e) => e.data?.error, finished: /\[DONE\]|"finish_reason":"/, cut_short: /"finish_reason":\s?"length"/ },
    { name: 'anthropic', ask: messages, text: anthropic_text, whole: (json) => json.content.map((c) => c.text ?? '').join(''), told: (e) => e.event === 'error', finished: /message_stop|message_delta/, cut_short: /"stop_reason":\s?"(max_tokens|model_context_window_exceeded)"/ },
];

const body_of = (row) => ({ __type: `com.amazon.aws.codewhisperer#${row.type}`, message: row.message, reason: row.reason ?? null });
const exception_of = (row) => ({ exception: { type: row.type, message: row.message, ...(row.reason ? { reason: row.reason } : {}) } });
const good = { steps: [{ text: 'The whole answer.' }] };

const MOMENTS = {
    'as a refusal': { before: true, action: (row) => ({ status: row.status, body: body_of(row) }) },
    'as the first event': { before: true, frame: true, action: (row) => ({ steps: [exception_of(row)] }) },
    'in mid-text': { frame: true, seen: 'Half of ', action: (row) => ({ steps: [{ text: 'Half of ' }, exception_of(row)], deliver: 'frames' }) },
    'in mid-tool': { frame: true, seen: 'Look: ', action: (row) => ({ steps: [{ text: 'Look: ' }, { tool: { name: 'f', id: 'tooluse_AAAAAAAAAAAAAAAAAAAA01', input: ['{"a":'], stop: false } }, exception_of(row)], deliver: 'frames' }) },
};
const TOOLS = {
    openai: [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }],
    anthropic: [{ name: 'f', input_schema: { type: 'object', properties: {} } }],
};

const bearers = (requests) => new Set(requests.map((r) => JSON.stringify(r.headers).match(/Bearer [^"]+/)[0])).size;

/** Exceptions carry no status: rows that only a status tells apart arrive as refusals only. */
const as_frame = (row) => !['E2', 'E4', 'E5', 'E6', 'E23', 'E25', 'E27'].includes(row.id);

/** One cell of the matrix; the accounts that earlier cells have put aside are not asked again. */
async function cell(shared, { row, a, api, stream, before, seen, action }) {
    const { fake, gateway } = shared;
    const earlier = (await fake.chats()).length;
    await fake.push(action(row), good);
    const answer = await api.ask(gateway, 'Hello', { stream, tools: TOOLS[api.name] });
    const tried = (await fake.chats()).slice(earlier);
    if (row.ends && !before) {
        // The model ran out of room: what it said stands, and the reason is told.
        assert.equal(answer.status, 200);
        assert.equal(stream ? api.text(answer.events) : api.whole(answer.json), seen);
        assert.match(answer.text, api.cut_short);
        assert.equal(tried.length, 1);
    } else if (!before && stream) {
        // Text has reached the client: no other try, told in the dialect, never finished.
        assert.equal(answer.status, 200);
        assert.equal(api.text(answer.events), seen);
        assert.ok(answer.events.some(api.told), 'told in-band');
        assert.doesNotMatch(answer.text, api.finished);
        assert.doesNotMatch(answer.text, /"name":"f"/);
        assert.equal(tried.length, 1);
    } else if (row.next === 'stop') {
        assert.ok(row.final[a].includes(answer.status), `status ${answer.status}`);
        assert.equal(tried.length, 1);
    } else {
        assert.equal(answer.status, 200, answer.text);
        assert.equal(stream ? api.text(answer.events) : api.whole(answer.json), 'The whole answer.');
        assert.equal(tried.length, 2);
        if (row.next === 'other') assert.equal(bearers(tried), 2, 'another account answers');
        if (row.next === 'same' && row.id !== 'E2') assert.equal(bearers(tried), 1, 'the same account is asked');
    }
    // What was pushed and not used must not reach the next cell.
    await fake.scenario({});
    shared.aside = row.left ? [...(shared.aside ?? []), row.left] : [];
    // The state is written behind the answer.
    await until('the state to be kept', async () => (await aside(gateway)).length >= shared.aside.length);
    assert.deepEqual(await aside(gateway), shared.aside);
}

const aside = async (gateway) => (await gateway.accounts()).map((account) => account.state).filter((s) => s !== 'ok' && s !== 'unknown');

for (const row of ROWS) {
    test(`${row.id}: ${row.reason ?? row.message}`, async (t) => {
        for (const [moment, { before, frame, seen, action }] of Object.entries(MOMENTS)) {
            if (frame && !as_frame(row)) continue;
            const shared = await rig(t, { accounts: ['one', 'two', 'three', 'four', 'five', 'six'] });
            for (const [a, api] of APIS.entries()) {
                for (const stream of [true, false]) {
                    await t.test(`${moment}, ${api.name}, ${stream ? 'streamed' : 'whole'}`,
                        () => cell(shared, { row, a, api, stream, before, seen, action }));
                }
            }
        }
    });
}

for (const row of ROWS) {
    test(`${row.id} from every account, for ever`, async (t) => {
        const { fake, gateway } = await rig(t, { accounts: ['first', 'second'], config: { accounts: { attempts_max: 4 } } });
        await fake.push({ status: row.status, body: body_of(row), times: 0 });
        const [openai, anthropic] = [await chat(gateway, 'Hello'), await messages(gateway, 'Hello')];
        assert.ok(row.final[0].includes(openai.status), `OpenAI ${openai.status}`);
        assert.ok(openai.json.error.message);
        assert.notEqual(openai.status, 401);
        // Accounts that the first request put aside are not asked again: the second may hear of that instead.
        const later = [503, 529, ...(row.left === 'suspended' ? [403] : [])];
        assert.ok([...row.final[1], ...later].includes(anthropic.status), `Anthropic ${anthropic.status}`);
        assert.equal(anthropic.json.type, 'error');
        assert.ok((await fake.chats()).length <= 8, 'tries are bounded');
    });
}

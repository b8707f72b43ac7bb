// A sick account, a lost token, a change by the CLI: clients must not notice.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refresh_token } from './lib/gateway.mjs';
import { anthropic_text, chat, get, messages, open_stream, openai_body, openai_text } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const TEN = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
const bearers = async (fake) => new Set((await fake.chats()).map((r) => header(r, 'authorization')));
const header = (request, name) => {
    const fields = Array.isArray(request.headers) ? request.headers : Object.entries(request.headers);
    return fields.find(([field]) => field.toLowerCase() === name)?.[1];
};

/** Changes there and back take effect in less than a second; a busy machine has three tries. */
async function within_a_second(...changes) {
    const best = changes.map(() => Infinity);
    for (let round = 0; round < 3 && best.some((ms) => ms >= 1000); ++round) {
        for (const [i, change] of changes.entries()) {
            const effective = await change();
            const from = Date.now();
            await until('the change', effective);
            best[i] = Math.min(best[i], Date.now() - from);
        }
    }
    assert.ok(best.every((ms) => ms < 1000), `${best} ms`);
}

for (const state of ['suspended', 'invalid', 'quota', 'throttled']) {
    test(`E1: one account of ten is ${state}: no client sees an error`, async (t) => {
        const { gateway } = await rig(t, { accounts: TEN, scenario: { tokens: { [refresh_token('four')]: state } } });
        const statuses = [];
        for (let round = 0; round < 3; ++round) {
            const answers = await Promise.all(TEN.map((name) => (round % 2 ? messages : chat)(gateway, `Hello ${name}`)));
            statuses.push(...answers.map((a) => a.status));
        }
        assert.deepEqual(statuses, Array(30).fill(200));
        // A cool-down passes by itself and is not stored; the sick account must still not be "ok".
        const sick = async () => (await gateway.accounts()).filter((a) => a.state !== 'ok').map((a) => a.name);
        // Accounts whose first token comes late may have been passed over so far: keep asking.
        await until('nine good accounts', async () => {
            assert.equal((await chat(gateway, 'Hello again')).status, 200);
            return (await sick()).length <= 1;
        });
        assert.deepEqual(await sick(), ['four']);
    });
}

test('a beginning that is held back moves to another account unseen', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: ['one', 'two', 'three', 'four'], config: { accounts: { hold_back: '30s' } } });
    const broken = { steps: [{ text: 'Half' }, { exception: { type: 'ThrottlingException', message: 'slow down' } }] };
    for (const [ask, text_of] of [[chat, openai_text], [messages, anthropic_text]]) {
        await fake.push(broken, { steps: [{ text: 'The whole answer.' }] });
        const answer = await ask(gateway, 'Hello', { stream: true });
        assert.equal(answer.status, 200);
        assert.equal(text_of(answer.events), 'The whole answer.');
        assert.equal(answer.text.match(/"role":"assistant"/g).length, 1);
    }
    assert.equal((await fake.chats()).length, 4);
    // When nobody else can answer, the failure is a status and not a stream.
    await fake.push({ ...broken, times: 0 });
    assert.equal((await chat(gateway, 'Hello', { stream: true })).status, 429);
});

test('a second batch ends the holding back', async (t) => {
    const { fake, gateway } = await rig(t, { config: { accounts: { hold_back: '60s' } } });
    await fake.push({ steps: [{ text: 'one two three', chunk: 4, delay_ms: 30 }, { delay_ms: 100_000, text: 'never' }], deliver: 'frames' });
    const socket = await open_stream(gateway, '/v1/chat/completions', openai_body('Hello'), '"content":"one ');
    socket.reset();
});

test('E17: when the only account is dead, the client is never told that its own key is wrong', async (t) => {
    const { gateway } = await rig(t, { scenario: { tokens: { [refresh_token('first')]: 'invalid' } } });
    for (const ask of [chat, messages]) {
        const answer = await ask(gateway, 'Hello');
        assert.equal(answer.status, 503);
        assert.ok(!answer.text.includes('aor'));
    }
});

test('the quota of every account is used up: told as such, and not to be retried', async (t) => {
    const { gateway } = await rig(t, { scenario: { tokens: { [refresh_token('first')]: 'quota' } } });
    const openai = await chat(gateway, 'Hello');
    assert.equal(openai.status, 429);
    assert.equal(openai.json.error.code, 'insufficient_quota');
    assert.equal(openai.headers['x-should-retry'], 'false');
    const anthropic = await messages(gateway, 'Hello');
    assert.equal(anthropic.json.error.type, 'billing_error');
});

test('E2: a refused access token is refreshed once and the request sent again', async (t) => {
    const { fake, gateway } = await rig(t);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    const before = (await fake.stats()).refreshes;
    await fake.push({ status: 403, body: { __type: 'AccessDeniedException', message: 'The bearer token included in the request is invalid.' } });
    assert.equal((await chat(gateway, 'Hello again')).status, 200);
    assert.equal((await fake.stats()).refreshes, before + 1);
    const used = [...await bearers(fake)];
    assert.equal(used.length, 2, 'the second try must carry the new token');
});

test('E4: a hundred requests at once for an account without a token make one refresh', async (t) => {
    const { fake, gateway } = await rig(t);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => chat(gateway, `Hello ${i}`)));
    assert.ok(answers.every((a) => a.status === 200));
    assert.equal((await fake.stats()).refreshes, 1);
});

test('a rotated refresh token is the one used next', async (t) => {
    // Tokens that end within the margin must be refreshed before each use.
    const { fake, gateway } = await rig(t, { scenario: { access_lifetime_s: 1 } });
    for (let i = 0; i < 3; ++i) assert.equal((await chat(gateway, `Hello ${i}`)).status, 200);
    const sent = (await fake.requests('refresh')).map((r) => JSON.parse(r.body).refreshToken);
    assert.ok(sent.length >= 3);
    assert.equal(sent[0], refresh_token('first'));
    assert.equal(new Set(sent).size, sent.length, 'a used token was sent again');
});

test('the answer of a refresh is lost: the account is set aside, the others serve', async (t) => {
    const { gateway } = await rig(t, { accounts: ['first', 'second'], scenario: { lose_refresh_answers: 1 } });
    const answers = [];
    for (let i = 0; i < 6; ++i) answers.push((await chat(gateway, `Hello ${i}`)).status);
    assert.deepEqual(answers, Array(6).fill(200));
});

test('an account added by the CLI serves within a second', async (t) => {
    const { gateway } = await rig(t, { accounts: [] });
    assert.equal((await chat(gateway, 'Hello')).status, 503);
    const ready = async () => (await get(gateway, '/ready', { key: false })).status === 200;
    let added = 0; // a token that has been used is dead
    const add = () => gateway.add_account('late', refresh_token(`late-${++added}`));
    await within_a_second(async () => {
        await add();
        return ready;
    }, async () => {
        await gateway.run(['account', 'remove', 'late', '--yes']);
        return async () => !(await ready());
    });
    await add();
    await until('the new account', ready);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
});

test('a disabled account serves nothing (E6)', async (t) => {
    const { gateway } = await rig(t);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    await gateway.run(['account', 'disable', 'first']);
    await until('the end of readiness', async () => (await get(gateway, '/ready', { key: false })).status === 503);
    const refused = await chat(gateway, 'Hello');
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers['retry-after']) > 0);
    await gateway.run(['account', 'enable', 'first']);
    await until('readiness', async () => (await get(gateway, '/ready', { key: false })).status === 200);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
});

test('a key made by the CLI is accepted within a second, a revoked one refused', async (t) => {
    const { gateway } = await rig(t);
    let made;
    const with_key = async () => (await get(gateway, '/v1/models', { key: false, headers: { 'x-api-key': made.key } })).status;
    await within_a_second(async () => {
        made = await gateway.create_key('--name', 'ci');
        return async () => (await with_key()) === 200;
    }, async () => {
        await gateway.run(['key', 'revoke', 'ci', '--yes']);
        return async () => (await with_key()) === 401;
    });
});

test('transient failures are retried before the client hears of them', async (t) => {
    const { fake, gateway } = await rig(t);
    await fake.push({ status: 500, body: { message: 'scripted' } }, { cut: true });
    await fake.say([{ text: 'Third time.' }]);
    const answer = await chat(gateway, 'Hello');
    assert.equal(answer.status, 200);
    assert.equal(answer.json.choices[0].message.content, 'Third time.');
    assert.equal((await fake.chats()).length, 3);
});

const cut = { exception: { type: 'ThrottlingException', message: 'slow down' } };
const status = async (gateway) => JSON.parse(await gateway.run(['status', '--json', '--server', gateway.url]));

test('8: a text that breaks off is continued by another account, marked in the log and counted', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: ['one', 'two', 'three'], config: { accounts: { continue_text: true } } });
    for (const [ask, text_of, ended] of [[chat, openai_text, /\[DONE\]/], [messages, anthropic_text, /message_stop/]]) {
        const earlier = (await fake.chats()).length;
        await fake.push({ steps: [{ text: 'Once upon a time there ' }, cut], deliver: 'frames' },
            { steps: [{ text: 'upon a time there was a fox.' }] });
        const answer = await ask(gateway, 'Tell me', { stream: true });
        assert.equal(text_of(answer.events), 'Once upon a time there was a fox.');
        assert.match(answer.text, ended);
        assert.ok(!answer.text.includes('"error"'));
        const tried = (await fake.chats()).slice(earlier);
        assert.equal(tried.length, 2);
        assert.equal(new Set(tried.map((r) => header(r, 'authorization'))).size, 2);
    }
    await gateway.logged('a text that broke off is continued');
    await until('the count', async () => (await status(gateway)).continuations === 2);
    assert.equal((await fake.stats()).violations, 0);
});

test('4.4: a cut tool call is told as cut, counted, and told to the model in the next turn', async (t) => {
    const { fake, gateway } = await rig(t);
    const tools = [{ name: 'save', input_schema: { type: 'object', properties: {} } }];
    const question = [{ role: 'user', content: 'Save it' }];
    await fake.push({ steps: [{ text: 'I save it now.' }, { tool: { name: 'save', id: 'tooluse_AAAAAAAAAAAAAAAAAAAA01', input: ['{"path":'], stop: false } }], end: 'complete' });
    const answer = await messages(gateway, '', { messages: question, tools });
    assert.equal(answer.json.stop_reason, 'max_tokens');
    assert.deepEqual(answer.json.content.map((c) => c.type), ['text']);
    const next = [...question, { role: 'assistant', content: answer.json.content }, { role: 'user', content: 'Done?' }];
    assert.equal((await messages(gateway, '', { messages: next, tools })).status, 200);
    const sent = (await fake.last_chat()).conversationState.currentMessage.userInputMessage.content;
    assert.match(sent, /a call of the tool `save`[^]*did not run[^]*Done\?/);
    await until('the count', async () => (await status(gateway)).cut_tool_calls === 1);
    // Another conversation hears nothing of it.
    assert.equal((await messages(gateway, 'Done?')).status, 200);
    assert.ok(!(await fake.chats()).at(-1).body.includes('did not run'));
});

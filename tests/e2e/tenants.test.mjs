// Who may do what: tenants with a login of their own, and managed keys with limits.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { PROXY_KEY, refresh_token } from './lib/gateway.mjs';
import { chat, get, messages } from './lib/http.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const auth = (request) => {
    const fields = Array.isArray(request.headers) ? request.headers : Object.entries(request.headers);
    return fields.find(([field]) => field.toLowerCase() === 'authorization')[1];
};
const as = (key) => ({ key: false, headers: { 'x-api-key': key } });
const refreshes = async (fake) => (await fake.requests('refresh')).map((r) => JSON.parse(r.body).refreshToken);

test('B1: two tenants whose tokens begin alike have two logins', async (t) => {
    const { fake, gateway } = await rig(t);
    const common = refresh_token('shared-beginning').slice(0, 120);
    const tenants = [`${common}-a:tail`, `${common}-b:tail`];
    const used = [];
    for (const tenant of [...tenants, ...tenants]) {
        assert.equal((await chat(gateway, 'Hello', {}, as(`${PROXY_KEY}:${tenant}`))).status, 200);
        used.push(auth((await fake.chats()).at(-1)));
    }
    assert.notEqual(used[0], used[1]);
    assert.deepEqual(used.slice(2), used.slice(0, 2));
    const sent = await refreshes(fake);
    for (const tenant of tenants) assert.equal(sent.filter((s) => s === tenant).length, 1);
});

test('B2: a tenant\'s login serves nobody else, is listed nowhere and stored nowhere', async (t) => {
    const { fake, gateway } = await rig(t);
    const tenant = refresh_token('tenant');
    assert.equal((await messages(gateway, 'Hello', {}, as(`${PROXY_KEY}:${tenant}`))).status, 200);
    const theirs = auth((await fake.chats()).at(-1));
    for (let i = 0; i < 12; ++i) {
        assert.equal((await chat(gateway, `Hello ${i}`)).status, 200);
        assert.notEqual(auth((await fake.chats()).at(-1)), theirs);
    }
    const list = await gateway.accounts();
    assert.deepEqual(list.map((a) => a.name), ['first']);
    for (const name of await readdir(gateway.state_dir)) {
        const bytes = await readFile(join(gateway.state_dir, name), 'latin1');
        assert.ok(!bytes.includes(tenant.slice(0, 40)), name);
    }
    assert.ok(!gateway.log.includes(tenant.slice(0, 40)));
});

test('a tenant does not fall back to the pool when its login is dead, nor is a pool needed', async (t) => {
    const dead = refresh_token('dead');
    const { fake, gateway } = await rig(t, { scenario: { tokens: { [dead]: 'invalid' } } });
    for (const ask of [chat, messages]) {
        const answer = await ask(gateway, 'Hello', {}, as(`${PROXY_KEY}:${dead}`));
        assert.ok(answer.status >= 400, `${answer.status}`);
        assert.ok(!answer.text.includes(dead));
    }
    assert.equal((await fake.chats()).length, 0);
    const alone = await rig(t, { accounts: [] });
    assert.equal((await chat(alone.gateway, 'Hello', {}, as(`${PROXY_KEY}:${refresh_token('own')}`))).status, 200);
});

test('B3: a flood of unknown tokens makes a limited number of refreshes', async (t) => {
    const { fake, gateway } = await rig(t, { scenario: { accept_unknown: false, tokens: { [refresh_token('first')]: 'ok' } } });
    for (let round = 0; round < 10; ++round) {
        const answers = await Promise.all(Array.from({ length: 30 }, (_, i) =>
            chat(gateway, 'Hello', {}, as(`${PROXY_KEY}:${refresh_token(`junk-${round}-${i}-`)}`))));
        assert.ok(answers.every((a) => a.status >= 400));
    }
    const junk = (await refreshes(fake)).filter((token) => token.includes('junk'));
    assert.ok(junk.length <= 130, `${junk.length} refreshes`); // 60 a minute, and the minute may turn
    assert.equal((await chat(gateway, 'Hello')).status, 200);
});

test('a tenant must know the proxy key', async (t) => {
    const { gateway } = await rig(t);
    for (const key of [`wrong:${refresh_token('x')}`, `${PROXY_KEY}:`, `:${refresh_token('x')}`]) {
        assert.equal((await get(gateway, '/v1/models', as(key))).status, 401);
    }
});

describe('B4: the limits of managed keys hold in both dialects', () => {
    const shared = shared_rig();
    let made = 0;
    const key_with = async (...limits) => {
        const named = limits.includes('--name') ? [] : ['--name', `key-${++made}`];
        const { key } = await shared.gateway.create_key(...named, ...limits);
        await until('the key', async () => (await get(shared.gateway, '/v1/models', as(key))).status !== 401);
        return key;
    };

    for (const [name, ask] of [['openai', chat], ['anthropic', messages]]) {
        const error_of = (answer) => answer.json.error;

        test(`${name}: models`, async () => {
            const key = await key_with('--model', 'claude-haiku-*');
            const refused = await ask(shared.gateway, 'Hello', {}, as(key));
            assert.equal(refused.status, 403);
            assert.equal(name === 'openai' ? error_of(refused).code : error_of(refused).type, name === 'openai' ? 'model_not_allowed' : 'permission_error');
            assert.equal((await ask(shared.gateway, 'Hello', { model: 'claude-haiku-4-5' }, as(key))).status, 200);
            const listed = (await get(shared.gateway, '/v1/models', as(key))).json.data.map((m) => m.id);
            assert.ok(listed.length > 0 && listed.every((id) => id.startsWith('claude-haiku-')), listed.join(' '));
        });

        test(`${name}: accounts, without falling back to the pool`, async () => {
            const { fake, gateway } = shared;
            const key = await key_with('--account', 'second');
            const used = new Set();
            for (let i = 0; i < 6; ++i) {
                assert.equal((await ask(gateway, `Hello ${i}`, {}, as(key))).status, 200);
                used.add(auth((await fake.chats()).at(-1)));
            }
            assert.equal(used.size, 1);
            await gateway.run(['account', 'disable', 'second']);
            await until('the end of the account', async () => (await ask(gateway, 'Hello', {}, as(key))).status === 503);
            assert.equal((await ask(gateway, 'Hello')).status, 200);
            await gateway.run(['account', 'enable', 'second']);
            await until('the account', async () => (await ask(gateway, 'Hello', {}, as(key))).status === 200);
        });

        test(`${name}: credits`, async () => {
            const key = await key_with('--credits', '1');
            await shared.fake.push({ times: 4, steps: [{ text: 'paid' }, { metering: 0.4 }, { usage: { uncached: 10, output: 5 }, stop_reason: 'END_TURN' }] });
            const statuses = [];
            for (let i = 0; i < 4; ++i) statuses.push((await ask(shared.gateway, 'Hello', {}, as(key))).status);
            assert.deepEqual(statuses, [200, 200, 200, 429]);
            const refused = await ask(shared.gateway, 'Hello', {}, as(key));
            assert.equal(refused.headers['x-should-retry'], 'false');
            assert.equal(error_of(refused).type, name === 'openai' ? 'insufficient_quota' : 'rate_limit_error');
            await shared.fake.scenario({});
        });

        test(`${name}: requests per minute`, async () => {
            const key = await key_with('--rpm', '3');
            const answers = [];
            for (let i = 0; i < 5; ++i) answers.push(await ask(shared.gateway, 'Hello', {}, as(key)));
            assert.deepEqual(answers.map((a) => a.status).slice(0, 4), [200, 200, 200, 429]);
            assert.ok(Number(answers[3].headers['retry-after']) >= 1);
            assert.equal((await ask(shared.gateway, 'Hello')).status, 200, 'one key\'s limit is not another\'s');
        });

        test(`${name}: expiry and the switch`, async () => {
            const expired = (await shared.gateway.create_key('--name', `${name}-expired`, '--expires', '2020-01-01')).key;
            const key = await key_with('--expires', '1h', '--name', `${name}-switch`);
            assert.equal((await ask(shared.gateway, 'Hello', {}, as(key))).status, 200);
            assert.equal((await ask(shared.gateway, 'Hello', {}, as(expired))).status, 401);
            await shared.gateway.run(['key', 'edit', `${name}-switch`, '--disable']);
            await until('the switch', async () => (await ask(shared.gateway, 'Hello', {}, as(key))).status === 401);
        });
    }
});

test('B13: the same session of two keys is two conversations upstream', async (t) => {
    const { fake, gateway } = await rig(t);
    const keys = [(await gateway.create_key('--name', 'a')).key, (await gateway.create_key('--name', 'b')).key];
    const ids = [];
    for (const key of [...keys, ...keys]) {
        await until('the key', async () => (await get(gateway, '/v1/models', as(key))).status === 200);
        await chat(gateway, 'Hello', { prompt_cache_key: 'mine' }, as(key));
        ids.push((await fake.last_chat()).conversationState.conversationId);
    }
    assert.notEqual(ids[0], ids[1]);
    assert.deepEqual(ids.slice(2), ids.slice(0, 2));
});

test('100 parallel requests against a day\'s credits for ten let exactly ten through, also after a restart', async (t) => {
    const { fake, gateway } = await rig(t);
    const { key } = await gateway.create_key('--name', 'ten', '--credits-per', 'day=10', '--zone', 'Europe/Berlin');
    await until('the key', async () => (await get(gateway, '/v1/models', as(key))).status === 200);
    await fake.push({ times: 100, delay_ms: 3000, steps: [{ text: 'paid' }, { metering: 1 }, { usage: { uncached: 10, output: 5 }, stop_reason: 'END_TURN' }] });
    const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => (i % 2 ? chat : messages)(gateway, `Hello ${i}`, {}, as(key))));
    assert.equal(answers.filter((a) => a.status === 200).length, 10);
    const refused = answers.filter((a) => a.status === 429);
    assert.equal(refused.length, 90);
    assert.ok(refused.every((a) => a.headers['x-kirogate-limit'] === 'key.credits_per_day' && Number(a.headers['retry-after']) >= 1));
    assert.equal((await fake.chats()).length, 10);

    const used_up = async () => {
        const answer = await chat(gateway, 'Hello', {}, as(key));
        assert.equal(answer.status, 429);
        assert.equal(answer.json.error.code, 'insufficient_quota');
        assert.match(answer.json.error.message, /until 20\d\d-\d\d-\d\dT2[123]:00:00Z/);
        assert.equal(answer.headers['x-should-retry'], 'false');
    };
    await used_up();
    const usage = (await get(gateway, '/v1/usage', as(key))).json;
    const [limit] = usage.limits;
    assert.equal(limit.name, 'credits_per_day');
    assert.deepEqual([limit.limit, limit.used, limit.reserved, limit.remaining], [10, 10, 0, 0]);
    assert.equal(usage.key.name, 'ten');
    assert.equal(usage.requests_in_progress, 0);
    await gateway.stop();
    await gateway.serve();
    await used_up();
});

test('a denied model, a foreign address and a rotated key are refused', async (t) => {
    const { gateway } = await rig(t, { config: { server: { trusted_proxies: ['127.0.0.1'] } } });
    const { key } = await gateway.create_key('--name', 'narrow', '--deny-model', '*opus*', '--allow-ip', '203.0.113.0/24');
    const from = (address, text = key) => ({ key: false, headers: { 'x-api-key': text, 'x-forwarded-for': address } });
    await until('the key', async () => (await get(gateway, '/v1/models', from('203.0.113.5'))).status === 200);
    const listed = (await get(gateway, '/v1/models', from('203.0.113.5'))).json.data.map((m) => m.id);
    assert.ok(listed.length > 0 && listed.every((id) => !id.includes('opus')), listed.join(' '));
    assert.equal((await chat(gateway, 'Hello', { model: 'claude-opus-4.5' }, from('203.0.113.5'))).status, 403);
    assert.equal((await chat(gateway, 'Hello', {}, from('203.0.113.5'))).status, 200);
    assert.equal((await chat(gateway, 'Hello', {}, from('203.0.113.5, 198.51.100.1'))).status, 403);

    const fresh = JSON.parse(await gateway.run(['key', 'rotate', 'narrow', '--overlap', '1h', '--json'])).key;
    await until('the new key', async () => (await get(gateway, '/v1/models', from('203.0.113.5', fresh))).status === 200);
    assert.equal((await get(gateway, '/v1/models', from('203.0.113.5'))).status, 200);
    const last = JSON.parse(await gateway.run(['key', 'rotate', 'narrow', '--json'])).key;
    await until('the last key', async () => (await get(gateway, '/v1/models', from('203.0.113.5', last))).status === 200);
    assert.equal((await get(gateway, '/v1/models', from('203.0.113.5', fresh))).status, 401);
});

test('F9: rates change with a reload, at once', async (t) => {
    const { gateway } = await rig(t);
    const statuses = async () => {
        const answers = [];
        for (let i = 0; i < 4; ++i) answers.push((await get(gateway, '/health')).status);
        return answers;
    };
    assert.deepEqual(await statuses(), [200, 200, 200, 200]);
    await gateway.configure({ limits: { address_requests_per_minute: 2 } });
    gateway.signal('SIGHUP');
    await gateway.logged('configuration reloaded');
    assert.deepEqual(await statuses(), [200, 200, 429, 429]);
});

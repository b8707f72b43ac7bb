// Many clients, few accounts: caps, the queue, what is remembered of an account, plans that run out.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { refresh_token } from './lib/gateway.mjs';
import { chat, messages } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const SLOWLY = { times: 0, steps: [{ delay_ms: 60, text: 'one ' }, { delay_ms: 60, text: 'two' }] };

test('E9: an account gets no more requests at once than its cap, the others wait and are served', async (t) => {
    const { fake, gateway } = await rig(t, { serve: false, config: { accounts: { concurrency_max: 4 } } });
    await gateway.run(['account', 'edit', 'first', '--max-concurrency', '2']);
    assert.equal((await gateway.accounts())[0].max_concurrency, 2);
    await gateway.serve();
    await fake.push(SLOWLY);
    const answers = await Promise.all([...Array(10).keys()].map((n) => (n % 2 ? messages : chat)(gateway, `Hello ${n}`)));
    assert.deepEqual(answers.map((a) => a.status), Array(10).fill(200));
    assert.equal((await fake.stats()).peak_streams, 2);
});

test('E9: when too many wait the answer is 503 with Retry-After, and names no account', async (t) => {
    const { fake, gateway } = await rig(t, { config: { accounts: { concurrency_max: 1, queue_max: 1, queue_timeout: '20s' } } });
    const [account] = await gateway.accounts();
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    await fake.push({ ...SLOWLY, delay_ms: 300 });
    const answers = await Promise.all([1, 2, 3, 4, 5].map((n) => chat(gateway, `Hello ${n}`)));
    const statuses = answers.map((a) => a.status).sort();
    assert.deepEqual(statuses, [200, 200, 503, 503, 503]);
    const refused = answers.find((a) => a.status === 503);
    assert.ok(Number(refused.headers['retry-after']) >= 1);
    assert.ok(!refused.text.includes(account.id));
});

test('an account at its limit a minute gets no request: others answer, and then the answer says when', async (t) => {
    const { fake, gateway } = await rig(t, { serve: false, accounts: ['first', 'second'], config: { accounts: { requests_per_minute: 2, queue_timeout: '2s' } } });
    assert.notEqual((await gateway.cli(['account', 'edit', 'first', '--rpm', '-1'])).code, 0);
    await gateway.serve();
    for (let n = 0; n < 4; ++n) assert.equal((await chat(gateway, `Hello ${n}`)).status, 200);
    const ids = (await gateway.accounts()).map((a) => a.id);
    const refused = await chat(gateway, 'Hello');
    assert.equal(refused.status, 503);
    const seconds = Number(refused.headers['retry-after']);
    assert.ok(seconds > 2 && seconds <= 30, `${seconds}`);
    for (const id of ids) assert.ok(!refused.text.includes(id));
    await gateway.logged(`${ids[0]}=limit-reached`);
    assert.equal((await fake.chats()).length, 4);
    const status = await gateway.run(['status', '--server', gateway.url]);
    assert.match(status, new RegExp(`full +${ids[0]} \\(first\\): its limit a minute is reached, in \\d+ s`));
    const pool = JSON.parse(await gateway.run(['status', '--json', '--server', gateway.url])).pool.accounts;
    assert.deepEqual(pool.map((a) => a.requests), Array(2).fill({ per_minute: 2, burst: 2, available: 0 }));
    await gateway.run(['account', 'edit', 'second', '--rpm', '0']);
    await until('the new limit', async () => (await chat(gateway, 'Hello')).status === 200);
    assert.equal((await gateway.accounts())[1].requests_per_minute, 0);
});

test('requests wait for an account that refills in time, and all are answered', async (t) => {
    const { fake, gateway } = await rig(t, { serve: false });
    await gateway.run(['account', 'edit', 'first', '--rpm', '600', '--burst', '1']);
    await gateway.serve();
    const answers = await Promise.all([...Array(8).keys()].map((n) => (n % 2 ? messages : chat)(gateway, `Hello ${n}`)));
    assert.deepEqual(answers.map((a) => a.status), Array(8).fill(200));
    assert.equal((await fake.chats()).length, 8);
});

test('the tokens of an account a minute are counted with the answer', async (t) => {
    const { gateway } = await rig(t, { serve: false, config: { accounts: { queue_timeout: '1s' } } });
    await gateway.run(['account', 'edit', 'first', '--tpm', '60']);
    await gateway.serve();
    assert.equal((await chat(gateway, 'Say something that is long enough to count. '.repeat(20))).status, 200);
    const refused = await chat(gateway, 'Hello');
    assert.equal(refused.status, 503);
    assert.ok(Number(refused.headers['retry-after']) > 60);
});

test('account verify asks Kiro whether logins work, and account usage what they have left', async (t) => {
    const { fake, gateway } = await rig(t, { serve: false, accounts: ['good', 'bad'] });
    const plan = { status: 200, body: { subscriptionInfo: { subscriptionTitle: 'KIRO PRO' }, usageBreakdownList: [{ resourceType: 'CREDIT', usageLimit: 1000, currentUsage: 12.5 }] } };
    await fake.push({ op: 'usage', times: 1, ...plan });
    await fake.push({ op: 'usage', times: 1, status: 403, body: { reason: 'TEMPORARILY_SUSPENDED', message: 'suspended' } });
    const verified = await gateway.cli(['account', 'verify', 'good', 'bad', '--json']);
    assert.equal(verified.code, 3);
    const [good, bad] = JSON.parse(verified.stdout).accounts;
    assert.deepEqual([good.works, good.plan, good.state, good.quota.remaining], [true, 'KIRO PRO', 'ok', 987.5]);
    assert.deepEqual([bad.works, bad.state], [false, 'suspended']);
    assert.equal((await gateway.accounts())[1].state, 'suspended');
    assert.match(await gateway.run(['account', 'usage', 'good', '--cached']), /good +12.5 +1000 +987.5/);
    await fake.push({ op: 'usage', times: 1, ...plan });
    assert.match(await gateway.run(['account', 'verify', 'good']), /works +acc_\w+ \(good\) +KIRO PRO, 12.5 of 1000 credits used/);
});

test('account import --verify asks Kiro about every login that came', async (t) => {
    const { fake, gateway } = await rig(t, { serve: false, accounts: [] });
    await fake.push({ op: 'usage', times: 1, status: 200, body: { subscriptionInfo: { subscriptionTitle: 'KIRO PRO' }, usageBreakdownList: [{ resourceType: 'CREDIT', usageLimit: 1000, currentUsage: 12.5 }] } });
    await fake.push({ op: 'usage', times: 1, status: 403, body: { reason: 'TEMPORARILY_SUSPENDED', message: 'suspended' } });
    const logins = ['good', 'bad'].map((name) => ({ refreshToken: refresh_token(name), provider: 'Google', email: `${name}@example.com` }));
    const verify = () => gateway.cli(['account', 'import', '-', '--verify', '--json'], { input: JSON.stringify(logins) });
    const done = await verify();
    assert.equal(done.code, 3, done.stderr);
    const report = JSON.parse(done.stdout);
    assert.deepEqual([report.added, report.failed, report.not_working], [2, 0, 1]);
    assert.deepEqual(report.items.map((item) => [item.works, item.plan]), [[true, 'KIRO PRO'], [false, '']]);
    assert.ok(report.items[1].error);
    assert.deepEqual((await gateway.accounts()).map((a) => a.state), ['ok', 'suspended']);
    // What is here already is not asked about.
    const again = await verify();
    assert.equal(again.code, 0, again.stderr);
    assert.deepEqual([JSON.parse(again.stdout).skipped, JSON.parse(again.stdout).items[0].works], [2, undefined]);
});

test('E14: the health of an account outlives a restart', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: ['sick', 'sound'] });
    await fake.push({ status: 429, body: { __type: 'ThrottlingException', message: 'Too many requests.', reason: null } });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    await gateway.stop();
    const health = (await gateway.accounts()).map((a) => a.health).sort((a, b) => a - b);
    assert.ok(health[0] < 70 && health[1] > 80, `${health}`);
});

test('E8: an account whose credits are used up rests before upstream has to refuse', async (t) => {
    const { fake, gateway } = await rig(t);
    await fake.push({ op: 'usage', times: 0, status: 200, body: { usageBreakdownList: [{ resourceType: 'CREDIT', usageLimit: 50, currentUsage: 50 }] } });
    await until('the verdict', async () => (await gateway.accounts())[0].state === 'exhausted');
    const before = (await fake.chats()).length;
    const answer = await chat(gateway, 'Hello');
    assert.equal(answer.status, 429);
    assert.equal(answer.json.error.code, 'insufficient_quota');
    assert.equal((await fake.chats()).length, before);
    const [account] = await gateway.accounts();
    assert.equal(account.state_reason, 'credits-used-up');
    assert.ok(account.state_until_ms > Date.now());
});

test('a key that is bound to a group is served by its accounts alone, and notices when they change', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: ['one', 'two', 'three'] });
    await gateway.run(['account', 'edit', 'one', '--group', 'team-a']);
    await gateway.run(['account', 'edit', 'two', '--group', 'team-a', '--group', 'night']);
    assert.notEqual((await gateway.cli(['key', 'create', '--name', 'x', '--allow-group', 'no-such'])).code, 0);
    const { key } = await gateway.create_key('--name', 'team', '--allow-group', 'team-a');
    const ask = (n) => chat({ ...gateway, key, port: gateway.port }, `Hello ${n}`);
    const ids = Object.fromEntries((await gateway.accounts()).map((a) => [a.name, a.id]));
    await until('the key', async () => (await ask('first')).status === 200);
    for (let n = 0; n < 12; ++n) assert.equal((await ask(n)).status, 200);
    const served = async () => JSON.parse((await gateway.cli(['status', '--json', '--server', gateway.url])).stdout)
        .pool.accounts.filter((a) => a.health > 80).map((a) => a.id).sort();
    assert.deepEqual(await served(), [ids.one, ids.two].sort());
    for (const name of ['one', 'two']) await gateway.run(['account', 'disable', name]);
    await until('the pool to see it', async () => (await ask('none')).status === 503);
    const refused = await ask('none');
    for (const name of ['one', 'two', 'three']) assert.ok(!refused.text.includes(ids[name]));
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    await gateway.run(['account', 'edit', 'three', '--group', 'team-a']);
    await until('the new member', async () => (await ask('again')).status === 200);
    assert.deepEqual(await served(), [ids.one, ids.two, ids.three].sort());
});

// An endpoint that falls ill: its circuit opens by the share of failures, lets probes through after a
// pause, and closes again; what clients and accounts do wrong is not held against it.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chat } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const ILL = { status: 500, body: { __type: 'InternalServerException', message: 'Encountered an unexpected error.' } };
const FINE = { steps: [{ text: 'fine' }] };
const NAMES = [...Array(12).keys()].map((n) => `account-${n}`);

const status = async (gateway) =>
    JSON.parse((await gateway.cli(['status', '--json', '--server', gateway.url])).stdout);
const endpoint = async (gateway) => (await status(gateway)).endpoints[0];
const circuit = async (gateway) => (await endpoint(gateway))?.circuit;

/** One endpoint, one try for a request, and circuits that move within a test's patience. */
const config = {
    kiro: { endpoints: ['runtime'], circuit_calls_min: 6, circuit_failures_percent: 50, circuit_pause: '1s' },
    accounts: { attempts_max: 1, scheduling: 'balanced' },
};

test('F2, F3: an endpoint at 60 % failures is given a rest, probed, and used again', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: NAMES, config });
    for (const action of [FINE, ILL, FINE, ILL, ILL, FINE, ILL, ILL]) {
        if ((await circuit(gateway)) === 'open') break;
        await fake.push({ op: 'chat', ...action });
        await chat(gateway, 'Hello');
    }
    const open = await endpoint(gateway);
    assert.equal(open.circuit, 'open');
    assert.ok(open.next_probe_in_ms > 0 && open.next_probe_in_ms <= 1200, JSON.stringify(open));
    assert.ok(Math.abs(open.since_ms - Date.now()) < 60_000);
    await gateway.logged("an upstream endpoint's circuit changed");
    // E13: the endpoint is ill, not the accounts.
    const { pool } = await status(gateway);
    assert.deepEqual([...new Set(pool.accounts.map((a) => a.circuit))], ['closed']);
    assert.ok(pool.accounts.every((a) => a.usable && a.enabled && a.in_flight === 0));

    const asked = (await fake.chats()).length;
    const refused = await chat(gateway, 'Hello');
    if ((await fake.chats()).length === asked) {
        // Unless the pause ended just then: refused at once, with the time of the next probe.
        assert.equal(refused.status, 503);
        assert.ok(Number(refused.headers['retry-after']) >= 1);
        assert.ok(!NAMES.some((name) => refused.text.includes(name)));
    }
    // Asking does not move it: time does.
    await until('a circuit that lets probes through', async () => (await circuit(gateway)) === 'half-open');
    assert.equal(await circuit(gateway), 'half-open');
    const words = (await gateway.cli(['status', '--server', gateway.url])).stdout;
    assert.match(words, /^endpoint {2}runtime \S+: circuit half-open$/m);
    for (let n = 0; n < 3; ++n) assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.equal(await circuit(gateway), 'closed');
    assert.equal((await endpoint(gateway)).since_ms, null);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
});

test('F2: a probe that fails opens the circuit anew, for longer', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: NAMES, config });
    await fake.push({ op: 'chat', times: 7, ...ILL });
    for (let n = 0; n < 6; ++n) await chat(gateway, 'Hello');
    assert.notEqual(await circuit(gateway), 'closed');
    await until('half-open', async () => (await circuit(gateway)) === 'half-open');
    await chat(gateway, 'Hello');
    const again = await endpoint(gateway);
    assert.equal(again.circuit, 'open');
    assert.ok(again.next_probe_in_ms > 1000, JSON.stringify(again));
    // The operator need not wait.
    gateway.signal('SIGHUP');
    await gateway.logged('configuration reloaded');
    assert.equal(await circuit(gateway), 'closed');
    assert.equal((await chat(gateway, 'Hello')).status, 200);
});

test('F1, E13: bad requests and refused accounts open no circuit', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: NAMES, config });
    await fake.push({ op: 'chat', times: 8, status: 400, body: { __type: 'ValidationException', message: 'Improperly formed request.' } });
    for (let n = 0; n < 8; ++n) assert.equal((await chat(gateway, 'Hello')).status, 400);
    await fake.push({ op: 'chat', times: 8, status: 403, body: { __type: 'AccessDeniedException', message: 'no' } });
    for (let n = 0; n < 8; ++n) assert.ok((await chat(gateway, 'Hello')).status >= 400);
    for (let n = 0; n < 20; ++n) assert.equal((await chat(gateway, 'Hello', { model: 'no-such-model' })).status, 404);
    assert.equal((await endpoint(gateway)).circuit, 'closed');
});

test('E3: a reset lets an account serve again at once', async (t) => {
    const { fake, gateway } = await rig(t, { accounts: ['only'], config });
    await fake.push({ op: 'chat', status: 429, headers: { 'retry-after': '3600' }, body: { __type: 'ThrottlingException', message: 'Too many requests.', reason: null } });
    await chat(gateway, 'Hello');
    const [out] = (await status(gateway)).pool.accounts;
    assert.equal(out.state, 'cooling');
    assert.equal(out.circuit, 'open');
    assert.ok(out.recovers_in_ms > 3_000_000);
    assert.equal((await chat(gateway, 'Hello')).status, 503);
    await gateway.run(['account', 'reset', 'only']);
    await until('the account', async () => (await status(gateway)).pool.accounts[0].usable);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
});

// The gateway run through its admin API: sign-in, keys that work, settings that stay, what is seen of traffic.
import assert from 'node:assert/strict';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';

import { admin, ADMIN_PASSWORD, sign_in } from './lib/admin.mjs';
import { refresh_token } from './lib/gateway.mjs';
import { chat, get, messages, request } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const AUTH = { auth: { admin_password: ADMIN_PASSWORD } };

test('B9 J1: the password of the first start opens a session, which signs out and survives a restart', async (t) => {
    const { gateway } = await rig(t, { accounts: ['first'] });
    const password = (await until('the password', () => /admin password \(shown once\): (\S+)/.exec(gateway.child.stdout)))[1];
    assert.equal((await request(gateway, 'POST', '/api/login', { key: false, body: { password: 'wrong' } })).status, 401);
    const session = await sign_in(gateway, password);
    const mine = (method, path, body, headers = session) => request(gateway, method, path, { key: false, headers, body });
    assert.equal((await mine('GET', '/api/accounts')).json.total, 1);
    assert.equal((await mine('POST', '/api/keys', { name: 'x' }, { cookie: session.cookie })).status, 403);
    assert.equal((await mine('POST', '/api/keys', { name: 'x' })).status, 201);
    await gateway.stop();
    await gateway.serve();
    assert.equal((await mine('GET', '/api/session')).json.actor, 'session');
    assert.equal((await mine('POST', '/api/logout')).status, 200);
    assert.equal((await mine('GET', '/api/session')).status, 401);
    assert.ok(!gateway.log.includes(password));
});

test('I4 I5: accounts and keys made through the API serve requests, and stop when they are removed', async (t) => {
    const { gateway } = await rig(t, { accounts: [], config: AUTH });
    assert.equal((await chat(gateway, 'Hello')).status, 503);
    const made = await admin(gateway, 'POST', '/api/accounts', { refreshToken: refresh_token('api'), email: 'a@b.example', name: 'api' });
    assert.equal(made.status, 201);
    await until('the account', async () => (await chat(gateway, 'Hello')).status === 200);
    const refreshed = await until('the pool to know it', async () => {
        const answer = await admin(gateway, 'POST', `/api/accounts/${made.json.account.id}/refresh`);
        return answer.status !== 404 && answer;
    });
    assert.equal(refreshed.status, 200);
    assert.ok(refreshed.json.expiresAt > Date.now());
    assert.equal((await admin(gateway, 'GET', '/api/accounts/api')).json.isAvailable, true);

    const { key, id } = (await admin(gateway, 'POST', '/api/keys', { name: 'team', creditLimit: 100 })).json;
    const ask = () => messages({ ...gateway, key, port: gateway.port }, 'Hello');
    await until('the key', async () => (await ask()).status === 200);
    await until('its use', async () => (await admin(gateway, 'GET', `/api/keys/${id}`)).json.stats.totalRequests >= 1);
    assert.equal((await admin(gateway, 'PUT', `/api/keys/${id}`, { enabled: false })).status, 200);
    await until('the end of the key', async () => (await ask()).status === 401);
    assert.equal((await admin(gateway, 'DELETE', '/api/accounts/api')).status, 200);
    await until('the end of the account', async () => (await chat(gateway, 'Hello')).status === 503);
    const audit = (await admin(gateway, 'GET', '/api/audit')).json.entries.map((e) => e.action);
    assert.deepEqual(audit.reverse(), ['account.create', 'account.refresh', 'key.create', 'key.update', 'account.remove']);
});

test('I2 H7: a setting changed at run time holds at once and after a restart; the file wins and says so', async (t) => {
    const { gateway } = await rig(t, { config: { ...AUTH, accounts: { scheduling: 'priority' } } });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.equal((await admin(gateway, 'PUT', '/api/settings', { rateLimitPerMinute: 1 })).status, 200);
    await until('the limit', async () => (await chat(gateway, 'Hello')).status === 429);
    const setting = async (key) => (await admin(gateway, 'GET', '/api/settings')).json.settings.find((s) => s.key === key);
    assert.deepEqual([(await setting('auth.requests_per_minute')).value, (await setting('auth.requests_per_minute')).origin], ['1', 'settings']);
    const fixed = await admin(gateway, 'PUT', '/api/settings', { settings: { 'accounts.scheduling': 'smart' } });
    assert.equal(fixed.status, 409);
    assert.match(fixed.json.error.message, /kirogate\.toml/);
    assert.equal((await setting('accounts.scheduling')).fixed, true);
    await gateway.stop();
    await gateway.serve();
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.equal((await chat(gateway, 'Hello')).status, 429);
    assert.equal((await admin(gateway, 'PUT', '/api/settings', { settings: { 'auth.requests_per_minute': null } })).status, 200);
    await until('no limit', async () => (await chat(gateway, 'Hello')).status === 200);
});

test('I2: limits of accounts and what is done to files are changed at run time, and config show tells it', async (t) => {
    const { gateway } = await rig(t, { config: { ...AUTH, accounts: { queue_max: 7 } } });
    const picture = async () => (await messages(gateway, [{ type: 'image', source: { type: 'url', url: 'http://127.0.0.1/a.png' } }])).json.error.message;
    assert.match(await picture(), /images are not fetched/);
    const settings = { 'accounts.requests_per_minute': 1, 'files.fetch': true };
    assert.equal((await admin(gateway, 'PUT', '/api/settings', { settings })).status, 200);
    await until('fetching', async () => !/images are not fetched/.test(await picture()));
    await until('the limit', async () => (await chat(gateway, 'Hello')).status === 503);

    const shown = async () => Object.fromEntries(JSON.parse(await gateway.run(['config', 'show', '--json'])).values.map((v) => [v.key, `${v.value} ${v.origin}`]));
    const values = await shown();
    assert.equal(values['accounts.requests_per_minute'], '1 settings');
    assert.equal(values['files.fetch'], 'true settings');
    assert.match(values['accounts.queue_max'], /^7 file:.*kirogate\.toml:\d+$/);
    assert.equal(values['accounts.request_burst'], '0 default');
    // The file wins over what was stored, and says so.
    await gateway.configure({ ...AUTH, files: { fetch: false } });
    assert.match((await shown())['files.fetch'], /^false file:/);
});

test('B11: the admin API has an address of its own, and the public one knows nothing of it', async (t) => {
    const { gateway } = await rig(t, { serve: false });
    const socketPath = join(gateway.home, 'admin.sock');
    await gateway.configure({ ...AUTH, server: { admin_listen: `unix:${socketPath}` } });
    await gateway.serve();
    for (const path of ['/api/accounts', '/api/login', '/api/proxy/status', '/api/openapi.json', '/api/pool', '/metrics'])
        assert.equal((await request(gateway, 'GET', path, { key: false })).status, 404, path);
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.equal((await admin(gateway, 'GET', '/api/accounts', undefined, { socketPath })).json.total, 1);
    assert.equal((await admin(gateway, 'GET', '/v1/models', undefined, { socketPath })).status, 404);
    assert.match((await admin(gateway, 'GET', '/metrics', undefined, { socketPath })).text, /kirogate_requests_total/);
});

test('B11: metrics are public when the operator says so', async (t) => {
    const { gateway } = await rig(t, { config: { server: { metrics: 'public' } } });
    const answer = await get(gateway, '/metrics', { key: false });
    assert.equal(answer.status, 200);
    assert.match(answer.headers['content-type'], /^text\/plain; version=0\.0\.4/);
});

test('H1 H2 H3 J6: requests are seen live, in the log and in the figures, also after kill -9', async (t) => {
    const { fake, gateway } = await rig(t, { config: AUTH });
    const seen = [];
    const tail = await new Promise((resolve, reject) => {
        const sent = http.get({ host: '127.0.0.1', port: gateway.port, path: '/api/proxy/logs/live', agent: false,
            headers: { authorization: `Bearer ${ADMIN_PASSWORD}` } }, (answer) => {
            answer.setEncoding('utf8').on('data', (text) => seen.push(text));
            answer.on('error', () => {});
            resolve(sent);
        });
        sent.on('error', reject);
    });
    await until('the tail', () => seen.join('').includes('listening'));
    for (let n = 0; n < 3; ++n) assert.equal((await chat(gateway, `Hello ${n}`, { stream: n > 1 })).status, 200);
    await fake.push({ status: 400, body: { __type: 'ValidationException', message: 'Improperly formed request.', reason: null }, times: 0 });
    const failed = await messages(gateway, 'Hello');
    assert.ok(failed.status >= 400);
    await until('four lines', () => seen.join('').split('event: request').length === 5);
    tail.on('error', () => {});
    tail.destroy();

    const logs = async (query = '') => (await admin(gateway, 'GET', `/api/proxy/logs${query}`)).json.logs;
    await until('the log', async () => (await logs()).length === 4);
    const [latest] = await logs('?outcome=failed');
    assert.equal(latest.apiType, 'anthropic');
    assert.equal(latest.status, failed.status);
    assert.equal(latest.requestId, failed.headers['request-id']);
    assert.deepEqual((await logs(`?requestId=${latest.requestId}`)).length, 1);
    gateway.signal('SIGKILL');
    await gateway.child.ended;
    await gateway.serve();
    const usage = (await admin(gateway, 'GET', '/api/usage?range=1h')).json;
    assert.equal(usage.totals.requests, 4);
    assert.equal(usage.totals.errors, 1);
    assert.equal(usage.totals.successRate, 0.75);
    assert.equal((await admin(gateway, 'GET', '/api/proxy/stats')).json.totalRequests, 4);
});

test('the live tail does not hold up a shutdown', async (t) => {
    const { gateway } = await rig(t, { config: AUTH });
    const ended = new Promise((resolve) => {
        http.get({ host: '127.0.0.1', port: gateway.port, path: '/api/proxy/logs/live', agent: false,
            headers: { authorization: `Bearer ${ADMIN_PASSWORD}` } }, (answer) => {
            answer.resume();
            answer.on('end', () => resolve('ended'));
            answer.on('error', () => resolve('cut'));
            gateway.signal('SIGTERM');
        });
    });
    assert.equal(await ended, 'ended');
    assert.equal((await gateway.child.ended).code, 0);
});

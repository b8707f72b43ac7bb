// The operator is told by a webhook and by a program when accounts, keys and the pool need one.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';

import { admin, ADMIN_PASSWORD } from './lib/admin.mjs';
import { chat, messages } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const SUSPENDED = { status: 403, body: { __type: 'AccessDeniedException', reason: 'TEMPORARILY_SUSPENDED', message: 'Your User ID (x) temporarily is suspended.' }, times: 0 };

/** A real receiver on loopback; `answer` says with which status. */
async function receiver(t, answer = () => 204) {
    const received = [];
    const server = http.createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8').on('data', (text) => (body += text)).on('end', () => {
            received.push({ url: request.url, headers: request.headers, body, json: JSON.parse(body) });
            response.writeHead(answer(received.length)).end();
        });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    return { received, url: `http://127.0.0.1:${server.address().port}/hook?to=me` };
}

test('hooks: a webhook is told of a suspended account, the pool and a key, signed and once', async (t) => {
    const { received, url } = await receiver(t, (n) => (n === 1 ? 500 : 204));
    const { fake, gateway } = await rig(t, { accounts: ['only'], config: { auth: { admin_password: ADMIN_PASSWORD }, hooks: { url, secret: 's3cret' } } });
    const { key, id } = (await admin(gateway, 'POST', '/api/keys', { name: 'team', tokenLimit: 20 })).json;
    const ask = () => messages({ ...gateway, key, port: gateway.port }, 'Hello');
    await until('the key', async () => (await ask()).status === 200);
    // Told twice, because the first answer was 500.
    await until('the key to be near its limit', async () => { await ask(); return received.length === 2; });
    assert.deepEqual(received.map((r) => r.json.event), ['key.near-limit', 'key.near-limit']);
    assert.deepEqual(received[0].json, received[1].json);
    assert.equal(received[1].json.subject, id);
    assert.equal(received[1].json.name, 'team');
    assert.match(received[1].json.reason, /^tokens_/);

    await fake.push(SUSPENDED);
    await chat(gateway, 'Hello');
    await until('account and pool', () => received.length === 4);
    const later = received.slice(2);
    assert.deepEqual(later.map((r) => r.json.event).sort(), ['account.suspended', 'pool.down']);
    assert.equal(later.find((r) => r.json.event === 'account.suspended').json.name, 'only');
    for (const { url: path, headers, body, json } of received) {
        assert.equal(path, '/hook?to=me');
        assert.equal(headers['x-kirogate-event'], json.event);
        assert.equal(headers['x-kirogate-delivery'], json.id);
        const signature = createHmac('sha256', 's3cret').update(`${headers['x-kirogate-timestamp']}.${body}`).digest('hex');
        assert.equal(headers['x-kirogate-signature'], `sha256=${signature}`);
    }
    // The same again is not told again.
    assert.equal((await gateway.cli(['account', 'reset', 'only'])).code, 0);
    await until('the account to be tried again', async () => {
        await chat(gateway, 'Hello');
        return gateway.log.split('state=suspended').length > 2;
    });
    assert.equal(received.length, 4);
    assert.ok(!gateway.log.includes('s3cret'));
    assert.ok(!(await admin(gateway, 'GET', '/api/settings')).text.includes('/hook'));
});

test('hooks: a program is run without a shell, with the event as its input', async (t) => {
    const { received, url } = await receiver(t);
    const { fake, gateway } = await rig(t, { serve: false, accounts: ['only'] });
    const script = join(gateway.home, 'hook.mjs');
    await writeFile(script, `
        let text = '';
        for await (const part of process.stdin) text += part;
        await fetch(process.argv[2], { method: 'POST', body: JSON.stringify({ ...JSON.parse(text), argv: process.argv.slice(3) }) });
    `);
    await gateway.configure({ hooks: { command: [process.execPath, script, url, '$(exit 1); ', ''] } });
    await gateway.serve();
    await fake.push(SUSPENDED);
    await chat(gateway, 'Hello');
    await until('account and pool', () => received.length === 2);
    assert.deepEqual(received.map((r) => r.json.event).sort(), ['account.suspended', 'pool.down']);
    for (const { json } of received) assert.deepEqual(json.argv, ['$(exit 1); ', '', json.event]);
});

// I7: the OpenAPI document, driven operation by operation against the gateway; every answer is checked against its schema.
import assert from 'node:assert/strict';
import http from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';

import { admin, ADMIN_PASSWORD, sign_in } from './lib/admin.mjs';
import { refresh_token } from './lib/gateway.mjs';
import { anthropic_body, MODEL, openai_body, request } from './lib/http.mjs';
import { rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const Ajv = createRequire(join(process.env.KIROGATE_E2E_MODULES, 'package.json'))('ajv/dist/2020').default;

/** Head and first bytes of an answer that does not end. */
function first_bytes(gateway, path, headers) {
    return new Promise((resolve, reject) => {
        const sent = http.get({ host: '127.0.0.1', port: gateway.port, path, headers, agent: false }, (answer) => {
            answer.setEncoding('utf8').once('data', (text) => {
                resolve({ status: answer.statusCode, headers: answer.headers, text });
                sent.destroy();
            });
            answer.on('error', () => {});
        });
        sent.on('error', reject);
    });
}

test('I7: every documented operation answers as its schema says', async (t) => {
    const { gateway } = await rig(t, {
        config: { auth: { admin_password: ADMIN_PASSWORD }, responses: { kept_per_key: 5 } },
    });
    const document = (await request(gateway, 'GET', '/api/openapi.json', { key: false })).json;
    assert.equal(document.openapi, '3.1.0');
    const ajv = new Ajv({ strict: false, allErrors: true });
    ajv.addSchema({ $id: 'doc', ...document });
    const conforms = (pointer, value, what) => {
        const validate = ajv.getSchema(`doc#${pointer}`);
        assert.ok(validate, `${what}: no schema at ${pointer}`);
        assert.ok(validate(value), `${what}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value).slice(0, 2000)}`);
    };

    const ids = {};
    const remember = (name, of) => (answer) => (ids[name] = of(answer.json));
    const account = { refreshToken: refresh_token('openapi'), email: 'o@example.com', name: 'openapi', groups: ['g'], tags: ['t'] };
    const kept = remember('response', (j) => j.id);
    // operationId: [path parameter, body, what to keep, more]. In the order of the document, but for `last`.
    const plays = {
        root: [], hello: [], health: [], ready: [],
        chatCompletions: [, openai_body('Hello')],
        completions: [, { model: MODEL, prompt: 'Hello' }],
        messages: [, anthropic_body('Hello')],
        countTokens: [, anthropic_body('Hello')],
        responses: [, { model: MODEL, input: 'Hello', store: true }, kept],
        responsesSocket: [],
        responsesInputTokens: [, { model: MODEL, input: 'Hello' }],
        keptResponse: [() => ids.response], forgetResponse: [() => ids.response],
        models: [], model: [() => MODEL], keyUsage: [],
        login: [, { password: ADMIN_PASSWORD }], showSession: [], listSessions: [], listTokens: [],
        createToken: [, { name: 'ci', readOnly: true }, remember('token', (j) => j.id)],
        removeToken: [() => ids.token],
        logout: [], logoutEverywhere: [],
        createAccount: [, account, remember('account', (j) => j.account.id)],
        listAccounts: [], accountStats: [],
        batchAccounts: [, { op: 'tag', select: { q: 'group:g' }, args: { tags: ['batch'] } }],
        importAccounts: [, [{ refreshToken: refresh_token('imported'), email: 'i@example.com', provider: 'Google' }]],
        exportAccounts: [, { format: 'kirogate', select: { q: 'group:g' }, secrets: true, password: ADMIN_PASSWORD }],
        showAccount: [() => ids.account], editAccount: [() => ids.account, { note: 'x' }],
        patchAccount: [() => ids.account, { priority: 2 }],
        refreshAccount: [() => ids.account], verifyAccount: [() => ids.account], resetAccount: [() => ids.account], accountUsage: [() => ids.account],
        removeAccount: [() => ids.account], listGroups: [],
        createKey: [, { name: 'k', creditLimit: 5, tokensPerDay: 100 }, remember('key', (j) => j.id)],
        listKeys: [], showKey: [() => ids.key], editKey: [() => ids.key, { enabled: false }],
        patchKey: [() => ids.key, { creditLimit: null }], rotateKey: [() => ids.key, { overlapSeconds: 10 }],
        removeKey: [() => ids.key],
        proxyStatus: [], proxyHealth: [], proxyStats: [], jsonMetrics: [], prometheus: [], proxyLogs: [],
        tailLogs: [], usage: [], auditLog: [], listAdminModels: [], pool: [],
        showSettings: [], editSettings: [, { settings: { 'accounts.queue_max': 50 } }],
        editProxyConfig: [, { logLevel: 'info' }], openapi: [],
    };
    const operations = [];
    for (const [path, methods] of Object.entries(document.paths)) {
        for (const [method, operation] of Object.entries(methods)) operations.push({ path, method, operation });
    }
    const by_id = Object.fromEntries(operations.map((o) => [o.operation.operationId, o]));
    for (const id of Object.keys(by_id)) assert.ok(plays[id], `${id} is documented and not driven`);
    const operator = JSON.parse((await gateway.run(['status', '--json', '--server', gateway.url])));
    assert.ok(operator.pool, 'the operator sees the pool');

    for (const [id, [parameter, body, keep]] of Object.entries(plays)) {
        const found = by_id[id];
        assert.ok(found, `${id} is driven and not documented`);
        const { path, method, operation } = found;
        if (id === 'pool') continue; // with the operator's token, above
        const client = JSON.stringify(operation.security).includes('client');
        const url = path.replace('{id}', () => encodeURIComponent(parameter()));
        const headers = client ? {} : { authorization: `Bearer ${ADMIN_PASSWORD}` };
        const ask = () => request(gateway, method.toUpperCase(), url, { headers, body, key: client });
        // Answers and accounts are written behind what made them.
        const late = ['keptResponse', 'refreshAccount', 'verifyAccount'].includes(id);
        const answer = id === 'tailLogs' ? await first_bytes(gateway, url, headers)
            : await until(`${id} to be found`, async () => { const a = await ask(); return late && a.status === 404 ? null : a; });
        const what = `${id}: ${method} ${url}`;
        const described = operation.responses[answer.status];
        assert.ok(described, `${what}: status ${answer.status} is not documented: ${answer.text}`);
        assert.ok(answer.status < 400 || id === 'responsesSocket', `${what}: ${answer.status} ${answer.text}`);
        keep?.(answer);
        const pointer = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1');
        const content = Object.keys(described.content ?? {}).find((type) => (answer.headers['content-type'] ?? '').startsWith(type));
        if (described.content) assert.ok(content, `${what}: content type ${answer.headers['content-type']}`);
        const base = `/paths/${pointer(path)}/${method}`;
        if (content === 'application/json')
            conforms(encodeURI(`${base}/responses/${answer.status}/content/${pointer(content)}/schema`), answer.json, what);
        if (body && operation.requestBody)
            conforms(encodeURI(`${base}/requestBody/content/application~1json/schema`), body, `${what}, its body`);

        // Whoever may not call it is told so in the documented shape.
        if (!client && operation.responses['401'] && operation.security.length && operation.security.every((way) => Object.keys(way).length)) {
            const refused = await request(gateway, method.toUpperCase(), url, { key: false, body });
            assert.equal(refused.status, 401, what);
            conforms('/components/schemas/Error', refused.json, what);
        }
    }
});

test('I1 I3: errors of the admin API have the documented shape', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    const session = await sign_in(gateway);
    const expect = async (status, field, method, path, body, headers) => {
        const answer = await admin(gateway, method, path, body, { headers });
        assert.equal(answer.status, status, answer.text);
        assert.equal(answer.json.error.field, field);
        assert.ok(answer.json.error.code && answer.json.error.message);
        assert.equal(answer.json.request_id, answer.headers['request-id']);
    };
    await expect(400, null, 'POST', '/api/keys', '{"name":');
    await expect(422, 'allowedModels[0]', 'POST', '/api/keys', { name: 'x', allowedModels: [1] });
    await expect(422, 'nmae', 'POST', '/api/keys', { name: 'x', nmae: 'y' });
    await expect(404, null, 'DELETE', '/api/keys/nobody');
    await expect(404, null, 'GET', '/api/nothing');
    await expect(405, null, 'DELETE', '/api/settings');
    await expect(403, null, 'POST', '/api/keys', { name: 'x' }, { authorization: '', cookie: session.cookie });
    await expect(413, null, 'POST', '/api/keys', 'x'.repeat(9 << 20));
    const page = await request(gateway, 'OPTIONS', '/api/accounts', { key: false, headers: { origin: 'https://evil.example', 'access-control-request-method': 'GET' } });
    assert.equal(page.headers['access-control-allow-origin'], undefined);
});

// The pages in a real browser: every one of them, what can be done on them, and what must not happen there.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { admin, ADMIN_PASSWORD } from './lib/admin.mjs';
import { Browser, DESKTOP, PHONE } from './lib/browser.mjs';
import { refresh_token } from './lib/gateway.mjs';
import { chat, get, messages, request } from './lib/http.mjs';
import { rig, shared_rig } from './lib/rig.mjs';
import { until } from './lib/wait.mjs';

const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const PAGES = ['/', '/playground', '/docs', '/swagger', '/deploy', '/dashboard', '/admin/accounts', '/admin/keys', '/admin/logs', '/admin/settings'];

const shared = shared_rig({ config: { auth: { admin_password: ADMIN_PASSWORD } } });
let browser;
before(async () => { browser = await Browser.launch(); });
after(() => browser?.close());

/** A visitor who is signed in and leaves at the end of the test. */
async function operator(t, gateway = shared.gateway, options = {}) {
    const visitor = await browser.visitor(gateway, options);
    t.after(() => visitor.close());
    await visitor.sign_in(ADMIN_PASSWORD);
    return visitor;
}

test('B10 J12: pages come with a strict policy, are kept by browsers, never for other origins, and name no file outside', async () => {
    const { gateway } = shared;
    const page = (path, headers = {}, method = 'GET') => request(gateway, method, path, { key: false, headers: { ...HTML, ...headers } });
    for (const path of [...PAGES, '/sign-in']) {
        const answer = await page(path, { origin: 'https://evil.example' });
        assert.equal(answer.status, 200, path);
        assert.match(answer.headers['content-type'], /^text\/html/);
        const policy = answer.headers['content-security-policy'];
        assert.match(policy, /default-src 'none'; script-src 'self'; style-src 'self'/);
        assert.match(policy, /frame-ancestors 'none'/);
        assert.doesNotMatch(policy, /unsafe|https?:|\*/);
        assert.equal(/require-trusted-types-for/.test(policy), path !== '/swagger', path);
        assert.deepEqual([answer.headers['x-content-type-options'], answer.headers['referrer-policy'], answer.headers['x-frame-options']], ['nosniff', 'no-referrer', 'DENY']);
        assert.equal(answer.headers['access-control-allow-origin'], undefined, path);
        assert.equal((await page(path, { 'if-none-match': answer.headers.etag })).status, 304);
        assert.equal((await page(path, {}, 'HEAD')).status, 200);
        assert.equal((await page(path, {}, 'DELETE')).status, 405);
    }
    const text = (await page('/')).text;
    assert.match(text, /<html lang="en"/);
    assert.match((await page('/', { 'accept-language': 'zh-CN,zh;q=0.9,en;q=0.5' })).text, /<html lang="zh-CN"/);
    const script = /src="(\/assets\/[0-9a-f]{12}\/js\/pages\/home\.js)"/.exec(text)[1];
    const asset = await page(script, { 'accept-encoding': 'gzip' });
    assert.deepEqual([asset.status, asset.headers['content-encoding'], asset.headers['cache-control']], [200, 'gzip', 'public, max-age=31536000, immutable']);
    assert.match(asset.headers['content-type'], /^text\/javascript/);
    const plain = await page(script);
    assert.equal(plain.headers['content-encoding'], undefined);
    assert.match(plain.text, /mount\(Home\)/);
    assert.equal((await page(script, { 'if-none-match': plain.headers.etag })).status, 304);
    assert.equal((await page(script.replace(/[0-9a-f]{12}/, 'older'))).headers['cache-control'], 'no-cache');
    for (const bad of ['page.html', 'assets.cpp', '../../../etc/passwd', '..%2f..%2fetc%2fpasswd', '%2e%2e/pages.cpp', 'vendor/README.md', 'js/', 'js', ''])
        assert.ok([404, 400].includes((await page(`/assets/x/${bad}`)).status), bad);
    assert.equal((await page('/', { accept: 'application/json' })).json.service, 'kirogate');
    assert.equal((await page('/admin')).headers.location, '/dashboard');
});

test('B11: with an address of its own, the operators\' pages are there and nowhere else', async (t) => {
    const { gateway } = await rig(t, { serve: false });
    const socketPath = join(gateway.home, 'admin.sock');
    await gateway.configure({ server: { admin_listen: `unix:${socketPath}` } });
    await gateway.serve();
    const open = (path, options = {}) => request(gateway, 'GET', path, { key: false, headers: HTML, ...options });
    for (const path of ['/dashboard', '/admin/accounts', '/admin/keys', '/admin/logs', '/admin/settings', '/sign-in', '/swagger', '/admin']) {
        assert.equal((await open(path)).status, 404, path);
        assert.ok([200, 303].includes((await open(path, { socketPath })).status), path);
    }
    for (const path of ['/', '/docs', '/deploy', '/playground']) assert.match((await open(path)).text, /data-beside="api"/);
    assert.equal((await open('/', { socketPath })).headers.location, '/dashboard');
    assert.equal((await open('/playground', { socketPath })).status, 404);
});

test('J10 J11 B10: every page in both languages and themes, on a desk and on a phone, is sound and accessible', async (t) => {
    const { fake, gateway } = shared;
    await admin(gateway, 'POST', '/api/keys', { name: 'team-blue', creditLimit: 100, tokensPerDay: 200_000, requestsPerMinute: 60 });
    const made = await admin(gateway, 'POST', '/api/keys', { name: 'laptop', creditsPerMonth: 5 });
    for (let n = 0; n < 6; ++n) assert.equal((await chat({ ...gateway, port: gateway.port, key: n % 2 ? made.json.key : gateway.key }, `Hello ${n}`, { stream: n > 2 })).status, 200);
    await fake.push({ status: 400, body: { __type: 'ValidationException', message: 'Improperly formed request.', reason: null }, times: 0 });
    await messages(gateway, 'refused');
    await until('the log', async () => (await admin(gateway, 'GET', '/api/proxy/logs')).json.logs.length >= 7);
    // Each theme and each size is looked at by axe once; the other two looks are for what words and width do.
    const looks = [
        { name: 'desktop-light-en', size: DESKTOP, theme: 'light', locale: 'en-US' }, { name: 'phone-dark-zh', size: PHONE, theme: 'dark', locale: 'zh-CN' },
        { name: 'desktop-dark-zh', size: DESKTOP, theme: 'dark', locale: 'zh-CN' }, { name: 'phone-light-en', size: PHONE, theme: 'light', locale: 'en-US' },
    ];
    await Promise.all([[looks[0], looks[3]], [looks[1], looks[2]]].map(async (half) => {
        for (const look of half) {
            const visitor = await browser.visitor(gateway, look);
            const named = (path) => `${look.name}${path === '/' ? '-home' : path.replaceAll('/', '-')}`;
            await visitor.open('/sign-in');
            await visitor.shot(named('/sign-in'));
            await visitor.check(`${look.name} /sign-in`);
            await visitor.sign_in(ADMIN_PASSWORD);
            for (const path of PAGES) {
                await visitor.open(path, path === '/swagger' ? '.opblock' : 'h1');
                await visitor.page.locator('.skeleton').first().waitFor({ state: 'detached' });
                assert.equal(await visitor.page.locator('html').getAttribute('lang'), look.locale === 'zh-CN' ? 'zh-CN' : 'en');
                await visitor.shot(named(path));
                await visitor.check(`${look.name} ${path}`, { axe: looks.indexOf(look) < 2 });
            }
            await visitor.close();
        }
    }));
});

test('J1 J2 J11: one signs in after a mistake, switches language and theme, and signs out; no secret is in reach of scripts', async (t) => {
    const { gateway } = shared;
    const visitor = await browser.visitor(gateway);
    t.after(() => visitor.close());
    const page = await visitor.open('/admin/keys', 'form');
    assert.match(page.url(), /\/sign-in\?next=%2Fadmin%2Fkeys$/);
    visitor.expect(/status of 401/);
    await page.getByLabel('Admin password').first().fill('wrong');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('That is not the admin password.').waitFor();
    await page.getByLabel('Admin password').first().fill(ADMIN_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Keys', level: 1 }).waitFor();
    assert.match(page.url(), /\/admin\/keys$/);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
    assert.equal(kept, '[{},{},""]');
    await page.getByRole('button', { name: '切换到中文' }).click();
    await page.getByRole('heading', { name: '密钥', level: 1 }).waitFor();
    await page.getByRole('button', { name: /主题/ }).click();
    assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
    await page.reload();
    await page.getByRole('heading', { name: '密钥', level: 1 }).waitFor();
    await page.getByRole('button', { name: 'Switch to English' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('**/sign-in');
    await page.goto('/sign-in?next=https://evil.example/');
    await page.getByLabel('Admin password').first().fill(ADMIN_PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/dashboard');
    visitor.sound('signing in and out');
});

test('J2: a session that ends while a form is filled in asks for the password and keeps what was typed', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/keys');
    await page.getByRole('button', { name: 'Create key' }).first().click();
    await page.getByRole('dialog').getByLabel('Name').fill('typed-before');
    await admin(gateway, 'POST', '/api/logout-everywhere');
    visitor.expect(/status of 401/);
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
    const again = page.getByRole('dialog', { name: 'Your session has ended' });
    await again.getByLabel('Admin password').first().fill(ADMIN_PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Your new key: typed-before' }).waitFor();
    visitor.sound('signing in again');
});

test('H1 J3 J5 J6: the dashboard shows what the database has, follows without reload, and rests while nobody looks', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    for (let n = 0; n < 3; ++n) await chat(gateway, `Hello ${n}`);
    await until('the record', async () => (await admin(gateway, 'GET', '/api/usage')).json.totals.requests === 3);
    const visitor = await operator(t, gateway);
    const { page } = visitor;
    const tile = (name) => page.locator('.tile', { has: page.locator('dt', { hasText: new RegExp(`^${name}`) }) }).locator('dd');
    await page.getByText('Live', { exact: false }).first().waitFor();
    const { totals } = (await admin(gateway, 'GET', '/api/usage')).json;
    assert.match(await tile('Requests').innerText(), /^3\b/);
    assert.match(await tile('Success rate').innerText(), /^100%/);
    assert.ok((await tile('Tokens').innerText()).startsWith((totals.inputTokens + totals.outputTokens).toLocaleString('en')));
    await chat(gateway, 'one more');
    await until('the tile to follow', async () => (await tile('Requests').innerText()).startsWith('4'));
    for (const range of ['1 hour', '7 days', '30 days']) {
        await page.getByRole('button', { name: range }).click();
        await until(`the range ${range}`, async () => (await tile('Requests').innerText()).startsWith('4'));
    }
    assert.equal(await page.locator('.chart canvas').count(), 4);
    await gateway.stop();
    visitor.expect(/ERR_|status of 5/);
    await gateway.serve();
    await page.evaluate(() => {
        Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
        document.dispatchEvent(new Event('visibilitychange'));
    });
    await page.getByText('Paused').waitFor();
    visitor.sound('the dashboard');
});

test('I4 J4 J7 J8 J9: accounts are added, found, edited, changed together and removed on their page', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } }, accounts: ['alpha', 'beta'] });
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/accounts');
    await page.getByRole('button', { name: 'Add account' }).click();
    const form = page.getByRole('dialog');
    await form.getByLabel('Refresh token').fill('cut...short');
    visitor.expect(/status of (422|409)/);
    await form.getByRole('button', { name: 'Add account' }).click();
    await form.getByText('it was cut when it was copied').waitFor();
    await form.getByLabel('Refresh token').fill(refresh_token('pasted'));
    await form.getByLabel('Name').fill('pasted');
    await form.getByLabel('Groups').fill('paid, eu');
    await visitor.shot('story-account-form');
    await visitor.check('the form of an account');
    await form.getByRole('button', { name: 'Add account' }).click();
    await page.getByText('Added: it takes requests now').waitFor();
    await page.getByRole('button', { name: 'pasted', exact: true }).click();
    await page.getByRole('dialog').getByText('Last errors').waitFor();
    await visitor.shot('story-account');
    await visitor.check('the details of an account');
    await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('dialog').getByLabel('Note').fill('for the night shift');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await until('the note', async () => (await admin(gateway, 'GET', '/api/accounts/pasted')).json.note === 'for the night shift');
    await page.getByRole('searchbox').fill('night');
    await until('one row', async () => (await page.locator('tbody tr').count()) === 1);
    await page.getByRole('searchbox').fill('');
    await until('all rows', async () => (await page.locator('tbody tr').count()) === 3);
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByText('Done for 3 account(s)').waitFor();
    await visitor.shot('story-accounts-batch');
    await visitor.check('the bar for many accounts');
    await page.locator('tbody').getByText('Disabled').nth(2).waitFor();
    await page.getByRole('button', { name: 'Add tag…' }).click();
    await page.getByRole('dialog').getByLabel('Tags').fill('winter');
    await page.getByRole('button', { name: 'Apply' }).click();
    await until('the tag', async () => (await admin(gateway, 'GET', '/api/accounts?q=tag:winter')).json.total === 3);
    await page.getByRole('button', { name: 'Enable' }).click();
    await until('the enabled', async () => (await admin(gateway, 'GET', '/api/accounts?q=enabled:yes')).json.total === 3);
    await page.getByRole('button', { name: 'Account', exact: true }).click();
    await until('the order', async () => /pasted/.test(await page.locator('tbody tr').first().innerText()));
    await page.getByRole('button', { name: 'pasted', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Refresh token' }).click();
    await page.getByText('The token is fresh until').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog', { name: 'Remove 1 account(s)?' }).getByRole('button', { name: 'Remove' }).click();
    await until('the end of the account', async () => (await admin(gateway, 'GET', '/api/accounts')).json.total === 2);
    await visitor.shot('story-accounts');
    visitor.sound('accounts');
});

test('I4 I8 J7: accounts are imported after a preview, verified and exported, where the API offers it', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    const { paths } = (await admin(gateway, 'GET', '/api/openapi.json')).json;
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/accounts', 'tbody tr');
    const button = page.getByRole('button', { name: 'Import', exact: true });
    if (!paths['/api/accounts/import']) {
        assert.equal(await button.count(), 0, 'a button without a route behind it');
        return;
    }
    await button.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Or paste its text').fill(JSON.stringify([{ refreshToken: refresh_token('one'), email: 'one@example.com' }]));
    await dialog.getByRole('button', { name: 'Preview' }).click();
    assert.match(await dialog.locator('[data-test=report]').innerText(), /1 added.*0 failed/);
    await visitor.shot('story-import');
    await visitor.check('the preview of an import');
    assert.equal((await admin(gateway, 'GET', '/api/accounts')).json.total, 1);
    await dialog.getByRole('button', { name: 'Import 1' }).click();
    await dialog.getByText('Imported.').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await page.getByRole('button', { name: 'one@example.com' }).click();
    await page.getByRole('button', { name: 'Verify' }).click();
    await page.getByText('Upstream accepts its login').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Export', exact: true }).click();
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download' }).click()]);
    assert.match(file.suggestedFilename(), /^kirogate-accounts-.*\.json$/);
    visitor.sound('import, verify, export');
});

test('J9: a thousand accounts stay smooth', async (t) => {
    const { gateway } = await rig(t, { serve: false, accounts: [] });
    const file = join(gateway.home, 'thousand.json');
    await writeFile(file, JSON.stringify(Array.from({ length: 1000 }, (_, n) => ({ refreshToken: refresh_token(`n${n}`), email: `person${n}@example.com` }))));
    await gateway.configure({ auth: { admin_password: ADMIN_PASSWORD } });
    await gateway.run(['account', 'import', file]);
    await gateway.serve();
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/accounts', 'tbody tr');
    const timed = async (what, act, seen) => {
        const began = Date.now();
        await act();
        await until(what, seen);
        return Date.now() - began;
    };
    const first_row = () => page.locator('tbody tr').first().innerText();
    const took = [
        await timed('the next page', () => page.getByRole('button', { name: 'Next' }).click(), async () => /51–100 of 1,?000/.test(await page.locator('.pager').innerText())),
        await timed('the search', () => page.getByRole('searchbox').fill('person777'), async () => (await page.locator('tbody tr').count()) === 1),
        await timed('the whole list', () => page.getByRole('searchbox').fill(''), async () => (await page.locator('tbody tr').count()) === 50),
    ];
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await page.getByRole('button', { name: /Select all 1,000 that match/ }).click();
    await page.getByText('1,000 selected').first().waitFor();
    t.diagnostic(`page, search, list: ${took.join(', ')} ms; ${(await first_row()).split('\n')[0]} first`);
    assert.ok(took.every((ms) => ms < 10_000), `${took}`);
    visitor.sound('a thousand accounts');
});

test('I5 J8: a key is shown once with set-ups that work, edited, rotated and revoked', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/keys');
    await page.getByRole('button', { name: 'Create key' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('bad name');
    visitor.expect(/status of (422|409)/);
    await dialog.getByRole('button', { name: 'Create key' }).click();
    await dialog.getByText('use letters, digits').waitFor();
    await dialog.getByLabel('Name').fill('laptop');
    await dialog.getByLabel('Credits in all').fill('12.5');
    await dialog.getByRole('button', { name: 'Create key' }).click();
    const secret = await page.locator('[data-test=secret]').innerText();
    assert.match(secret, /^kg-\w{40}$/);
    const snippet = await page.getByRole('dialog').locator('pre').first().innerText();
    assert.ok(snippet.includes(gateway.url) && snippet.includes(secret), snippet);
    await visitor.shot('story-key-once');
    await visitor.check('a new key');
    const ask = (key) => chat({ ...gateway, port: gateway.port, key }, 'Hello');
    await until('the key', async () => (await ask(secret)).status === 200);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByText(/of 12.5 credits/).waitFor();
    assert.ok(!(await page.content()).includes(secret));
    await page.getByRole('button', { name: 'laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('dialog').getByLabel('Requests a minute').fill('600');
    await visitor.shot('story-key-form');
    await visitor.check('the form of a key');
    await page.getByRole('dialog').getByLabel('Allowed models').fill('claude-sonnet-*, claude-haiku-*');
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByText('600 requests a minute').waitFor();
    await page.getByRole('button', { name: 'laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate…' }).click();
    await page.getByRole('button', { name: 'Ends now' }).click();
    await page.getByRole('button', { name: 'Make a new secret' }).click();
    const fresh = await page.locator('[data-test=secret]').innerText();
    assert.notEqual(fresh, secret);
    await until('the new secret', async () => (await ask(fresh)).status === 200 && (await ask(secret)).status === 401);
    await page.getByRole('button', { name: 'I have it' }).click();
    await page.getByRole('button', { name: 'laptop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke…' }).click();
    await page.getByRole('dialog', { name: 'Revoke laptop?' }).getByRole('button', { name: 'Revoke' }).click();
    await page.getByText('No key yet').waitFor();
    await until('the end of the key', async () => (await ask(fresh)).status === 401);
    visitor.sound('keys');
});

test('J13 J14: the playground streams over both APIs, shows events and timing, and its stop ends the request upstream', async (t) => {
    const { fake, gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    const visitor = await browser.visitor(gateway);
    t.after(() => visitor.close());
    const page = await visitor.open('/playground');
    await page.getByLabel('API key').fill(gateway.key);
    await page.getByLabel('API key').blur();
    await until('the models', async () => (await page.locator('datalist option').count()) > 3);
    const answer = page.locator('[data-test=answer]');
    const ask = async (text) => {
        await page.getByLabel('Message').fill(text);
        await page.getByRole('button', { name: 'Send' }).click();
    };
    for (const [api, done] of [['OpenAI', 'stop'], ['Anthropic', 'end_turn']]) {
        await page.getByRole('button', { name: api }).click();
        await fake.say([{ text: `Hello by ${api} <b>` }]);
        await ask(`Hi ${api}`);
        await page.getByText(`Hello by ${api} <b>`, { exact: true }).waitFor();
        await until('its end', async () => (await page.locator('[data-test=timing]').last().innerText()).includes(done));
    }
    assert.match(await page.locator('[data-test=timing]').last().innerText(), /First event [\d.]+ (ms|s)[^]*Total [\d.]+ (ms|s)[^]*Tokens \d+ in · \d+ out/);
    await page.getByText(/Raw events/).last().click();
    assert.match(await page.locator('pre.raw').last().innerText(), /event: message_start/);
    await page.getByRole('button', { name: 'Copy as code' }).click();
    await page.getByRole('tab', { name: 'Python' }).click();
    const code = await page.getByRole('dialog').locator('pre').innerText();
    assert.ok(code.includes(gateway.url) && code.includes('client.messages.stream(') && !code.includes(gateway.key), code);
    await page.getByRole('button', { name: 'Close' }).click();
    await fake.say([{ text: 'and then ' }, { text: 'drop '.repeat(20_000), chunk: 5, delay_ms: 20 }], { deliver: 'frames' });
    await ask('slow');
    await page.getByText(/^and then/).waitFor();
    assert.equal((await fake.stats()).live_streams, 1);
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped', { exact: true }).waitFor();
    await fake.no_live_streams();
    await visitor.shot('story-playground');
    visitor.sound('the playground');
});

test('I2 J7: a setting is changed with its origin shown, a fixed one says by what, a wrong one says why', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD }, accounts: { scheduling: 'priority' } } });
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/settings', '.settings-row');
    const row = page.locator('[data-key="accounts.queue_max"]');
    await row.getByRole('button', { name: /Change/ }).click();
    await row.getByRole('textbox').fill('-1');
    visitor.expect(/status of 422/);
    await row.getByRole('button', { name: 'Save' }).click();
    await row.getByText(/allowed/).last().waitFor();
    await row.getByRole('textbox').fill('55');
    await row.getByRole('button', { name: 'Save' }).click();
    await row.getByText('Changed here').waitFor();
    assert.equal((await admin(gateway, 'GET', '/api/settings')).json.settings.find((s) => s.key === 'accounts.queue_max').value, '55');
    await page.getByRole('button', { name: 'All', exact: true }).click();
    const fixed = page.locator('[data-key="accounts.scheduling"]');
    await fixed.getByText(/Fixed by kirogate\.toml/).waitFor();
    assert.equal(await fixed.getByRole('button').count(), 0);
    await page.getByLabel('Name').fill('prometheus');
    await page.getByRole('button', { name: 'Create token' }).click();
    const token = await page.getByRole('dialog').locator('.secret code').innerText();
    assert.equal((await get(gateway, '/api/accounts', { key: false, headers: { authorization: `Bearer ${token}` } })).status, 200);
    visitor.sound('settings');
});

test('H3 J6 B17: the log follows live, filters, pages back, and tells who changed what', async (t) => {
    const { gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } } });
    for (let n = 0; n < 120; n += 10) await Promise.all(Array.from({ length: 10 }, (_, i) => chat(gateway, `Hello ${n + i}`)));
    const visitor = await operator(t, gateway);
    const page = await visitor.open('/admin/logs', 'tbody tr');
    const rows = () => page.locator('tbody tr').count();
    await until('a hundred rows', async () => (await rows()) === 100);
    await page.getByRole('button', { name: 'Show older' }).click();
    await until('all rows', async () => (await rows()) === 120);
    await page.getByText('Following').waitFor();
    await messages(gateway, 'live', { model: 'no-such-model' });
    await page.getByRole('cell', { name: 'no-such-model' }).waitFor();
    await page.getByLabel('Outcome').selectOption('failed');
    await until('the failed one', async () => (await rows()) === 1);
    await page.locator('tbody button').first().click();
    await page.getByRole('dialog').getByText('no-such-model').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await admin(gateway, 'POST', '/api/keys', { name: 'seen' });
    await page.getByRole('button', { name: 'Changes by operators' }).click();
    await page.getByText('key.create').waitFor();
    visitor.sound('logs');
});

test('B12: whatever is stored is shown as text and never becomes markup', async (t) => {
    const evil = (of) => `<img src=x onerror=alert(1)>${of}`;
    const { fake, gateway } = await rig(t, { config: { auth: { admin_password: ADMIN_PASSWORD } }, accounts: [] });
    assert.equal((await admin(gateway, 'POST', '/api/accounts', { refreshToken: refresh_token('evil'), email: evil('mail'), note: evil('note'), provider: evil('provider') })).status, 201);
    for (const [path, body] of [['/api/accounts', { refreshToken: refresh_token('x') }], ['/api/keys', {}], ['/api/tokens', {}]])
        assert.equal((await admin(gateway, 'POST', path, { ...body, name: evil('name') })).json.error.field, 'name', path);
    assert.equal((await admin(gateway, 'POST', '/api/keys', { name: 'k', systemPrepend: `</textarea>${evil('prompt')}` })).status, 201);
    await until('the account', async () => (await chat(gateway, 'Hello')).status === 200);
    await chat(gateway, 'Hello', { model: evil('model') });
    await fake.push({ status: 403, body: { __type: 'AccessDeniedException', message: evil('reason'), reason: evil('why') }, times: 20 });
    await chat(gateway, 'Hello');
    await request(gateway, 'POST', '/api/login', { key: false, headers: { 'user-agent': evil('agent') }, body: { password: ADMIN_PASSWORD } });
    await until('the log', async () => (await admin(gateway, 'GET', '/api/proxy/logs')).json.logs.some((r) => r.model.includes('<img')));
    const visitor = await operator(t, gateway);
    const shown = async (path, ...parts) => {
        const page = await visitor.open(path);
        for (const part of parts) await page.getByText(evil(part)).filter({ visible: true }).first().waitFor();
        assert.equal(await page.locator('img[src=x]').count(), 0, path);
        visitor.sound(path);
        return page;
    };
    await shown('/dashboard', 'model', 'mail');
    let page = await shown('/admin/accounts', 'mail');
    await page.getByRole('button', { name: evil('mail') }).click();
    for (const part of ['note', 'provider']) await page.getByRole('dialog').getByText(evil(part)).first().waitFor();
    page = await shown('/admin/keys');
    await page.getByRole('button', { name: 'k', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('dialog').locator('textarea').first().waitFor();
    await shown('/admin/logs', 'model');
    await shown('/admin/logs?view=audit', 'note');
    await shown('/admin/settings', 'agent');
    // What the API would not take today, put into its answers: names and the words of errors.
    const poisoned = async (pattern, member, more) => visitor.page.route(pattern, async (route) => {
        const answer = await route.fetch();
        const json = await answer.json();
        json[member] = json[member].map((one) => ({ ...one, ...more }));
        await route.fulfill({ response: answer, json });
    });
    await poisoned(/api\/accounts\?/, 'accounts', { name: evil('account-name'), state: 'suspended', stateReason: evil('state-reason'), groups: [evil('group')] });
    await poisoned(/api\/keys\?/, 'keys', { name: evil('key-name') });
    await poisoned(/api\/proxy\/logs\?/, 'logs', { error: evil('error-text'), status: 500 });
    await shown('/admin/accounts', 'account-name', 'state-reason', 'group');
    await shown('/admin/keys', 'key-name');
    await shown('/admin/logs', 'error-text', 'account-name');
});

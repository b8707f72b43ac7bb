// One sign-in for the Kiro IDE and two gateways: the IDE's file is the source of truth for all.
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { FakeKiro } from './lib/fake_kiro.mjs';
import { Gateway, refresh_token } from './lib/gateway.mjs';
import { chat } from './lib/http.mjs';
import { until } from './lib/wait.mjs';

const read = async (path) => JSON.parse(await readFile(path, 'utf8'));

test('two gateways follow the file of the IDE: nobody logs anybody out', async (t) => {
    const fake = await FakeKiro.start();
    t.after(() => fake.stop());
    const first = await Gateway.create({ fake });
    t.after(() => first.dispose());
    const second = await Gateway.create({ fake });
    t.after(() => second.dispose());
    const folder = join(first.home, '.aws', 'sso', 'cache');
    const path = join(folder, 'kiro-auth-token.json');
    await mkdir(folder, { recursive: true });
    const before = {
        accessToken: 'stale', refreshToken: refresh_token('ide'), expiresAt: '2020-01-01T00:00:00.000Z',
        authMethod: 'social', provider: 'Google', theirs: { kept: [1, 2] },
    };
    await writeFile(path, JSON.stringify(before, null, 2), { mode: 0o600 });
    await first.run(['account', 'import', '--from', 'ide', '--mode', 'follow']);
    await second.run(['account', 'import', path, '--mode', 'follow']);
    const [account] = await first.accounts();
    assert.equal(account.source_mode, 'follow');
    assert.equal(account.source_path, path);
    assert.equal(account.has_refresh_token, false);

    await first.serve();
    await second.serve();
    await until('the first refresh', async () => (await read(path)).refreshToken !== before.refreshToken);
    for (const gateway of [first, second]) {
        await until('an account', async () => (await chat(gateway, 'Hello')).status === 200);
    }
    const after = await read(path);
    assert.deepEqual(after.theirs, before.theirs);
    assert.ok(Date.parse(after.expiresAt) > Date.now());
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await fake.stats()).refreshes, 1);  // the other took what was written
    assert.ok((await readFile(path, 'utf8')).includes('\n  "theirs"'));

    // By hand each takes the one the other wrote, or refreshes it; every token is used once.
    for (const gateway of [second, first, second]) await gateway.run(['account', 'refresh']);
    assert.equal((await fake.stats()).refreshes, 4);
    for (const gateway of [first, second]) assert.equal((await chat(gateway, 'Hello')).status, 200);

    // The person signs out of the IDE, and in again.
    await rename(path, `${path}.old`);
    const denied = await first.cli(['account', 'refresh']);
    assert.notEqual(denied.code, 0);
    await rename(`${path}.old`, path);
    await first.run(['account', 'refresh']);
    // The daemon may have learnt of the sign-out, and learns of the rest within a second.
    await until('the account to be back', async () => (await chat(first, 'Hello')).status === 200);
    await rm(path);
});

test('E4: two gateways follow the database of kiro-cli: one refresh serves both, and kiro-cli finds it', async (t) => {
    const fake = await FakeKiro.start();
    t.after(() => fake.stop());
    const gateways = [];
    for (let n = 0; n < 3; ++n) {
        const gateway = await Gateway.create({ fake });
        t.after(() => gateway.dispose());
        gateways.push(gateway);
    }
    const [first, second, other] = gateways;
    const folder = join(first.home, '.local', 'share', 'kiro-cli');
    const path = join(folder, 'data.sqlite3');
    await mkdir(folder, { recursive: true });
    await copyFile(fileURLToPath(new URL('../cli/import-cli-database/files/data.sqlite3', import.meta.url)), path);
    await first.run(['account', 'import', '--from', 'kiro-cli', '--mode', 'follow']);
    await second.run(['account', 'import', path, '--mode', 'follow']);
    const [account] = await first.accounts();
    assert.deepEqual([account.source_mode, account.source_path, account.has_refresh_token], ['follow', path, false]);
    for (const gateway of [first, second]) await gateway.serve();
    for (const gateway of [first, second]) await until('an account', async () => (await chat(gateway, 'Hello')).status === 200);
    assert.equal((await fake.stats()).refreshes, 1);
    // What kiro-cli would find: a token that lasts.
    await other.run(['account', 'import', path]);
    assert.ok((await other.accounts())[0].expires_at_ms > Date.now());
    for (const gateway of [second, first]) await gateway.run(['account', 'refresh']);
    assert.equal((await fake.stats()).refreshes, 3);
    for (const gateway of [first, second]) assert.equal((await chat(gateway, 'Hello')).status, 200);
});

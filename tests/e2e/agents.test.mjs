// Coding agents as their users run them, headless: the model asks for tools, the agent runs them, and what
// comes of it goes back. What an agent wants of another host goes to a proxy that refuses it.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { MODEL } from './lib/http.mjs';
import { Child } from './lib/process.mjs';
import { shared_rig } from './lib/rig.mjs';
import { within } from './lib/wait.mjs';

// The launchers of the packages; they need no install scripts.
const modules = join(process.env.KIROGATE_E2E_MODULES, 'agents', 'node_modules');
const CLAUDE = join(modules, '@anthropic-ai/claude-code/cli-wrapper.cjs');
const CODEX = join(modules, '@openai/codex/bin/codex.js');
const installed = (launcher) => ({ skip: existsSync(launcher) ? false : 'it is not installed' });
if (![CLAUDE, CODEX].some((launcher) => existsSync(launcher))) {
    console.log('skipped: no agent is installed');
    process.exit(77);
}

const shared = shared_rig();
const SECRET = 'the seventh lighthouse';
const wanted = []; // hosts that an agent asked the proxy for
let proxy, home, work;

before(async () => {
    proxy = createServer((request, response) => {
        wanted.push(request.headers.host);
        response.writeHead(403).end();
    });
    proxy.on('connect', (request, socket) => {
        wanted.push(request.url);
        socket.on('error', () => {});
        socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    home = await mkdtemp(join(tmpdir(), 'kirogate-agent-'));
    work = join(home, 'work');
    await mkdir(work);
    await mkdir(join(home, '.codex'));
    await writeFile(join(work, 'secret.txt'), `It is ${SECRET}.\n`);
});
after(async () => {
    proxy.closeAllConnections();
    proxy.close();
    await rm(home, { recursive: true, force: true });
});

/** Runs an agent in the working folder to its end. */
async function run(launcher, args, env) {
    const refused = `http://127.0.0.1:${proxy.address().port}`;
    const agent = new Child(process.execPath, [launcher, ...args], {
        cwd: work,
        env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, LANG: 'C.UTF-8', NO_PROXY: '127.0.0.1', no_proxy: '127.0.0.1',
            HTTP_PROXY: refused, HTTPS_PROXY: refused, http_proxy: refused, https_proxy: refused, ...env },
    });
    agent.process.stdin.end();
    const { code } = await within('the agent', agent.ended);
    return { code, stdout: agent.stdout, said: `${agent.stdout}\n${agent.stderr}` };
}
async function claude(prompt, { key = shared.gateway.key, args = [] } = {}) {
    const ended = await run(CLAUDE, ['-p', prompt, '--model', MODEL, '--output-format', 'json', '--tools', 'Read,Write', '--allowedTools', 'Read,Write', ...args], {
        ANTHROPIC_BASE_URL: shared.gateway.url, ANTHROPIC_AUTH_TOKEN: key, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1', DISABLE_TELEMETRY: '1', DISABLE_ERROR_REPORTING: '1' });
    return { ...ended, result: JSON.parse(ended.stdout) };
}
async function codex(prompt, ...args) {
    await writeFile(join(home, '.codex', 'config.toml'), `
model = "${MODEL}"
model_provider = "kirogate"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
apps = false
[model_providers.kirogate]
name = "kirogate"
base_url = "${shared.gateway.url}/v1"
env_key = "KIROGATE_API_KEY"
wire_api = "responses"
`);
    const answer = join(home, 'answer.txt');
    const ended = await run(CODEX, ['exec', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox', '-o', answer, ...args, prompt],
        { KIROGATE_API_KEY: shared.gateway.key });
    return { ...ended, answer: existsSync(answer) ? await readFile(answer, 'utf8') : '' };
}
const says = (...answers) => shared.fake.push(...answers.map((steps) => ({ steps: [].concat(steps) })));
const call = (name, id, input) => ({ tool: { name, id, input } });
/** The results of tools in the newest request, as text. */
async function results() {
    const { currentMessage } = (await shared.fake.last_chat()).conversationState;
    return JSON.stringify(currentMessage.userInputMessage.userInputMessageContext?.toolResults ?? []);
}
async function rounds(work_of) {
    const before_it = (await shared.fake.chats()).length;
    const result = await work_of();
    return { ...result, rounds: (await shared.fake.chats()).length - before_it };
}

test('Claude Code reads a file and writes another', installed(CLAUDE), async () => {
    await says([{ text: 'Let me read it.' }, call('Read', 'tooluse_r', { file_path: join(work, 'secret.txt') })],
        call('Write', 'tooluse_w', { file_path: join(work, 'claude.txt'), content: SECRET }), { text: `It is ${SECRET}.` });
    const { code, result, said, rounds: n } = await rounds(() => claude('What is in secret.txt? Copy it.'));
    assert.equal(code, 0, said);
    assert.equal(n, 3);
    assert.equal(result.result, `It is ${SECRET}.`);
    assert.equal(result.is_error, false);
    assert.equal(await readFile(join(work, 'claude.txt'), 'utf8'), SECRET);
    assert.match((await shared.fake.chats()).at(-2).body, new RegExp(`It is ${SECRET}`));
    assert.match(await results(), /claude\.txt/);
    assert.ok(result.usage.input_tokens > 0);
});

test('Claude Code asks again, without a stream, for an answer that broke', installed(CLAUDE), async () => {
    await says([{ text: 'Half of' }, { exception: { type: 'InternalServerException', message: 'no' } }], { text: 'All of it.' });
    const { code, result, said } = await claude('Say it.');
    assert.equal(code, 0, said);
    assert.equal(result.result, 'All of it.');
});

test('Claude Code does not try a wrong key again', installed(CLAUDE), async () => {
    const begun = Date.now();
    const { code, result, rounds: n } = await rounds(() => claude('Hello', { key: 'wrong' }));
    assert.notEqual(code, 0);
    assert.equal(result.is_error, true);
    assert.equal(n, 0);
    assert.ok(Date.now() - begun < 20_000);
});

test('Codex reads a file and writes another', installed(CODEX), async () => {
    await says([{ text: 'Let me read it.' }, call('exec_command', 'tooluse_r', { cmd: 'cat secret.txt' })],
        call('exec_command', 'tooluse_w', { cmd: `printf '%s' '${SECRET}' > codex.txt` }), { text: `It is ${SECRET}.` });
    const { code, answer, said, rounds: n } = await rounds(() => codex('What is in secret.txt? Copy it.'));
    assert.equal(code, 0, said);
    assert.equal(n, 3);
    assert.equal(answer, `It is ${SECRET}.`);
    assert.equal(await readFile(join(work, 'codex.txt'), 'utf8'), SECRET);
    assert.match((await shared.fake.chats()).at(-2).body, new RegExp(`It is ${SECRET}`));
    assert.match(await results(), /exited with code 0/);
});

test('Codex gets an answer by its schema, though the model misses it once', installed(CODEX), async () => {
    const schema = join(home, 'schema.json');
    await writeFile(schema, JSON.stringify({ type: 'object', properties: { name: { type: 'string' } }, required: ['name'], additionalProperties: false }));
    await says({ text: 'It is called Oslo.' }, { text: '```json\n{"name":"Oslo"}\n```' });
    const { code, answer, said, rounds: n } = await rounds(() => codex('A city.', '--output-schema', schema));
    assert.equal(code, 0, said);
    assert.equal(n, 2);
    assert.deepEqual(JSON.parse(answer), { name: 'Oslo' });
});

test('no agent wanted another host, and upstream found nothing wrong', async () => {
    assert.deepEqual(wanted, []);
    assert.equal((await shared.fake.stats()).violations, 0);
});

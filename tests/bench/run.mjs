// Measures; run.sh says what and why.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const quick = process.argv[2] === '--quick';
if (process.argv.length > (quick ? 3 : 2)) {
    console.error('usage: tests/bench/run.sh [--quick]');
    process.exit(2);
}
const REPEATS = quick ? 1 : 5;
const SECONDS = quick ? 2 : 6;
const SINGLE = quick ? 300 : 2000;
const STREAMS = 1000;
const EVENTS = 64;
const BYTES = 24;
const KEY = 'bench-key-7Qp2';
const TICKS = 100; // USER_HZ, fixed in the kernel's interface

const home = mkdtempSync(join(tmpdir(), 'kirogate-bench-'));
const running = new Set();
let wrong = 0;

/** Starts a program on one core; its output is kept, and a listener may follow its lines. */
function start(core, command, args, { input, on_line } = {}) {
    const child = spawn('taskset', ['-c', String(core), command, ...args], {
        env: { HOME: home, PATH: process.env.PATH }, stdio: ['pipe', 'pipe', 'pipe'],
    });
    running.add(child);
    child.text = '';
    child.trouble = '';
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    child.stdout.setEncoding('utf8').on('data', (data) => {
        child.text += data;
        if (data.includes('\n')) on_line?.(child.text);
    });
    child.stderr.setEncoding('utf8').on('data', (data) => (child.trouble = (child.trouble + data).slice(-4000)));
    child.ended = new Promise((resolve) => child.on('close', (code) => {
        running.delete(child);
        resolve(code);
    }));
    return child;
}

async function stop(child) {
    child.kill('SIGTERM');
    const late = setTimeout(() => child.kill('SIGKILL'), 5000);
    await child.ended;
    clearTimeout(late);
}

async function free_port() {
    const server = createServer();
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address();
    await new Promise((resolve) => server.close(resolve));
    return port;
}

/** A process and its descendants. taskset becomes the program it starts, so the child's id is the root. */
function tree(root) {
    const parents = new Map();
    for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
        try {
            const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
            parents.set(Number(name), stat.slice(stat.lastIndexOf(')') + 2).split(' '));
        } catch { /* it has just ended */ }
    }
    const pids = [root];
    for (const pid of pids) for (const [child, fields] of parents) if (Number(fields[1]) === pid) pids.push(child);
    return pids.filter((pid) => parents.has(pid)).map((pid) => ({ pid, fields: parents.get(pid) }));
}

const cpu_seconds = (root) => tree(root).reduce((sum, { fields }) => sum + (+fields[11] + +fields[12]) / TICKS, 0);
const rss_kib = (root) => tree(root).reduce(
    (sum, { pid }) => sum + +(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0), 0);

async function load(port, options, on_line) {
    const args = Object.entries({ port, key: KEY, events: EVENTS, bytes: BYTES, ...options })
        .flatMap(([name, value]) => [`--${name}`, String(value)]);
    const child = start(1, join(process.env.KIROGATE_BENCH_DIR, 'bench_load'), args, { on_line });
    const code = await child.ended;
    const line = child.text.split('\n').findLast((text) => text.startsWith('{'));
    const result = line ? JSON.parse(line) : { wrong: 1, requests: 0 };
    if (code !== 0) {
        wrong += Math.max(1, result.wrong);
        console.error(`bench: wrong answers: ${line ?? ''} ${child.trouble.trim()}`);
    }
    return result;
}

const nginx_conf = (port, upstream) => `
daemon off; worker_processes 1; pid ${home}/nginx.pid; error_log ${home}/nginx.log;
worker_rlimit_nofile 16384;
events { worker_connections 8192; }
http {
    access_log off; default_type text/plain; keepalive_requests 100000000; tcp_nodelay on;
    client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/f;
    uwsgi_temp_path ${home}/u; scgi_temp_path ${home}/s;
    upstream fake { server 127.0.0.1:${upstream}; keepalive 2048; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:${port} backlog=4096;
        location = /health { return 200 "ok"; }
        location / {
            proxy_pass http://fake; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_buffering off;
        }
    }
}`;

const kirogate_conf = (port, upstream) => `
[server]
listen = "127.0.0.1:${port}"
workers = 1
[auth]
proxy_key = "${KEY}"
[log]
level = "warn"
[kiro]
${['api_url', 'management_url', 'auth_url', 'oidc_url'].map((key) => `${key} = "${upstream}"`).join('\n')}
`;

async function prepare(upstream) {
    const ports = { kirogate: await free_port(), nginx: await free_port() };
    const config = join(home, 'kirogate.toml');
    writeFileSync(config, kirogate_conf(ports.kirogate, `http://127.0.0.1:${upstream}`), { mode: 0o600 });
    writeFileSync(join(home, 'nginx.conf'), nginx_conf(ports.nginx, upstream));
    mkdirSync(join(home, 'state'), { mode: 0o700 });
    const options = ['--config', config, '--state-dir', join(home, 'state')];
    const token = 'aorAAAAAGbench'.padEnd(64, 'x') + ':MGQCM'.padEnd(80, 'y');
    const login = ['account', 'add', '--name', 'bench', '--provider', 'Google', ...options];
    const add = start(0, process.env.KIROGATE_BIN, login, { input: token });
    if ((await add.ended) !== 0) throw new Error(`account add: ${add.trouble}`);
    const nginx = ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'nginx.log')];
    return [
        { name: 'kirogate', port: ports.kirogate, command: process.env.KIROGATE_BIN, args: ['serve', ...options] },
        { name: 'nginx', port: ports.nginx, command: 'nginx', args: nginx },
    ];
}

/** Milliseconds until /health answers with 200. */
async function healthy(proxy, child, from) {
    while (performance.now() - from < 15_000) {
        if (child.exitCode !== null) break;
        try {
            if ((await fetch(`http://127.0.0.1:${proxy.port}/health`, { headers: { connection: 'close' } })).ok) {
                return performance.now() - from;
            }
        } catch { await pause(1); }
    }
    throw new Error(`${proxy.name} does not answer: ${child.trouble}`);
}

async function measure(proxy, set, direct, note) {
    const from = performance.now();
    const child = start(0, proxy.command, proxy.args);
    try {
        note('startup', await healthy(proxy, child, from));
        await set(EVENTS, 0);
        await load(proxy.port, { requests: 1 });
        await pause(1000);
        const idle = rss_kib(child.pid);
        note('idle', idle / 1024);

        await set(10, 1500);
        await load(proxy.port, { connections: STREAMS, requests: STREAMS, events: 10, open: 1, limit: 60 },
            (text) => text === 'open\n' && note('stream', (rss_kib(child.pid) - idle) / STREAMS));
        await set(EVENTS, 0);
        for (const dialect of ['openai', 'anthropic']) {
            await load(proxy.port, { connections: 32, requests: 500, dialect });
            const before = cpu_seconds(child.pid);
            const run = await load(proxy.port, { connections: 32, seconds: SECONDS, dialect });
            note(`cpu_${dialect}`, (cpu_seconds(child.pid) - before) / run.requests * 1000);
            note(`requests_${dialect}`, run.requests / run.seconds);
            note(`events_${dialect}`, run.events / run.seconds);
        }
        const one = await load(proxy.port, { requests: SINGLE });
        note('p50', one.first_p50_us - direct.first_p50_us);
        note('p99', one.first_p99_us - direct.first_p99_us);
    } finally {
        await stop(child);
    }
}

const ROWS = [
    ['cpu_openai', 'CPU s / 1000 requests, OpenAI', 3], ['cpu_anthropic', 'CPU s / 1000 requests, Anthropic', 3],
    ['requests_openai', 'requests / s, OpenAI', 0], ['requests_anthropic', 'requests / s, Anthropic', 0],
    ['events_openai', 'events / s, OpenAI', 0], ['events_anthropic', 'events / s, Anthropic', 0],
    ['p50', 'added to first event, p50, us', 0], ['p99', 'added to first event, p99, us', 0],
    ['stream', 'KiB / open stream', 1], ['startup', 'start-up, ms', 0], ['idle', 'idle RSS, MiB', 1],
];

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function table(results) {
    console.log('| measure | kirogate | nginx | ratio |\n|---|--:|--:|--:|');
    for (const [id, title, digits] of ROWS) {
        const [ours, theirs] = [results.kirogate, results.nginx].map((of) => (of[id] ? median(of[id]) : NaN));
        const ratio = theirs > 0 ? (ours / theirs).toFixed(2) : '-';
        console.log(`| ${title} | ${ours.toFixed(digits)} | ${theirs.toFixed(digits)} | ${ratio} |`);
    }
}

async function main() {
    const [busy] = loadavg();
    if (busy > 0.5) console.error(`bench: load average ${busy.toFixed(1)}: others use the machine, expect ratios to vary`);
    const fake = await new Promise((resolve, reject) => {
        const child = start(1, join(process.env.KIROGATE_BENCH_DIR, 'bench_upstream'), ['--seconds', '900'],
            { on_line: () => resolve(child) });
        child.ended.then(() => reject(new Error(`the upstream does not start: ${child.trouble}`)));
    });
    const upstream = Number(/^port (\d+)/.exec(fake.text)[1]);
    const set = async (events, delay) => {
        const answer = await fetch(`http://127.0.0.1:${upstream}/set?events=${events}&bytes=${BYTES}&delay=${delay}`);
        if (!answer.ok) throw new Error('the upstream refuses its settings');
    };
    const proxies = await prepare(upstream);
    const results = { kirogate: {}, nginx: {} };
    for (let repeat = 0; repeat < REPEATS; ++repeat) {
        await set(EVENTS, 0);
        const direct = await load(upstream, { requests: SINGLE });
        for (const proxy of repeat % 2 ? [...proxies].reverse() : proxies) {
            console.error(`bench: repeat ${repeat + 1} of ${REPEATS}, ${proxy.name}`);
            await measure(proxy, set, direct, (id, value) => (results[proxy.name][id] ??= []).push(value));
        }
    }
    await stop(fake);
    table(results);
}

async function clean_up() {
    await Promise.all([...running].map(stop));
    rmSync(home, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => clean_up().finally(() => process.exit(130)));
}
try {
    await main();
} catch (error) {
    console.error(`bench: ${error.message}`);
    wrong += 1;
}
await clean_up();
process.exit(wrong ? 1 : 0);

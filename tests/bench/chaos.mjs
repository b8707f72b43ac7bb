// Many clients, many accounts, and an upstream that fails all the time: do the clients notice?
//
//   node tests/bench/chaos.mjs [--requests 6000] [--clients 64] [--accounts 20] [--seed 1] [--json] [--log FILE]
//   node tests/bench/chaos.mjs --limits [--requests 10000]
//
// KIROGATE_BIN and FAKE_KIRO_BIN name the executables (default: build/dev). Runs the real gateway
// between an upstream that misbehaves (chaos_upstream.mjs) and clients of both dialects, streamed and
// whole, text and tool calls, and ends by itself. Every answer is compared in full with what the upstream
// was to say. In the first half accounts die and recover and 30 % of the calls of the living fail, in the
// third quarter all accounts but one are dead, then all recover; that one is always well. Prints a table (--json: one JSON object); the
// exit status is 1 when fewer than 99.9 % of the requests were answered right, or a byte of any text was lost,
// doubled or wrong, or upstream was sent what no correct gateway sends. Right is also an answer whose tool
// call was cut after its text had reached the client, when that was told, counted, and nothing of the call shown.
//
// --limits: that many requests against a key that allows a third of them at once, and again against one
// with credits for a third of them; exit status 1 unless exactly those were let through.
import { writeFile } from 'node:fs/promises';
import { request as http_request, Agent } from 'node:http';
import { fileURLToPath } from 'node:url';

import { FakeKiro } from '../e2e/lib/fake_kiro.mjs';
import { Gateway } from '../e2e/lib/gateway.mjs';
import { parse_sse } from '../e2e/lib/http.mjs';
import { until } from '../e2e/lib/wait.mjs';
import { ChaosUpstream, answer_text, seeded, tool_input } from './chaos_upstream.mjs';

const MODEL = 'claude-sonnet-4-5';
const IDLE_MS = 2_000;

const TOOL = { name: 'save', description: 'Saves lines', schema: { type: 'object', properties: { path: { type: 'string' }, lines: { type: 'array', items: { type: 'string' } } } } };

const DIALECTS = {
    openai: {
        path: '/v1/chat/completions',
        body: (text, more) => ({ model: MODEL, messages: [{ role: 'user', content: text }], tools: [{ type: 'function', function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema } }], ...more }),
        whole: (json) => ({ text: json.choices[0].message.content ?? '', input: json.choices[0].message.tool_calls?.[0]?.function.arguments, finish: json.choices[0].finish_reason }),
        streamed(events) {
            const deltas = events.map((e) => e.data?.choices?.[0]).filter(Boolean);
            return {
                error: events.find((e) => e.data?.error)?.data.error.message,
                text: deltas.map((d) => d.delta?.content ?? '').join(''),
                input: deltas.some((d) => d.delta?.tool_calls) ? deltas.map((d) => d.delta?.tool_calls?.[0]?.function?.arguments ?? '').join('') : undefined,
                finish: deltas.map((d) => d.finish_reason).find(Boolean),
                ended: events.at(-1)?.data === '[DONE]',
            };
        },
        finish: { text: 'stop', tool: 'tool_calls', both: 'tool_calls' },
    },
    anthropic: {
        path: '/v1/messages',
        body: (text, more) => ({ model: MODEL, max_tokens: 30_000, messages: [{ role: 'user', content: text }], tools: [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }], ...more }),
        whole: (json) => ({ text: json.content.map((c) => c.text ?? '').join(''), input: JSON.stringify(json.content.find((c) => c.type === 'tool_use')?.input), finish: json.stop_reason }),
        streamed(events) {
            const deltas = events.map((e) => e.data?.delta).filter(Boolean);
            return {
                error: events.find((e) => e.event === 'error')?.data.error.message,
                text: deltas.map((d) => d.text ?? '').join(''),
                input: deltas.some((d) => d.partial_json !== undefined) ? deltas.map((d) => d.partial_json ?? '').join('') : undefined,
                finish: deltas.map((d) => d.stop_reason).find(Boolean),
                ended: events.at(-1)?.event === 'message_stop',
            };
        },
        finish: { text: 'end_turn', tool: 'tool_use', both: 'tool_use' },
    },
};

function post(gateway, agent, path, key, body) {
    const bytes = JSON.stringify(body);
    return new Promise((resolve, reject) => {
        const sent = http_request({
            host: '127.0.0.1', port: gateway.port, path, method: 'POST', agent,
            headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) },
        }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('error', reject);
            answer.on('end', () => resolve({ status: answer.statusCode, text: Buffer.concat(parts).toString() }));
        });
        sent.on('error', reject);
        sent.end(bytes);
    });
}

/** Bytes that are not where they belong: those beyond the common beginning and the common end. */
function misplaced(seen, right) {
    const [a, b] = [Buffer.from(seen), Buffer.from(right)];
    let front = 0, back = 0;
    while (front < Math.min(a.length, b.length) && a[front] === b[front]) ++front;
    while (back < Math.min(a.length, b.length) - front && a[a.length - 1 - back] === b[b.length - 1 - back]) ++back;
    return Math.max(a.length, b.length) - front - back;
}

/** Asks and compares; what was wrong, or null. `note.bytes` counts bytes that are not as they should be. */
async function ask_one(gateway, agent, seed, id, plan, note) {
    const dialect = DIALECTS[plan.dialect];
    const answer = await post(gateway, agent, dialect.path, gateway.key, dialect.body(`[[chaos ${id} ${plan.kind}]] Go.`, plan.stream ? { stream: true } : {}));
    if (answer.status !== 200) return `status ${answer.status}: ${answer.text.slice(0, 120)}`;
    const seen = plan.stream ? dialect.streamed(parse_sse(answer.text)) : dialect.whole(JSON.parse(answer.text));
    const right = plan.kind === 'tool' ? '' : answer_text(seed, id);
    if (seen.error) {
        if (!right.startsWith(seen.text)) note.bytes += misplaced(seen.text, right.slice(0, seen.text.length));
        if (seen.finish || seen.ended) return 'an error was told, and the answer called finished';
        // After a text that the client has, a cut tool call can only be told.
        if (plan.kind === 'both' && plan.stream && seen.text === right && seen.input === undefined) return ++note.told, null;
        return `told in the stream: ${seen.error}`;
    }
    if (seen.text !== right) {
        note.bytes += misplaced(seen.text, right);
        return `the text is not what was sent, ${misplaced(seen.text, right)} bytes`;
    }
    if (plan.kind !== 'text' && JSON.stringify(JSON.parse(seen.input ?? 'null')) !== JSON.stringify(tool_input(seed, id))) return 'the tool call is not what was sent';
    if (plan.kind === 'text' && seen.input !== undefined) return 'a tool call that nobody made';
    if (seen.finish !== dialect.finish[plan.kind]) return `finish reason ${seen.finish}`;
    if (plan.stream && !seen.ended) return 'no end marker';
    return null;
}

/** Text or tool call or both; half of all streamed. */
function plan_of(random) {
    const stream = random.below(2) === 0;
    const kind = random.pick(stream ? ['text', 'text', 'text', 'tool', 'tool', 'both'] : ['text', 'tool', 'both']);
    return { dialect: random.pick(['openai', 'anthropic']), stream, kind };
}

/** Who is dead at this point of the run, and how often the calls of the living fail. */
function course(requests, accounts, share, progress) {
    return (account, random) => {
        if (account === 0) return 0; // the one healthy account that remains
        const part = progress() / requests;
        if (part >= 0.5 && part < 0.75) return null;
        if (part >= 0.75) return share;
        // Each account is dead for an eighth of the run, up to a third of them at a time.
        const from = 0.05 + (0.32 * ((account * 7) % accounts)) / accounts;
        if (account % 3 === 1 && part > from && part < from + 0.125) return null;
        return share;
    };
}

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

export async function run_chaos({ requests = 6000, clients = 64, accounts = 20, seed = 1, share = 0.3, log } = {}) {
    const random = seeded(seed + 1);
    const plans = Array.from({ length: requests }, () => plan_of(random));
    let next = 0, answered = 0;
    const upstream = await new ChaosUpstream({ seed, idle_ms: IDLE_MS, health: course(requests, accounts, share, () => answered) }).listen();
    const fake = await FakeKiro.start();
    const gateway = await Gateway.create({
        fake, accounts: Array.from({ length: accounts }, (_, i) => `a${i}`),
        config: { kiro: { api_url: upstream.url, idle_timeout: `${IDLE_MS}ms`, first_event_timeout: '5s' }, accounts: { continue_text: true } },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    try {
        await gateway.serve();
        await until('the gateway', async () => (await gateway.run(['status', '--json', '--server', gateway.url])).includes('"running"'));
        const note = { bytes: 0, told: 0 }, troubles = {}, examples = [], times = [];
        const started = Date.now();
        await Promise.all(Array.from({ length: clients }, async () => {
            for (let id; (id = next++) < requests;) {
                const from = Date.now();
                const trouble = await ask_one(gateway, agent, seed, id, plans[id], note).catch((error) => `connection: ${error.message}`);
                times.push(Date.now() - from);
                ++answered;
                if (!trouble) continue;
                const kind = trouble.replace(/\d+/g, 'N').slice(0, 80);
                troubles[kind] = (troubles[kind] ?? 0) + 1;
                if (examples.length < 10) examples.push(`request ${id} (${Object.values(plans[id]).join(' ')}, ${upstream.calls.get(id)} calls, at ${((Date.now() - started) / 1000).toFixed(1)} s): ${trouble}`);
            }
        }));
        const seconds = (Date.now() - started) / 1000;
        // Records are written behind the answers they are about; what broke off may have left none.
        const broken = Object.entries(troubles).reduce((sum, [kind, n]) => sum + (kind.startsWith('connection') ? n : 0), 0);
        const status = await until('the records', async () => {
            const now = JSON.parse(await gateway.run(['status', '--json', '--server', gateway.url]));
            return now.requests >= requests - broken && now;
        });
        const wrong = Object.values(troubles).reduce((sum, n) => sum + n, 0);
        const attempts = [...upstream.calls.values()].sort((a, b) => a - b);
        const served = [...upstream.accounts.values()].filter((a) => a.number !== 0).map((a) => a.answered);
        times.sort((a, b) => a - b);
        const square = (list) => list.reduce((sum, n) => sum + n * n, 0);
        const result = {
            seed, requests, clients, accounts, seconds,
            success_rate: (requests - wrong) / requests, wrong, troubles,
            misplaced_bytes: note.bytes,
            upstream: { calls: upstream.total, failed: upstream.failed, failed_share: upstream.failed / upstream.total, slow: upstream.slow, faults: upstream.faults },
            attempts: { mean: upstream.total / requests, p50: quantile(attempts, 0.5), p99: quantile(attempts, 0.99), max: attempts.at(-1) },
            continued: { ...upstream.continued, counted: status.continuations },
            cut_tool_calls: { told: note.told, counted: status.cut_tool_calls },
            // Jain's index over the answers of each account but the one that was left alone: 1 is even.
            fairness: served.reduce((sum, n) => sum + n, 0) ** 2 / (served.length * square(served)),
            answers_by_account: [...upstream.accounts.values()].map((a) => a.answered),
            latency_ms: { p50: quantile(times, 0.5), p99: quantile(times, 0.99), max: times.at(-1) },
            trouble_upstream: upstream.trouble.slice(0, 5), examples,
        };
        result.ok = result.success_rate >= 0.999 && note.bytes === 0 && note.told === status.cut_tool_calls && upstream.trouble.length === 0;
        return result;
    } finally {
        agent.destroy();
        await gateway.dispose();
        if (log) await writeFile(log, gateway.log);
        await upstream.close();
        await fake.stop();
    }
}

/** `requests` at once from many connections against limits of a third: how many were granted? */
export async function run_limits({ requests = 10_000, clients = 64, workers = 2 } = {}) {
    const allowed = Math.floor(requests / 3);
    const fake = await FakeKiro.start({ record: false, check_bodies: false });
    const gateway = await Gateway.create({ fake, accounts: ['one', 'two', 'three'], config: { server: { workers }, accounts: { when_exhausted: 'continue' } } });
    const agent = new Agent({ keepAlive: true, maxSockets: clients });
    try {
        // An answer costs one credit, so that both limits let through the same number.
        await fake.push({ times: 0, steps: [{ text: 'Hello.', metering: 1 }] });
        const limits = { 'requests at once': ['--rpm', '1', '--burst', String(allowed)], credits: ['--credits', String(allowed)] };
        const keys = {};
        for (const [limit, flags] of Object.entries(limits)) keys[limit] = (await gateway.create_key('--name', limit.replaceAll(' ', '-'), ...flags)).key;
        await gateway.serve();
        const results = [];
        for (const [limit, key] of Object.entries(keys)) {
            const before = (await fake.stats()).streams;
            const statuses = {};
            let next = 0;
            const started = Date.now();
            await Promise.all(Array.from({ length: clients }, async () => {
                while (next++ < requests) {
                    const { status } = await post(gateway, agent, '/v1/chat/completions', key, { model: MODEL, messages: [{ role: 'user', content: 'Hi' }] });
                    statuses[status] = (statuses[status] ?? 0) + 1;
                }
            }));
            // The bucket of one request a minute fills while the run lasts.
            const refilled = limit === 'credits' ? 0 : Math.floor((Date.now() - started) / 60_000);
            results.push({ limit, allowed: allowed + refilled, granted: statuses[200] ?? 0, refused: statuses[429] ?? 0, upstream: (await fake.stats()).streams - before, statuses });
        }
        return { requests, results, ok: results.every((r) => r.granted === r.allowed && r.upstream === r.allowed && r.granted + r.refused === requests) };
    } finally {
        agent.destroy();
        await gateway.dispose();
        await fake.stop();
    }
}

export function table(result) {
    const lines = Object.entries(result).map(([name, value]) => `| ${name} | ${typeof value === 'object' ? JSON.stringify(value) : value} |`);
    return ['| measure | value |', '|---|---|', ...lines].join('\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const build = fileURLToPath(new URL('../../build/dev/', import.meta.url));
    process.env.KIROGATE_BIN ??= `${build}kirogate`;
    process.env.FAKE_KIRO_BIN ??= `${build}tests/e2e/fake_kiro`;
    const options = {};
    const flags = new Set();
    for (let i = 2; i < process.argv.length; ++i) {
        const name = process.argv[i].replace(/^--/, '');
        if (['json', 'limits'].includes(name)) flags.add(name);
        else if (name === 'log') options.log = process.argv[++i];
        else if (['requests', 'clients', 'accounts', 'seed'].includes(name)) options[name] = Number(process.argv[++i]);
        else console.error(`chaos: no option ${process.argv[i]}`), process.exit(2);
    }
    const result = await (flags.has('limits') ? run_limits(options) : run_chaos(options));
    console.log(flags.has('json') ? JSON.stringify(result, null, 2) : table(result));
    process.exit(result.ok ? 0 : 1);
}

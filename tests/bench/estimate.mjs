// How far the local token estimate is from a tokenizer.
//
//   node tests/bench/estimate.mjs [--json]
//
// Asks a running gateway (`serve --demo`, so nothing is calibrated) for /v1/messages/count_tokens of the
// requests of the golden corpus and of texts of several kinds, and compares with @anthropic-ai/tokenizer
// 0.0.4, which npm puts into build/ on the first run. KIROGATE_BIN names the executable (default: build/dev).
//
// What is real here and what is not: the texts are real, and the tokenizer is Anthropic's published one, of
// an older family of models; today's models count somewhat more. The corpus holds no prompt whose size
// the service itself has told: the numbers in its upstream files are made up. So this measures how evenly the
// estimate treats kinds of text; the scale of each model is learned from the service's own counts while
// the gateway runs (core/chat/calibration).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const modules = join(root, 'build', 'bench_modules');
const binary = process.env.KIROGATE_BIN ?? join(root, 'build/dev/kirogate');
const PIECE = 6000; // characters of a sample

function tokenizer() {
    if (!existsSync(join(modules, 'node_modules/@anthropic-ai/tokenizer'))) {
        mkdirSync(modules, { recursive: true });
        execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', modules, '@anthropic-ai/tokenizer@0.0.4'], { stdio: ['ignore', 'ignore', 'inherit'] });
    }
    return createRequire(join(modules, 'x.js'))('@anthropic-ai/tokenizer').countTokens;
}

/** The texts that a model sees of a request, as far as a tokenizer can count them. */
function texts_of(value, key = '') {
    if (typeof value === 'string') return ['id', 'tool_call_id', 'tool_use_id', 'type', 'model', 'url', 'data', 'media_type', 'signature', 'role'].includes(key) ? [] : [value];
    if (Array.isArray(value)) return value.flatMap((v) => texts_of(v));
    if (!value || typeof value !== 'object') return [];
    return Object.entries(value).flatMap(([k, v]) => (['input', 'input_schema', 'parameters'].includes(k) && typeof v === 'object' ? [JSON.stringify(v)] : texts_of(v, k)));
}

function pieces(path) {
    const text = readFileSync(join(root, path), 'utf8');
    return Array.from({ length: Math.ceil(text.length / PIECE) }, (_, i) => text.slice(i * PIECE, (i + 1) * PIECE)).filter((t) => t.length > PIECE / 3);
}
const under = (folder, end) => readdirSync(join(root, folder), { recursive: true }).map((f) => join(folder, f)).filter((f) => f.endsWith(end) && statSync(join(root, f)).size > PIECE / 2).slice(0, 20);

const LETTERS = {
    'Chinese prose': '网关把每个请求交给最健康的账户。如果一个账户在第一个事件之前失败，请求会悄悄地转到另一个账户，客户端不会察觉。文本中断之后，可以由另一个账户从断开的地方继续，既不丢失也不重复任何一个字节。',
    'Japanese prose': 'ゲートウェイは、それぞれのリクエストを最も健全なアカウントに渡します。最初のイベントの前に失敗した場合、リクエストは別のアカウントに静かに移され、クライアントは気づきません。',
    'Russian prose': 'Шлюз передаёт каждый запрос самой здоровой учётной записи. Если она отказывает до первого события, запрос незаметно переходит к другой, и клиент ничего не замечает.',
    'German prose': 'Das Gateway gibt jede Anfrage an das gesündeste Konto. Versagt es vor dem ersten Ereignis, so geht die Anfrage unbemerkt an ein anderes, ohne dass ein Byte verloren geht.',
};

function corpus() {
    const out = [];
    for (const api of ['anthropic', 'openai']) {
        for (const name of readdirSync(join(root, 'tests/golden', api))) {
            const body = JSON.parse(readFileSync(join(root, 'tests/golden', api, name, 'client_request.json')));
            out.push({ kind: 'golden requests', name: `${api}/${name}`, text: texts_of({ system: body.system, messages: body.messages, tools: body.tools }).join('\n') });
        }
    }
    const add = (kind, files) => files.forEach((f) => pieces(f).forEach((text, i) => out.push({ kind, name: `${f}:${i}`, text })));
    add('English prose', ['README.md', 'ARCHITECTURE.md', 'CHANGELOG.md']);
    add('C++', under('core', '.cpp'));
    add('JavaScript', under('tests/e2e', '.mjs'));
    add('SQL and TOML', [...under('core/store/sqlite/migrations', '.sql'), 'examples/kirogate.toml']);
    add('JSON', under('daemon/demo', '.json'));
    add('manual pages (roff)', under('man', '.1'));
    for (const [kind, text] of Object.entries(LETTERS)) out.push({ kind, name: kind, text: text.repeat(8) });
    return out.filter((sample) => sample.text.length > 0);
}

async function serve(home) {
    const child = spawn(binary, ['serve', '--demo', '--listen', '127.0.0.1:0'], { env: { HOME: home, PATH: process.env.PATH, PROXY_API_KEY: 'estimate-key-7Qp2' }, stdio: ['ignore', 'pipe', 'ignore'] });
    const url = await new Promise((resolve, reject) => {
        let text = '';
        child.stdout.on('data', (data) => {
            text += data;
            const at = /listens on (\S+)/.exec(text);
            if (at) resolve(at[1]);
        });
        child.on('close', (code) => reject(new Error(`kirogate ended with ${code}`)));
    });
    return { child, url };
}

const count = tokenizer();
const home = mkdtempSync(join(tmpdir(), 'kirogate-estimate-'));
const { child, url } = await serve(home);
try {
    const estimate = async (text) => {
        const answer = await fetch(`${url}/v1/messages/count_tokens`, {
            method: 'POST', headers: { 'content-type': 'application/json', 'x-api-key': 'estimate-key-7Qp2' },
            body: JSON.stringify({ model: 'claude-sonnet-4-5', messages: [{ role: 'user', content: text }] }),
        });
        if (answer.status !== 200) throw new Error(`count_tokens: ${answer.status} ${await answer.text()}`);
        return (await answer.json()).input_tokens;
    };
    const overhead = await estimate('a') - 1;
    const kinds = {};
    for (const { kind, text } of corpus()) (kinds[kind] ??= []).push({ estimated: Math.max(1, (await estimate(text)) - overhead), counted: count(text) });
    const row = (kind, samples) => {
        const ratios = samples.map((s) => s.estimated / s.counted).sort((a, b) => a - b);
        const at = (q) => Number(ratios[Math.min(ratios.length - 1, Math.floor(q * ratios.length))].toFixed(2));
        const sum = (field) => samples.reduce((n, s) => n + s[field], 0);
        return { kind, samples: samples.length, counted: sum('counted'), estimated: sum('estimated'), whole: Number((sum('estimated') / sum('counted')).toFixed(2)), min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1) };
    };
    const rows = [...Object.entries(kinds).map(([kind, samples]) => row(kind, samples)), row('all', Object.values(kinds).flat())];
    if (process.argv.includes('--json')) {
        console.log(JSON.stringify(rows, null, 2));
    } else {
        const columns = Object.keys(rows[0]);
        console.log('Estimated tokens divided by those of the tokenizer:\n');
        console.log(`| ${columns.join(' | ')} |\n|${columns.map(() => '---|').join('')}`);
        for (const r of rows) console.log(`| ${columns.map((c) => r[c]).join(' | ')} |`);
    }
} finally {
    child.kill('SIGTERM');
    rmSync(home, { recursive: true, force: true });
}

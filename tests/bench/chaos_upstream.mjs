// An upstream that misbehaves: speaks Kiro's event stream, knows the right answer to every request (it is
// a function of the request's number), and fails a given share of its calls in mixed ways. What it does
// comes from a seed; only the order in which requests arrive does not.
import http from 'node:http';

const CRC = Array.from({ length: 256 }, (_, n) => {
    for (let k = 0; k < 8; ++k) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
    return n >>> 0;
});
function crc32(bytes) {
    let crc = 0xffffffff;
    for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
    return (crc ^ 0xffffffff) >>> 0;
}

/** One event-stream frame (kiro-upstream 4.1). */
function frame(headers, payload) {
    const head = Buffer.concat(Object.entries(headers).map(([name, value]) =>
        Buffer.concat([Buffer.from([name.length]), Buffer.from(name), Buffer.from([7, 0, value.length]), Buffer.from(value)])));
    const body = Buffer.from(JSON.stringify(payload));
    const out = Buffer.alloc(16 + head.length + body.length);
    out.writeUInt32BE(out.length, 0);
    out.writeUInt32BE(head.length, 4);
    out.writeUInt32BE(crc32(out.subarray(0, 8)), 8);
    head.copy(out, 12);
    body.copy(out, 12 + head.length);
    out.writeUInt32BE(crc32(out.subarray(0, out.length - 4)), out.length - 4);
    return out;
}
const event = (type, payload) => frame({ ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' }, payload);
const exception = (type, payload) => frame({ ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' }, payload);

/** mulberry32: small, seeded, good enough to mix faults. */
export function seeded(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (state + 0x6d2b79f5) >>> 0;
        let t = Math.imul(state ^ (state >>> 15), 1 | state);
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    return { next, below: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] };
}

const WORDS = ['when', 'account', 'stream', 'gateway', '漢字', 'naïve', '🙂', 'return', '`x`', 'left', 'over', '"quoted"', 'тест', '{brace}', 'C:\\dir'];

/** The text that answers request `id`: no two places of it look alike, so that a lost or doubled byte shows. */
export function answer_text(seed, id) {
    const random = seeded(seed * 7919 + id);
    let text = '';
    for (let i = 0, n = 30 + random.below(90); i < n; ++i) {
        text += `${id}.${i}:${random.below(1e6)} ${random.pick(WORDS)}${random.below(8) ? ' ' : '\n'}`;
    }
    return text.trimEnd();
}
export function tool_input(seed, id) {
    const random = seeded(seed * 104729 + id);
    return { path: `/tmp/${id}`, lines: Array.from({ length: 5 + random.below(20) }, () => `${random.below(1e9)} ${random.pick(WORDS)}`) };
}

/** The text in pieces of whole characters, about `size` each. */
function pieces(text, size) {
    const out = [];
    for (const c of text) {
        if (out.length === 0 || out.at(-1).length >= size) out.push('');
        out[out.length - 1] += c;
    }
    return out;
}

// What can go wrong with a call, and how often of a hundred failures.
const REFUSALS = [
    ['error_500', 8], ['error_503', 8], ['forbidden', 2], ['capacity', 6], ['throttled', 1], ['token_dead', 2], ['reset', 6], ['cut_before', 10], ['empty', 4], ['garbage', 5],
];
const IN_ANSWER = [['cut', 20], ['cut_in_frame', 14], ['corrupt', 8], ['exception', 8], ['silence', 2]];
const FAULTS = [...REFUSALS, ...IN_ANSWER].flatMap(([name, weight]) => Array(weight).fill(name));
/** How an account that died refuses. */
const DEATHS = ['throttled', 'error_503', 'reset', 'forbidden', 'cut_before'];

const PLAIN = {
    error_500: [500, { __type: 'InternalServerException', message: 'Encountered an unexpected error.' }],
    error_503: [503, { __type: 'ServiceUnavailableException', message: 'try again' }],
    forbidden: [403, { __type: 'AccessDeniedException', reason: 'FEATURE_NOT_SUPPORTED', message: 'not supported' }],
    capacity: [429, { __type: 'ThrottlingException', reason: 'INSUFFICIENT_MODEL_CAPACITY', message: 'high traffic' }],
    throttled: [429, { __type: 'ThrottlingException', reason: 'USER_REQUEST_RATE_EXCEEDED', message: 'Too many requests, please wait before trying again.' }],
    token_dead: [403, { __type: 'AccessDeniedException', message: 'The bearer token included in the request is invalid.' }],
};

export class ChaosUpstream {
    /** `health(account, random)`: null for a dead account, else the share of its calls that fail. */
    constructor({ seed, health, idle_ms }) {
        this.seed = seed;
        this.health = health;
        this.idle_ms = idle_ms;
        this.random = seeded(seed);
        this.accounts = new Map(); // machine id -> { number, calls, failed, answered }
        this.calls = new Map(); // request number -> calls
        this.total = 0;
        this.failed = 0;
        this.slow = 0;
        this.faults = {};
        this.continued = { exact: 0, repeating: 0 };
        this.trouble = []; // requests that no correct gateway sends
        this.server = http.createServer((request, response) => this.#take(request, response));
        this.server.keepAliveTimeout = 60_000;
    }

    async listen() {
        await new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve));
        this.url = `http://127.0.0.1:${this.server.address().port}`;
        return this;
    }

    close() {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(resolve));
    }

    account_of(request) {
        const machine = /[0-9a-f]{64}/.exec(request.headers['user-agent'])?.[0] ?? 'unknown';
        if (!this.accounts.has(machine)) this.accounts.set(machine, { number: this.accounts.size, calls: 0, failed: 0, answered: 0 });
        return this.accounts.get(machine);
    }

    #take(request, response) {
        const parts = [];
        request.on('data', (part) => parts.push(part));
        request.on('end', () => {
            const account = this.account_of(request);
            this.#answer(account, Buffer.concat(parts).toString(), response).catch((error) => this.trouble.push(String(error.stack)));
        });
    }

    async #answer(account, body, response) {
        const state = JSON.parse(body).conversationState;
        const turns = [...(state.history ?? []), state.currentMessage];
        const asked = turns.map((t) => /\[\[chaos (\d+) (\w+)\]\]/.exec(t.userInputMessage?.content ?? '')).filter(Boolean).at(-1);
        if (!asked) return void this.trouble.push(`a request without a number: ${body.slice(0, 300)}`), response.destroy();
        const [id, kind] = [Number(asked[1]), asked[2]];
        const said = (state.history ?? []).at(-1)?.assistantResponseMessage?.content ?? '';
        ++this.total;
        ++account.calls;
        this.calls.set(id, (this.calls.get(id) ?? 0) + 1);

        let text = kind === 'tool' ? '' : answer_text(this.seed, id);
        let at = 0;
        if (said) {
            if (!text.startsWith(said)) this.trouble.push(`request ${id}: asked to go on after a text that was never sent: ${JSON.stringify(said.slice(-80))}`);
            const repeats = this.random.below(2) ? 0 : 14 + this.random.below(40);
            ++this.continued[repeats ? 'repeating' : 'exact'];
            at = Math.max(0, said.length - repeats);
            while (at > 0 && (text.charCodeAt(at) & 0xfc00) === 0xdc00) --at;
            text = text.slice(at);
        }
        const share = this.health(account.number, this.random);
        const fails = share === null || this.random.next() < share;
        const fault = !fails ? null : share === null ? DEATHS[account.number % DEATHS.length] : this.random.pick(FAULTS);
        if (fault) {
            ++this.failed;
            ++account.failed;
            this.faults[fault] = (this.faults[fault] ?? 0) + 1;
        } else {
            ++account.answered;
        }
        await this.#play(fault, this.#frames(id, kind, text, said !== ''), kind !== 'text', response);
    }

    #frames(id, kind, text, goes_on) {
        const out = pieces(text, 20 + this.random.below(60)).map((content) => event('assistantResponseEvent', { content, modelId: 'claude-sonnet-4.5' }));
        if (kind !== 'text') {
            const [toolUseId, name] = [`tooluse_${String(id).padStart(22, '0')}`, 'save'];
            out.push(event('toolUseEvent', { toolUseId, name }));
            for (const input of pieces(JSON.stringify(tool_input(this.seed, id)), 30)) out.push(event('toolUseEvent', { toolUseId, name, input }));
            out.push(event('toolUseEvent', { toolUseId, name, stop: true }));
        }
        out.push(event('metadataEvent', { stopReason: kind === 'text' ? 'END_TURN' : 'TOOL_USE', tokenUsage: { uncachedInputTokens: 50 + (goes_on ? 100 : 0), outputTokens: 40, totalTokens: 190 } }));
        out.push(event('meteringEvent', { unit: 'credit', unitPlural: 'credits', usage: 0.0005 }));
        return out;
    }

    async #play(fault, frames, tools, response) {
        const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        const slow = this.random.below(25) === 0;
        // A tool call is cut before its end: after it nothing is missing, and yet the answer has failed.
        const cut_at = 1 + this.random.below(frames.length - (tools ? 3 : 1));
        const pace = this.random.below(4) ? 2 : 12;
        if (slow) ++this.slow, await pause(300);
        if (fault === 'reset') return response.socket?.resetAndDestroy();
        if (PLAIN[fault]) {
            const [status, body] = PLAIN[fault];
            response.writeHead(status, { 'content-type': 'application/json' });
            return response.end(JSON.stringify(body));
        }
        response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
        response.flushHeaders();
        if (fault === 'cut_before') return await pause(5), response.destroy();
        if (fault === 'empty') return response.end();
        if (fault === 'garbage') return response.end(Buffer.from('<html>this is no event stream, whatever its type says</html>'));
        for (const [i, bytes] of frames.entries()) {
            if (response.destroyed) return;
            if (fault && i === cut_at) {
                if (fault === 'cut') return response.destroy();
                if (fault === 'cut_in_frame') return response.write(bytes.subarray(0, bytes.length >> 1)), await pause(5), response.destroy();
                if (fault === 'corrupt') bytes[bytes.length - 6] ^= 1;
                if (fault === 'exception') return response.end(exception('InternalServerException', { message: 'went wrong' }));
                if (fault === 'silence') return await pause(this.idle_ms * 2), response.destroy();
            }
            response.write(bytes);
            if (i % 3 === 0) await pause(pace);
        }
        response.end();
    }
}

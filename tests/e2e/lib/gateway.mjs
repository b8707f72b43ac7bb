import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Child } from './process.mjs';
import { until, within } from './wait.mjs';

export const PROXY_KEY = 'e2e-proxy-key-5bNq2';

/** A refresh token like the real ones: long, with a colon. Equal names give equal tokens. */
export function refresh_token(name) {
    return `aorAAAAAG${name}`.padEnd(64, 'x') + `:MGQCM${name}`.padEnd(80, 'y');
}

/** Strings, numbers, booleans and arrays of JSON are TOML's too; only objects differ. */
function toml_value(value) {
    if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value);
    return `{ ${Object.entries(value).map(([k, v]) => `${JSON.stringify(k)} = ${toml_value(v)}`).join(', ')} }`;
}

function toml(config) {
    return Object.entries(config)
        .map(([section, keys]) => `[${section}]\n${Object.entries(keys).map(([k, v]) => `${k} = ${toml_value(v)}\n`).join('')}`)
        .join('\n');
}

/** One kirogate with a home, configuration and state of its own. */
export class Gateway {
    static async create(options = {}) {
        const home = await mkdtemp(join(tmpdir(), 'kirogate-e2e-'));
        const gateway = new Gateway(home, options);
        await mkdir(join(home, 'config'));
        await gateway.configure(options.config);
        for (const name of options.accounts ?? []) await gateway.add_account(name);
        return gateway;
    }

    /** As create, and serving. */
    static async start(options = {}) {
        const gateway = await Gateway.create(options);
        await gateway.serve(options.args);
        return gateway;
    }

    constructor(home, { fake, env, key = PROXY_KEY }) {
        this.home = home;
        this.state_dir = join(home, 'state');
        this.config_file = join(home, 'config', 'kirogate.toml');
        this.key = key;
        this.#fake = fake;
        this.#env = { HOME: home, PATH: process.env.PATH, LANG: 'C.UTF-8', ...env };
        for (const [name, value] of Object.entries(process.env)) {
            if (/^(ASAN|UBSAN|TSAN|LSAN)_OPTIONS$/.test(name)) this.#env[name] = value;
        }
    }

    async configure(config = {}) {
        const urls = {};
        if (this.#fake) for (const key of ['api_url', 'management_url', 'auth_url', 'oidc_url']) urls[key] = this.#fake.url;
        await writeFile(this.config_file, toml({
            ...config,
            server: { listen: '127.0.0.1:0', workers: 2, ...config.server },
            auth: { ...(this.key ? { proxy_key: this.key } : {}), ...config.auth },
            kiro: { ...urls, ...config.kiro },
        }), { mode: 0o600 });
    }

    /** Starts the daemon and waits for the line that says where it listens. */
    async serve(args = []) {
        this.child = new Child(process.env.KIROGATE_BIN, ['serve', ...this.#options(), ...args], { env: this.#env, cwd: this.home });
        const ready = await this.child.line('the ready line');
        const at = /listens on (\S+)$/.exec(ready);
        if (!at) throw new Error(`not a ready line: ${ready}`);
        this.url = at[1];
        this.socket_path = /^unix:(.+)$/.exec(this.url)?.[1];
        this.port = Number(/:(\d+)$/.exec(ready)?.[1] ?? 0);
        return this;
    }

    /** Runs a command to its end. */
    async cli(args, { input = '', env } = {}) {
        const child = new Child(process.env.KIROGATE_BIN, [...args, ...this.#options()], { env: { ...this.#env, ...env }, cwd: this.home });
        child.process.stdin.end(input);
        const { code } = await within(`kirogate ${args.join(' ')}`, child.ended);
        return { code, stdout: child.stdout, stderr: child.stderr };
    }

    /** As cli, for commands that must succeed. */
    async run(args, options) {
        const result = await this.cli(args, options);
        if (result.code !== 0) throw new Error(`kirogate ${args.join(' ')}: status ${result.code}\n${result.stderr}`);
        return result.stdout;
    }

    async add_account(name, token = refresh_token(name)) {
        return JSON.parse(await this.run(['account', 'add', '--json', '--name', name, '--provider', 'Google'], { input: token }));
    }

    async accounts() {
        return JSON.parse(await this.run(['account', 'list', '--json'])).accounts;
    }

    async create_key(...args) {
        return JSON.parse(await this.run(['key', 'create', '--json', ...args]));
    }

    signal(name) {
        this.child.process.kill(name);
    }

    get log() {
        return this.child.stderr;
    }

    /** The log comes through a pipe, behind the answer it speaks of: `what` is a text or a pattern. */
    logged(what) {
        return until(`the log line "${what}"`, () => (what instanceof RegExp ? what.test(this.log) : this.log.includes(what)));
    }

    alive() {
        return !this.child.over;
    }

    resident_bytes() {
        return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'))[1]) * 1024;
    }

    async stop(signal = 'SIGTERM') {
        if (!this.child || this.child.over) return this.child?.over;
        this.signal(signal);
        return within('the end of the gateway', this.child.ended);
    }

    async dispose() {
        try {
            await this.stop();
        } finally {
            if (this.child && !this.child.over) this.signal('SIGKILL');
            await rm(this.home, { recursive: true, force: true });
        }
    }

    #fake;
    #env;

    #options() {
        return ['--config', this.config_file, '--state-dir', this.state_dir];
    }
}

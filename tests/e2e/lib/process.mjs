import { spawn } from 'node:child_process';

import { PATIENCE_MS, within } from './wait.mjs';

/** A child process whose output is kept as text and can be read line by line. */
export class Child {
    constructor(command, args, options = {}) {
        this.stdout = '';
        this.stderr = '';
        this.process = spawn(command, args, { stdio: 'pipe', ...options });
        this.process.stdout.setEncoding('utf8').on('data', (text) => {
            this.stdout += text;
            this.#wake();
        });
        this.process.stderr.setEncoding('utf8').on('data', (text) => (this.stderr += text));
        this.process.stdin.on('error', () => {}); // a child that has ended is told by `ended`
        this.ended = new Promise((resolve, reject) => {
            this.process.on('error', reject);
            this.process.on('close', (code, signal) => {
                this.over = { code, signal };
                this.#wake();
                resolve(this.over);
            });
        });
        this.ended.catch(() => {});
    }

    get pid() {
        return this.process.pid;
    }

    /** The next line of standard output; rejects when the process ends without one. */
    async line(what, timeout_ms = PATIENCE_MS) {
        const read = async () => {
            for (;;) {
                const end = this.stdout.indexOf('\n', this.#read_to);
                if (end >= 0) {
                    const line = this.stdout.slice(this.#read_to, end);
                    this.#read_to = end + 1;
                    return line;
                }
                if (this.over) throw new Error(`ended before ${what}: ${JSON.stringify(this.over)}\n${this.stderr}`);
                await new Promise((resolve) => this.#waiting.push(resolve));
            }
        };
        return within(what, read(), timeout_ms);
    }

    #read_to = 0;
    #waiting = [];

    #wake() {
        for (const resolve of this.#waiting.splice(0)) resolve();
    }
}

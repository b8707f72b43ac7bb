import { Child } from './process.mjs';
import { until } from './wait.mjs';

/**
 * The upstream of a test: tests/support/fake_kiro_main.cpp, driven by JSON lines. Scenarios and
 * actions are described in daemon/demo/scenario.hpp.
 */
export class FakeKiro {
    static async start(scenario = {}) {
        const fake = new FakeKiro(new Child(process.env.FAKE_KIRO_BIN, []));
        const first = await fake.#child.line('the port of the fake');
        fake.port = Number(/(\d+)\D*$/.exec(first)[1]);
        fake.url = `http://127.0.0.1:${fake.port}`;
        await fake.scenario(scenario);
        return fake;
    }

    constructor(child) {
        this.#child = child;
    }

    /** Unknown tokens are welcome unless a test says otherwise: most tests are not about sign-in. */
    scenario(scenario) {
        return this.#command({ scenario: { accept_unknown: true, ...scenario } });
    }

    /** Queues answers: each is used for one request, unless it says `times`. */
    async push(...actions) {
        for (const action of actions) await this.#command({ push: action });
    }

    /** Queues a stream made of these steps. */
    say(steps, more = {}) {
        return this.push({ steps, ...more });
    }

    async stats() {
        const reply = await this.#command({ stats: true });
        return reply.stats ?? reply;
    }

    async requests(operation) {
        const reply = await this.#command({ requests: true });
        return (reply.requests ?? reply).filter((r) => !operation || r.operation === operation);
    }

    chats() {
        return this.requests('chat');
    }

    /** The body of the last chat request. */
    async last_chat() {
        return JSON.parse((await this.chats()).at(-1).body);
    }

    no_live_streams() {
        return until('the end of every upstream stream', async () => (await this.stats()).live_streams === 0);
    }

    async stop() {
        this.#child.process.stdin.end();
        await this.#child.ended;
    }

    #child;
    #turn = Promise.resolve();

    #command(command) {
        const answer = this.#turn.then(async () => {
            this.#child.process.stdin.write(JSON.stringify(command) + '\n');
            const reply = JSON.parse(await this.#child.line(`the fake's answer to ${Object.keys(command)[0]}`));
            if (reply.error) throw new Error(`fake_kiro: ${reply.error}`);
            return reply;
        });
        this.#turn = answer.catch(() => {});
        return answer;
    }
}

import { after, before } from 'node:test';

import { FakeKiro } from './fake_kiro.mjs';
import { Gateway } from './gateway.mjs';

/** A fake upstream and a gateway before it, for one test. */
export async function rig(t, { scenario, ...options } = {}) {
    const fake = await FakeKiro.start(scenario);
    t.after(() => fake.stop());
    const gateway = await Gateway.create({ accounts: ['first'], ...options, fake });
    t.after(() => gateway.dispose());
    if (options.serve !== false) await gateway.serve(options.args);
    return { fake, gateway };
}

/** One for all tests of a file; the members are there once the tests run. */
export function shared_rig({ scenario, ...options } = {}) {
    const shared = {};
    before(async () => {
        shared.fake = await FakeKiro.start(scenario);
        shared.gateway = await Gateway.start({ accounts: ['first', 'second', 'third'], ...options, fake: shared.fake });
    });
    after(async () => {
        await shared.gateway?.dispose();
        await shared.fake?.stop();
    });
    return shared;
}

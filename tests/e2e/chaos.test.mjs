// Small runs of tests/bench/chaos.mjs: an upstream that fails all the time, and limits under load.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { run_chaos, run_limits } from '../bench/chaos.mjs';

test('E1 E3 F1 A3: a third of all calls fails, accounts die and recover: clients see whole answers', async () => {
    const result = await run_chaos({ requests: 400, seed: 7 });
    assert.ok(result.upstream.failed_share > 0.2, `only ${result.upstream.failed_share} of the calls failed`);
    assert.equal(result.misplaced_bytes, 0);
    assert.deepEqual(result.trouble_upstream, []);
    assert.ok(result.success_rate >= 0.999, JSON.stringify([result.troubles, result.examples]));
    assert.equal(result.cut_tool_calls.told, result.cut_tool_calls.counted);
    assert.ok(result.attempts.max <= 9, `one request was sent ${result.attempts.max} times`);
    assert.ok(result.continued.exact + result.continued.repeating > 0, 'texts were continued');
});

test('B4 F4 F5: of 1500 requests at once as many are let through as the limits allow, not one more or less', async () => {
    const { results } = await run_limits({ requests: 1500 });
    for (const { limit, allowed, granted, refused, upstream } of results) {
        assert.deepEqual({ granted, refused, upstream }, { granted: allowed, refused: 1500 - allowed, upstream: allowed }, limit);
    }
});

// Waiting for something that another process does. The deadlines only end a test that has failed
// already, so they are generous: a loaded machine must not make a test fail.

export const PATIENCE_MS = 90_000;

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `probe` until it gives something truthy, and returns that. */
export async function until(what, probe, timeout_ms = PATIENCE_MS) {
    const deadline = Date.now() + timeout_ms;
    let seen;
    for (;;) {
        seen = await probe();
        if (seen) return seen;
        if (Date.now() > deadline) throw new Error(`waited ${timeout_ms} ms in vain for ${what}`);
        await pause(20);
    }
}

export async function within(what, promise, timeout_ms = PATIENCE_MS) {
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`${what} took longer than ${timeout_ms} ms`)), timeout_ms);
    });
    try {
        return await Promise.race([promise, late]);
    } finally {
        clearTimeout(timer);
    }
}

// Finished requests as they happen. Listening stops while nobody looks at the page.

/**
 * Calls on_request(record) for each, and on_state('live' | 'paused' | 'lost'). Returns what ends it. After an
 * interruption on_state('live') comes again: what happened meanwhile is for the caller to read anew.
 */
export function watch_requests({ on_request, on_state = () => {}, on_dropped = () => {} }) {
    let source = null;
    const stop = () => {
        source?.close();
        source = null;
    };
    const start = () => {
        if (source) return;
        source = new EventSource('/api/proxy/logs/live');
        source.onopen = () => on_state('live');
        source.onerror = () => on_state('lost');
        source.addEventListener('request', (event) => on_request(JSON.parse(event.data)));
        source.addEventListener('dropped', (event) => on_dropped(JSON.parse(event.data).count));
    };
    const look = () => {
        if (document.hidden) {
            stop();
            on_state('paused');
        } else {
            start();
        }
    };
    document.addEventListener('visibilitychange', look);
    look();
    return () => {
        document.removeEventListener('visibilitychange', look);
        stop();
    };
}

/** Calls `work` every `ms` while the page is looked at, and when it is looked at again. Returns what ends it. */
export function every(ms, work) {
    let timer = null;
    const look = () => {
        clearInterval(timer);
        if (document.hidden) return;
        timer = setInterval(work, ms);
    };
    const seen = () => {
        if (!document.hidden) work();
        look();
    };
    document.addEventListener('visibilitychange', seen);
    look();
    return () => {
        clearInterval(timer);
        document.removeEventListener('visibilitychange', seen);
    };
}

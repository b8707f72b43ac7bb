// The admin API as the pages use it: a session cookie that scripts cannot read, a CSRF token that is kept in memory.

/** What a refused request says: `field` is the path of the member at fault. */
export class ApiError extends Error {
    constructor(status, body, retry_after) {
        super(body?.error?.message ?? `HTTP ${status}`);
        this.status = status;
        this.code = body?.error?.code ?? 'http';
        this.field = body?.error?.field ?? null;
        this.request_id = body?.request_id ?? null;
        this.retry_after = retry_after;
    }
}

let csrf = null;
let sign_in_again = null;

/** `ask()` resolves once the user has signed in again; the request that found the session gone then goes on. */
export function on_expired(ask) {
    sign_in_again = ask;
}

/** `file`: the body is a text as it is; `as_file`: so is the answer, which comes as { text, type, headers }. */
async function send(method, path, body, { signal, headers = {}, file = false, as_file = false } = {}) {
    const answer = await fetch(path, {
        method, signal, cache: 'no-store', credentials: 'same-origin',
        headers: {
            ...(body === undefined ? {} : { 'content-type': file ? 'text/plain' : 'application/json' }),
            ...(method === 'GET' || !csrf ? {} : { 'x-csrf-token': csrf }),
            ...headers,
        },
        body: body === undefined || file ? body : JSON.stringify(body),
    });
    if (as_file && answer.ok) return { text: await answer.text(), type: answer.headers.get('content-type'), headers: answer.headers };
    const json = (answer.headers.get('content-type') ?? '').includes('json') ? await answer.json() : null;
    if (answer.ok) return json;
    throw new ApiError(answer.status, json, Number(answer.headers.get('retry-after')) || null);
}

async function need_csrf() {
    csrf ??= (await send('GET', '/api/session')).csrfToken;
}

export async function call(method, path, body, options) {
    try {
        if (method !== 'GET') await need_csrf();
        return await send(method, path, body, options);
    } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const stale = error.status === 401 || (error.status === 403 && error.code === 'csrf');
        if (!stale || !sign_in_again || options?.quiet) throw error;
        csrf = null;
        if (error.status === 401) await sign_in_again();
        if (method !== 'GET') await need_csrf();
        return send(method, path, body, options);
    }
}

export const get = (path, options) => call('GET', path, undefined, options);
export const post = (path, body = {}, options) => call('POST', path, body, options);
export const put = (path, body, options) => call('PUT', path, body, options);
export const remove = (path, options) => call('DELETE', path, undefined, options);

export async function sign_in(password) {
    csrf = null;
    const answer = await send('POST', '/api/login', { password });
    csrf = answer.csrfToken;
    return answer;
}

export async function sign_out(everywhere = false) {
    await post(everywhere ? '/api/logout-everywhere' : '/api/logout');
    csrf = null;
}

/** What anybody may know, and more for who is signed in; asking needs no session and so never fails for want of one. */
export async function status() {
    const answer = await send('GET', '/api/proxy/status');
    return { ...answer, signed_in: 'version' in answer };
}

/** "?a=1&b=x" of what is there. */
export function query(values) {
    const out = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) {
        if (value !== '' && value !== null && value !== undefined) out.set(name, value);
    }
    const text = out.toString();
    return text ? `?${text}` : '';
}

/** All pages of a list whose answers have `next`. At most 20,000 rows. */
export async function get_all(path, member) {
    const rows = [];
    let next = null;
    for (let page = 0; page < 20; ++page) {
        const answer = await get(`${path}${query({ limit: 1000, cursor: next })}`);
        rows.push(...answer[member]);
        next = answer.next;
        if (!next) break;
    }
    return rows;
}

let document_read = null;
/** What this gateway's API has, as its OpenAPI document says: pages show no button for what it has not. */
export async function offers() {
    document_read ??= send('GET', '/api/openapi.json');
    const { paths, components } = await document_read;
    const text = JSON.stringify([paths, components.schemas]);
    return { path: (path) => path in paths, field: (name) => text.includes(`"${name}"`) };
}

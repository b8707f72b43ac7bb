import { request } from './http.mjs';

export const ADMIN_PASSWORD = 'e2e-admin-password-7Gk2';

/** The admin API with the password as bearer, or with a credential of the caller's own. */
export function admin(gateway, method, path, body, { headers = {}, ...options } = {}) {
    return request(gateway, method, path, {
        body, key: false, headers: { authorization: `Bearer ${ADMIN_PASSWORD}`, ...headers }, ...options,
    });
}

/** A session as a browser has it: cookie and CSRF token. */
export async function sign_in(gateway, password = ADMIN_PASSWORD, options = {}) {
    const answer = await request(gateway, 'POST', '/api/login', { key: false, body: { password }, ...options });
    if (answer.status !== 200) throw new Error(`sign-in: ${answer.status} ${answer.text}`);
    const cookie = answer.headers['set-cookie'][0].split(';')[0];
    return { cookie, 'x-csrf-token': answer.json.csrfToken };
}

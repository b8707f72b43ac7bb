// The states of accounts, endpoints and requests in words, colours and pictures; names for ids.
import { get_all } from './api.js';
import { duration, texts } from './i18n.js';
import { html, Badge } from './ui.js';

const t = texts({
    ok: ['Healthy', '正常'],
    unknown: ['Not used yet', '尚未使用'],
    cooling: ['Cooling down', '冷却中'],
    exhausted: ['Quota used up', '额度用尽'],
    'needs-sign-in': ['Needs sign-in', '需要重新登录'],
    suspended: ['Suspended', '已封禁'],
    disabled: ['Disabled', '已停用'],
    closed: ['Closed', '正常'],
    'half-open': ['Probing', '试探中'],
    open: ['Open', '已熔断'],
    back: ['back in {time}', '{time} 后恢复'],
    success: ['OK', '成功'],
    cancelled: ['Cancelled', '已取消'],
    failed: ['Failed', '失败'],
    proxy_key: ['Proxy key', '代理密钥'],
    nobody: ['(none)', '（无）'],
});

const ACCOUNT = {
    ok: ['good', 'check'], unknown: ['info', 'info'], cooling: ['warn', 'clock'], exhausted: ['warn', 'gauge'],
    'needs-sign-in': ['bad', 'key'], suspended: ['bad', 'warn'], disabled: ['plain', 'power'],
};
export const ACCOUNT_STATES = Object.keys(ACCOUNT);
export const state_text = (state) => t(state);
export const state_tone = (state) => (ACCOUNT[state] ?? ACCOUNT.unknown)[0];
export const state_of = (account) => (account.disabled ? 'disabled' : account.state);

export function AccountState({ account }) {
    const state = state_of(account);
    const [tone, icon] = ACCOUNT[state] ?? ACCOUNT.unknown;
    return html`<span class="labels"><${Badge} tone=${tone} icon=${icon}>${t(state)}</${Badge}>
        ${account.recoversInMs > 0 && !account.disabled && html`<span class="small faint nowrap">${t('back', { time: duration(account.recoversInMs) })}</span>`}</span>`;
}

const CIRCUIT = { closed: ['good', 'check'], 'half-open': ['warn', 'clock'], open: ['bad', 'bolt'] };
export function Circuit({ circuit }) {
    const [tone, icon] = CIRCUIT[circuit] ?? CIRCUIT.closed;
    return html`<${Badge} tone=${tone} icon=${icon}>${t(circuit)}</${Badge}>`;
}

export const outcome_of = (record) => (record.error === 'cancelled' || record.status === 499 ? 'cancelled' : record.error || record.status >= 400 ? 'failed' : 'success');
export function Outcome({ record }) {
    const outcome = outcome_of(record);
    const [tone, icon] = { success: ['good', 'check'], cancelled: ['plain', 'x'], failed: ['bad', 'warn'] }[outcome];
    return html`<${Badge} tone=${tone} icon=${icon}>${record.status || t(outcome)}<span class="sr"> ${t(outcome)}</span></${Badge}>`;
}

export const name_of = (account) => account.name || account.email || account.id;

/** What ids are called: { key(id), account(id) }. */
export async function read_names() {
    const [accounts, keys] = await Promise.all([get_all('/api/accounts', 'accounts'), get_all('/api/keys', 'keys')]);
    const of = new Map([...accounts.map((a) => [a.id, name_of(a)]), ...keys.map((k) => [k.id, k.name])]);
    const name = (id) => of.get(id) ?? id ?? t('nobody');
    return { account: name, key: (id) => of.get(id) ?? id ?? t('proxy_key'), accounts, keys, knows: (id) => !id || of.has(id) };
}

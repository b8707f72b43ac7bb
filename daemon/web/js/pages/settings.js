import { get, post, put, remove, sign_out } from '../lib/api.js';
import { ago, full_time, texts } from '../lib/i18n.js';
import { mount, PageHead } from '../lib/shell.js';
import { html, Badge, Button, Check, Confirm, Copy, Dialog, Empty, Field, Icon, Loaded, Notice, Segmented, useLoad, useMemo, useState, useToast } from '../lib/ui.js';

const t = texts({
    title: ['Settings', '设置'],
    lead: ['Every setting, what it is now and where that comes from. What can be changed here holds at once and survives a restart.', '每项设置的当前值与来源。可在此修改的设置立即生效，重启后依然保留。'],
    search: ['Search settings', '搜索设置'], changeable: ['Changeable here', '可在此修改'],
    origin_default: ['Default', '默认值'], origin_settings: ['Changed here', '在此修改'], fixed: ['Fixed by {origin}', '由 {origin} 固定'],
    restart_short: ['At a restart', '重启生效'], view: ['Which settings', '显示范围'], all: ['All', '全部'],
    restart: ['Needs a restart: set it in the configuration file, the environment or by a flag.', '需重启：请在配置文件、环境变量或命令行参数中设置。'],
    allowed: ['Allowed: {what}', '允许：{what}'], default: ['Default: {value}', '默认：{value}'], edit: ['Change', '修改'], save: ['Save', '保存'], cancel: ['Cancel', '取消'], reset: ['Back to default', '恢复默认'], empty: ['(empty)', '（空）'],
    saved: ['In force now', '已生效'], on: ['On', '开启'], off: ['Off', '关闭'], none: ['Nothing matches', '没有匹配项'], clear: ['Clear', '清除'],
    password: ['Admin password', '管理员密码'], password_fixed: ['It is set in the configuration, which is the place to change it.', '密码由配置文件设置，请在配置文件中修改。'], password_new: ['New password', '新密码'], password_hint: ['At least 8 characters. Every other session ends.', '至少 8 个字符。其他会话将被注销。'], password_do: ['Change password', '修改密码'], password_done: ['The password is changed. Sign in with it.', '密码已修改，请重新登录。'],
    sessions: ['Sessions', '会话'], this_one: ['this browser', '当前浏览器'], used: ['used {ago}', '{ago}使用'], everywhere: ['Sign out everywhere', '注销所有会话'], everywhere_text: ['Every browser must sign in again, this one too. Admin tokens stay valid.', '所有浏览器（包括当前）都需要重新登录。管理令牌仍然有效。'],
    tokens: ['Admin tokens', '管理令牌'], tokens_lead: ['For scripts and monitoring: sent as Authorization: Bearer.', '供脚本和监控使用：以 Authorization: Bearer 发送。'], token_add: ['Create token', '创建令牌'], token_name: ['Name', '名称'], read_only: ['Read-only', '只读'], read_only_hint: ['It may look, not change.', '只能查看，不能修改。'],
    token_once: ['Copy it now: it cannot be shown again.', '请立即复制：之后无法再次显示。'], done: ['I have it', '我已保存'], revoke: ['Revoke', '吊销'], revoke_title: ['Revoke {name}?', '吊销 {name}？'], revoke_text: ['Scripts that use it are refused from now on.', '使用它的脚本将立即被拒绝。'], no_tokens: ['No admin token yet.', '还没有管理令牌。'], full: ['May change', '可修改'], created: ['created {ago}', '{ago}创建'],
});

function origin_badge(s) {
    if (s.fixed) return html`<${Badge} icon="lock" tone="info" title=${s.origin}>${t('fixed', { origin: s.origin.split('/').at(-1) })}</${Badge}>`;
    if (s.origin === 'settings') return html`<${Badge} tone="accent" icon="edit">${t('origin_settings')}</${Badge}>`;
    return html`<${Badge} title=${s.origin}>${s.origin === 'default' ? t('origin_default') : s.origin.split('/').at(-1)}</${Badge}>`;
}

/** What kind of value a setting has, as the schema says it in words. */
const kind_of = (s) => [['one of ', 'choice'], ['true or false', 'flag'], ['a list of ', 'list'], ['a table of ', 'table'], ['a whole number ', 'number']]
    .find(([words]) => s.allowed.startsWith(words))?.[1] ?? 'text';

/** A text as the form has it, as the schema takes it. */
function typed_value(setting, text) {
    const parts = () => text.split(',').map((one) => one.trim()).filter(Boolean);
    switch (kind_of(setting)) {
        case 'flag': return text === 'true';
        case 'list': return parts();
        case 'table': return Object.fromEntries(parts().map((one) => one.split('=').map((x) => x.trim())).map(([name, ...rest]) => [name, rest.join('=')]));
        case 'number': return /^-?\d+$/.test(text.trim()) ? Number(text) : text;
        default: return text;
    }
}

function Row({ setting: s, onChanged }) {
    const toast = useToast();
    const [editing, set_editing] = useState(false);
    const [value, set_value] = useState('');
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const can = s.live && !s.fixed;
    const kind = kind_of(s);
    const choices = kind === 'choice' ? s.allowed.slice('one of '.length).split(', ') : null;
    const flag = kind === 'flag';
    const send = async (to) => {
        set_busy(true);
        set_error(null);
        try {
            onChanged(await put('/api/settings', { settings: { [s.key]: to } }));
            toast(t('saved'));
            set_editing(false);
        } catch (e) {
            set_error(e.message);
        }
        set_busy(false);
    };
    const begin = () => {
        set_value(s.value);
        set_error(null);
        set_editing(true);
    };
    return html`<div class="settings-row" data-key=${s.key}><div class="stack tight"><div class="row tight"><h3 class="mono">${s.key}</h3>${origin_badge(s)}${!s.live && html`<${Badge} icon="power" title=${t('restart')}>${t('restart_short')}</${Badge}>`}</div>
            <p class="muted small">${s.help}</p>${editing && html`<p class="hint">${t('allowed', { what: s.allowed })}</p>`}</div>
        <div class="value">${!editing ? html`<div class="row apart"><output class="mono">${s.value === '' ? html`<span class="faint">${t('empty')}</span>` : s.value}</output>
                ${can && html`<${Button} small icon="edit" onClick=${begin} aria-label=${`${t('edit')}: ${s.key}`}>${t('edit')}</${Button}>`}</div>` : html`
            <form class="stack tight" onSubmit=${(e) => { e.preventDefault(); send(typed_value(s, value)); }}><${Field} label=${s.key} error=${error} hint=${t('default', { value: s.default || t('empty') })}>${(p) =>
                flag || choices ? html`<select ...${p} value=${value} onChange=${(e) => set_value(e.target.value)}>${(flag ? ['true', 'false'] : choices).map((c) => html`<option key=${c} value=${c}>${flag ? t(c === 'true' ? 'on' : 'off') : c}</option>`)}</select>`
                    : html`<input ...${p} class="mono" type="text" value=${value} autocomplete="off" spellcheck="false" onInput=${(e) => set_value(e.target.value)} />`}</${Field}>
            <div class="row tight"><button class="button primary small" type="submit" disabled=${busy}>${t('save')}</button><${Button} small onClick=${() => set_editing(false)}>${t('cancel')}</${Button}>
                ${s.origin === 'settings' && html`<${Button} small kind="ghost" busy=${busy} onClick=${() => send(null)}>${t('reset')}</${Button}>`}</div></form>`}</div></div>`;
}

function Password({ configured }) {
    const toast = useToast();
    const [password, set_password] = useState('');
    const [error, set_error] = useState(null);
    const submit = async (event) => {
        event.preventDefault();
        set_error(null);
        try {
            await put('/api/settings', { adminPassword: password });
            toast(t('password_done'));
            location.assign('/sign-in?next=/admin/settings');
        } catch (e) {
            set_error(e.message);
        }
    };
    return html`<section class="card stack"><h2>${t('password')}</h2>${configured ? html`<p class="muted">${t('password_fixed')}</p>` : html`<form class="stack" onSubmit=${submit}>
        <input type="text" autocomplete="username" value="admin" hidden readonly />
        <${Field} label=${t('password_new')} hint=${t('password_hint')} error=${error}>${(p) => html`<input ...${p} type="password" autocomplete="new-password" minlength="8" maxlength="512" required value=${password} onInput=${(e) => set_password(e.target.value)} />`}</${Field}>
        <div><button class="button" type="submit">${t('password_do')}</button></div></form>`}</section>`;
}

function Sessions() {
    const loaded = useLoad(() => get('/api/sessions'), []);
    const [asking, set_asking] = useState(false);
    return html`<section class="card stack"><header><h2>${t('sessions')}</h2><${Button} small kind="danger" icon="out" onClick=${() => set_asking(true)}>${t('everywhere')}</${Button}></header>
        <${Loaded} of=${loaded} rows=${2}>${(d) => html`<ul class="events">${d.sessions.map((s) => html`<li key=${s.id}><${Icon} name="globe" /><span><span class="mono">${s.address}</span> ${s.current && html`<${Badge} tone="good" icon="check">${t('this_one')}</${Badge}>`}</span>
            <span class="small faint nowrap">${t('used', { ago: ago(s.usedAt) })}</span><span class="why clip" title=${s.agent}>${s.agent}</span></li>`)}</ul>`}</${Loaded}>
        ${asking && html`<${Confirm} title=${t('everywhere')} action=${t('everywhere')} onClose=${() => set_asking(false)} work=${async () => { await sign_out(true); location.assign('/sign-in'); }}><p>${t('everywhere_text')}</p></${Confirm}>`}</section>`;
}

function Tokens() {
    const toast = useToast();
    const loaded = useLoad(() => get('/api/tokens'), []);
    const [name, set_name] = useState('');
    const [read_only, set_read_only] = useState(true);
    const [made, set_made] = useState(null);
    const [error, set_error] = useState(null);
    const [revoking, set_revoking] = useState(null);
    const create = async (event) => {
        event.preventDefault();
        set_error(null);
        try {
            set_made(await post('/api/tokens', { name: name.trim(), readOnly: read_only }));
            set_name('');
            loaded.reload();
        } catch (e) {
            set_error(e.message);
        }
    };
    return html`<section class="card stack"><h2>${t('tokens')}</h2><p class="muted small">${t('tokens_lead')}</p>
        <${Loaded} of=${loaded} rows=${2}>${(d) => d.tokens.length === 0 ? html`<p class="muted">${t('no_tokens')}</p>` : html`<ul class="events">${d.tokens.map((k) => html`<li key=${k.id}><${Badge} icon=${k.readOnly ? 'lock' : 'edit'}>${t(k.readOnly ? 'read_only' : 'full')}</${Badge}>
            <span><strong>${k.name}</strong> <code class="faint">${k.token}</code></span><${Button} small kind="ghost" icon="trash" label=${`${t('revoke')}: ${k.name}`} onClick=${() => set_revoking(k)} />
            <span class="why small" title=${full_time(k.createdAt)}>${t('created', { ago: ago(k.createdAt) })}</span></li>`)}</ul>`}</${Loaded}>
        <form class="stack tight" onSubmit=${create}><${Field} label=${t('token_name')} error=${error}>${(p) => html`<input ...${p} type="text" maxlength="64" required value=${name} autocomplete="off" onInput=${(e) => set_name(e.target.value)} />`}</${Field}>
            <${Check} label=${t('read_only')} hint=${t('read_only_hint')} checked=${read_only} onChange=${set_read_only} /><div><button class="button" type="submit"><${Icon} name="plus" /><span>${t('token_add')}</span></button></div></form>
        ${made && html`<${Dialog} locked title=${made.name} onClose=${() => set_made(null)} actions=${html`<${Button} kind="primary" onClick=${() => set_made(null)}>${t('done')}</${Button}>`}>
            <div class="stack"><${Notice} tone="warn" icon="warn">${t('token_once')}</${Notice}><div class="secret"><code>${made.token}</code><${Copy} text=${made.token} kind="primary" /></div></div></${Dialog}>`}
        ${revoking && html`<${Confirm} title=${t('revoke_title', { name: revoking.name })} action=${t('revoke')} onClose=${() => set_revoking(null)} work=${async () => { await remove(`/api/tokens/${encodeURIComponent(revoking.id)}`); toast(t('revoke')); loaded.reload(); }}><p>${t('revoke_text')}</p></${Confirm}>`}</section>`;
}

function Settings() {
    const loaded = useLoad(() => get('/api/settings'), []);
    const [changed, set_changed] = useState(null);
    const [q, set_q] = useState('');
    const [only, set_only] = useState(true);
    const now = changed ?? loaded.data;
    const sections = useMemo(() => {
        const out = new Map();
        for (const s of now?.settings ?? []) {
            const hit = `${s.key} ${s.help}`.toLowerCase().includes(q.trim().toLowerCase());
            if (!hit || (only && (!s.live || s.fixed))) continue;
            const section = s.key.split('.')[0];
            out.set(section, [...(out.get(section) ?? []), s]);
        }
        return [...out];
    }, [now, q, only]);
    return html`<${PageHead} title=${t('title')} lead=${t('lead')} />
        <${Loaded} of=${loaded} rows=${10}>${() => html`<div class="stack"><div class="toolbar"><div class="search"><${Icon} name="search" /><label class="sr" for="q">${t('search')}</label>
            <input id="q" type="search" placeholder=${t('search')} value=${q} onInput=${(e) => set_q(e.target.value)} /></div><${Segmented} label=${t('view')} value=${only} onChange=${set_only} options=${[[true, t('changeable')], [false, t('all')]]} /></div>
        ${sections.length === 0 && html`<section class="card"><${Empty} icon="search" title=${t('none')} action=${html`<${Button} onClick=${() => { set_q(''); set_only(false); }}>${t('clear')}</${Button}>`} /></section>`}
        ${!q && html`<div class="grid-3"><${Password} configured=${now.passwordIsConfigured} /><${Sessions} /><${Tokens} /></div>`}
        ${sections.map(([section, rows]) => html`<section class="card" key=${section}><h2 class="mono">[${section}]</h2>${rows.map((s) => html`<${Row} key=${s.key} setting=${s} onChanged=${set_changed} />`)}</section>`)}</div>`}</${Loaded}>`;
}

mount(Settings, { guarded: true });

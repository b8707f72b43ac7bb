import { get, offers, post, put, query, remove } from '../lib/api.js';
import { Chart, fill_series } from '../lib/chart.js';
import { ago, compact, day, full_time, number, texts } from '../lib/i18n.js';
import { mount, PageHead } from '../lib/shell.js';
import { snippets } from '../lib/snippets.js';
import {
    html, Badge, Button, Code, Confirm, Copy, Dialog, Empty, Field, Icon, Loaded, Meter, Notice, Pager, Problem, Segmented, Tabs,
    useEffect, useLoad, useMemo, useRef, useState, useToast,
} from '../lib/ui.js';

const t = texts({
    title: ['Keys', '密钥'],
    lead: ['Each client or team gets a key of its own, with its own limits.', '为每个客户端或团队创建独立的密钥与限额。'],
    create: ['Create key', '创建密钥'], search: ['Search by name', '按名称搜索'],
    name: ['Name', '名称'], key: ['Key', '密钥'], state: ['State', '状态'], used: ['Used', '已用'], limits: ['Limits', '限额'], last: ['Last used', '最近使用'],
    active: ['Active', '有效'], disabled: ['Disabled', '已停用'], expired: ['Expired', '已过期'], expires: ['until {day}', '有效至 {day}'],
    of_credits: ['{used} of {limit} credits', '{used} / {limit} 积分'], credits: ['{n} credits', '{n} 积分'], of_tokens: ['{used} of {limit} tokens', '{used} / {limit} 令牌'],
    requests_n: ['{n} requests', '{n} 请求'], no_limits: ['No limits', '无限制'],
    l_creditLimit: ['{n} credits in all', '总计 {n} 积分'], l_tokenLimit: ['{n} tokens in all', '总计 {n} 令牌'],
    l_creditsPerDay: ['{n} credits a day', '每日 {n} 积分'], l_creditsPerWeek: ['{n} credits a week', '每周 {n} 积分'], l_creditsPerMonth: ['{n} credits a month', '每月 {n} 积分'],
    l_tokensPerDay: ['{n} tokens a day', '每日 {n} 令牌'], l_tokensPerWeek: ['{n} tokens a week', '每周 {n} 令牌'], l_tokensPerMonth: ['{n} tokens a month', '每月 {n} 令牌'],
    l_requestsPerMinute: ['{n} requests a minute', '每分钟 {n} 请求'], l_tokensPerMinute: ['{n} tokens a minute', '每分钟 {n} 令牌'], l_streamsMax: ['{n} at once', '最多 {n} 个并发'],
    l_models: ['{n} models', '{n} 个模型'], l_accounts: ['chosen accounts', '指定账号'], l_networks: ['chosen networks', '指定网络'],
    none: ['No key yet', '还没有密钥'], none_text: ['Without one, only the proxy key opens this gateway.', '没有密钥时，只有代理密钥可以访问本网关。'],
    no_match: ['No key of that name', '没有匹配的密钥'], clear: ['Clear', '清除'],
    once_title: ['Your new key', '新密钥'], once: ['Copy it now: only its hash is kept, so it cannot be shown again.', '请立即复制：服务器只保存哈希，之后无法再次显示。'],
    client: ['Set up a client with it', '用它配置客户端'], done: ['I have it', '我已保存'],
    edit: ['Edit', '编辑'], save: ['Save', '保存'], cancel: ['Cancel', '取消'], saved: ['Saved', '已保存'], details: ['Details', '详情'],
    rotate: ['Rotate…', '轮换…'], rotate_title: ['A new secret for {name}', '为 {name} 生成新密钥'], rotate_do: ['Make a new secret', '生成新密钥'],
    rotate_text: ['Limits and usage stay. For how long shall the old secret work beside the new one?', '限额与用量保持不变。旧密钥还要继续有效多久？'],
    overlap: ['Old secret', '旧密钥'], o0: ['Ends now', '立即失效'], o3600: ['1 hour', '1 小时'], o86400: ['1 day', '1 天'], o604800: ['7 days', '7 天'],
    old_until: ['The old secret works until {at}', '旧密钥有效至 {at}'],
    revoke: ['Revoke', '吊销'], revoke_do: ['Revoke…', '吊销…'], revoke_title: ['Revoke {name}?', '吊销 {name}？'],
    revoke_text: ['Clients that use it are refused from the next request on. To pause it only, disable it.', '使用它的客户端将从下一个请求起被拒绝。若只想暂停，请停用它。'],
    revoked: ['Revoked', '已吊销'], enable: ['Enable', '启用'], disable: ['Disable', '停用'],
    usage: ['Requests of the last 30 days', '近 30 天请求'], requests: ['Requests', '请求数'], failed: ['Failed', '失败'], credits_h: ['Credits', '积分'], tokens_h: ['Tokens', '令牌'],
    total: ['In all', '累计'], created: ['Created', '创建时间'], logs: ['Its requests', '它的请求'],
    f_budget: ['Budget', '预算'], f_rate: ['Rate', '速率'], f_scope: ['What it may use', '可用范围'], f_prompt: ['Prompts and behaviour', '提示词与行为'],
    creditLimit: ['Credits in all', '总积分'], tokenLimit: ['Tokens in all', '总令牌'], creditsPerDay: ['Credits a day', '每日积分'], creditsPerWeek: ['Credits a week', '每周积分'], creditsPerMonth: ['Credits a month', '每月积分'],
    tokensPerDay: ['Tokens a day', '每日令牌'], tokensPerWeek: ['Tokens a week', '每周令牌'], tokensPerMonth: ['Tokens a month', '每月令牌'], timeZone: ['Time zone of days', '计日时区'],
    expiresAt: ['Expires', '过期时间'], requestsPerMinute: ['Requests a minute', '每分钟请求'], requestBurst: ['Requests in one go', '突发请求数'], tokensPerMinute: ['Tokens a minute', '每分钟令牌'], streamsMax: ['Requests at once', '最大并发'],
    allowedModels: ['Allowed models', '允许的模型'], deniedModels: ['Denied models', '禁止的模型'], allowedGroups: ['Allowed account groups', '允许的账号分组'], allowedAccountIds: ['Allowed account ids', '允许的账号 ID'], allowedNetworks: ['Allowed networks', '允许的网络'],
    commas: ['Separated by commas; empty: all. Patterns such as claude-haiku-*', '用逗号分隔；留空表示全部。可用 claude-haiku-* 形式'], commas2: ['Separated by commas; empty: all', '用逗号分隔；留空表示全部'],
    empty_no: ['Empty: no limit', '留空表示不限'], systemPrepend: ['Before every system prompt', '系统提示词前置'], systemAppend: ['After every system prompt', '系统提示词后置'],
    thinking: ['Thinking', '思考'], as_asked: ['As the client asks', '按客户端要求'], compression: ['Compression', '压缩'], as_set: ['As the gateway is set', '按网关设置'], on: ['On', '开启'], off: ['Off', '关闭'],
    webSearch: ['Web search', '网络搜索'],
    strict: ['Refuse what would be ignored', '拒绝会被忽略的参数'], name_hint: ['Letters, digits, . _ -', '字母、数字、. _ -'],
    changed: ['Somebody else changed it meanwhile. Your input is kept; saving again overwrites theirs.', '其间已被他人修改。你的输入仍保留，再次保存将覆盖对方的修改。'], overwrite: ['Save anyway', '仍然保存'],
});

const SIZE = 50;
const list = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);
const NUMBERS = ['creditLimit', 'tokenLimit', 'creditsPerDay', 'tokensPerDay', 'creditsPerWeek', 'tokensPerWeek', 'creditsPerMonth', 'tokensPerMonth',
    'requestsPerMinute', 'requestBurst', 'tokensPerMinute', 'streamsMax'];
const LISTS = ['allowedModels', 'deniedModels', 'allowedGroups', 'allowedAccountIds', 'allowedNetworks'];
const expired = (key) => key.expiresAt !== null && key.expiresAt <= Date.now();

function State({ of }) {
    if (expired(of)) return html`<${Badge} tone="warn" icon="clock">${t('expired')}</${Badge}>`;
    if (!of.enabled) return html`<${Badge} icon="power">${t('disabled')}</${Badge}>`;
    return html`<span class="labels"><${Badge} tone="good" icon="check">${t('active')}</${Badge}>
        ${of.expiresAt && html`<span class="small faint nowrap">${t('expires', { day: day(of.expiresAt) })}</span>`}</span>`;
}

function Used({ of }) {
    const credits = of.creditLimit !== null ? t('of_credits', { used: number(of.stats.totalCredits, 2), limit: number(of.creditLimit, 2) }) : t('credits', { n: number(of.stats.totalCredits, 2) });
    return html`<div class="meter-cell">${of.creditLimit !== null && html`<${Meter} share=${of.creditLimit ? of.stats.totalCredits / of.creditLimit : 1} label=${credits} />`}
        <span class="small num">${credits}</span>
        ${of.tokenLimit !== null && html`<span class="small num">${t('of_tokens', { used: compact(of.stats.totalTokens), limit: compact(of.tokenLimit) })}</span>`}
        <span class="small faint num">${t('requests_n', { n: number(of.stats.totalRequests) })}</span></div>`;
}

function Limits({ of }) {
    const out = NUMBERS.filter((n) => of[n] !== null && n !== 'requestBurst').map((n) => t(`l_${n}`, { n: compact(of[n]) }));
    if (of.allowedModels.length + of.deniedModels.length) out.push(t('l_models', { n: of.allowedModels.length + of.deniedModels.length }));
    if (of.allowedAccountIds.length + of.allowedGroups.length) out.push(t('l_accounts'));
    if (of.allowedNetworks.length) out.push(t('l_networks'));
    if (!out.length) return html`<span class="faint small">${t('no_limits')}</span>`;
    return html`<span class="labels">${out.map((x) => html`<${Badge} key=${x}>${x}</${Badge}>`)}</span>`;
}

/** "2026-01-31T12:00" in the reader's time zone, as the input of that type has it. */
const local_time = (at) => (at ? new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : '');

function KeyForm({ of, onClose, onDone }) {
    const searches = useLoad(offers, []).data?.field('webSearch');
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const form = useRef(null);
    const wrong = (field) => (error?.field?.replace(/\[.*/, '') === field ? error.message : null);
    const submit = async (event) => {
        event?.preventDefault();
        const given = Object.fromEntries(new FormData(form.current));
        const body = { name: given.name.trim(), timeZone: given.timeZone.trim() || 'UTC', strict: given.strict === 'on',
            systemPrepend: given.systemPrepend, systemAppend: given.systemAppend, thinking: given.thinking || null, compression: given.compression || null, ...(searches ? { webSearch: given.webSearch || null } : {}),
            expiresAt: given.expiresAt ? new Date(given.expiresAt).getTime() : null };
        for (const name of NUMBERS) body[name] = given[name] === '' ? null : Number(given[name]);
        for (const name of LISTS) body[name] = list(given[name]);
        set_busy(true);
        try {
            const path = `/api/keys/${encodeURIComponent(of?.id)}`;
            onDone(of ? await put(path, body, { headers: error?.status === 412 ? {} : { 'if-match': of.etag } }) : await post('/api/keys', body));
        } catch (e) {
            if (e.status === 412) e.message = t('changed');
            set_error(e);
            set_busy(false);
            setTimeout(() => form.current?.querySelector('[aria-invalid=true]')?.focus());
        }
    };
    const input = (name, more = {}) => html`<${Field} label=${t(name)} hint=${more.hint} error=${wrong(name)}>${(p) => html`
        <input ...${p} name=${name} autocomplete="off" spellcheck="false" type="text" ...${{ ...more, hint: undefined }} />`}</${Field}>`;
    const numbers = (names) => names.map((name) => input(name, { type: 'number', min: 0, step: name.startsWith('credit') ? 'any' : 1, defaultValue: of?.[name] ?? '', hint: t('empty_no') }));
    const lists = (names) => names.map((name) => input(name, { defaultValue: of?.[name].join(', ') ?? '', hint: t(name.endsWith('Models') ? 'commas' : 'commas2') }));
    const choice = (name, first, options) => html`<${Field} label=${t(name)} error=${wrong(name)}>${(p) => html`<select ...${p} name=${name} defaultValue=${of?.[name] ?? ''}>
        <option value="" selected=${!of?.[name]}>${t(first)}</option>${options.map((o) => html`<option key=${o} value=${o} selected=${of?.[name] === o}>${['on', 'off'].includes(o) ? t(o) : o}</option>`)}</select>`}</${Field}>`;
    const area = (name) => html`<${Field} wide label=${t(name)} error=${wrong(name)}>${(p) => html`<textarea ...${p} name=${name} rows="2" defaultValue=${of?.[name] ?? ''}></textarea>`}</${Field}>`;
    const shown = error && !(error.field && form.current?.elements[error.field.replace(/\[.*/, '')]);
    const part = (name, open, body) => html`<details open=${open}><summary>${t(name)}</summary><div class="form-grid details-body">${body}</div></details>`;
    return html`<${Dialog} wide title=${of ? `${t('edit')}: ${of.name}` : t('create')} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t('cancel')}</${Button}>
        <${Button} kind="primary" busy=${busy} onClick=${() => form.current.reportValidity() && submit()}>${error?.status === 412 ? t('overwrite') : t(of ? 'save' : 'create')}</${Button}>`}>
        <form ref=${form} class="stack" onSubmit=${submit}>${shown && html`<${Problem} error=${error} />`}
        <div class="form-grid">${input('name', { required: true, maxlength: 64, defaultValue: of?.name ?? '', hint: t('name_hint') })}
            ${input('expiresAt', { type: 'datetime-local', defaultValue: local_time(of?.expiresAt) })}</div>
        ${part('f_budget', true, html`${numbers(['creditLimit', 'tokenLimit', 'creditsPerDay', 'tokensPerDay', 'creditsPerWeek', 'tokensPerWeek', 'creditsPerMonth', 'tokensPerMonth'])}
            ${input('timeZone', { defaultValue: of?.timeZone ?? Intl.DateTimeFormat().resolvedOptions().timeZone })}`)}
        ${part('f_rate', Boolean(of), numbers(['requestsPerMinute', 'requestBurst', 'tokensPerMinute', 'streamsMax']))}
        ${part('f_scope', Boolean(of), lists(LISTS))}
        ${part('f_prompt', Boolean(of), html`${choice('thinking', 'as_asked', ['off', 'low', 'medium', 'high', 'xhigh', 'max'])}${choice('compression', 'as_set', ['on', 'off'])}${searches && choice('webSearch', 'as_set', ['on', 'off'])}
            ${area('systemPrepend')}${area('systemAppend')}
            <label class="check"><input type="checkbox" name="strict" defaultChecked=${of?.strict} /><span>${t('strict')}</span></label>`)}
        <button type="submit" hidden></button></form></${Dialog}>`;
}

function Once({ secret, name, onClose }) {
    const clients = snippets(location.origin, secret);
    return html`<${Dialog} wide locked title=${`${t('once_title')}: ${name}`} onClose=${onClose} actions=${html`<${Button} kind="primary" onClick=${onClose}>${t('done')}</${Button}>`}>
        <div class="stack"><${Notice} tone="warn" icon="warn">${t('once')}</${Notice}>
        <div class="secret"><code data-test="secret">${secret}</code><${Copy} text=${secret} kind="primary" /></div>
        <h3>${t('client')}</h3><div class="card flush"><${Tabs} label=${t('client')} items=${clients.map(([client, parts]) => [client, () => html`
            <div class="stack">${parts.map((p) => html`<${Code} key=${p.title} title=${p.title} text=${p.text} />`)}</div>`])} /></div></div></${Dialog}>`;
}

function Rotate({ of, onClose, onDone }) {
    const [overlap, set_overlap] = useState('86400');
    return html`<${Confirm} title=${t('rotate_title', { name: of.name })} action=${t('rotate_do')} danger=${false} onClose=${onClose}
        work=${async () => { const made = await post(`/api/keys/${encodeURIComponent(of.id)}/rotate`, { overlapSeconds: Number(overlap) }); setTimeout(() => onDone(made)); }}>
        <p>${t('rotate_text')}</p><${Segmented} label=${t('overlap')} value=${overlap} onChange=${set_overlap} options=${['0', '3600', '86400', '604800'].map((s) => [s, t(`o${s}`)])} /></${Confirm}>`;
}

function Details({ id, onClose, onEdit, onRotate, onRevoke, onChanged }) {
    const toast = useToast();
    const loaded = useLoad(async () => {
        const [key, usage] = await Promise.all([get(`/api/keys/${encodeURIComponent(id)}`), get(`/api/usage${query({ range: '30d', keyId: id })}`)]);
        return { key, usage };
    }, [id]);
    const slices = useMemo(() => (loaded.data ? fill_series(loaded.data.usage) : []), [loaded.data]);
    const toggle = async (key) => {
        try {
            await put(`/api/keys/${encodeURIComponent(key.id)}`, { enabled: !key.enabled });
            toast(t('saved'));
            loaded.reload();
            onChanged();
        } catch (e) {
            toast(e.message, 'bad');
        }
    };
    const k = loaded.data?.key;
    return html`<${Dialog} side title=${k?.name ?? t('details')} onClose=${onClose} actions=${k && html`<${Button} kind="danger" icon="trash" onClick=${() => onRevoke(k)}>${t('revoke_do')}</${Button}>
        <span class="grow"></span><${Button} icon="power" onClick=${() => toggle(k)}>${t(k.enabled ? 'disable' : 'enable')}</${Button}>
        <${Button} icon="refresh" onClick=${() => onRotate(k)}>${t('rotate')}</${Button}><${Button} kind="primary" icon="edit" onClick=${() => onEdit(k)}>${t('edit')}</${Button}>`}>
        <${Loaded} of=${loaded}>${({ key, usage }) => html`<div class="stack wide"><div class="row"><${State} of=${key} /><code>${key.key}</code></div>
            ${key.oldKeyUntil > Date.now() && html`<${Notice}>${t('old_until', { at: full_time(key.oldKeyUntil) })}</${Notice}>`}
            <${Used} of=${key} /><${Limits} of=${key} />
            <${Chart} title=${t('usage')} slices=${slices} span_ms=${30 * 86_400_000} show=${compact} lines=${[
                { name: t('requests'), of: (s) => s.requests, colour: '--series-1', bars: true }, { name: t('failed'), of: (s) => s.errors, colour: '--series-bad', bars: true }]} />
            <dl class="facts"><dt>${t('credits_h')}</dt><dd class="num">${number(usage.totals.credits, 4)}</dd><dt>${t('tokens_h')}</dt><dd class="num">${number(usage.totals.inputTokens + usage.totals.outputTokens)}</dd>
                <dt>${t('last')}</dt><dd>${ago(key.lastUsedAt)}</dd><dt>${t('created')}</dt><dd>${full_time(key.createdAt)}</dd><dt>ID</dt><dd class="mono">${key.id}</dd></dl>
            <div><a class="button small" href=${`/admin/logs?keyId=${encodeURIComponent(key.id)}`}><${Icon} name="list" size=${16} /><span>${t('logs')}</span></a></div></div>`}</${Loaded}></${Dialog}>`;
}

function Keys() {
    const toast = useToast();
    const [typed, set_typed] = useState('');
    const [q, set_q] = useState('');
    const [from, set_from] = useState(0);
    const [dialog, set_dialog] = useState(null);
    useEffect(() => {
        const timer = setTimeout(() => { set_q(typed.trim()); set_from(0); }, 250);
        return () => clearTimeout(timer);
    }, [typed]);
    const loaded = useLoad(() => get(`/api/keys${query({ q, limit: SIZE, cursor: from })}`), [q, from]);
    const close = () => set_dialog(null);
    const done = (answer) => {
        loaded.reload();
        if (typeof answer.key === 'string') set_dialog({ once: answer });
        else {
            toast(t('saved'));
            close();
        }
    };
    return html`<${PageHead} title=${t('title')} lead=${t('lead')}><${Button} kind="primary" icon="plus" onClick=${() => set_dialog({ form: true })}>${t('create')}</${Button}></${PageHead}>
        <div class="toolbar"><div class="search"><${Icon} name="search" /><label class="sr" for="q">${t('search')}</label>
            <input id="q" type="search" placeholder=${t('search')} value=${typed} onInput=${(e) => set_typed(e.target.value)} /></div></div>
        <section class="card flush"><${Loaded} of=${loaded}>${(d) => d.keys.length === 0 ? html`<${Empty} icon="key" title=${t(q ? 'no_match' : 'none')} action=${q
                ? html`<${Button} onClick=${() => set_typed('')}>${t('clear')}</${Button}>` : html`<${Button} kind="primary" icon="plus" onClick=${() => set_dialog({ form: true })}>${t('create')}</${Button}>`}>${q ? null : t('none_text')}</${Empty}>` : html`
            <div class="table-wrap"><table class="table cards"><caption class="sr">${t('title')}</caption><thead><tr>${['name', 'state', 'used', 'limits', 'last'].map((h) => html`<th key=${h} scope="col">${t(h)}</th>`)}</tr></thead>
            <tbody>${d.keys.map((key) => html`<tr key=${key.id}><td class="lead"><span class="account-name"><button type="button" class="link" onClick=${() => set_dialog({ open: key.id })}>${key.name}</button>
                <code class="faint">${key.key}</code></span></td><td data-name=${t('state')}><${State} of=${key} /></td><td data-name=${t('used')}><${Used} of=${key} /></td>
                <td data-name=${t('limits')}><${Limits} of=${key} /></td><td data-name=${t('last')} class="nowrap">${ago(key.lastUsedAt)}</td></tr>`)}</tbody></table></div>
            <${Pager} from=${from} size=${SIZE} total=${d.total} onMove=${set_from} />`}</${Loaded}></section>
        ${dialog?.form && html`<${KeyForm} of=${dialog.of} onClose=${close} onDone=${done} />`}
        ${dialog?.once && html`<${Once} secret=${dialog.once.key} name=${dialog.once.name} onClose=${close} />`}
        ${dialog?.open && html`<${Details} id=${dialog.open} onClose=${close} onChanged=${loaded.reload} onEdit=${(k) => set_dialog({ form: true, of: k })}
            onRotate=${(k) => set_dialog({ rotate: k })} onRevoke=${(k) => set_dialog({ revoke: k })} />`}
        ${dialog?.rotate && html`<${Rotate} of=${dialog.rotate} onClose=${close} onDone=${done} />`}
        ${dialog?.revoke && html`<${Confirm} title=${t('revoke_title', { name: dialog.revoke.name })} action=${t('revoke')} onClose=${close} work=${async () => {
            await remove(`/api/keys/${encodeURIComponent(dialog.revoke.id)}`);
            toast(t('revoked'));
            loaded.reload();
        }}><p>${t('revoke_text')}</p></${Confirm}>`}`;
}

mount(Keys, { guarded: true });

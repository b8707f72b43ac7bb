import { get, offers, post, put, query, remove } from '../lib/api.js';
import { ago, day, full_time, number, percent, texts } from '../lib/i18n.js';
import { every } from '../lib/live.js';
import { mount, PageHead } from '../lib/shell.js';
import { ACCOUNT_STATES, AccountState, Circuit, name_of, Outcome, state_text } from '../lib/state.js';
import { ExportDialog, ImportDialog } from '../lib/transfer.js';
import {
    html, cx, Badge, Button, Confirm, Dialog, Empty, Field, Icon, Loaded, Meter, Pager, Problem, Skeleton, or_none,
    useEffect, useLoad, useRef, useState, useToast,
} from '../lib/ui.js';

const t = texts({
    title: ['Accounts', '账号'],
    lead: ['The Kiro logins that answer requests, and how each is doing.', '用于应答请求的 Kiro 登录账号及其状态。'],
    add: ['Add account', '添加账号'],
    search: ['Search: name, note, or terms such as group:paid usage:>80', '搜索：名称、备注，或 group:paid usage:>80 等条件'],
    state: ['State', '状态'], any_state: ['Any state', '全部状态'],
    group: ['Group', '分组'], any_group: ['Any group', '全部分组'], tag: ['Tag', '标签'], any_tag: ['Any tag', '全部标签'],
    account: ['Account', '账号'], quota: ['Quota', '额度'], health: ['Health', '健康度'], in_flight: ['In flight', '处理中'],
    day: ['Last 24 h', '近 24 小时'], labels: ['Groups and tags', '分组与标签'], last: ['Last used', '最近使用'],
    used_of: ['{used} of {limit}', '{used} / {limit}'], resets: ['resets {day}', '{day} 重置'],
    forecast: ['at this pace used up {when}', '按当前速度将于 {when} 用尽'],
    unknown_quota: ['not known yet', '尚未获知'],
    day_text: ['{n} requests, {errors} failed', '{n} 请求，{errors} 失败'],
    select_all: ['Select all on this page', '选择本页全部'], select: ['Select {name}', '选择 {name}'],
    selected: ['{n} selected', '已选 {n} 个'], all_matching: ['Select all {n} that match', '选择全部 {n} 个匹配项'], clear: ['Clear', '清除'],
    enable: ['Enable', '启用'], disable: ['Disable', '停用'], reset: ['Reset failures', '清除故障'], tag_do: ['Add tag…', '加标签…'],
    groups_do: ['Set groups…', '设置分组…'], remove: ['Remove', '移除'], remove_do: ['Remove…', '移除…'], refresh: ['Refresh token', '刷新令牌'], edit: ['Edit', '编辑'],
    remove_title: ['Remove {n} account(s)?', '移除 {n} 个账号？'],
    remove_text: ['Their tokens are deleted and cannot be brought back. Requests in progress end normally.', '令牌将被删除且无法恢复。进行中的请求会正常结束。'],
    done: ['Done for {n} account(s)', '已处理 {n} 个账号'], some_failed: ['{n} failed: {why}', '{n} 个失败：{why}'],
    refreshed: ['The token is fresh until {at}', '令牌有效期至 {at}'], was_reset: ['What was held against it is forgotten', '故障记录已清除'],
    saved: ['Saved', '已保存'], removed: ['Removed', '已移除'], added: ['Added: it takes requests now', '已添加，可以接收请求'],
    none: ['No account yet', '还没有账号'],
    none_text: ['Add one by pasting a refresh token, or share the login of the Kiro IDE with `kirogate account import --from ide --mode follow`.',
        '粘贴刷新令牌即可添加；也可以用 `kirogate account import --from ide --mode follow` 共享 Kiro IDE 的登录。'],
    no_match: ['Nothing matches', '没有匹配项'], no_match_text: ['Take a term away, or clear the search.', '请减少条件或清除搜索。'],
    name: ['Name', '名称'], name_hint: ['Letters, digits, . _ -', '字母、数字、. _ -'], email: ['E-mail', '邮箱'], note: ['Note', '备注'],
    method: ['Sign-in', '登录方式'], social: ['Google or GitHub', 'Google 或 GitHub'], idc: ['Builder ID or IAM Identity Center', 'Builder ID 或 IAM Identity Center'],
    api_key: ['API key', 'API 密钥'], token: ['Refresh token', '刷新令牌'],
    token_hint: ['As the Kiro IDE keeps it: refreshToken in ~/.aws/sso/cache/kiro-auth-token.json. It is sealed and never shown again.',
        '即 Kiro IDE 保存在 ~/.aws/sso/cache/kiro-auth-token.json 中的 refreshToken。加密保存，不再显示。'],
    new_token: ['New refresh token', '新的刷新令牌'], keep: ['Left empty, it stays as it is.', '留空则保持不变。'],
    client_id: ['Client ID', '客户端 ID'], client_secret: ['Client secret', '客户端密钥'],
    region: ['Sign-in region', '登录区域'], api_region: ['API region', '接口区域'], provider: ['Provider', '提供方'],
    groups: ['Groups', '分组'], tags: ['Tags', '标签'], commas: ['Separated by commas', '用逗号分隔'],
    priority: ['Priority', '优先级'], priority_hint: ['Smaller comes first', '数字越小越优先'], weight: ['Weight', '权重'],
    concurrency: ['Most requests at once', '最大并发'], zero: ['0: no limit of its own', '0 表示不单独限制'], proxy: ['Proxy', '代理'],
    disabled: ['Disabled', '停用'], disabled_hint: ['It takes no new request.', '不再接收新请求。'],
    save: ['Save', '保存'], cancel: ['Cancel', '取消'], apply: ['Apply', '应用'],
    changed: ['Somebody else changed it meanwhile. Your input is kept; saving again overwrites theirs.', '其间已被他人修改。你的输入仍保留，再次保存将覆盖对方的修改。'],
    overwrite: ['Save anyway', '仍然保存'],
    details: ['Details', '详情'], reason: ['Reason', '原因'], since: ['Since', '开始时间'], circuit: ['Circuit', '熔断器'],
    expires: ['Token good until', '令牌有效期至'], created: ['Added', '添加时间'], source: ['From', '来源'], id: ['ID', 'ID'],
    errors: ['Last errors', '最近的错误'], no_errors: ['None on record.', '没有记录。'], month: ['Last 30 days', '近 30 天'],
    month_text: ['{requests} requests, {errors} failed, {credits} credits', '{requests} 请求，{errors} 失败，{credits} 积分'],
    import_do: ['Import', '导入'], export_do: ['Export', '导出'], verify: ['Verify', '验证'], valid: ['Upstream accepts its login', '上游接受该登录'], invalid: ['Upstream refuses its login: {why}', '上游拒绝该登录：{why}'], plan: ['Plan', '套餐'],
    logs: ['Its requests', '它的请求'], more: ['More settings', '更多设置'], import_hint: ['More ways to add: kirogate account import', '更多添加方式：kirogate account import'],
});

const SIZE = 50;
const list = (text) => text.split(',').map((one) => one.trim()).filter(Boolean);

/** When the plan would be used up, were it spent evenly since `resetsAt` minus a month; null when it would last. */
function forecast(quota) {
    if (!quota?.resetsAt || !quota.limit || !quota.used) return null;
    const begin = new Date(quota.resetsAt);
    begin.setUTCMonth(begin.getUTCMonth() - 1);
    const gone = Date.now() - begin;
    if (gone < 3_600_000) return null;
    const end = begin.getTime() + gone * (quota.limit / quota.used);
    return end < quota.resetsAt ? Math.max(end, Date.now()) : null;
}

function Quota({ quota }) {
    if (!quota) return html`<span class="faint small">${t('unknown_quota')}</span>`;
    const spent = t('used_of', { used: number(quota.used, 1), limit: number(quota.limit) });
    const end = forecast(quota);
    return html`<div class="meter-cell"><${Meter} share=${quota.limit ? quota.used / quota.limit : 0} label=${spent} />
        <span class="small num">${spent} <span class="faint">· ${percent(quota.limit ? quota.used / quota.limit : null, 0)}</span></span>
        <span class="small faint">${t('resets', { day: day(quota.resetsAt) })}${end && html` · <span>${t('forecast', { when: ago(end) })}</span>`}</span></div>`;
}

const Health = ({ account }) => html`<span class="health num"><span class=${cx('dot', account.health >= 80 ? 'good' : account.health >= 40 ? 'warn' : 'bad')}></span>${account.health}</span>`;
const Labels = ({ account }) => html`<span class="labels">${account.groups.map((g) => html`<${Badge} key=${`g${g}`} tone="accent" icon="users">${g}</${Badge}>`)}
    ${account.tags.map((g) => html`<${Badge} key=${`t${g}`} icon="tag">${g}</${Badge}>`)}</span>`;

/** One form for adding and editing; what the API finds wrong is shown at its field. */
function AccountForm({ account, onClose, onDone }) {
    const toast = useToast();
    const [method, set_method] = useState(account?.authMethod ?? 'social');
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const form = useRef(null);
    const wrong = (field) => (error?.field?.replace(/\[.*/, '') === field ? error.message : null);
    const submit = async (event) => {
        event?.preventDefault();
        const given = Object.fromEntries(new FormData(form.current));
        const body = { name: given.name, email: given.email, note: given.note, groups: list(given.groups), tags: list(given.tags),
            priority: Number(given.priority), weight: Number(given.weight), maxConcurrency: Number(given.maxConcurrency) };
        for (const name of ['refreshToken', 'apiKey', 'clientId', 'clientSecret', 'region', 'apiRegion', 'proxy', 'provider']) {
            const value = given[name]?.trim();
            if (value) body[name] = value;
        }
        if (account) body.disabled = given.disabled === 'on';
        else body.authMethod = method;
        set_busy(true);
        try {
            if (account) await put(`/api/accounts/${encodeURIComponent(account.id)}`, body, { headers: error?.status === 412 ? {} : { 'if-match': account.etag } });
            else await post('/api/accounts', body);
            toast(t(account ? 'saved' : 'added'));
            onDone();
        } catch (e) {
            if (e.status === 412) e.message = t('changed');
            set_error(e);
            set_busy(false);
            setTimeout(() => form.current?.querySelector('[aria-invalid=true]')?.focus());
        }
    };
    const text = (name, label, value, { hint, ...more } = {}) => html`<${Field} label=${label} hint=${hint} error=${wrong(name)}>${(p) => html`
        <input ...${p} name=${name} type="text" autocomplete="off" spellcheck="false" defaultValue=${value ?? ''} ...${more} />`}</${Field}>`;
    const secret = (name, label, hint) => html`<${Field} wide label=${label} hint=${hint} error=${wrong(name)}>${(p) => html`
        <textarea ...${p} name=${name} rows="3" class="mono" autocomplete="off" spellcheck="false" required=${!account}></textarea>`}</${Field}>`;
    const count = (name, label, value, hint) => html`<${Field} label=${label} hint=${hint} error=${wrong(name)}>${(p) => html`
        <input ...${p} name=${name} type="number" min="0" required defaultValue=${value} />`}</${Field}>`;
    const shown = error && !(error.field && form.current?.elements[error.field.replace(/\[.*/, '')]);
    return html`<${Dialog} wide title=${account ? `${t('edit')}: ${name_of(account)}` : t('add')} onClose=${onClose} actions=${html`
        <${Button} onClick=${onClose}>${t('cancel')}</${Button}>
        <${Button} kind="primary" busy=${busy} onClick=${() => form.current.reportValidity() && submit()}>${error?.status === 412 ? t('overwrite') : t(account ? 'save' : 'add')}</${Button}>`}>
        <form ref=${form} class="stack" onSubmit=${submit}>
        ${shown && html`<${Problem} error=${error} />`}
        <div class="form-grid">
            ${!account && html`<${Field} wide label=${t('method')}>${(p) => html`<select ...${p} value=${method} onChange=${(e) => set_method(e.target.value)}>
                <option value="social">${t('social')}</option><option value="idc">${t('idc')}</option><option value="api-key">${t('api_key')}</option></select>`}</${Field}>`}
            ${method === 'api-key' ? secret('apiKey', t('api_key'), account && t('keep')) : secret('refreshToken', t(account ? 'new_token' : 'token'), account ? t('keep') : t('token_hint'))}
            ${method === 'idc' && html`${text('clientId', t('client_id'), account?.clientId, { required: !account })}${text('clientSecret', t('client_secret'), '', { hint: account && t('keep'), required: !account })}`}
            ${text('name', t('name'), account?.name, { hint: t('name_hint'), maxlength: 64 })}${text('email', t('email'), account?.email, { maxlength: 320 })}
            ${text('groups', t('groups'), account?.groups.join(', '), { hint: t('commas') })}${text('tags', t('tags'), account?.tags.join(', '), { hint: t('commas') })}
            <${Field} wide label=${t('note')} error=${wrong('note')}>${(p) => html`<textarea ...${p} name="note" rows="2" defaultValue=${account?.note ?? ''}></textarea>`}</${Field}>
        </div>
        <details open=${Boolean(account)}><summary>${t('more')}</summary><div class="form-grid details-body">
            ${count('priority', t('priority'), account?.priority ?? 0, t('priority_hint'))}${count('weight', t('weight'), account?.weight ?? 1)}
            ${count('maxConcurrency', t('concurrency'), account?.maxConcurrency ?? 0, t('zero'))}
            ${text('region', t('region'), account?.region, { placeholder: 'us-east-1' })}${text('apiRegion', t('api_region'), account?.apiRegion)}
            ${text('provider', t('provider'), account?.provider)}${text('proxy', t('proxy'), '', { placeholder: 'socks5h://host:1080', hint: account?.hasProxy ? t('keep') : null })}
        </div></details>
        ${account && html`<label class="check"><input type="checkbox" name="disabled" defaultChecked=${account.disabled} /><span>${t('disabled')}<span class="hint"> · ${t('disabled_hint')}</span></span></label>`}
        ${!account && html`<p class="small faint">${t('import_hint')}</p>`}
        <button type="submit" hidden></button></form></${Dialog}>`;
}

/** What is known of one account, and what can be done with it. */
function Details({ id, has, onClose, onEdit, onRemove, onChanged }) {
    const toast = useToast();
    const loaded = useLoad(async () => {
        const path = `/api/accounts/${encodeURIComponent(id)}`;
        const [account, usage, failed] = await Promise.all([get(path), get(`${path}/usage`), get(`/api/proxy/logs${query({ accountId: id, outcome: 'failed', limit: 5 })}`)]);
        return { account, usage, failed: failed.logs };
    }, [id]);
    const [busy, set_busy] = useState(null);
    const run = async (name, work) => {
        set_busy(name);
        try {
            toast(await work());
            loaded.reload();
            onChanged();
        } catch (e) {
            toast(e.message, 'bad');
        }
        set_busy(null);
    };
    const path = `/api/accounts/${encodeURIComponent(id)}`;
    const refresh = () => run('refresh', async () => t('refreshed', { at: full_time((await post(`${path}/refresh`)).expiresAt) }));
    const reset = () => run('reset', async () => { await post(`${path}/reset`); return t('was_reset'); });
    const verify = () => run('verify', async () => {
        const answer = await post(`${path}/verify`);
        if (!answer.valid) throw new Error(t('invalid', { why: answer.error ?? '' }));
        return t('valid');
    });
    const toggle = (a) => run('toggle', async () => { await put(path, { disabled: !a.disabled }); return t('saved'); });
    const a = loaded.data?.account;
    return html`<${Dialog} side title=${a ? name_of(a) : t('details')} onClose=${onClose} actions=${a && html`
        <${Button} kind="danger" icon="trash" onClick=${() => onRemove(a)}>${t('remove')}</${Button}><span class="grow"></span>
        <${Button} icon="power" busy=${busy === 'toggle'} onClick=${() => toggle(a)}>${t(a.disabled ? 'enable' : 'disable')}</${Button}>
        <${Button} kind="primary" icon="edit" onClick=${() => onEdit(a)}>${t('edit')}</${Button}>`}>
        <${Loaded} of=${loaded}>${({ account, usage, failed }) => {
            const sum = usage.history.reduce((s, d) => ({ requests: s.requests + d.requests, errors: s.errors + d.errors, credits: s.credits + d.credits }), { requests: 0, errors: 0, credits: 0 });
            return html`<div class="stack wide"><div class="row"><${AccountState} account=${account} /><${Labels} account=${account} /></div>
            ${account.stateReason && html`<div class=${cx('notice', account.isAvailable ? 'info' : 'warn')}><${Icon} name="info" /><span class="grow">${account.stateReason}</span></div>`}
            <${Quota} quota=${account.quota} />
            <div class="row">${account.hasRefreshToken && html`<${Button} small icon="refresh" busy=${busy === 'refresh'} onClick=${refresh}>${t('refresh')}</${Button}>`}
                ${has?.path('/api/accounts/{id}/verify') && html`<${Button} small icon="check" busy=${busy === 'verify'} onClick=${verify}>${t('verify')}</${Button}>`}
                <${Button} small icon="bolt" busy=${busy === 'reset'} onClick=${reset}>${t('reset')}</${Button}>
                <a class="button small" href=${`/admin/logs?accountId=${encodeURIComponent(account.id)}`}><${Icon} name="list" size=${16} /><span>${t('logs')}</span></a></div>
            <dl class="facts"><dt>${t('email')}</dt><dd>${or_none(account.email)}</dd>
                <dt>${t('method')}</dt><dd>${account.authMethod}${account.provider ? ` · ${account.provider}` : ''}</dd>
                ${account.subscriptionType && html`<dt>${t('plan')}</dt><dd>${account.subscriptionType}</dd>`}
                <dt>${t('health')}</dt><dd><${Health} account=${account} /></dd><dt>${t('circuit')}</dt><dd><${Circuit} circuit=${account.circuit} /></dd>
                <dt>${t('in_flight')}</dt><dd class="num">${number(account.inFlight)}</dd>
                <dt>${t('since')}</dt><dd>${full_time(account.stateSince)}</dd><dt>${t('expires')}</dt><dd>${full_time(account.expiresAt)}</dd>
                <dt>${t('last')}</dt><dd>${ago(account.lastUsed)}</dd><dt>${t('created')}</dt><dd>${full_time(account.createdAt)}</dd>
                <dt>${t('source')}</dt><dd>${or_none(account.source)}</dd><dt>${t('region')}</dt><dd>${account.region}</dd>
                <dt>${t('note')}</dt><dd>${or_none(account.note)}</dd><dt>${t('id')}</dt><dd class="mono">${account.id}</dd>
                <dt>${t('month')}</dt><dd>${t('month_text', { requests: number(sum.requests), errors: number(sum.errors), credits: number(sum.credits, 2) })}</dd></dl>
            <section><h3>${t('errors')}</h3>${failed.length === 0 ? html`<p class="muted">${t('no_errors')}</p>` : html`<ul class="events">${failed.map((r) => html`
                <li key=${r.requestId}><${Outcome} record=${r} /><a class="clip mono" href=${`/admin/logs?requestId=${encodeURIComponent(r.requestId)}`}>${r.error ?? r.status}</a>
                <span class="small faint nowrap">${ago(r.timestamp)}</span></li>`)}</ul>`}</section></div>`;
        }}</${Loaded}></${Dialog}>`;
}

function LabelDialog({ op, onClose, onApply }) {
    const [value, set_value] = useState('');
    const groups = op === 'set-groups';
    return html`<${Confirm} title=${t(groups ? 'groups_do' : 'tag_do')} action=${t('apply')} danger=${false} onClose=${onClose}
        work=${() => onApply(op, groups ? { groups: list(value) } : { tags: list(value) })}>
        <${Field} label=${t(groups ? 'groups' : 'tags')} hint=${t('commas')}>${(p) => html`<input ...${p} value=${value} onInput=${(e) => set_value(e.target.value)} />`}</${Field}></${Confirm}>`;
}

const COLUMNS = [['name', 'account', 'name'], ['state', 'state', 'state'], ['quota', 'quota', 'usage'], ['health', 'health', 'health'],
    ['inFlight', 'in_flight', null], ['day', 'day', 'requests'], ['labels', 'labels', null], ['last', 'last', 'lastUsed']];

function Table({ rows, sort, onSort, chosen, onChoose, onOpen }) {
    const [by, direction] = sort.split(':');
    const all = rows.length > 0 && rows.every((a) => chosen.has(a.id));
    return html`<div class="table-wrap"><table class="table cards"><caption class="sr">${t('title')}</caption><thead><tr>
        <th class="check-cell" scope="col"><input type="checkbox" aria-label=${t('select_all')} checked=${all} onChange=${() => onChoose(rows.map((a) => a.id), !all)} /></th>
        ${COLUMNS.map(([key, name, order]) => html`<th key=${key} scope="col" aria-sort=${order && by === order ? (direction === 'desc' ? 'descending' : 'ascending') : null}>
            ${order ? html`<button type="button" class="sort" onClick=${() => onSort(by === order && direction === 'asc' ? `${order}:desc` : `${order}:asc`)}>${t(name)}<${Icon} name="chevron" size=${13} /></button>` : t(name)}</th>`)}
        </tr></thead><tbody>${rows.map((a) => html`<tr key=${a.id} class=${chosen.has(a.id) ? 'chosen' : ''}>
            <td class="check-cell"><input type="checkbox" aria-label=${t('select', { name: name_of(a) })} checked=${chosen.has(a.id)} onChange=${(e) => onChoose([a.id], e.target.checked)} /></td>
            <td class="lead"><span class="account-name"><button type="button" class="link" onClick=${() => onOpen(a.id)}>${name_of(a)}</button>
                ${a.email && a.name && html`<span class="small faint">${a.email}</span>`}${a.subscriptionType && html`<span class="small faint">${a.subscriptionType}</span>`}</span></td>
            <td data-name=${t('state')}><span class="cell-stack"><${AccountState} account=${a} />${a.stateReason && html`<span class="small faint reason" title=${a.stateReason}>${a.stateReason}</span>`}</span></td>
            <td data-name=${t('quota')}><${Quota} quota=${a.quota} /></td><td data-name=${t('health')}><${Health} account=${a} /></td>
            <td data-name=${t('in_flight')} class="num">${number(a.inFlight)}</td>
            <td data-name=${t('day')} class="num"><span>${number(a.requestCount)}${a.errorCount > 0 && html` <${Badge} tone="bad" icon="warn">${number(a.errorCount)}</${Badge}>`}</span></td>
            <td data-name=${t('labels')} class=${a.groups.length + a.tags.length ? '' : 'bare-cell'}><${Labels} account=${a} /></td><td data-name=${t('last')} class="nowrap">${ago(a.lastUsed)}</td></tr>`)}</tbody></table></div>`;
}

function Accounts() {
    const toast = useToast();
    const asked = new URLSearchParams(location.search);
    const [q, set_q] = useState(asked.get('q') ?? '');
    const [typed, set_typed] = useState(q);
    const [filter, set_filter] = useState({ state: '', group: '', tag: '' });
    const [sort, set_sort] = useState('name:asc');
    const [from, set_from] = useState(0);
    const [chosen, set_chosen] = useState(new Set());
    const [everything, set_everything] = useState(false);
    const [dialog, set_dialog] = useState(asked.get('open') ? { open: asked.get('open') } : null);
    useEffect(() => {
        const timer = setTimeout(() => { if (typed !== q) { set_q(typed); set_from(0); } }, 250);
        return () => clearTimeout(timer);
    }, [typed]);
    const term = [q.trim(), ...Object.entries(filter).filter(([, v]) => v).map(([k, v]) => `${k}:${v}`)].filter(Boolean).join(' ');
    const loaded = useLoad(() => get(`/api/accounts${query({ q: term, sort, limit: SIZE, cursor: from })}`), [term, sort, from]);
    const labels = useLoad(() => get('/api/groups'), []);
    const has = useLoad(offers, []).data;
    const reload = () => { loaded.reload(); labels.reload(); };
    const again = useRef(loaded.reload);
    again.current = loaded.reload;
    useEffect(() => every(10_000, () => again.current()), []);
    const choose = (ids, on) => {
        set_everything(false);
        set_chosen((before) => {
            const next = new Set(before);
            for (const id of ids) on ? next.add(id) : next.delete(id);
            return next;
        });
    };
    const total = loaded.data?.total ?? 0;
    const count = everything ? total : chosen.size;
    const batch = async (op, args) => {
        const answer = await post('/api/accounts/batch', { op, select: everything ? { q: term || 'all' } : { ids: [...chosen] }, ...(args ? { args } : {}) });
        toast(t('done', { n: answer.success }));
        if (answer.failed > 0) toast(t('some_failed', { n: answer.failed, why: answer.errors[0].error }), 'bad');
        if (op === 'delete') clear();
        reload();
    };
    const quick = (op) => batch(op).catch((e) => toast(e.message, 'bad'));
    const clear = () => { set_chosen(new Set()); set_everything(false); };
    const filtered = Boolean(term);
    const pick = (key, name, any, items, say = (x) => x) => html`<label class="sr" for=${`f-${key}`}>${t(name)}</label>
        <select id=${`f-${key}`} value=${filter[key]} onChange=${(e) => { set_filter({ ...filter, [key]: e.target.value }); set_from(0); }}>
        <option value="">${t(any)}</option>${items.map((x) => html`<option key=${x} value=${x}>${say(x)}</option>`)}</select>`;
    return html`<${PageHead} title=${t('title')} lead=${t('lead')}>
        ${has?.path('/api/accounts/import') && html`<${Button} onClick=${() => set_dialog({ import: true })}>${t('import_do')}</${Button}>`}
        ${has?.path('/api/accounts/export') && total > 0 && html`<${Button} onClick=${() => set_dialog({ export: true })}>${t('export_do')}</${Button}>`}
        <${Button} kind="primary" icon="plus" onClick=${() => set_dialog({ add: true })}>${t('add')}</${Button}></${PageHead}>
        <div class="toolbar"><div class="search"><${Icon} name="search" /><label class="sr" for="q">${t('search')}</label>
            <input id="q" type="search" placeholder=${t('search')} value=${typed} onInput=${(e) => set_typed(e.target.value)} /></div>
            ${pick('state', 'state', 'any_state', ACCOUNT_STATES, state_text)}
            ${labels.data?.groups.length > 0 && pick('group', 'group', 'any_group', labels.data.groups.map((g) => g.name))}
            ${labels.data?.tags.length > 0 && pick('tag', 'tag', 'any_tag', labels.data.tags.map((g) => g.name))}</div>
        <section class="card flush">${loaded.error && html`<${Problem} error=${loaded.error} retry=${loaded.reload} />`}
            ${!loaded.data ? !loaded.error && html`<div class="pad"><${Skeleton} rows=${8} /></div>` : loaded.data.accounts.length === 0
                ? html`<${Empty} icon="users" title=${t(filtered ? 'no_match' : 'none')} action=${filtered
                    ? html`<${Button} onClick=${() => { set_typed(''); set_q(''); set_filter({ state: '', group: '', tag: '' }); }}>${t('clear')}</${Button}>`
                    : html`<${Button} kind="primary" icon="plus" onClick=${() => set_dialog({ add: true })}>${t('add')}</${Button}>`}>${t(filtered ? 'no_match_text' : 'none_text')}</${Empty}>`
                : html`<${Table} rows=${loaded.data.accounts} sort=${sort} onSort=${(s) => { set_sort(s); set_from(0); }} chosen=${everything ? new Set(loaded.data.accounts.map((a) => a.id)) : chosen} onChoose=${choose} onOpen=${(id) => set_dialog({ open: id })} />
                <${Pager} from=${from} size=${SIZE} total=${total} onMove=${set_from} />`}</section>
        ${count > 0 && html`<div class="bulk" role="region" aria-label=${t('selected', { n: number(count) })}><strong class="num" aria-live="polite">${t('selected', { n: number(count) })}</strong>
            ${!everything && total > chosen.size && html`<${Button} small kind="ghost" onClick=${() => set_everything(true)}>${t('all_matching', { n: number(total) })}</${Button}>`}
            <span class="grow"></span><${Button} small onClick=${() => quick('enable')}>${t('enable')}</${Button}><${Button} small onClick=${() => quick('disable')}>${t('disable')}</${Button}>
            <${Button} small onClick=${() => quick('reset')}>${t('reset')}</${Button}><${Button} small onClick=${() => set_dialog({ label: 'tag' })}>${t('tag_do')}</${Button}>
            <${Button} small onClick=${() => set_dialog({ label: 'set-groups' })}>${t('groups_do')}</${Button}>
            <${Button} small kind="danger" onClick=${() => set_dialog({ remove_many: true })}>${t('remove_do')}</${Button}>
            <${Button} small kind="ghost" icon="x" label=${t('clear')} onClick=${clear} /></div>`}
        ${dialog?.import && html`<${ImportDialog} onClose=${() => set_dialog(null)} onDone=${reload} />`}
        ${dialog?.export && html`<${ExportDialog} ids=${everything ? [] : [...chosen]} term=${term} total=${total} onClose=${() => set_dialog(null)} />`}
        ${dialog?.open && html`<${Details} id=${dialog.open} has=${has} onClose=${() => set_dialog(null)} onChanged=${reload} onEdit=${(a) => set_dialog({ edit: a })} onRemove=${(a) => set_dialog({ remove: a })} />`}
        ${(dialog?.add || dialog?.edit) && html`<${AccountForm} account=${dialog.edit} onClose=${() => set_dialog(null)} onDone=${() => { set_dialog(null); reload(); }} />`}
        ${dialog?.label && html`<${LabelDialog} op=${dialog.label} onClose=${() => set_dialog(null)} onApply=${batch} />`}
        ${dialog?.remove_many && html`<${Confirm} title=${t('remove_title', { n: number(count) })} action=${t('remove')} work=${() => batch('delete')} onClose=${() => set_dialog(null)}><p>${t('remove_text')}</p></${Confirm}>`}
        ${dialog?.remove && html`<${Confirm} title=${t('remove_title', { n: 1 })} action=${t('remove')} onClose=${() => set_dialog(null)} work=${async () => {
            await remove(`/api/accounts/${encodeURIComponent(dialog.remove.id)}`);
            toast(t('removed'));
            choose([dialog.remove.id], false);
            reload();
        }}><p><strong>${name_of(dialog.remove)}</strong></p><p>${t('remove_text')}</p></${Confirm}>`}`;
}

mount(Accounts, { guarded: true });

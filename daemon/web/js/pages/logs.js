import { get, query } from '../lib/api.js';
import { compact, duration, full_time, number, texts, time } from '../lib/i18n.js';
import { watch_requests } from '../lib/live.js';
import { mount, PageHead } from '../lib/shell.js';
import { Outcome, outcome_of, read_names } from '../lib/state.js';
import { html, cx, Badge, Button, Copy, Dialog, Empty, Icon, Loaded, Problem, Segmented, Skeleton, or_none, useEffect, useLoad, useRef, useState } from '../lib/ui.js';

const t = texts({
    title: ['Logs', '日志'],
    lead: ['What was asked and how it went. What was said is not stored.', '记录每个请求的情况；不保存对话内容。'],
    requests: ['Requests', '请求'], audit: ['Changes by operators', '操作审计'], view: ['View', '视图'],
    follow: ['Follow live', '实时跟踪'], following: ['Following', '跟踪中'], paused: ['Paused', '已暂停'], lost: ['Reconnecting…', '重新连接中…'],
    outcome: ['Outcome', '结果'], any: ['Any outcome', '全部结果'], ok: ['OK', '成功'], failed: ['Failed', '失败'], cancelled: ['Cancelled', '已取消'],
    api: ['API', '接口'], any_api: ['Any API', '全部接口'], key: ['Key', '密钥'], any_key: ['Any key', '全部密钥'], model: ['Model', '模型'], account: ['Account', '账号'], any_account: ['Any account', '全部账号'],
    range: ['Time', '时间'], any_time: ['Any time', '全部时间'], h1: ['Last hour', '近 1 小时'], h24: ['Last 24 hours', '近 24 小时'], d7: ['Last 7 days', '近 7 天'],
    request_id: ['Request id', '请求 ID'], error: ['Error', '错误'], time: ['Time', '时间'], status: ['Status', '状态'], first: ['First event', '首个事件'], total: ['Total', '总耗时'], tokens: ['Tokens', '令牌'], credits: ['Credits', '积分'],
    in_out: ['{in} in · {out} out', '入 {in} · 出 {out}'], attempts: ['Tries upstream', '上游尝试次数'], stream: ['Streamed', '流式'], yes: ['yes', '是'], no: ['no', '否'], wire: ['Model upstream', '上游模型'], cache: ['Cache read / written', '缓存读 / 写'],
    more: ['Show older', '加载更早的'], none: ['No request is on record', '没有请求记录'], none_text: ['They appear here when they end.', '请求结束后会显示在这里。'],
    no_match: ['No request matches', '没有匹配的请求'], clear: ['Clear filters', '清除筛选'], details: ['Request', '请求'], dropped: ['{n} more passed too fast to be shown here.', '另有 {n} 条因过快未显示。'],
    open_account: ['Open account', '打开账号'], who: ['Who', '操作者'], did: ['What', '操作'], target: ['On what', '对象'], from: ['From', '来源'], detail: ['Details', '详情'], no_audit: ['Nothing was changed yet', '还没有任何修改'],
    copy_link: ['Copy link', '复制链接'],
});

const APIS = ['openai', 'anthropic', 'responses', 'completions', 'summary'];
const SINCE = { h1: 3_600_000, h24: 86_400_000, d7: 7 * 86_400_000 };
const FILTERS = ['outcome', 'apiType', 'keyId', 'accountId', 'model', 'requestId', 'error'];
const FOLLOW_MAX = 500;

/** Whether a request that just ended belongs into the list as it is filtered. */
const passes = (record, f) =>
    (!f.outcome || outcome_of(record) === (f.outcome === 'ok' ? 'success' : f.outcome)) && (!f.apiType || record.apiType === f.apiType) &&
    (!f.keyId || record.keyId === f.keyId) && (!f.accountId || record.accountId === f.accountId) && (!f.model || record.model === f.model) &&
    (!f.requestId || record.requestId === f.requestId) && (!f.error || record.error === f.error);

function Details({ of, names, onClose }) {
    return html`<${Dialog} side title=${t('details')} onClose=${onClose}><div class="stack wide"><div class="row"><${Outcome} record=${of} />${of.error && html`<strong class="mono">${of.error}</strong>`}</div>
        <dl class="facts"><dt>${t('time')}</dt><dd>${full_time(of.timestamp)}</dd><dt>${t('request_id')}</dt><dd class="mono">${of.requestId}</dd><dt>${t('api')}</dt><dd>${of.apiType}</dd>
            <dt>${t('model')}</dt><dd class="mono">${of.model}</dd><dt>${t('wire')}</dt><dd class="mono">${or_none(of.wireModel)}</dd><dt>${t('key')}</dt><dd>${names?.key(of.keyId) ?? of.keyId}</dd>
            <dt>${t('account')}</dt><dd>${of.accountId ? html`<a href=${`/admin/accounts?open=${encodeURIComponent(of.accountId)}`}>${names?.account(of.accountId) ?? of.accountId}</a>` : or_none('')}</dd>
            <dt>${t('stream')}</dt><dd>${t(of.stream ? 'yes' : 'no')}</dd><dt>${t('attempts')}</dt><dd class="num">${of.attempts}</dd>
            <dt>${t('first')}</dt><dd class="num">${duration(of.firstEvent)}</dd><dt>${t('total')}</dt><dd class="num">${duration(of.duration)}</dd>
            <dt>${t('tokens')}</dt><dd class="num">${t('in_out', { in: number(of.inputTokens), out: number(of.outputTokens) })}</dd>
            <dt>${t('cache')}</dt><dd class="num">${number(of.cacheReadTokens)} / ${number(of.cacheWriteTokens)}</dd><dt>${t('credits')}</dt><dd class="num">${number(of.credits, 4)}</dd></dl>
        <div><${Copy} label=${t('copy_link')} text=${`${location.origin}/admin/logs?requestId=${encodeURIComponent(of.requestId)}`} /></div></div></${Dialog}>`;
}

function Requests() {
    const asked = new URLSearchParams(location.search);
    const [filter, set_filter] = useState(Object.fromEntries(FILTERS.map((f) => [f, asked.get(f) ?? ''])));
    const [since, set_since] = useState('');
    const [older, set_older] = useState({ rows: [], next: undefined });
    const [fresh, set_fresh] = useState([]);
    const [missed, set_missed] = useState(0);
    const [follow, set_follow] = useState(true);
    const [live, set_live] = useState('paused');
    const [open, set_open] = useState(null);
    const names = useLoad(read_names, []);
    const ask = (cursor) => get(`/api/proxy/logs${query({ ...filter, from: since ? Date.now() - SINCE[since] : null, limit: 100, cursor })}`);
    const loaded = useLoad(async () => {
        const page = await ask(null);
        set_older({ rows: [], next: undefined });
        set_fresh([]);
        return page;
    }, [JSON.stringify(filter), since]);
    const now = useRef({});
    now.current = { filter, reload: loaded.reload };
    useEffect(() => {
        if (!follow) {
            set_live('paused');
            return undefined;
        }
        let before = null;
        return watch_requests({
            on_request: (record) => { if (passes(record, now.current.filter)) set_fresh((rows) => [record, ...rows].slice(0, FOLLOW_MAX)); },
            on_dropped: (n) => set_missed((m) => m + n),
            on_state: (state) => {
                if (before && before !== 'live' && state === 'live') now.current.reload();
                before = state;
                set_live(state);
            },
        });
    }, [follow]);
    const change = (name, value) => {
        const next = { ...filter, [name]: value };
        set_filter(next);
        history.replaceState(null, '', `${location.pathname}${query(next)}`);
    };
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const next = older.next === undefined ? loaded.data?.next : older.next;
    const read_older = async () => {
        set_busy(true);
        set_error(null);
        try {
            const page = await ask(next);
            set_older((o) => ({ rows: [...o.rows, ...page.logs], next: page.next }));
        } catch (e) {
            set_error(e);
        }
        set_busy(false);
    };
    const seen = new Set();
    const rows = [...fresh, ...(loaded.data?.logs ?? []), ...older.rows].filter((r) => {
        const id = `${r.requestId} ${r.timestamp} ${r.apiType}`;
        return !seen.has(id) && seen.add(id);
    });
    const filtered = since || Object.values(filter).some(Boolean);
    const clear = () => {
        set_filter(Object.fromEntries(FILTERS.map((f) => [f, ''])));
        set_since('');
        history.replaceState(null, '', location.pathname);
    };
    const pick = (name, label, any, options) => html`<label class="sr" for=${`f-${name}`}>${t(label)}</label><select id=${`f-${name}`} value=${filter[name]} onChange=${(e) => change(name, e.target.value)}>
        <option value="">${t(any)}</option>${options.map(([value, text]) => html`<option key=${value} value=${value} selected=${filter[name] === value}>${text}</option>`)}</select>`;
    const text = (name, label) => html`<label class="sr" for=${`f-${name}`}>${t(label)}</label><input id=${`f-${name}`} class="mono filter" type="search" placeholder=${t(label)} value=${filter[name]} spellcheck="false" onChange=${(e) => change(name, e.target.value.trim())} />`;
    const name = names.data;
    return html`<div class="toolbar">${pick('outcome', 'outcome', 'any', ['ok', 'failed', 'cancelled'].map((o) => [o, t(o)]))}
            <label class="sr" for="f-since">${t('range')}</label><select id="f-since" value=${since} onChange=${(e) => set_since(e.target.value)}><option value="">${t('any_time')}</option>${Object.keys(SINCE).map((s) => html`<option key=${s} value=${s}>${t(s)}</option>`)}</select>
            ${pick('apiType', 'api', 'any_api', APIS.map((a) => [a, a]))}
            ${pick('keyId', 'key', 'any_key', (name?.keys ?? []).slice(0, 500).map((k) => [k.id, k.name]))}
            ${pick('accountId', 'account', 'any_account', (name?.accounts ?? []).slice(0, 1000).map((a) => [a.id, name.account(a.id)]))}
            ${text('model', 'model')}${text('error', 'error')}${text('requestId', 'request_id')}
            ${filtered && html`<${Button} kind="ghost" icon="x" onClick=${clear}>${t('clear')}</${Button}>`}<span class="grow"></span>
            <${Button} icon=${follow ? 'pause' : 'play'} aria-pressed=${follow ? 'true' : 'false'} onClick=${() => set_follow(!follow)}><span class="live"><span class=${cx('dot', follow && live === 'live' ? 'good pulse' : live === 'lost' ? 'warn' : '')}></span>
                ${follow ? t(live === 'live' ? 'following' : live) : t('follow')}</span></${Button}></div>
        ${missed > 0 && html`<p class="small faint">${t('dropped', { n: number(missed) })}</p>`}
        <section class="card flush">${loaded.error && html`<${Problem} error=${loaded.error} retry=${loaded.reload} />`}
        ${!loaded.data ? !loaded.error && html`<div class="pad"><${Skeleton} rows=${8} /></div>` : rows.length === 0
            ? html`<${Empty} icon="list" title=${t(filtered ? 'no_match' : 'none')} action=${filtered && html`<${Button} onClick=${clear}>${t('clear')}</${Button}>`}>${filtered ? null : t('none_text')}</${Empty}>` : html`
            <div class="table-wrap"><table class="table cards"><caption class="sr">${t('requests')}</caption><thead><tr>${['time', 'status', 'model', 'api', 'key', 'account', 'first', 'total', 'tokens', 'credits'].map((h) => html`
                <th key=${h} scope="col" class=${['first', 'total', 'tokens', 'credits'].includes(h) ? 'right' : ''}>${t(h)}</th>`)}</tr></thead><tbody>${rows.map((r) => html`<tr key=${`${r.requestId} ${r.timestamp}`}>
                <td class="lead nowrap"><button type="button" class="link num" onClick=${() => set_open(r)}>${time(r.timestamp)}</button></td>
                <td data-name=${t('status')}><span class="labels"><${Outcome} record=${r} />${r.error && html`<span class="small mono">${r.error}</span>`}${r.attempts > 1 && html`<${Badge} icon="refresh" title=${t('attempts')}>${r.attempts}</${Badge}>`}</span></td>
                <td data-name=${t('model')} class="mono nowrap"><span>${r.model}</span></td><td data-name=${t('api')}>${r.apiType}</td><td data-name=${t('key')} class="nowrap"><span>${name?.key(r.keyId) ?? r.keyId}</span></td><td data-name=${t('account')}><span>${r.accountId ? name?.account(r.accountId) ?? r.accountId : or_none('')}</span></td>
                <td data-name=${t('first')} class="right num nowrap">${duration(r.firstEvent)}</td><td data-name=${t('total')} class="right num nowrap">${duration(r.duration)}</td>
                <td data-name=${t('tokens')} class="right num nowrap">${t('in_out', { in: compact(r.inputTokens), out: compact(r.outputTokens) })}</td><td data-name=${t('credits')} class="right num">${number(r.credits, 4)}</td></tr>`)}</tbody></table></div>`}
        ${next && html`<div class="pager">${error && html`<${Problem} error=${error} />`}<${Button} busy=${busy} onClick=${read_older}>${t('more')}</${Button}></div>`}</section>
        ${open && html`<${Details} of=${open} names=${name} onClose=${() => set_open(null)} />`}`;
}

function Audit() {
    const [older, set_older] = useState([]);
    const [next, set_next] = useState(undefined);
    const loaded = useLoad(() => get('/api/audit?limit=100'), []);
    const cursor = next === undefined ? loaded.data?.next : next;
    const more = async () => {
        const page = await get(`/api/audit${query({ limit: 100, cursor })}`);
        set_older((o) => [...o, ...page.entries]);
        set_next(page.next);
    };
    return html`<section class="card flush"><${Loaded} of=${loaded}>${(d) => d.entries.length === 0 ? html`<${Empty} icon="lock" title=${t('no_audit')} />` : html`
        <div class="table-wrap"><table class="table cards"><caption class="sr">${t('audit')}</caption><thead><tr>${['time', 'who', 'did', 'target', 'from', 'detail'].map((h) => html`<th key=${h} scope="col">${t(h)}</th>`)}</tr></thead>
        <tbody>${[...d.entries, ...older].map((e, i) => html`<tr key=${`${e.at} ${i}`}><td class="lead nowrap num" title=${full_time(e.at)}>${time(e.at)}</td><td data-name=${t('who')}>${e.actor}</td><td data-name=${t('did')} class="mono">${e.action}</td>
            <td data-name=${t('target')} class="mono"><span>${or_none(e.target)}</span></td><td data-name=${t('from')} class="mono">${e.address}</td><td data-name=${t('detail')} class="mono small detail-cell"><span>${Object.keys(e.detail ?? {}).length ? JSON.stringify(e.detail) : ''}</span></td></tr>`)}</tbody></table></div>
        ${cursor && html`<div class="pager"><${Button} onClick=${more}>${t('more')}</${Button}></div>`}`}</${Loaded}></section>`;
}

function Logs() {
    const [view, set_view] = useState(new URLSearchParams(location.search).get('view') === 'audit' ? 'audit' : 'requests');
    return html`<${PageHead} title=${t('title')} lead=${t('lead')}><${Segmented} label=${t('view')} value=${view} onChange=${set_view} options=${[['requests', t('requests')], ['audit', t('audit')]]} /></${PageHead}>
        ${view === 'requests' ? html`<${Requests} />` : html`<${Audit} />`}`;
}

mount(Logs, { guarded: true });

import { get } from '../lib/api.js';
import { Chart, fill_series } from '../lib/chart.js';
import { ago, compact, duration, full_time, number, percent, texts } from '../lib/i18n.js';
import { every, watch_requests } from '../lib/live.js';
import { mount, PageHead } from '../lib/shell.js';
import { AccountState, Circuit, name_of, Outcome, read_names, state_text, state_tone } from '../lib/state.js';
import { html, cx, Badge, Empty, Icon, Loaded, Meter, Segmented, useEffect, useMemo, useRef, useState, useLoad } from '../lib/ui.js';

const t = texts({
    title: ['Dashboard', '仪表盘'],
    live: ['Live', '实时'],
    paused: ['Paused', '已暂停'],
    lost: ['Reconnecting…', '重新连接中…'],
    range: ['Time range', '时间范围'],
    '1h': ['1 hour', '1 小时'], '24h': ['24 hours', '24 小时'], '7d': ['7 days', '7 天'], '30d': ['30 days', '30 天'],
    requests: ['Requests', '请求数'],
    success: ['Success rate', '成功率'],
    cancelled: ['{n} cancelled', '{n} 个已取消'],
    failed: ['Failed', '失败'],
    errors: ['{n} failed', '{n} 个失败'],
    first: ['First event', '首个事件'],
    total: ['Whole answer', '完整回答'],
    tail: ['p90 {p90} · p99 {p99}', 'p90 {p90} · p99 {p99}'],
    median: ['median', '中位数'],
    tokens: ['Tokens', '令牌'],
    in_out: ['{in} in · {out} out', '输入 {in} · 输出 {out}'],
    credits: ['Credits', '积分'],
    per_request: ['{n} a request', '每请求 {n}'],
    active: ['{n} in progress', '{n} 个进行中'],
    input: ['Input', '输入'],
    output: ['Output', '输出'],
    latency: ['Average latency', '平均延迟'],
    models: ['By model', '按模型'],
    keys: ['By key', '按密钥'],
    accounts: ['By account', '按账号'],
    row: ['{requests} requests · {tokens} tokens · {credits} credits', '{requests} 请求 · {tokens} 令牌 · {credits} 积分'],
    nothing: ['Nothing yet', '暂无数据'],
    pool: ['Accounts', '账号'],
    pool_lead: ['{available} of {total} can take a request now', '{total} 个账号中 {available} 个可用'],
    quota: ['{used} of {limit} credits used', '已用 {used} / {limit} 积分'],
    unwell: ['Accounts that need a look', '需要关注的账号'],
    all_well: ['Every account is fine.', '所有账号状态正常。'],
    endpoints: ['Upstream endpoints', '上游端点'],
    calls: ['{n} calls, {failures} failed', '{n} 次调用，{failures} 次失败'],
    no_calls: ['No call yet', '尚无调用'],
    recent: ['Recent errors', '最近的错误'],
    no_errors: ['No errors are on record.', '没有错误记录。'],
    all_logs: ['All requests', '全部请求'],
    manage: ['Manage accounts', '管理账号'],
    empty: ['No request in this time', '该时段没有请求'],
    empty_text: ['Set up a client, or ask something in the playground: what happens is seen here at once.',
        '配置一个客户端，或在试验场提问，这里会立即显示。'],
    start: ['Set up a client', '配置客户端'],
});

const RANGES = ['1h', '24h', '7d', '30d'];
const SPAN = { '1h': 3_600_000, '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 };

function Tile({ name, value, sub, tone }) {
    return html`<div class="tile"><dt>${name}</dt><dd class=${tone}>${value}<div class="sub">${sub ?? ' '}</div></dd></div>`;
}

function Tiles({ usage }) {
    const s = usage.totals;
    const tail = (p) => t('tail', { p90: duration(p.p90), p99: duration(p.p99) });
    return html`<dl class="tiles" data-test="tiles">
        <${Tile} name=${t('requests')} value=${number(s.requests)} sub=${s.cancelled ? t('cancelled', { n: number(s.cancelled) }) : ''} />
        <${Tile} name=${t('success')} value=${percent(s.successRate)} sub=${t('errors', { n: number(s.errors) })} />
        <${Tile} name=${`${t('first')} (${t('median')})`} value=${duration(usage.firstEventMs.p50)} sub=${tail(usage.firstEventMs)} />
        <${Tile} name=${`${t('total')} (${t('median')})`} value=${duration(usage.durationMs.p50)} sub=${tail(usage.durationMs)} />
        <${Tile} name=${t('tokens')} value=${compact(s.inputTokens + s.outputTokens)} sub=${t('in_out', { in: compact(s.inputTokens), out: compact(s.outputTokens) })} />
        <${Tile} name=${t('credits')} value=${compact(s.credits)} sub=${s.requests ? t('per_request', { n: number(s.credits / s.requests, 4) }) : ''} />
    </dl>`;
}

function Charts({ usage, range }) {
    const slices = useMemo(() => fill_series(usage), [usage]);
    const span_ms = SPAN[range];
    return html`<div class="grid-2">
        <${Chart} title=${t('requests')} slices=${slices} span_ms=${span_ms} show=${compact} lines=${[
            { name: t('requests'), of: (s) => s.requests, colour: '--series-1', bars: true },
            { name: t('failed'), of: (s) => s.errors, colour: '--series-bad', bars: true }]} />
        <${Chart} title=${t('latency')} slices=${slices} span_ms=${span_ms} show=${duration} lines=${[
            { name: t('first'), of: (s) => s.averageFirstEventMs, colour: '--series-2' },
            { name: t('total'), of: (s) => s.averageMs, colour: '--series-1' }]} />
        <${Chart} title=${t('tokens')} slices=${slices} span_ms=${span_ms} show=${compact} lines=${[
            { name: t('input'), of: (s) => s.inputTokens, colour: '--series-1', bars: true },
            { name: t('output'), of: (s) => s.outputTokens, colour: '--series-3', bars: true }]} />
        <${Chart} title=${t('credits')} slices=${slices} span_ms=${span_ms} show=${compact} lines=${[
            { name: t('credits'), of: (s) => s.credits, colour: '--series-4', bars: true }]} /></div>`;
}

function Breakdown({ title, rows, name, href }) {
    const most = Math.max(1, ...rows.map((row) => row.requests));
    return html`<section class="card"><header><h2>${title}</h2></header>${rows.length === 0 ? html`<p class="muted">${t('nothing')}</p>` : html`
        <ul class="bars">${rows.slice(0, 8).map((row) => html`<li key=${row.id ?? ''}>
            <div class="row"><a class="clip" href=${href(row.id ?? '')}><strong>${name(row.id)}</strong></a>
                ${row.errors > 0 && html`<${Badge} tone="bad">${t('errors', { n: number(row.errors) })}</${Badge}>`}</div>
            <${Meter} tone="accent" share=${row.requests / most} label=${`${name(row.id)}: ${t('requests')}`} />
            <span class="small faint num">${t('row', { requests: number(row.requests), tokens: compact(row.inputTokens + row.outputTokens), credits: compact(row.credits) })}</span>
        </li>`)}</ul>`}</section>`;
}

function Pool({ pool, unwell, endpoints }) {
    return html`<section class="card stack"><header><h2>${t('pool')}</h2><a class="small" href="/admin/accounts">${t('manage')}</a></header>
        <p><strong>${t('pool_lead', { available: number(pool.available), total: number(pool.total) })}</strong></p>
        <div class="pool">${Object.entries(pool.states).map(([state, n]) => html`<a key=${state} class=${cx('badge', state_tone(state))}
            href=${`/admin/accounts?q=${encodeURIComponent(`state:${state}`)}`}>${state_text(state)} · ${number(n)}</a>`)}</div>
        ${pool.quota.accounts > 0 && html`<div class="stack tight"><${Meter} share=${pool.quota.used / pool.quota.limit} label=${t('quota', { used: number(pool.quota.used), limit: number(pool.quota.limit) })} />
            <span class="small muted num">${t('quota', { used: number(pool.quota.used, 1), limit: number(pool.quota.limit) })}</span></div>`}
        <h3>${t('unwell')}</h3>${unwell.length === 0 ? html`<p class="muted small"><${Icon} name="check" size=${14} /> ${t('all_well')}</p>` : html`
        <ul class="events">${unwell.map((account) => html`<li key=${account.id}><${AccountState} account=${account} />
            <a class="clip" href=${`/admin/accounts?open=${encodeURIComponent(account.id)}`}>${name_of(account)}</a><span class="small faint nowrap">${ago(account.stateSince)}</span>
            ${account.stateReason && html`<span class="why">${account.stateReason}</span>`}</li>`)}</ul>`}
        <h3>${t('endpoints')}</h3>${endpoints.length === 0 ? html`<p class="muted small">${t('no_calls')}</p>` : html`
        <ul class="events">${endpoints.map((e) => html`<li key=${e.endpoint + e.region}><${Circuit} circuit=${e.circuit} />
            <span><strong>${e.endpoint}</strong> <span class="muted">${e.region}</span></span>
            <span class="small muted num">${t('calls', { n: number(e.totalRequests), failures: number(e.failCount) })}</span></li>`)}</ul>`}</section>`;
}

function Errors({ rows, names }) {
    return html`<section class="card"><header><h2>${t('recent')}</h2><a class="small" href="/admin/logs">${t('all_logs')}</a></header>
        ${rows.length === 0 ? html`<p class="muted small"><${Icon} name="check" size=${14} /> ${t('no_errors')}</p>` : html`
        <ul class="events">${rows.map((r) => html`<li key=${r.requestId + r.timestamp}><${Outcome} record=${r} />
            <a class="clip mono" href=${`/admin/logs?requestId=${encodeURIComponent(r.requestId)}`}>${r.error ?? r.status}</a>
            <span class="small faint nowrap" title=${full_time(r.timestamp)}>${ago(r.timestamp)}</span>
            <span class="why">${r.model} · ${names.key(r.keyId)}${r.accountId ? ` → ${names.account(r.accountId)}` : ''}</span></li>`)}</ul>`}</section>`;
}

const UNWELL = 'state:cooling,exhausted,needs-sign-in,suspended enabled:yes';
async function read(range, names) {
    const [usage, pool, unwell, stats, failed] = await Promise.all([
        get(`/api/usage?range=${range}`), get('/api/accounts/stats'),
        get(`/api/accounts?limit=6&q=${encodeURIComponent(UNWELL)}`), get('/api/proxy/stats'),
        get('/api/proxy/logs?outcome=failed&limit=8')]);
    const ids = [...usage.byKey, ...usage.byAccount].map((row) => row.id);
    if (!names.current || !ids.every((id) => names.current.knows(id))) names.current = await read_names();
    return { usage, pool, unwell: unwell.accounts, endpoints: stats.endpointHealth, failed: failed.logs };
}

function Dashboard() {
    const asked = new URLSearchParams(location.search).get('range');
    const [range, set_range] = useState(RANGES.includes(asked) ? asked : '24h');
    const [live, set_live] = useState('paused');
    const names = useRef(null);
    const loaded = useLoad(() => read(range, names), [range]);
    const reload = useRef(loaded.reload);
    reload.current = loaded.reload;
    useEffect(() => {
        // However many requests end, the page asks anew at most every two seconds.
        let due = null;
        const soon = () => { due ??= setTimeout(() => { due = null; reload.current(); }, 2000); };
        let before = null;
        const end = watch_requests({
            on_request: soon,
            on_dropped: soon,
            on_state: (state) => {
                if (before && state === 'live') soon();
                before = state;
                set_live(state);
            },
        });
        const end_timer = every(15_000, () => reload.current());
        return () => { end(); end_timer(); clearTimeout(due); };
    }, []);
    const choose = (to) => {
        set_range(to);
        history.replaceState(null, '', `?range=${to}`);
    };
    return html`<${PageHead} title=${t('title')}>
        <span class="live" role="status"><span class=${cx('dot', live === 'live' ? 'good pulse' : live === 'lost' ? 'warn' : '')}></span>${t(live)}
            ${loaded.data && html`<span class="faint num">· ${t('active', { n: number(loaded.data.usage.activeRequests) })}</span>`}</span>
        <${Segmented} label=${t('range')} value=${range} onChange=${choose} options=${RANGES.map((r) => [r, t(r)])} /></${PageHead}>
        <${Loaded} of=${loaded} rows=${8}>${(d) => html`<div class="stack">
            <${Tiles} usage=${d.usage} />
            ${d.usage.totals.requests === 0 && html`<section class="card"><${Empty} icon="gauge" title=${t('empty')} action=${html`<a class="button primary" href="/">${t('start')}</a>`}>${t('empty_text')}</${Empty}></section>`}
            ${d.usage.totals.requests > 0 && html`<${Charts} usage=${d.usage} range=${range} />`}
            <div class="grid-2"><${Pool} pool=${d.pool} unwell=${d.unwell} endpoints=${d.endpoints} /><${Errors} rows=${d.failed} names=${names.current} /></div>
            ${d.usage.totals.requests > 0 && html`<div class="grid-3">
                <${Breakdown} title=${t('models')} rows=${d.usage.byModel} name=${(id) => id ?? '–'} href=${(id) => `/admin/logs?model=${encodeURIComponent(id)}`} />
                <${Breakdown} title=${t('keys')} rows=${d.usage.byKey} name=${names.current.key} href=${(id) => `/admin/logs?keyId=${encodeURIComponent(id)}`} />
                <${Breakdown} title=${t('accounts')} rows=${d.usage.byAccount} name=${names.current.account} href=${(id) => `/admin/logs?accountId=${encodeURIComponent(id)}`} /></div>`}
        </div>`}</${Loaded}>`;
}

mount(Dashboard, { guarded: true });

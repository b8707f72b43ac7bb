// What surrounds every page: navigation, language, theme, session.
import { on_expired, sign_in, sign_out, status } from './api.js';
import { chinese, lang, LANGUAGES, set_lang, texts } from './i18n.js';
import {
    html, render, cx, Button, Dialog, Field, Icon, Problem, Skeleton, ToastArea, useEffect, useRef, useState,
} from './ui.js';

const t = texts({
    home: ['Get started', '开始使用'],
    playground: ['Playground', '试验场'],
    docs: ['Docs', '文档'],
    swagger: ['API reference', '接口参考'],
    deploy: ['Deploy', '部署'],
    dashboard: ['Dashboard', '仪表盘'],
    accounts: ['Accounts', '账号'],
    keys: ['Keys', '密钥'],
    logs: ['Logs', '日志'],
    settings: ['Settings', '设置'],
    'sign-in': ['Sign in', '登录'],
    use: ['Use', '使用'],
    operate: ['Operate', '运维'],
    skip: ['Skip to content', '跳到正文'],
    menu: ['Menu', '菜单'],
    main: ['Main', '主导航'],
    language: ['Language', '语言'],
    theme: ['Theme', '主题'],
    light: ['Light', '浅色'],
    dark: ['Dark', '深色'],
    auto: ['As the system', '跟随系统'],
    signin: ['Sign in', '登录'],
    signout: ['Sign out', '退出登录'],
    password: ['Admin password', '管理员密码'],
    expired: ['Your session has ended', '会话已过期'],
    expired_why: ['Sign in to go on. What you have typed on this page is kept.', '请重新登录以继续。本页已输入的内容会保留。'],
    wait: ['Too many attempts. Try again in {n} s.', '尝试次数过多，请在 {n} 秒后重试。'],
    wrong: ['That is not the admin password.', '管理员密码不正确。'],
    show: ['Show password', '显示密码'],
    ready: ['Ready', '就绪'],
    not_ready: ['No usable account', '无可用账号'],
});

const root = document.documentElement;
const beside = root.dataset.beside;
const NAV = [
    ['use', [['home', '/', 'home', 'api'], ['playground', '/playground', 'play', 'api'], ['docs', '/docs', 'book', 'api'],
        ['swagger', '/swagger', 'braces', 'admin'], ['deploy', '/deploy', 'rocket', 'api']]],
    ['operate', [['dashboard', '/dashboard', 'gauge', 'admin'], ['accounts', '/admin/accounts', 'users', 'admin'],
        ['keys', '/admin/keys', 'key', 'admin'], ['logs', '/admin/logs', 'list', 'admin'],
        ['settings', '/admin/settings', 'sliders', 'admin']]],
];
const shown = (needs) => beside === 'all' || beside === needs;

/** Whether `path` leads to a page of this gateway and nowhere else. */
export function own_path(path) {
    if (!/^\/[a-z/-]*([?#].*)?$/i.test(path ?? '') || path.startsWith('//')) return '/dashboard';
    return path;
}

function Theme() {
    const [theme, set_theme] = useState(root.dataset.theme ?? 'auto');
    const order = ['auto', 'light', 'dark'];
    const turn = () => {
        const next = order[(order.indexOf(theme) + 1) % 3];
        if (next === 'auto') delete root.dataset.theme;
        else root.dataset.theme = next;
        try {
            if (next === 'auto') localStorage.removeItem('kirogate.theme');
            else localStorage.setItem('kirogate.theme', next);
        } catch { /* not kept, then */ }
        set_theme(next);
        window.dispatchEvent(new Event('themechange'));
    };
    return html`<${Button} kind="ghost" icon=${{ auto: 'auto', light: 'sun', dark: 'moon' }[theme]}
        label=${`${t('theme')}: ${t(theme)}`} onClick=${turn} />`;
}

function Language() {
    const other = LANGUAGES.find(([code]) => code !== lang);
    return html`<button type="button" class="button ghost" lang=${other[0]} onClick=${() => set_lang(other[0])}
        aria-label=${chinese ? 'Switch to English' : '切换到中文'}><${Icon} name="globe" /><span>${other[1]}</span></button>`;
}

export function PasswordForm({ onDone, autofocus = true }) {
    const [password, set_password] = useState('');
    const [visible, set_visible] = useState(false);
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const input = useRef(null);
    useEffect(() => { if (autofocus) input.current?.focus(); }, []);
    const submit = async (event) => {
        event.preventDefault();
        set_busy(true);
        set_error(null);
        try {
            await sign_in(password);
            set_password('');
            onDone();
        } catch (e) {
            if (e.status === 401) e.message = t('wrong');
            if (e.status === 429) e.message = t('wait', { n: e.retry_after ?? 1 });
            set_error(e);
            set_busy(false);
            input.current?.select();
        }
    };
    return html`<form class="stack" onSubmit=${submit}>
        <input type="text" name="username" autocomplete="username" value="admin" hidden readonly />
        <${Field} label=${t('password')}>${(p) => html`<div class="with-button">
            <input ...${p} ref=${input} type=${visible ? 'text' : 'password'} name="password" autocomplete="current-password" required
                value=${password} onInput=${(e) => set_password(e.target.value)} maxlength="512" />
            <${Button} kind="ghost" icon="eye" label=${t('show')} aria-pressed=${visible ? 'true' : 'false'}
                onClick=${() => set_visible(!visible)} /></div>`}</${Field}>
        ${error && html`<${Problem} error=${error} />`}
        <button type="submit" class="button primary large" disabled=${busy || !password}>
            ${busy && html`<span class="spinner" aria-hidden="true"></span>`}<span>${t('signin')}</span></button></form>`;
}

/** Asks for the password over the page, when the session ended meanwhile. */
function Expired() {
    const [waiting, set_waiting] = useState(null);
    useEffect(() => {
        let pending = null;
        on_expired(() => {
            pending ??= new Promise((resolve) => set_waiting(() => () => {
                pending = null;
                set_waiting(null);
                resolve();
            }));
            return pending;
        });
    }, []);
    if (!waiting) return null;
    return html`<${Dialog} title=${t('expired')} locked onClose=${() => {}}>
        <div class="stack"><p class="muted">${t('expired_why')}</p><${PasswordForm} onDone=${waiting} /></div></${Dialog}>`;
}

function Navigation({ page, state, onSignOut }) {
    const here = `${location.pathname}${location.search}`;
    return html`<nav id="navigation" class="nav" aria-label=${t('main')}>${NAV.map(([group, items]) => {
        const visible = items.filter(([, , , needs]) => shown(needs));
        return visible.length > 0 && html`<div class="nav-group" key=${group}>
            <h2 class="nav-title" id=${`nav-${group}`}>${t(group)}</h2>
            <ul class="nav-list" aria-labelledby=${`nav-${group}`}>${visible.map(([name, path, icon]) => html`<li key=${name}>
            <a href=${path} aria-current=${name === page ? 'page' : null}><${Icon} name=${icon} />
            <span>${t(name)}</span></a></li>`)}</ul></div>`;
    })}
    <div class="nav-foot">
        ${state?.signed_in && html`<div class="nav-state small"><span class=${cx('dot', state.ready ? 'good' : 'bad')}></span>
            <span class="grow">${state.ready ? t('ready') : t('not_ready')}</span><span class="faint num">${state.version}</span></div>`}
        <div class="row tight"><${Language} /><${Theme} /><span class="grow"></span>
        ${beside !== 'api' && state && (state.signed_in
            ? html`<${Button} kind="ghost" icon="out" label=${t('signout')} onClick=${onSignOut} />`
            : page !== 'sign-in' && html`<a class="button ghost" href=${`/sign-in?next=${encodeURIComponent(here)}`}>
                <${Icon} name="in" /><span>${t('signin')}</span></a>`)}</div></div></nav>`;
}

function Shell({ page, Page, guarded, bare }) {
    const [state, set_state] = useState(null);
    const [error, set_error] = useState(null);
    const [open, set_open] = useState(false);
    const look = async () => {
        set_error(null);
        if (beside === 'api') return set_state({ signed_in: false });
        try {
            const now = await status();
            if (guarded && !now.signed_in)
                return location.replace(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
            set_state(now);
        } catch (e) {
            set_error(e);
        }
    };
    useEffect(() => { look(); }, []);
    useEffect(() => {
        const key = (event) => { if (event.key === 'Escape') set_open(false); };
        document.addEventListener('keydown', key);
        return () => document.removeEventListener('keydown', key);
    }, []);
    const leave = async () => {
        try {
            await sign_out();
            location.assign('/sign-in');
        } catch (e) {
            set_error(e);
        }
    };
    const body = html`${error && html`<${Problem} error=${error} retry=${look} />`}
        ${state ? html`<${Page} state=${state} />` : !error && html`<${Skeleton} rows=${6} />`}`;
    if (bare) {
        return html`<${ToastArea}><main id="main" class="bare">${body}
            <div class="row bare-foot"><${Language} /><${Theme} /></div></main></${ToastArea}>`;
    }
    return html`<${ToastArea}>
        <a class="skip" href="#main">${t('skip')}</a>
        <div class=${cx('shell', open && 'open')}>
        <header class="side">
            <div class="brand"><a href="/"><img src=${new URL('../../img/icon.svg', import.meta.url).pathname} width="28" height="28" alt="" />
                <span>kirogate</span></a>
            <button type="button" class="button ghost only menu" aria-expanded=${open ? 'true' : 'false'} aria-controls="navigation"
                aria-label=${t('menu')} onClick=${() => set_open(!open)}><${Icon} name=${open ? 'x' : 'menu'} /></button></div>
            <${Navigation} page=${page} state=${state} onSignOut=${leave} /></header>
        <main id="main" tabindex="-1">${body}</main></div>
        <${Expired} /></${ToastArea}>`;
}

/** Draws a page. `guarded`: only for who is signed in; `bare`: without the navigation. */
export function mount(Page, { guarded = false, bare = false } = {}) {
    const page = root.dataset.page;
    document.title = `${t(page)} · kirogate`;
    render(html`<${Shell} page=${page} Page=${Page} guarded=${guarded} bare=${bare} />`, document.getElementById('app'));
}

export function PageHead({ title, lead, children }) {
    return html`<div class="page-head"><div class="grow"><h1>${title}</h1>${lead && html`<p class="muted">${lead}</p>`}</div>
        ${children && html`<div class="row">${children}</div>`}</div>`;
}

// The parts that pages are made of. Whatever is shown goes through Preact, which writes text, never markup.
import {
    html, render, createContext, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState,
} from '../../vendor/htm-preact.js';
import { NONE, percent, texts } from './i18n.js';

export {
    html, render, createContext, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState,
};

const t = texts({
    copy: ['Copy', '复制'],
    copied: ['Copied', '已复制'],
    close: ['Close', '关闭'],
    cancel: ['Cancel', '取消'],
    loading: ['Loading…', '加载中…'],
    retry: ['Try again', '重试'],
    failed: ['This could not be loaded', '加载失败'],
    request: ['Request {id}', '请求 {id}'],
    previous: ['Previous', '上一页'],
    next: ['Next', '下一页'],
    pages: ['{from}–{to} of {total}', '第 {from}–{to} 项，共 {total} 项'],
    dismiss: ['Dismiss', '关闭通知'],
    busy: ['Working…', '处理中…'],
    network: ['The gateway did not answer', '网关没有响应'],
});

export const cx = (...names) => names.filter(Boolean).join(' ');
let last_id = 0;
export function useId(prefix = 'f') {
    const ref = useRef(null);
    ref.current ??= `${prefix}${++last_id}`;
    return ref.current;
}

/** Runs `load` now and whenever a dependency changes: { data, error, loading, reload }. A stale answer is dropped. */
export function useLoad(load, dependencies) {
    const [state, set_state] = useState({ loading: true });
    const turn = useRef(0);
    const reload = useCallback(async () => {
        const mine = ++turn.current;
        set_state((before) => ({ ...before, loading: true }));
        try {
            const data = await load();
            if (mine === turn.current) set_state({ data, loading: false });
        } catch (error) {
            if (mine === turn.current) set_state((before) => ({ data: before.data, error, loading: false }));
        }
    }, dependencies);
    useEffect(() => {
        reload();
        return () => { ++turn.current; };
    }, [reload]);
    return { ...state, reload };
}

const paths = {
    home: 'M3 11l9-7 9 7v9h-6v-6H9v6H3z',
    gauge: 'M4 18a9 9 0 1 1 16 0M12 14l4-5',
    users: 'M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.4-4 3-6 6.500-6s6.100 2 6.500 6M16 4.500a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.200 2.600 3.500 5.500',
    key: 'M8 15.500a4 4 0 1 0 0-7 4 4 0 0 0 0 7zM12 12h9v3.500M17 12v3',
    list: 'M8 6h13M8 12h13M8 18h13M3.500 6h.01M3.500 12h.01M3.500 18h.01',
    sliders: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5',
    play: 'M7 4.500v15l12-7.500z',
    book: 'M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11',
    braces: 'M9 4c-3 0-3 2-3 4s0 4-3 4c3 0 3 2 3 4s0 4 3 4M15 4c3 0 3 2 3 4s0 4 3 4c-3 0-3 2-3 4s0 4-3 4',
    rocket: 'M12 15l-3-3c1-4 4-8 11-9-1 7-5 10-8 12zM9 12H5l2-4h4M12 15v4l4-2v-4M5 16c-1 1-1.500 4-1.500 4s3-.5 4-1.500',
    sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M5 19l2-2M17 7l2-2',
    moon: 'M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z',
    auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
    globe: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3 12h18M12 3c3 3 3.500 6 3.500 9s-.5 6-3.500 9c-3-3-3.500-6-3.500-9s.5-6 3.500-9z',
    out: 'M14 4H6v16h8M10 12h11M17 8l4 4-4 4',
    in: 'M10 4h8v16h-8M3 12h11M10 8l4 4-4 4',
    copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
    check: 'M4 12.500l5 5L20 6.500',
    x: 'M5 5l14 14M19 5L5 19',
    plus: 'M12 5v14M5 12h14',
    refresh: 'M20 11a8 8 0 0 0-14-4.500L4 9M4 4v5h5M4 13a8 8 0 0 0 14 4.500l2-2.500M20 20v-5h-5',
    edit: 'M4 20h4L20 8l-4-4L4 16z',
    trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
    search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
    warn: 'M12 4l9 16H3zM12 10v4M12 17h.01',
    info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5M12 8h.01',
    clock: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5l3 2',
    pause: 'M8 5v14M16 5v14',
    power: 'M12 3v8M7 6a8 8 0 1 0 10 0',
    menu: 'M4 7h16M4 12h16M4 17h16',
    chevron: 'M6 9l6 6 6-6',
    eye: 'M2.500 12c3-5 6-7 9.500-7s6.500 2 9.500 7c-3 5-6 7-9.500 7s-6.500-2-9.500-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
    lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
    stop: 'M6 6h12v12H6z',
    image: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15 9h.01',
    bolt: 'M13 3L5 14h6l-1 7 8-11h-6z',
    dots: 'M5 12h.01M12 12h.01M19 12h.01',
    tag: 'M4 4h8l8 8-8 8-8-8zM8.500 8.500h.01',
};
export function Icon({ name, size = 18 }) {
    return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
        <path d=${paths[name] ?? paths.info} /></svg>`;
}

export function Button({ kind = 'plain', icon, small, busy, children, label, ...rest }) {
    const only = icon && !children;
    return html`<button type="button" class=${cx('button', kind, small && 'small', only && 'only')} aria-busy=${busy ? 'true' : null}
        aria-label=${label} title=${only ? label : null} ...${rest} disabled=${rest.disabled || busy}>
        ${busy ? html`<span class="spinner" aria-hidden="true"></span>` : icon && html`<${Icon} name=${icon} size=${small ? 16 : 18} />`}
        ${children && html`<span>${children}</span>`}</button>`;
}

/** State by text, icon and colour. */
export function Badge({ tone = 'plain', icon, title, children }) {
    return html`<span class=${cx('badge', tone)} title=${title}>${icon && html`<${Icon} name=${icon} size=${13} />`}${children}</span>`;
}

export function Copy({ text, small = true, label, kind = 'plain' }) {
    const [done, set_done] = useState(false);
    const copy = async () => {
        try {
            await navigator.clipboard.writeText(typeof text === 'function' ? text() : text);
        } catch {
            // Without TLS browsers lend no clipboard: the old way still works.
            const area = document.createElement('textarea');
            area.value = typeof text === 'function' ? text() : text;
            (document.querySelector('dialog[open]') ?? document.body).append(area);
            area.select();
            document.execCommand('copy');
            area.remove();
        }
        set_done(true);
        setTimeout(() => set_done(false), 1600);
    };
    return html`<${Button} kind=${kind} small=${small} icon=${done ? 'check' : 'copy'} onClick=${copy}>
        <span aria-live="polite">${done ? t('copied') : label ?? t('copy')}</span></${Button}>`;
}

export function Code({ text, title, lang }) {
    return html`<figure class="code">
        <figcaption><span class="clip">${title ?? lang ?? ''}</span><${Copy} text=${text} kind="ghost" /></figcaption>
        <pre tabindex="0" role="group" aria-label=${title ?? lang ?? 'code'}><code>${text}</code></pre></figure>`;
}

export function Tabs({ items, label }) {
    const [chosen, choose] = useState(0);
    const id = useId('tabs');
    const keys = (event) => {
        const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!move) return;
        const to = (chosen + move + items.length) % items.length;
        choose(to);
        document.getElementById(`${id}-${to}`).focus();
    };
    return html`<div class="tabs">
        <div class="tab-list" role="tablist" aria-label=${label} onKeyDown=${keys}>${items.map(([name], i) => html`
            <button type="button" role="tab" id=${`${id}-${i}`} aria-selected=${i === chosen ? 'true' : 'false'}
                aria-controls=${`${id}-panel`} tabindex=${i === chosen ? 0 : -1} onClick=${() => choose(i)}>${name}</button>`)}</div>
        <div role="tabpanel" id=${`${id}-panel`} aria-labelledby=${`${id}-${chosen}`}>${items[chosen][1]()}</div></div>`;
}

export function Segmented({ label, options, value, onChange }) {
    return html`<div class="segmented" role="group" aria-label=${label}>${options.map(([key, text]) => html`
        <button type="button" aria-pressed=${key === value ? 'true' : 'false'} onClick=${() => onChange(key)}>${text}</button>`)}</div>`;
}

export function Field({ label, hint, error, children, wide }) {
    const id = useId();
    const control = typeof children === 'function' ? children : children[0];
    return html`<div class=${cx('field', wide && 'wide', error && 'wrong')}>
        <label for=${id}>${label}</label>
        ${control({ id, 'aria-describedby': hint || error ? `${id}-h` : null, 'aria-invalid': error ? 'true' : null })}
        ${(hint || error) && html`<p id=${`${id}-h`} class="hint">${error ? html`<${Icon} name="warn" size=${14} /> ${error}` : hint}</p>`}
    </div>`;
}

export function Check({ label, hint, checked, onChange, disabled }) {
    const id = useId();
    return html`<div class="check"><input type="checkbox" id=${id} checked=${checked} disabled=${disabled}
        onChange=${(e) => onChange(e.target.checked)} aria-describedby=${hint ? `${id}-h` : null} />
        <label for=${id}>${label}${hint && html`<span class="hint" id=${`${id}-h`}>${hint}</span>`}</label></div>`;
}

/** A native modal dialog: it keeps the focus inside and gives it back. */
export function Dialog({ title, onClose, children, actions, wide, side, locked }) {
    const ref = useRef(null);
    const id = useId('d');
    useEffect(() => {
        ref.current.showModal();
        return () => ref.current?.close();
    }, []);
    const cancel = (event) => {
        event.preventDefault();
        if (!locked) onClose();
    };
    return html`<dialog ref=${ref} class=${cx('dialog', wide && 'wide', side && 'side')} aria-labelledby=${id} onCancel=${cancel}
        onMouseDown=${(e) => { if (e.target === ref.current && !locked) onClose(); }}>
        <div class="dialog-box"><header><h2 id=${id}>${title}</h2>
            ${!locked && html`<${Button} kind="ghost" icon="x" label=${t('close')} onClick=${onClose} />`}</header>
        <div class="dialog-body" tabindex="-1">${children}</div>
        ${actions && html`<footer>${actions}</footer>`}</div></dialog>`;
}

/** Asks before something that cannot be taken back; `work` may fail, which is shown in place. */
export function Confirm({ title, children, action, danger = true, work, onClose }) {
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const go = async () => {
        set_busy(true);
        set_error(null);
        try {
            await work();
            onClose();
        } catch (e) {
            set_error(e);
            set_busy(false);
        }
    };
    return html`<${Dialog} title=${title} onClose=${onClose} actions=${html`
        <${Button} onClick=${onClose}>${t('cancel')}</${Button}>
        <${Button} kind=${danger ? 'danger' : 'primary'} busy=${busy} onClick=${go}>${action}</${Button}>`}>
        <div class="stack">${children}${error && html`<${Problem} error=${error} />`}</div></${Dialog}>`;
}

export function Problem({ error, retry }) {
    const text = error instanceof TypeError ? t('network') : error.message;
    return html`<div class="notice bad" role="alert"><${Icon} name="warn" />
        <div class="grow"><strong>${text}</strong>
        ${error.request_id && html`<div class="small mono">${t('request', { id: error.request_id })}</div>`}</div>
        ${retry && html`<${Button} small onClick=${retry}>${t('retry')}</${Button}>`}</div>`;
}

export const Notice = ({ tone = 'info', icon = 'info', children }) =>
    html`<div class=${cx('notice', tone)}><${Icon} name=${icon} /><div class="grow">${children}</div></div>`;

export function Empty({ icon = 'list', title, children, action }) {
    return html`<div class="empty"><span class="empty-icon"><${Icon} name=${icon} size=${26} /></span>
        <h2>${title}</h2>${children && html`<p class="muted">${children}</p>`}${action}</div>`;
}

export function Skeleton({ rows = 5 }) {
    return html`<div class="skeletons" role="status"><span class="sr">${t('loading')}</span>
        ${Array.from({ length: rows }, (_, i) => html`<div key=${i} class="skeleton" aria-hidden="true"></div>`)}</div>`;
}

/** Data, or what stands in for it. Old data stays visible while new is on its way. */
export function Loaded({ of, rows, children }) {
    if (of.error && !of.data) return html`<div class="stack"><h2 class="sr">${t('failed')}</h2><${Problem} error=${of.error} retry=${of.reload} /></div>`;
    if (!of.data) return html`<${Skeleton} rows=${rows} />`;
    const draw = typeof children === 'function' ? children : children[0];
    return html`${of.error && html`<${Problem} error=${of.error} retry=${of.reload} />`}${draw(of.data)}`;
}

export function Meter({ share, label, tone }) {
    const bounded = Math.max(0, Math.min(1, share || 0));
    const level = tone ?? (bounded >= 0.95 ? 'bad' : bounded >= 0.8 ? 'warn' : 'good');
    return html`<div class=${cx('meter', level)} role="meter" aria-label=${label} aria-valuemin="0" aria-valuemax="100"
        aria-valuenow=${Math.round(bounded * 100)} aria-valuetext=${percent(bounded, 0)}>
        <span style=${{ width: `${(bounded * 100).toFixed(1)}%` }}></span></div>`;
}

export function Pager({ from, size, total, onMove }) {
    if (total <= size) return null;
    return html`<nav class="pager" aria-label=${t('pages', { from: from + 1, to: Math.min(from + size, total), total })}>
        <span class="muted small num">${t('pages', { from: from + 1, to: Math.min(from + size, total), total })}</span>
        <${Button} small disabled=${from === 0} onClick=${() => onMove(Math.max(0, from - size))}>${t('previous')}</${Button}>
        <${Button} small disabled=${from + size >= total} onClick=${() => onMove(from + size)}>${t('next')}</${Button}></nav>`;
}

const Toasts = createContext(() => {});
export const useToast = () => useContext(Toasts);
/** `toast('Saved')`, `toast('It failed', 'bad')`; read aloud, gone after a while. */
export function ToastArea({ children }) {
    const [items, set_items] = useState([]);
    const drop = (id) => set_items((all) => all.filter((one) => one.id !== id));
    const toast = useCallback((text, tone = 'good') => {
        const id = ++last_id;
        set_items((all) => [...all.slice(-3), { id, text, tone }]);
        setTimeout(() => drop(id), tone === 'bad' ? 9000 : 4500);
    }, []);
    return html`<${Toasts.Provider} value=${toast}>${children}
        <div class="toasts" role="status" aria-live="polite">${items.map((one) => html`
            <div key=${one.id} class=${cx('toast', one.tone)}><${Icon} name=${one.tone === 'bad' ? 'warn' : 'check'} />
            <span class="grow">${one.text}</span>
            <${Button} kind="ghost" small icon="x" label=${t('dismiss')} onClick=${() => drop(one.id)} /></div>`)}</div></${Toasts.Provider}>`;
}

export const or_none = (text) => text || NONE;

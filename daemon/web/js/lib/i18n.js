// Words and formats in the reader's language: English or Chinese. Every text stands beside its translation.

export const LANGUAGES = [['en', 'English'], ['zh-CN', '中文']];
export const lang = document.documentElement.lang === 'zh-CN' ? 'zh-CN' : 'en';
export const chinese = lang === 'zh-CN';

export function set_lang(to) {
    try { localStorage.setItem('kirogate.lang', to); } catch { /* not kept, then */ }
    document.documentElement.lang = to;
    location.reload();
}

/** `texts({ name: ['English {n}', '中文 {n}'] })` gives t(name, { n }). */
export function texts(table) {
    return (name, values = {}) => {
        const found = table[name];
        if (!found) return name;
        return found[chinese ? 1 : 0].replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ''));
    };
}

const formats = new Map();
function format(kind, options) {
    const key = kind + JSON.stringify(options);
    if (!formats.has(key)) formats.set(key, new Intl[kind](lang, options));
    return formats.get(key);
}

export const NONE = '–';
const given = (value) => value !== null && value !== undefined && !Number.isNaN(value);

export const number = (value, digits = 0) =>
    given(value) ? format('NumberFormat', { maximumFractionDigits: digits }).format(value) : NONE;
export const compact = (value) => {
    if (!given(value)) return NONE;
    if (Math.abs(value) < 10_000) return number(value, Math.abs(value) < 100 ? 2 : 0);
    return format('NumberFormat', { notation: 'compact', maximumFractionDigits: 1 }).format(value);
};
export const percent = (share, digits = 1) =>
    given(share) ? format('NumberFormat', { style: 'percent', maximumFractionDigits: digits }).format(share) : NONE;

/** 840 ms, 1.2 s, 3 min 20 s */
export function duration(ms) {
    if (!given(ms)) return NONE;
    if (ms < 1000) return `${number(ms, ms < 10 ? 1 : 0)} ms`;
    if (ms < 60_000) return `${number(ms / 1000, ms < 10_000 ? 2 : 1)} s`;
    const s = Math.round(ms / 1000);
    if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
    if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
    return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

export function time(at) {
    if (!at) return NONE;
    const today = new Date().toDateString() === new Date(at).toDateString();
    return format('DateTimeFormat', today
        ? { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false }
        : { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false }).format(at);
}
export const full_time = (at) =>
    at ? format('DateTimeFormat', { dateStyle: 'medium', timeStyle: 'medium', hour12: false }).format(at) : NONE;
export const day = (at) => (at ? format('DateTimeFormat', { month: 'short', day: 'numeric' }).format(at) : NONE);

/** "3 minutes ago", "in 2 days" */
export function ago(at) {
    if (!at) return NONE;
    const s = (at - Date.now()) / 1000;
    const [unit, size] = [['day', 86_400], ['hour', 3600], ['minute', 60]].find(([, n]) => Math.abs(s) >= n)
        ?? ['second', 1];
    return format('RelativeTimeFormat', { numeric: 'auto', style: 'short' }).format(Math.round(s / size), unit);
}

// Before the first paint: the theme and language that were chosen here, if any. Nothing else is kept in the browser.
(() => {
    const root = document.documentElement;
    const kept = (name) => {
        try { return localStorage.getItem(`kirogate.${name}`); } catch { return null; }
    };
    const theme = kept('theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const lang = kept('lang');
    if (lang === 'en' || lang === 'zh-CN') root.lang = lang;
})();

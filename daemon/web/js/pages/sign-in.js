import { texts } from '../lib/i18n.js';
import { mount, own_path, PasswordForm } from '../lib/shell.js';
import { html, useEffect } from '../lib/ui.js';

const t = texts({
    title: ['Sign in to kirogate', '登录 kirogate'],
    lead: ['With the admin password that the first start printed, or the one you have set since.',
        '使用首次启动时显示的管理员密码，或之后设置的密码。'],
    lost: ['Lost it? Set auth.admin_password in kirogate.toml and restart, or send SIGHUP.',
        '忘记密码？请在 kirogate.toml 中设置 auth.admin_password，然后重启或发送 SIGHUP。'],
});

function SignIn({ state }) {
    const go = () => location.replace(own_path(new URLSearchParams(location.search).get('next') ?? '/dashboard'));
    useEffect(() => { if (state.signed_in) go(); }, []);
    return html`<div class="card sign-in"><div class="stack">
        <div class="stack tight"><img src=${new URL('../../img/icon.svg', import.meta.url).pathname} width="44" height="44" alt="" />
        <h1>${t('title')}</h1><p class="muted">${t('lead')}</p></div>
        <${PasswordForm} onDone=${go} />
        <p class="small faint">${t('lost')}</p></div></div>`;
}

mount(SignIn, { bare: true });

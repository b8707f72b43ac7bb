// Accounts out of files and into them, with a look at what would happen first.
import { post, query } from './api.js';
import { number, texts } from './i18n.js';
import { html, Badge, Button, Check, Dialog, Field, Icon, Notice, Problem, useState, useToast } from './ui.js';

const t = texts({
    import: ['Import accounts', '导入账号'], lead: ['A file of kirogate, Kiro-account-manager, kiro.rs or a relative of theirs, CSV, or one token a line.', '支持 kirogate、Kiro-account-manager、kiro.rs 等工具的文件、CSV，或每行一个令牌。'],
    choose: ['Choose a file', '选择文件'], paste: ['Or paste its text', '或粘贴其内容'], existing: ['Accounts that are there already', '已存在的账号'], update: ['Get tokens that last longer', '更新为有效期更长的令牌'], skip: ['Stay as they are', '保持不变'],
    groups: ['Groups for new accounts', '新账号的分组'], tags: ['Tags for new accounts', '新账号的标签'], commas: ['Separated by commas', '用逗号分隔'], preview: ['Preview', '预览'], go: ['Import {n}', '导入 {n} 个'], close: ['Close', '关闭'], cancel: ['Cancel', '取消'], back: ['Back', '返回'],
    would: ['Read as {format}. Nothing is written yet.', '识别为 {format} 格式，尚未写入。'], did: ['Imported.', '导入完成。'], summary: ['{added} added, {updated} updated, {skipped} skipped, {failed} failed', '新增 {added}，更新 {updated}，跳过 {skipped}，失败 {failed}'],
    added: ['Added', '新增'], updated: ['Updated', '更新'], skipped: ['Skipped', '跳过'], failed: ['Failed', '失败'], left_out: ['Also in the file, and left out: {what}', '文件中未导入的内容：{what}'], account: ['Account', '账号'], result: ['Result', '结果'], why: ['Why', '说明'], large: ['The file is larger than 8 MiB', '文件超过 8 MiB'],
    export: ['Export accounts', '导出账号'], format: ['Format', '格式'], scope: ['Which', '范围'], selected: ['The {n} selected', '已选的 {n} 个'], matching: ['All {n} that the list shows', '列表中的全部 {n} 个'], secrets: ['With secrets', '包含密钥'], secrets_hint: ['Whoever has the file can use the accounts.', '持有该文件即可使用这些账号。'],
    password: ['Admin password', '管理员密码'], download: ['Download', '下载'], done: ['The file is written', '文件已生成'], some_left_out: ['{n} accounts follow the login of another program and are left out', '{n} 个账号跟随其他程序的登录，未导出'],
});

const TONES = { added: ['good', 'plus'], updated: ['info', 'refresh'], skipped: ['plain', 'x'], failed: ['bad', 'warn'] };
const FILE_MAX_BYTES = 8 << 20;
const ROWS_MAX = 500;

function Report({ report }) {
    return html`<div class="stack"><${Notice} tone=${report.failed ? 'warn' : 'good'} icon=${report.failed ? 'warn' : 'check'}>${report.dryRun ? t('would', { format: report.format }) : t('did')}
            <div><strong data-test="report">${t('summary', Object.fromEntries(['added', 'updated', 'skipped', 'failed'].map((k) => [k, number(report[k])])))}</strong></div></${Notice}>
        ${report.leftOut.length > 0 && html`<p class="muted small">${t('left_out', { what: report.leftOut.join(', ') })}</p>`}
        <div class="table-wrap report" tabindex="0" role="group" aria-label=${t('result')}><table class="table"><thead><tr>${['account', 'result', 'why'].map((h) => html`<th key=${h} scope="col">${t(h)}</th>`)}</tr></thead>
        <tbody>${report.items.slice(0, ROWS_MAX).map((item) => html`<tr key=${item.index}><td>${item.ref}</td><td><${Badge} tone=${TONES[item.result][0]} icon=${TONES[item.result][1]}>${t(item.result)}</${Badge}></td><td class="small muted">${item.message}</td></tr>`)}</tbody></table></div></div>`;
}

export function ImportDialog({ onClose, onDone }) {
    const [text, set_text] = useState('');
    const [name, set_name] = useState('');
    const [form, set_form] = useState({ existing: 'update', groups: '', tags: '' });
    const [report, set_report] = useState(null);
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const send = async (dry) => {
        set_busy(true);
        set_error(null);
        try {
            set_report(await post(`/api/accounts/import${query({ ...form, dryRun: dry ? 'true' : '' })}`, text, { file: true }));
            if (!dry) onDone();
        } catch (e) {
            set_error(e);
        }
        set_busy(false);
    };
    const read = async (file) => {
        if (!file) return;
        if (file.size > FILE_MAX_BYTES) {
            set_error(new Error(t('large')));
            return;
        }
        set_name(file.name);
        set_text(await file.text());
    };
    const fresh = report ? report.added + report.updated : 0;
    const actions = !report ? html`<${Button} onClick=${onClose}>${t('cancel')}</${Button}><${Button} kind="primary" busy=${busy} disabled=${!text.trim()} onClick=${() => send(true)}>${t('preview')}</${Button}>`
        : report.dryRun ? html`<${Button} onClick=${() => set_report(null)}>${t('back')}</${Button}><${Button} kind="primary" busy=${busy} disabled=${fresh === 0} onClick=${() => send(false)}>${t('go', { n: number(fresh) })}</${Button}>`
            : html`<${Button} kind="primary" onClick=${onClose}>${t('close')}</${Button}>`;
    const set = (key) => (e) => set_form({ ...form, [key]: e.target.value });
    return html`<${Dialog} wide title=${t('import')} onClose=${onClose} actions=${actions}><div class="stack">${error && html`<${Problem} error=${error} />`}
        ${report ? html`<${Report} report=${report} />` : html`<p class="muted">${t('lead')}</p>
            <div class="row" onDragOver=${(e) => e.preventDefault()} onDrop=${(e) => { e.preventDefault(); read(e.dataTransfer.files[0]); }}><label class="button"><${Icon} name="plus" /><span>${t('choose')}</span>
                <input class="sr" type="file" accept=".json,.csv,.txt,text/*,application/json" onChange=${(e) => read(e.target.files[0])} /></label>${name && html`<span class="mono small">${name}</span>`}</div>
            <${Field} label=${t('paste')}>${(p) => html`<textarea ...${p} rows="6" class="mono" spellcheck="false" autocomplete="off" value=${text} onInput=${(e) => set_text(e.target.value)}></textarea>`}</${Field}>
            <div class="form-grid"><${Field} label=${t('existing')}>${(p) => html`<select ...${p} value=${form.existing} onChange=${set('existing')}><option value="update">${t('update')}</option><option value="skip">${t('skip')}</option></select>`}</${Field}>
            <${Field} label=${t('groups')} hint=${t('commas')}>${(p) => html`<input ...${p} value=${form.groups} onInput=${set('groups')} />`}</${Field}>
            <${Field} label=${t('tags')} hint=${t('commas')}>${(p) => html`<input ...${p} value=${form.tags} onInput=${set('tags')} />`}</${Field}></div>`}</div></${Dialog}>`;
}

const FORMATS = [['kirogate', 'json'], ['kam', 'json'], ['kiro-rs', 'json'], ['minimal', 'json'], ['csv', 'csv'], ['txt', 'txt'], ['dash', 'txt'], ['summary', 'txt']];

/** `ids`: those selected; `term`: what the list shows, "" for all. */
export function ExportDialog({ ids, term, total, onClose }) {
    const toast = useToast();
    const [form, set_form] = useState({ format: 'kirogate', scope: ids.length ? 'ids' : 'q', secrets: false, password: '' });
    const [busy, set_busy] = useState(false);
    const [error, set_error] = useState(null);
    const go = async () => {
        set_busy(true);
        set_error(null);
        try {
            const select = form.scope === 'ids' ? { ids } : { q: term || 'all' };
            const file = await post('/api/accounts/export', { format: form.format, select, ...(form.secrets ? { secrets: true, password: form.password } : {}) }, { as_file: true });
            const url = URL.createObjectURL(new Blob([file.text], { type: file.type }));
            const link = document.createElement('a');
            link.href = url;
            link.download = `kirogate-accounts-${new Date().toISOString().slice(0, 10)}.${FORMATS.find(([f]) => f === form.format)[1]}`;
            link.click();
            setTimeout(() => URL.revokeObjectURL(url), 10_000);
            const left_out = Number(file.headers.get('x-kirogate-left-out')) || 0;
            toast(left_out ? t('some_left_out', { n: number(left_out) }) : t('done'), left_out ? 'bad' : 'good');
            onClose();
        } catch (e) {
            set_error(e);
            set_busy(false);
        }
    };
    return html`<${Dialog} title=${t('export')} onClose=${onClose} actions=${html`<${Button} onClick=${onClose}>${t('cancel')}</${Button}>
        <${Button} kind="primary" busy=${busy} disabled=${form.secrets && !form.password} onClick=${go}>${t('download')}</${Button}>`}><div class="stack">${error && html`<${Problem} error=${error} />`}
        <${Field} label=${t('format')}>${(p) => html`<select ...${p} value=${form.format} onChange=${(e) => set_form({ ...form, format: e.target.value })}>${FORMATS.map(([f]) => html`<option key=${f} value=${f}>${f}</option>`)}</select>`}</${Field}>
        ${ids.length > 0 && html`<${Field} label=${t('scope')}>${(p) => html`<select ...${p} value=${form.scope} onChange=${(e) => set_form({ ...form, scope: e.target.value })}><option value="ids">${t('selected', { n: number(ids.length) })}</option><option value="q">${t('matching', { n: number(total) })}</option></select>`}</${Field}>`}
        <${Check} label=${t('secrets')} hint=${t('secrets_hint')} checked=${form.secrets} onChange=${(secrets) => set_form({ ...form, secrets })} />
        ${form.secrets && html`<${Field} label=${t('password')}>${(p) => html`<input ...${p} type="password" autocomplete="current-password" value=${form.password} onInput=${(e) => set_form({ ...form, password: e.target.value })} />`}</${Field}>`}</div></${Dialog}>`;
}

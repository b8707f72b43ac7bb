import { build, as_code, talk } from '../lib/chat.js';
import { duration, number, texts } from '../lib/i18n.js';
import { mount, PageHead } from '../lib/shell.js';
import { DEFAULT_MODEL } from '../lib/snippets.js';
import { html, cx, Badge, Button, Code, Dialog, Empty, Field, Icon, Notice, Problem, Segmented, Tabs, useEffect, useId, useRef, useState } from '../lib/ui.js';

const t = texts({
    title: ['Playground', '试验场'],
    lead: ['Talk to a model through this gateway, as a client would. The request is charged to the key.', '像客户端一样通过本网关与模型对话，用量计入所用密钥。'],
    api: ['API', '接口'], key: ['API key', 'API 密钥'], key_hint: ['Kept in this page only.', '仅保留在当前页面。'], model: ['Model', '模型'], load: ['Load models', '加载模型'], system: ['System prompt', '系统提示词'],
    thinking: ['Thinking', '思考'], off: ['Off', '关闭'], low: ['Low', '低'], medium: ['Medium', '中'], high: ['High', '高'], max_tokens: ['Most tokens of the answer', '最大输出令牌'], tools: ['Tools (JSON)', '工具（JSON）'],
    tools_hint: ['A list of {"name", "description", "parameters"}. Calls are shown, not run.', '形如 {"name", "description", "parameters"} 的列表。只展示调用，不执行。'], example: ['Insert an example', '插入示例'],
    message: ['Message', '消息'], placeholder: ['Ask something…', '输入问题…'], send: ['Send', '发送'], stop: ['Stop', '停止'], clear: ['New conversation', '新对话'], image: ['Add an image', '添加图片'], remove_image: ['Remove the image', '移除图片'], code: ['Copy as code', '复制为代码'],
    you: ['You', '你'], waiting: ['Waiting for the first event…', '等待首个事件…'], thoughts: ['Thinking', '思考过程'], tool: ['Tool call: {name}', '工具调用：{name}'],
    first: ['First event', '首个事件'], total: ['Total', '总耗时'], tokens: ['Tokens', '令牌'], in_out: ['{in} in · {out} out', '输入 {in} · 输出 {out}'], stopped: ['Stopped', '已停止'], reason: ['Ended by', '结束原因'], rate: ['{n} tokens/s', '{n} 令牌/秒'], answered: ['Model', '模型'], warnings: ['Warnings', '警告'],
    raw: ['Raw events ({n})', '原始事件（{n}）'], empty: ['Nothing said yet', '还没有对话'], empty_text: ['Enter a key, choose a model and ask. The answer streams in as the model writes it.', '输入密钥、选择模型并提问，回答会实时显示。'],
    bad_tools: ['The tools are not a JSON list', '工具不是有效的 JSON 列表'], no_models: ['The models could not be read: {why}', '无法读取模型：{why}'], settings: ['Request', '请求设置'], hint_send: ['Ctrl+Enter sends', '按 Ctrl+Enter 发送'],
});

const TOOLS = JSON.stringify([{ name: 'get_weather', description: 'The weather of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } }], null, 2);
const IMAGES_MAX = 4;
const IMAGE_MAX_BYTES = 5 << 20;
const RAW_MAX = 2000;

const read_image = (file) => new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
});

function Turn({ turn }) {
    if (turn.role === 'user') {
        return html`<article class="turn user"><header>${t('you')}</header>${turn.images.length > 0 && html`<div class="thumbs">${turn.images.map((src, i) => html`<img key=${i} src=${src} alt="" />`)}</div>`}
            <div class="bubble">${turn.text}</div></article>`;
    }
    const m = turn.meta;
    const seconds = m.total && m.first !== undefined ? (m.total - m.first) / 1000 : 0;
    return html`<article class="turn" aria-busy=${turn.busy ? 'true' : 'false'}><header>${m.model ?? turn.model}</header>
        ${turn.thinking && html`<details class="thought" open=${turn.busy && !turn.text}><summary>${t('thoughts')}</summary>${turn.thinking}</details>`}
        ${turn.busy && !turn.text && !turn.thinking && html`<p class="muted small row tight"><span class="spinner" aria-hidden="true"></span>${t('waiting')}</p>`}
        ${turn.text && html`<div class="bubble" data-test="answer">${turn.text}</div>`}
        ${turn.tools.map((tool, i) => html`<${Code} key=${i} title=${t('tool', { name: tool.name })} text=${tool.input || '{}'} />`)}
        ${turn.error && html`<${Problem} error=${turn.error} />`}
        <div class="timing" data-test="timing">${m.stopped && html`<${Badge} icon="stop">${t('stopped')}</${Badge}>`}
            ${m.first !== undefined && html`<span>${t('first')} <b>${duration(m.first)}</b></span>`}${m.total !== undefined && html`<span>${t('total')} <b>${duration(m.total)}</b></span>`}
            ${m.output_tokens !== undefined && html`<span>${t('tokens')} <b>${t('in_out', { in: number(m.input_tokens), out: number(m.output_tokens) })}</b></span>`}
            ${seconds > 0.05 && m.output_tokens > 0 && html`<span><b>${t('rate', { n: number(m.output_tokens / seconds, 1) })}</b></span>`}
            ${m.stop && html`<span>${t('reason')} <b class="mono">${m.stop}</b></span>`}${m.warnings && html`<span>${t('warnings')} <b>${m.warnings}</b></span>`}${m.id && html`<span class="mono faint">${m.id}</span>`}</div>
        ${turn.raw.length > 0 && html`<details class="small"><summary>${t('raw', { n: turn.raw.length })}</summary><pre class="raw" tabindex="0">${turn.raw.join('\n\n')}</pre></details>`}</article>`;
}

function Playground() {
    const [form, set_form] = useState({ api: 'openai', key: '', model: DEFAULT_MODEL, system: '', thinking: '', max_tokens: '', tools: '' });
    const [models, set_models] = useState([]);
    const [model_error, set_model_error] = useState(null);
    const [turns, set_turns] = useState([]);
    const [text, set_text] = useState('');
    const [images, set_images] = useState([]);
    const [code, set_code] = useState(null);
    const [error, set_error] = useState(null);
    const running = useRef(null);
    const [busy, set_busy] = useState(false);
    const list_id = useId('models');
    const end = useRef(null);
    useEffect(() => () => running.current?.abort(), []);
    const set = (name) => (e) => set_form({ ...form, [name]: e.target.value });
    const load_models = async () => {
        set_model_error(null);
        try {
            const answer = await fetch('/v1/models', { headers: { authorization: `Bearer ${form.key}` }, credentials: 'omit' });
            const body = await answer.json();
            if (!answer.ok) throw new Error(body.error?.message ?? answer.status);
            set_models(body.data.map((m) => m.id));
        } catch (e) {
            set_model_error(t('no_models', { why: e.message }));
        }
    };
    const asked = (messages) => build({ ...form, key: form.key.trim(), max_tokens: Number(form.max_tokens) || 0, messages });
    const history = () => turns.filter((x) => x.role === 'user' || x.text).map((x) => ({ role: x.role, text: x.text, images: x.images }));
    const send = async (event) => {
        event?.preventDefault();
        if (busy || !text.trim()) return;
        const question = { role: 'user', text, images };
        let request;
        try {
            request = asked([...history(), question]);
        } catch {
            set_error(new Error(t('bad_tools')));
            return;
        }
        set_error(null);
        const answer = { role: 'assistant', model: form.model, text: '', thinking: '', tools: [], raw: [], meta: {}, busy: true };
        const draw = () => set_turns((all) => [...all.slice(0, -1), { ...answer, raw: [...answer.raw], tools: [...answer.tools], meta: { ...answer.meta } }]);
        set_turns((all) => [...all, question, answer]);
        set_text('');
        set_images([]);
        set_busy(true);
        // One drawing a frame, however fast the events come.
        let frame = 0;
        const later = () => { frame ||= requestAnimationFrame(() => { frame = 0; draw(); }); };
        const abort = new AbortController();
        running.current = abort;
        try {
            await talk(request, form.api === 'anthropic', abort.signal, (change) => {
                if (change.raw && answer.raw.length < RAW_MAX) answer.raw.push(change.raw);
                if (change.head) Object.assign(answer.meta, change.head);
                if (change.text) answer.text += change.text;
                if (change.thinking) answer.thinking += change.thinking;
                if (change.tool) {
                    const known = answer.tools.find((x) => x.index === change.tool.index);
                    if (known) known.input += change.tool.input;
                    else answer.tools.push({ ...change.tool });
                }
                for (const name of ['first', 'total', 'stop']) if (change[name] !== undefined) answer.meta[name] = change[name];
                if (change.usage) Object.assign(answer.meta, Object.fromEntries(Object.entries(change.usage).filter(([, v]) => typeof v === 'number')));
                later();
            });
        } catch (e) {
            if (abort.signal.aborted) answer.meta.stopped = true;
            else answer.error = e;
        }
        answer.busy = false;
        cancelAnimationFrame(frame);
        draw();
        set_busy(false);
    };
    const add_images = async (event) => {
        const files = [...event.target.files].filter((f) => f.size <= IMAGE_MAX_BYTES).slice(0, IMAGES_MAX - images.length);
        event.target.value = '';
        set_images([...images, ...await Promise.all(files.map(read_image))]);
    };
    const show_code = () => {
        try {
            set_code(as_code(asked([...history(), { role: 'user', text: text || 'Hello', images }]), form.api === 'anthropic', location.origin));
        } catch {
            set_error(new Error(t('bad_tools')));
        }
    };
    return html`<${PageHead} title=${t('title')} lead=${t('lead')} />
        <div class="play"><section class="card stack" aria-label=${t('settings')}>
            <${Segmented} label=${t('api')} value=${form.api} onChange=${(api) => set_form({ ...form, api })} options=${[['openai', 'OpenAI'], ['anthropic', 'Anthropic']]} />
            <${Field} label=${t('key')} hint=${t('key_hint')}>${(p) => html`<input ...${p} type="password" class="mono" autocomplete="off" value=${form.key} onInput=${set('key')} onChange=${() => form.key && load_models()} />`}</${Field}>
            <${Field} label=${t('model')} error=${model_error}>${(p) => html`<div class="with-button"><input ...${p} type="text" class="mono" list=${list_id} autocomplete="off" spellcheck="false" value=${form.model} onInput=${set('model')} />
                <${Button} icon="refresh" label=${t('load')} disabled=${!form.key} onClick=${load_models} /><datalist id=${list_id}>${models.map((m) => html`<option key=${m} value=${m}></option>`)}</datalist></div>`}</${Field}>
            <${Field} label=${t('system')}>${(p) => html`<textarea ...${p} rows="3" value=${form.system} onInput=${set('system')}></textarea>`}</${Field}>
            <div class="form-grid"><${Field} label=${t('thinking')}>${(p) => html`<select ...${p} value=${form.thinking} onChange=${set('thinking')}>${['', 'low', 'medium', 'high'].map((l) => html`<option key=${l} value=${l}>${t(l || 'off')}</option>`)}</select>`}</${Field}>
                <${Field} label=${t('max_tokens')}>${(p) => html`<input ...${p} type="number" min="1" value=${form.max_tokens} onInput=${set('max_tokens')} />`}</${Field}></div>
            <details><summary>${t('tools')}</summary><div class="stack tight details-body"><${Field} label=${t('tools')} hint=${t('tools_hint')}>${(p) => html`<textarea ...${p} rows="7" class="mono" spellcheck="false" value=${form.tools} onInput=${set('tools')}></textarea>`}</${Field}>
                <div><${Button} small onClick=${() => set_form({ ...form, tools: TOOLS })}>${t('example')}</${Button}></div></div></details>
            <div class="row"><${Button} small icon="copy" onClick=${show_code}>${t('code')}</${Button}><${Button} small kind="ghost" icon="trash" disabled=${busy || turns.length === 0} onClick=${() => set_turns([])}>${t('clear')}</${Button}></div></section>
        <section class="card stack" aria-label=${t('title')}><div class="talk" role="log" aria-live=${busy ? 'off' : 'polite'}>${turns.length === 0 ? html`<${Empty} icon="play" title=${t('empty')}>${t('empty_text')}</${Empty}>` : turns.map((turn, i) => html`<${Turn} key=${i} turn=${turn} />`)}<span ref=${end}></span></div>
            ${error && html`<${Problem} error=${error} />`}
            <form class="composer" onSubmit=${send}>${images.length > 0 && html`<div class="thumbs">${images.map((src, i) => html`<figure key=${i}><img src=${src} alt="" /><${Button} icon="x" small label=${t('remove_image')} onClick=${() => set_images(images.filter((_, j) => j !== i))} /></figure>`)}</div>`}
                <${Field} label=${t('message')} hint=${t('hint_send')}>${(p) => html`<textarea ...${p} rows="3" placeholder=${t('placeholder')} value=${text} onInput=${(e) => set_text(e.target.value)} onKeyDown=${(e) => { if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) send(e); }}></textarea>`}</${Field}>
                <div class="row apart"><label class=${cx('button', images.length >= IMAGES_MAX && 'off')}><${Icon} name="image" /><span>${t('image')}</span><input class="sr" type="file" accept="image/png,image/jpeg,image/gif,image/webp" multiple disabled=${images.length >= IMAGES_MAX} onChange=${add_images} /></label>
                ${busy ? html`<${Button} kind="danger" icon="stop" onClick=${() => running.current?.abort()}>${t('stop')}</${Button}>` : html`<button type="submit" class="button primary" disabled=${!form.key.trim() || !text.trim()}><${Icon} name="play" /><span>${t('send')}</span></button>`}</div></form></section></div>
        ${code && html`<${Dialog} wide title=${t('code')} onClose=${() => set_code(null)}><div class="stack"><${Notice}><code>export KIROGATE_API_KEY=…</code></${Notice}>
            <div class="card flush"><${Tabs} label=${t('code')} items=${code.map(([name, body]) => [name, () => html`<${Code} title=${name} text=${body} />`])} /></div></div></${Dialog}>`}`;
}

mount(Playground);

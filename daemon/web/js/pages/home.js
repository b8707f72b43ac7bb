import { texts } from '../lib/i18n.js';
import { mount } from '../lib/shell.js';
import { DEFAULT_MODEL, snippets } from '../lib/snippets.js';
import { html, Code, Field, Icon, Tabs, useState } from '../lib/ui.js';

const t = texts({
    title: ['Claude models for the tools you already use', '让你现有的工具用上 Claude 模型'],
    lead: ['This gateway speaks the OpenAI and Anthropic APIs. Point a client at it with one of the blocks below; they contain its address.',
        '本网关兼容 OpenAI 与 Anthropic 接口。复制下面的配置即可接入，其中已包含本服务的地址。'],
    base: ['Anthropic base URL', 'Anthropic 基础地址'],
    base1: ['OpenAI base URL', 'OpenAI 基础地址'],
    step1: ['1. Get a key', '1. 获取密钥'],
    step1_text: ['Your operator makes one on the page Keys; it begins with kg-. The gateway’s first start printed the proxy key, which works too.',
        '由管理员在“密钥”页面创建，以 kg- 开头；网关首次启动时显示的代理密钥也可使用。'],
    step2: ['2. Set up your client', '2. 配置客户端'],
    step3: ['3. Try it', '3. 试一试'],
    step3_text: ['The playground streams an answer with your key and shows every event.', '在试验场用你的密钥获取流式回答，并查看每个事件。'],
    open: ['Open the playground', '打开试验场'],
    read: ['Read the docs', '阅读文档'],
    key: ['API key', 'API 密钥'],
    key_hint: ['Only put into the blocks below; it is neither stored nor sent.', '仅填入下方示例，不会保存或发送。'],
    model: ['Model', '模型'],
    clients: ['Clients', '客户端'],
});

function Home() {
    const base = location.origin;
    const [key, set_key] = useState('');
    const [model, set_model] = useState(DEFAULT_MODEL);
    const blocks = snippets(base, key || 'YOUR_KEY', model || DEFAULT_MODEL);
    return html`<div class="stack wide prose-width">
        <section class="hero"><h1>${t('title')}</h1><p class="lead">${t('lead')}</p>
            <dl class="urls"><div><dt>${t('base')}</dt><dd class="mono">${base}</dd></div>
                <div><dt>${t('base1')}</dt><dd class="mono">${base}/v1</dd></div></dl></section>
        <section class="stack"><h2>${t('step1')}</h2><p class="muted">${t('step1_text')}</p></section>
        <section class="stack"><h2>${t('step2')}</h2>
            <div class="form-grid"><${Field} label=${t('key')} hint=${t('key_hint')}>${(p) => html`<input ...${p} type="text" class="mono"
                autocomplete="off" spellcheck="false" placeholder="kg-…" value=${key} onInput=${(e) => set_key(e.target.value.trim())} />`}</${Field}>
            <${Field} label=${t('model')}>${(p) => html`<input ...${p} type="text" class="mono" autocomplete="off" spellcheck="false"
                value=${model} onInput=${(e) => set_model(e.target.value.trim())} />`}</${Field}></div>
            <div class="card flush"><${Tabs} label=${t('clients')} items=${blocks.map(([name, parts]) => [name, () => html`
                <div class="stack">${parts.map((part) => html`<${Code} key=${part.title} title=${part.title} text=${part.text} />`)}</div>`])} /></div></section>
        <section class="stack"><h2>${t('step3')}</h2><p class="muted">${t('step3_text')}</p>
            <div class="row"><a class="button primary" href="/playground"><${Icon} name="play" /><span>${t('open')}</span></a>
            <a class="button" href="/docs"><${Icon} name="book" /><span>${t('read')}</span></a></div></section></div>`;
}

mount(Home);

import { chinese, texts } from '../lib/i18n.js';
import { Sections } from '../lib/sections.js';
import { mount } from '../lib/shell.js';
import { snippets } from '../lib/snippets.js';
import { html, Code, Tabs } from '../lib/ui.js';

const t = texts({
    title: ['Docs', '文档'],
    lead: ['What a client needs to know of this gateway.', '客户端接入本网关所需了解的内容。'],
    clients: ['Clients', '客户端'], path: ['Path', '路径'], what: ['What', '说明'], kind: ['Key', '密钥'], meaning: ['Who it is', '说明'], status: ['Status', '状态码'], reason: ['Reason and what to do', '原因与处理'], header: ['Header', '响应头'],
});

const base = location.origin;
const either = (en, zh) => (chinese ? zh : en);
const c = (text) => html`<code>${text}</code>`;
function Grid({ head, rows, name }) {
    return html`<div class="table-wrap card flush" tabindex="0" role="group" aria-label=${name}><table class="table"><thead><tr>${head.map((h) => html`<th scope="col" key=${h}>${h}</th>`)}</tr></thead>
        <tbody>${rows.map((row, i) => html`<tr key=${i}>${row.map((cell, j) => html`<td key=${j}>${j === 0 ? c(cell) : cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

const SECTIONS = [
    ['setup', either('Set up a client', '配置客户端'), () => html`<p>${either(
        html`Anthropic clients take ${c(base)}, OpenAI clients ${c(`${base}/v1`)}. Base URLs work with and without ${c('/v1')}.`,
        html`Anthropic 客户端使用 ${c(base)}，OpenAI 客户端使用 ${c(`${base}/v1`)}。带或不带 ${c('/v1')} 均可。`)}</p>
        <div class="card flush"><${Tabs} label=${t('clients')} items=${snippets(base, 'YOUR_KEY').map(([name, parts]) => [name, () => html`<div class="stack">${parts.map((p) => html`<${Code} key=${p.title} title=${p.title} text=${p.text} />`)}</div>`])} /></div>`],
    ['routes', either('Routes', '接口'), () => html`<${Grid} name=${t('path')} head=${[t('path'), t('what')]} rows=${[
        ['POST /v1/chat/completions', either('OpenAI chat completions, streamed or not', 'OpenAI 对话补全，支持流式')], ['POST /v1/responses', either('OpenAI Responses', 'OpenAI Responses 接口')],
        ['POST /v1/messages', either('Anthropic Messages, streamed or not', 'Anthropic Messages，支持流式')], ['POST /v1/messages/count_tokens', either('How many tokens a request would be', '估算请求的令牌数')],
        ['GET /v1/models', either('Models that the key may use', '密钥可用的模型')], ['GET /v1/usage', either('Limits and use of the key', '密钥的限额与用量')], ['GET /health, /ready', either('Without a key: alive; able to serve', '无需密钥：存活；可服务')]]} />
        <p>${either(html`All of them, with schemas: <a href="/swagger">API reference</a>.`, html`完整列表与模式见<a href="/swagger">接口参考</a>。`)}</p>`],
    ['keys', either('Keys', '密钥'), () => html`<p>${either(html`Send it as ${c('Authorization: Bearer KEY')}, ${c('x-api-key: KEY')} or ${c('api-key: KEY')}.`, html`以 ${c('Authorization: Bearer KEY')}、${c('x-api-key: KEY')} 或 ${c('api-key: KEY')} 发送。`)}</p>
        <${Grid} name=${t('kind')} head=${[t('kind'), t('meaning')]} rows=${[['kg-…', either('A managed key, with limits of its own', '受管密钥，具有独立限额')], ['PROXY_KEY', either('The operator: every account, no limits', '运维者：可用全部账号，无限额')],
            ['PROXY_KEY:REFRESH_TOKEN', either('A tenant with a login of their own; over TLS or loopback only', '自带登录的租户；仅限 TLS 或本机')]]} />`],
    ['models', either('Models', '模型'), () => html`<p>${either(html`Names are those of the clients: ${c('claude-sonnet-4-5')}, ${c('claude-opus-4-5-20251101')}, ${c('claude-haiku-4.5-thinking')}. An unknown name is a 404, never silently another model. The one that answered is in ${c('x-kirogate-model')}.`,
        html`使用客户端惯用的名称：${c('claude-sonnet-4-5')}、${c('claude-opus-4-5-20251101')}、${c('claude-haiku-4.5-thinking')}。未知名称返回 404，绝不会悄悄换成其他模型。实际应答的模型见 ${c('x-kirogate-model')}。`)}</p>`],
    ['features', either('Thinking, tools, images', '思考、工具与图片'), () => html`<ul>${(chinese ? [
        '思考：Anthropic 的 thinking、OpenAI 的 reasoning_effort，或模型名后缀 -thinking。', '工具：调用完整后才会转发；被中断的调用不会当作完成的调用返回。', '图片与 PDF：以 base64 发送；网络地址仅在运维者允许时获取。', '结构化输出：答案会按模式校验，不符合时再请求一次，两次都不符合则报错。', '网络搜索：声明客户端提供方的搜索工具即可，由网关执行。', '采样参数（temperature 等）上游不支持，会列在 x-kirogate-warnings 中。']
        : ['Thinking: Anthropic’s thinking, OpenAI’s reasoning_effort, or a model name that ends in -thinking.', 'Tools: a call is forwarded when it is complete; one that was cut off is never presented as finished.', 'Images and PDF files: as base64; addresses are fetched only where the operator allows it.', 'Structured output: answers are checked against the schema; one that misses is asked for once more, then it is an error.', 'Web search: declare the search tool of your client’s provider, and the gateway runs it.', 'Sampling parameters such as temperature have no counterpart upstream; x-kirogate-warnings names them.']).map((x) => html`<li key=${x}>${x}</li>`)}</ul>`],
    ['limits', either('Limits and errors', '限额与错误'), () => html`<p>${either('Errors have the shape of the API that was asked.', '错误格式与所用接口一致。')}</p><${Grid} name=${t('status')} head=${[t('status'), t('reason')]} rows=${[
        ['400', either('The request is malformed: the message names the field.', '请求有误：消息会指出字段。')], ['401', either('The key is unknown, disabled or expired.', '密钥未知、已停用或已过期。')], ['403', either('The key may not use this model or come from this address.', '密钥不允许使用该模型或来源地址。')], ['404', either('No such model or path.', '模型或路径不存在。')],
        ['429', either('A limit: x-kirogate-limit names it, Retry-After says when to try again.', '达到限额：x-kirogate-limit 为其名称，Retry-After 为重试时间。')], ['503', either('No account can serve now; clients retry by themselves.', '暂无可用账号，客户端会自动重试。')]]} />`],
    ['headers', either('Headers of answers', '响应头'), () => html`<${Grid} name=${t('header')} head=${[t('header'), t('what')]} rows=${[['request-id', either('Names the request, also in the log', '请求标识，亦见于日志')], ['x-kirogate-model', either('The model that answered', '实际应答的模型')], ['x-kirogate-warnings', either('What was ignored or emulated', '被忽略或模拟的参数')], ['x-kirogate-limit', either('The limit that refused a request', '拒绝请求的限额')], ['x-kirogate-compression', either('How a long conversation was made shorter', '长对话的压缩情况')]]} />`],
];

mount(() => html`<${Sections} title=${t('title')} lead=${t('lead')} sections=${SECTIONS} />`);

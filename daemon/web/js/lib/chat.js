// One request to a client API from the playground: what is sent, how its stream is read, and the same as a program.

/** { path, headers, body } for either API; `ask` is what the form says. */
export function build(ask) {
    const anthropic = ask.api === 'anthropic';
    const image = (data) => (anthropic
        ? { type: 'image', source: { type: 'base64', media_type: data.slice(5, data.indexOf(';')), data: data.slice(data.indexOf(',') + 1) } }
        : { type: 'image_url', image_url: { url: data } });
    const messages = ask.messages.map(({ role, text, images = [] }) => ({
        role, content: images.length ? [...images.map(image), { type: 'text', text }] : text,
    }));
    const tools = ask.tools.trim() ? JSON.parse(ask.tools) : [];
    if (!Array.isArray(tools)) throw new SyntaxError('[]');
    const body = { model: ask.model, stream: true };
    if (anthropic) {
        Object.assign(body, { max_tokens: ask.max_tokens || 4096, ...(ask.system ? { system: ask.system } : {}), messages });
        if (ask.thinking) body.thinking = { type: 'enabled', budget_tokens: { low: 2048, medium: 8192, high: 16384 }[ask.thinking] };
        if (body.thinking && body.max_tokens <= body.thinking.budget_tokens) body.max_tokens = body.thinking.budget_tokens + 4096;
        if (tools.length) body.tools = tools.map((x) => ({ name: x.name, description: x.description, input_schema: x.parameters ?? x.input_schema ?? { type: 'object', properties: {} } }));
    } else {
        body.messages = [...(ask.system ? [{ role: 'system', content: ask.system }] : []), ...messages];
        if (ask.max_tokens) body.max_tokens = ask.max_tokens;
        if (ask.thinking) body.reasoning_effort = ask.thinking;
        if (tools.length) body.tools = tools.map((x) => ({ type: 'function', function: { name: x.name, description: x.description, parameters: x.parameters ?? x.input_schema ?? { type: 'object', properties: {} } } }));
        body.stream_options = { include_usage: true };
    }
    const headers = anthropic ? { 'x-api-key': ask.key, 'anthropic-version': '2023-06-01' } : { authorization: `Bearer ${ask.key}` };
    return { path: anthropic ? '/v1/messages' : '/v1/chat/completions', headers: { ...headers, 'content-type': 'application/json' }, body };
}

/** Reads server-sent events: yields { event, data } as each is complete. */
async function* events(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let kept = '';
    for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        kept += value;
        for (let end; (end = kept.indexOf('\n\n')) >= 0; kept = kept.slice(end + 2)) {
            const out = { event: '', data: '', raw: kept.slice(0, end) };
            for (const line of out.raw.split('\n')) {
                if (line.startsWith('event:')) out.event = line.slice(6).trim();
                if (line.startsWith('data:')) out.data += line.slice(5).trim();
            }
            yield out;
        }
    }
}

/** One event of either API as changes: { text, thinking, tool: {index, name, input}, usage, stop, error }. */
function read_event(anthropic, data) {
    if (data.error) return { error: data.error.message ?? JSON.stringify(data.error) };
    if (anthropic) {
        const d = data.delta ?? {};
        if (data.type === 'content_block_start' && data.content_block.type === 'tool_use') return { tool: { index: data.index, name: data.content_block.name, input: '' } };
        if (d.type === 'text_delta') return { text: d.text };
        if (d.type === 'thinking_delta') return { thinking: d.thinking };
        if (d.type === 'input_json_delta') return { tool: { index: data.index, input: d.partial_json } };
        if (data.type === 'message_start') return { usage: data.message.usage };
        if (data.type === 'message_delta') return { usage: data.usage, stop: d.stop_reason };
        return {};
    }
    const choice = data.choices?.[0] ?? {};
    const call = choice.delta?.tool_calls?.[0];
    return {
        text: choice.delta?.content ?? undefined, thinking: choice.delta?.reasoning_content ?? choice.delta?.reasoning ?? undefined,
        tool: call && { index: call.index, name: call.function?.name, input: call.function?.arguments ?? '' },
        usage: data.usage ? { input_tokens: data.usage.prompt_tokens, output_tokens: data.usage.completion_tokens } : undefined,
        stop: choice.finish_reason ?? undefined,
    };
}

/** Sends and tells `on(change)` of everything. Aborting `signal` ends the request, here and upstream. */
export async function talk(request, anthropic, signal, on) {
    const started = performance.now();
    const answer = await fetch(request.path, { method: 'POST', headers: request.headers, body: JSON.stringify(request.body), signal, credentials: 'omit' });
    on({ head: { status: answer.status, id: answer.headers.get('request-id'), model: answer.headers.get('x-kirogate-model'), warnings: answer.headers.get('x-kirogate-warnings') } });
    if (!answer.ok) {
        const text = await answer.text();
        let message = text;
        try { message = JSON.parse(text).error?.message ?? text; } catch { /* as it came */ }
        on({ raw: text });
        throw new Error(`${answer.status}: ${message}`);
    }
    let first = null;
    for await (const { data, raw } of events(answer.body)) {
        on({ raw });
        if (!data || data === '[DONE]') continue;
        const change = read_event(anthropic, JSON.parse(data));
        if (first === null && (change.text || change.thinking || change.tool)) on({ first: (first = performance.now() - started) });
        on(change);
        if (change.error) throw new Error(change.error);
    }
    on({ total: performance.now() - started });
}

const shell_quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const python = (value, depth = 1) => {
    const pad = '    '.repeat(depth);
    if (value === true) return 'True';
    if (value === false) return 'False';
    if (value === null) return 'None';
    if (Array.isArray(value)) return value.length ? `[\n${value.map((v) => `${pad}    ${python(v, depth + 1)},\n`).join('')}${pad}]` : '[]';
    if (typeof value === 'object') return `{\n${Object.entries(value).map(([k, v]) => `${pad}    ${JSON.stringify(k)}: ${python(v, depth + 1)},\n`).join('')}${pad}}`;
    return JSON.stringify(value);
};
const indent = (text) => text.replaceAll('\n', '\n  ');

/** The request as something to paste: curl, Python, JavaScript. The key is named, not shown. */
export function as_code(request, anthropic, base) {
    const { stream, stream_options: _, ...rest } = request.body;
    const curl = [`curl -N ${base}${request.path}`, ...Object.entries(request.headers).map(([k, v]) =>
        `  -H ${k === 'x-api-key' ? '"x-api-key: $KIROGATE_API_KEY"' : k === 'authorization' ? '"authorization: Bearer $KIROGATE_API_KEY"' : shell_quote(`${k}: ${v}`)}`),
    `  -d ${shell_quote(JSON.stringify(request.body))}`].join(' \\\n');
    const named = Object.entries(rest).map(([k, v]) => `    ${k}=${python(v)},\n`).join('');
    if (anthropic) {
        return [['curl', curl],
            ['Python', `import os\nfrom anthropic import Anthropic\n\nclient = Anthropic(base_url="${base}", api_key=os.environ["KIROGATE_API_KEY"])\nwith client.messages.stream(\n${named}) as stream:\n    for text in stream.text_stream:\n        print(text, end="", flush=True)\n`],
            ['JavaScript', `import Anthropic from "@anthropic-ai/sdk";\n\nconst client = new Anthropic({ baseURL: "${base}", apiKey: process.env.KIROGATE_API_KEY });\nconst stream = client.messages.stream(${JSON.stringify(rest, null, 2)});\nstream.on("text", (text) => process.stdout.write(text));\nawait stream.finalMessage();\n`]];
    }
    return [['curl', curl],
        ['Python', `import os\nfrom openai import OpenAI\n\nclient = OpenAI(base_url="${base}/v1", api_key=os.environ["KIROGATE_API_KEY"])\nstream = client.chat.completions.create(\n${named}    stream=True,\n)\nfor chunk in stream:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="", flush=True)\n`],
        ['JavaScript', `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${base}/v1", apiKey: process.env.KIROGATE_API_KEY });\nconst stream = await client.chat.completions.create({\n  ...${indent(JSON.stringify(rest, null, 2))},\n  stream: ${stream},\n});\nfor await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");\n`]];
}

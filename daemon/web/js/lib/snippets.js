// How clients are set up to use this gateway, with its own URL.

export const DEFAULT_MODEL = 'claude-sonnet-4-5';

/** [name, [{ title, text }]] by client. */
export function snippets(base, key, model = DEFAULT_MODEL) {
    const v1 = `${base}/v1`;
    return [
        ['Claude Code', [
            { title: 'shell', text: `export ANTHROPIC_BASE_URL=${base}\nexport ANTHROPIC_AUTH_TOKEN=${key}\nexport ANTHROPIC_MODEL=${model}\nclaude` },
            { title: '~/.claude/settings.json', text: JSON.stringify({ env: { ANTHROPIC_BASE_URL: base, ANTHROPIC_AUTH_TOKEN: key, ANTHROPIC_MODEL: model } }, null, 2) },
        ]],
        ['Cline', [
            { title: 'Anthropic', text: `API Provider:  Anthropic\nUse custom base URL:  ${base}\nAnthropic API Key:  ${key}\nModel:  ${model}` },
            { title: 'OpenAI Compatible', text: `API Provider:  OpenAI Compatible\nBase URL:  ${v1}\nAPI Key:  ${key}\nModel ID:  ${model}` },
        ]],
        ['OpenCode', [
            { title: 'opencode.json', text: JSON.stringify({
                $schema: 'https://opencode.ai/config.json',
                provider: { kirogate: {
                    npm: '@ai-sdk/openai-compatible', name: 'kirogate',
                    options: { baseURL: v1, apiKey: '{env:KIROGATE_API_KEY}' }, models: { [model]: {} },
                } },
                model: `kirogate/${model}`,
            }, null, 2) },
            { title: 'shell', text: `export KIROGATE_API_KEY=${key}\nopencode` },
        ]],
        ['Codex', [
            { title: '~/.codex/config.toml', text: `model = "${model}"\nmodel_provider = "kirogate"\n\n[model_providers.kirogate]\nname = "kirogate"\nbase_url = "${v1}"\nenv_key = "KIROGATE_API_KEY"\nwire_api = "responses"` },
            { title: 'shell', text: `export KIROGATE_API_KEY=${key}\ncodex` },
        ]],
        ['OpenAI SDK', [
            { title: 'Python', text: `from openai import OpenAI\n\nclient = OpenAI(base_url="${v1}", api_key="${key}")\nstream = client.chat.completions.create(\n    model="${model}",\n    messages=[{"role": "user", "content": "Hello"}],\n    stream=True,\n)\nfor chunk in stream:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="")` },
            { title: 'JavaScript', text: `import OpenAI from "openai";\n\nconst client = new OpenAI({ baseURL: "${v1}", apiKey: "${key}" });\nconst stream = await client.chat.completions.create({\n  model: "${model}",\n  messages: [{ role: "user", content: "Hello" }],\n  stream: true,\n});\nfor await (const chunk of stream) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");` },
        ]],
        ['Anthropic SDK', [
            { title: 'Python', text: `from anthropic import Anthropic\n\nclient = Anthropic(base_url="${base}", api_key="${key}")\nwith client.messages.stream(\n    model="${model}",\n    max_tokens=1024,\n    messages=[{"role": "user", "content": "Hello"}],\n) as stream:\n    for text in stream.text_stream:\n        print(text, end="")` },
            { title: 'JavaScript', text: `import Anthropic from "@anthropic-ai/sdk";\n\nconst client = new Anthropic({ baseURL: "${base}", apiKey: "${key}" });\nconst stream = client.messages.stream({\n  model: "${model}",\n  max_tokens: 1024,\n  messages: [{ role: "user", content: "Hello" }],\n});\nstream.on("text", (text) => process.stdout.write(text));\nawait stream.finalMessage();` },
        ]],
        ['curl', [
            { title: 'OpenAI', text: `curl -N ${v1}/chat/completions \\\n  -H "Authorization: Bearer ${key}" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model":"${model}","stream":true,"messages":[{"role":"user","content":"Hello"}]}'` },
            { title: 'Anthropic', text: `curl -N ${base}/v1/messages \\\n  -H "x-api-key: ${key}" -H "anthropic-version: 2023-06-01" \\\n  -H "Content-Type: application/json" \\\n  -d '{"model":"${model}","max_tokens":1024,"stream":true,"messages":[{"role":"user","content":"Hello"}]}'` },
        ]],
    ];
}

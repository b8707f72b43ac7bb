// Documents and pictures that a request carries or names.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

import { MODEL, chat, messages, post } from './lib/http.mjs';
import { rig, shared_rig } from './lib/rig.mjs';

const shared = shared_rig();
const current = async () => (await shared.fake.last_chat()).conversationState.currentMessage.userInputMessage;

/** A PDF file with one line a page. */
function pdf(...pages) {
    const objects = ['<</Type/Catalog/Pages 2 0 R>>', `<</Type/Pages/Kids[${pages.map((_, i) => `${4 + 2 * i} 0 R`).join(' ')}]/Count ${pages.length}>>`,
        '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>'];
    pages.forEach((text, i) => {
        const stream = `BT /F1 12 Tf 20 200 Td (${text}) Tj ET`;
        objects.push(`<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Resources<</Font<</F1 3 0 R>>>>/Contents ${5 + 2 * i} 0 R>>`,
            `<</Length ${stream.length}>>stream\n${stream}\nendstream`);
    });
    let out = '%PDF-1.4\n', table = '';
    objects.forEach((object, i) => {
        table += `${String(out.length).padStart(10, '0')} 00000 n \n`;
        out += `${i + 1} 0 obj${object}endobj\n`;
    });
    const count = objects.length + 1;
    return Buffer.from(`${out}xref\n0 ${count}\n0000000000 65535 f \n${table}trailer<</Root 1 0 R/Size ${count}>>\nstartxref\n${out.length}\n%%EOF\n`).toString('base64');
}

function has_pdftotext() {
    try {
        execFileSync('sh', ['-c', 'command -v pdftotext'], { stdio: 'ignore' });
        return true;
    } catch {
        return false;
    }
}
const skip = has_pdftotext() ? false : 'pdftotext is not installed';
const data = pdf('Hello from page one', 'And page two');

test('a PDF file reaches the model as text, in all three APIs', { skip }, async () => {
    const expected = /\[Page 1\]\nHello from page one\n\n\[Page 2\]\nAnd page two/;
    await shared.fake.say([{ text: 'Read.' }]);
    const a = await post(shared.gateway, '/v1/messages', { model: MODEL, max_tokens: 100, messages: [{ role: 'user', content: [
        { type: 'document', title: 'Paper', source: { type: 'base64', media_type: 'application/pdf', data } }, { type: 'text', text: 'Sum up.' }] }] });
    assert.equal(a.status, 200, a.text);
    assert.match((await current()).content, expected);
    assert.match((await current()).content, /Document: Paper/);
    await shared.fake.say([{ text: 'Read.' }]);
    const c = await post(shared.gateway, '/v1/chat/completions', { model: MODEL, messages: [{ role: 'user', content: [
        { type: 'file', file: { filename: 'p.pdf', file_data: `data:application/pdf;base64,${data}` } }, { type: 'text', text: 'Sum up.' }] }] });
    assert.equal(c.status, 200, c.text);
    assert.match((await current()).content, expected);
    await shared.fake.say([{ text: 'Read.' }]);
    const r = await post(shared.gateway, '/v1/responses', { model: MODEL, stream: true, input: [{ role: 'user', content: [
        { type: 'input_file', filename: 'p.pdf', file_data: `data:application/pdf;base64,${data}` }, { type: 'input_text', text: 'Sum up.' }] }] });
    assert.equal(r.status, 200, r.text);
    assert.match((await current()).content, expected);
});

test('captures 9: a PDF file in a tool result, between texts', { skip }, async () => {
    await shared.fake.say([{ text: 'Read.' }]);
    const answer = await post(shared.gateway, '/v1/messages', { model: MODEL, max_tokens: 100, tools: [{ name: 'Read', input_schema: { type: 'object' } }], messages: [
        { role: 'user', content: 'Read it' }, { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'Read', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'before' },
            { type: 'document', source: { type: 'base64', media_type: 'application/pdf', data } }, { type: 'text', text: 'after' }] }] }] });
    assert.equal(answer.status, 200, answer.text);
    const text = JSON.stringify((await current()).userInputMessageContext.toolResults);
    assert.match(text, /before.*Hello from page one.*after/);
});

test('what is no readable PDF file leaves a note, and the request is answered', async () => {
    await shared.fake.say([{ text: 'Well.' }]);
    const broken = Buffer.from('%PDF-1.4 broken').toString('base64');
    const answer = await messages(shared.gateway, [{ type: 'document', title: 'b.pdf', source: { type: 'base64', media_type: 'application/pdf', data: broken } }]);
    assert.equal(answer.status, 200, answer.text);
    assert.match((await current()).content, /\[The file b\.pdf \(application\/pdf\) was attached here/);
    assert.match(answer.headers['x-kirogate-warnings'], /document was replaced by a note/);
});

test('D5: pictures by address are refused with their path while fetching is off', async () => {
    const a = await messages(shared.gateway, [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }]);
    assert.equal(a.status, 400);
    assert.match(a.json.error.message, /^messages\[0\]\.content\[0\]\.source\.url: images are not fetched/);
    const o = await chat(shared.gateway, [{ type: 'image_url', image_url: { url: 'https://example.com/a.png' } }]);
    assert.equal(o.status, 400);
    assert.equal(o.json.error.param, 'messages[0].content[0].image_url.url');
});

test('with fetching on, no address of this machine or its networks is reached', async (t) => {
    const { fake, gateway } = await rig(t, { config: { files: { fetch: true, fetch_timeout: '2s' } } });
    const port = new URL(fake.url).port;
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '2130706433', '169.254.169.254', '10.0.0.1', '0.0.0.0']) {
        for (const url of [`http://${host}:${port}/a.png`, `http://${host}:8080/a.png`, `http://${host}/a.png`]) {
            const answer = await messages(gateway, [{ type: 'image', source: { type: 'url', url } }]);
            assert.equal(answer.status, 400, `${url}: ${answer.text}`);
        }
    }
    assert.deepEqual((await fake.requests()).filter((r) => r.path === '/a.png'), []);
});

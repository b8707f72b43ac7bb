// The way to Kiro as it is outside of tests: TLS, HTTP/2, proxies.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { FakeKiro } from './lib/fake_kiro.mjs';
import { Gateway } from './lib/gateway.mjs';
import { chat } from './lib/http.mjs';

let folder;
const pem = (name) => join(folder, name);

before(() => {
    folder = mkdtempSync(join(tmpdir(), 'kirogate-tls-'));
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
        '-keyout', pem('key.pem'), '-out', pem('cert.pem'), '-days', '1', '-subj', '/CN=kiro.test',
        '-addext', 'subjectAltName=DNS:kiro.test,IP:127.0.0.1'], { stdio: 'pipe' });
});
after(() => rmSync(folder, { recursive: true, force: true }));

const listening = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

/** TLS in front of the fake: HTTP/2 and 1.1, or 1.1 alone. Counts the connections and what they spoke. */
async function tls_front(t, fake, { http1_only = false } = {}) {
    const spoken = [];
    const options = { key: readFileSync(pem('key.pem')), cert: readFileSync(pem('cert.pem')) };
    const create = http1_only ? https.createServer : http2.createSecureServer;
    const server = create(options, (request, response) => {
        const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith(':')));
        const onward = http.request({ port: fake.port, host: '127.0.0.1', method: request.method, path: request.url, headers }, (answer) => {
            const back = { ...answer.headers };
            for (const name of ['connection', 'transfer-encoding', 'keep-alive']) delete back[name];
            response.writeHead(answer.statusCode, back);
            answer.pipe(response);
        });
        onward.on('error', () => response.destroy?.());
        request.pipe(onward);
    });
    server.on('secureConnection', (socket) => spoken.push(socket.alpnProtocol || 'none'));
    const sockets = new Set();
    server.on('connection', (socket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        socket.on('error', () => {});
    });
    const port = await listening(server);
    t.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
    });
    return { port, spoken };
}

/** A proxy that speaks CONNECT or SOCKS5 and leads every name to loopback; tells what it was asked. */
async function proxy(t, kind) {
    const asked = [];
    const sockets = new Set();
    const server = net.createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => {});
        let seen = Buffer.alloc(0);
        let step = 0;
        const through = (port, reply, rest) => {
            socket.removeAllListeners('data');
            const onward = net.connect(port, '127.0.0.1', () => {
                socket.write(reply);
                onward.write(rest);
                socket.pipe(onward).pipe(socket);
            });
            sockets.add(onward);
            onward.on('error', () => socket.destroy());
        };
        socket.on('data', (bytes) => {
            seen = Buffer.concat([seen, bytes]);
            if (kind === 'http') {
                const end = seen.indexOf('\r\n\r\n');
                if (end < 0) return;
                const head = seen.subarray(0, end).toString();
                asked.push(head);
                return through(Number(/^CONNECT [^ ]+:(\d+) /.exec(head)[1]), 'HTTP/1.1 200 OK\r\n\r\n', seen.subarray(end + 4));
            }
            if (step === 0 && seen.length >= 2 + seen[1]) {
                seen = seen.subarray(2 + seen[1]);
                step = 1;
                socket.write(Buffer.from([5, 0]));
            }
            if (step === 1 && seen.length >= 7 && seen.length >= 7 + seen[4]) {
                asked.push(seen[3] === 3 ? seen.subarray(5, 5 + seen[4]).toString() : `address type ${seen[3]}`);
                const port = seen.readUInt16BE(5 + seen[4]);
                through(port, Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]), seen.subarray(7 + seen[4]));
            }
        });
    });
    const port = await listening(server);
    t.after(() => {
        for (const socket of sockets) socket.destroy();
        server.close();
    });
    return { port, asked };
}

async function gateway_over(t, url, kiro = {}) {
    const fake_urls = Object.fromEntries(['api_url', 'management_url', 'auth_url', 'oidc_url'].map((key) => [key, url]));
    const gateway = await Gateway.create({ accounts: ['first'], config: { server: { workers: 1 }, kiro: { ...fake_urls, ...kiro } } });
    t.after(() => gateway.dispose());
    await gateway.serve();
    return gateway;
}

async function fake_for(t) {
    const fake = await FakeKiro.start();
    t.after(() => fake.stop());
    return fake;
}

test('HTTP/2 over TLS: twenty answers at once share connections', async (t) => {
    const fake = await fake_for(t);
    const front = await tls_front(t, fake);
    const gateway = await gateway_over(t, `https://127.0.0.1:${front.port}`, { ca_file: pem('cert.pem') });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => chat(gateway, `Hello ${i}`)));
    assert.deepEqual(new Set(answers.map((a) => a.status)), new Set([200]));
    assert.deepEqual(new Set(front.spoken), new Set(['h2']));
    assert.ok(front.spoken.length <= 3, `${front.spoken.length} connections`);
});

test('HTTP/1.1 over TLS', async (t) => {
    const fake = await fake_for(t);
    const front = await tls_front(t, fake, { http1_only: true });
    const gateway = await gateway_over(t, `https://127.0.0.1:${front.port}`, { ca_file: pem('cert.pem') });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.ok(!front.spoken.includes('h2'));
});

test('a certificate that nobody vouches for is refused and told as an upstream failure', async (t) => {
    const fake = await fake_for(t);
    const front = await tls_front(t, fake);
    const gateway = await gateway_over(t, `https://127.0.0.1:${front.port}`);
    const answer = await chat(gateway, 'Hello');
    assert.ok(answer.status >= 500, `${answer.status}`);
    assert.equal((await fake.chats()).length, 0);
    await gateway.logged(/certificate|tls/i);
});

test('a SOCKS5 proxy resolves the name and carries TLS', async (t) => {
    const fake = await fake_for(t);
    const front = await tls_front(t, fake);
    const socks = await proxy(t, 'socks');
    const gateway = await gateway_over(t, `https://kiro.test:${front.port}`,
        { ca_file: pem('cert.pem'), proxy: `socks5h://127.0.0.1:${socks.port}` });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.deepEqual(new Set(socks.asked), new Set(['kiro.test']));
});

test('an HTTP proxy gets CONNECT with its credentials and nothing of the request', async (t) => {
    const fake = await fake_for(t);
    const front = await tls_front(t, fake);
    const connect = await proxy(t, 'http');
    const gateway = await gateway_over(t, `https://kiro.test:${front.port}`,
        { ca_file: pem('cert.pem'), proxy: `http://user:secret-word@127.0.0.1:${connect.port}` });
    assert.equal((await chat(gateway, 'Hello')).status, 200);
    assert.ok(connect.asked.length > 0);
    for (const head of connect.asked) {
        assert.match(head, /^CONNECT kiro\.test:\d+ HTTP\/1\.1\r\n/);
        assert.match(head, new RegExp(`Proxy-Authorization: Basic ${Buffer.from('user:secret-word').toString('base64')}`, 'i'));
        assert.doesNotMatch(head, /\r\nauthorization: bearer/i);
    }
    assert.ok(!gateway.log.includes('secret-word'));
});

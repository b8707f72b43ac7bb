import http from 'node:http';
import net from 'node:net';

import { PATIENCE_MS, until, within } from './wait.mjs';

const bearer = (gateway) => ({ authorization: `Bearer ${gateway.key}` });

/** One request on a connection of its own; `body` objects are sent as JSON. */
export function request(gateway, method, path, { headers = {}, body, key = true, socketPath } = {}) {
    const json = body !== undefined && typeof body !== 'string' && !Buffer.isBuffer(body);
    const bytes = json ? JSON.stringify(body) : body;
    return within(`${method} ${path}`, new Promise((resolve, reject) => {
        const sent = http.request({
            ...(socketPath ? { socketPath } : { host: '127.0.0.1', port: gateway.port }),
            method, path, agent: false,
            headers: {
                ...(key ? bearer(gateway) : {}),
                ...(json ? { 'content-type': 'application/json' } : {}),
                ...(bytes === undefined ? {} : { 'content-length': Buffer.byteLength(bytes) }),
                ...headers,
            },
        }, (answer) => {
            const parts = [];
            answer.on('data', (part) => parts.push(part));
            answer.on('error', reject);
            answer.on('end', () => {
                const text = Buffer.concat(parts).toString();
                resolve({
                    status: answer.statusCode, headers: answer.headers, text,
                    get json() { return JSON.parse(text); },
                    get events() { return parse_sse(text); },
                });
            });
        });
        sent.on('error', reject);
        sent.end(bytes);
    }));
}

export const get = (gateway, path, options) => request(gateway, 'GET', path, options);
export const post = (gateway, path, body, options) => request(gateway, 'POST', path, { body, ...options });

export const MODEL = 'claude-sonnet-4-5';

export function openai_body(text, more = {}) {
    return { model: MODEL, messages: [{ role: 'user', content: text }], ...more };
}
export function anthropic_body(text, more = {}) {
    return { model: MODEL, max_tokens: 1000, messages: [{ role: 'user', content: text }], ...more };
}
export const chat = (gateway, text, more, options) => post(gateway, '/v1/chat/completions', openai_body(text, more), options);
export const messages = (gateway, text, more, options) => post(gateway, '/v1/messages', anthropic_body(text, more), options);

/** [{event, data, comment}] of a stream; data is parsed, except for [DONE]. */
export function parse_sse(text) {
    return text.split('\n\n').filter(Boolean).map((frame) => {
        const out = {};
        for (const line of frame.split('\n')) {
            if (line.startsWith(':')) out.comment = line.slice(1).trim();
            else if (line.startsWith('event: ')) out.event = line.slice(7);
            else if (line.startsWith('data: ')) out.data = line.slice(6) === '[DONE]' ? '[DONE]' : JSON.parse(line.slice(6));
        }
        return out;
    });
}

/** The visible text of a chat completion stream. */
export const openai_text = (events) => events.map((e) => e.data?.choices?.[0]?.delta?.content ?? '').join('');
/** The visible text of a Messages stream. */
export const anthropic_text = (events) => events.map((e) => e.data?.delta?.text ?? '').join('');

/** A bare socket: sends what it is told, keeps what arrives, and may stop reading. */
export class RawSocket {
    static connect(gateway) {
        return new Promise((resolve, reject) => {
            const socket = gateway.socket_path ? net.connect(gateway.socket_path) : net.connect(gateway.port, '127.0.0.1');
            socket.once('error', reject);
            socket.once('connect', () => resolve(new RawSocket(socket)));
        });
    }

    constructor(socket) {
        this.socket = socket;
        this.received = '';
        this.closed = false;
        socket.setNoDelay(true);
        socket.setEncoding('latin1');
        socket.on('data', (text) => (this.received += text));
        socket.on('error', () => {});
        socket.on('close', () => (this.closed = true));
        socket.on('end', () => (this.closed = true));
    }

    write(text) {
        this.socket.write(text);
        return this;
    }

    post(gateway, path, body) {
        const text = JSON.stringify(body);
        return this.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${gateway.key}\r\n` +
            `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    }

    wait_for(text, timeout_ms = PATIENCE_MS) {
        return until(`"${text}" on a socket that got: ${this.received.slice(-400)}`, () => this.received.includes(text), timeout_ms);
    }

    wait_closed(timeout_ms = PATIENCE_MS) {
        return until('the end of a connection', () => this.closed, timeout_ms);
    }

    /** Ends the connection with RST, as a killed client does. */
    reset() {
        this.socket.resetAndDestroy ? this.socket.resetAndDestroy() : this.socket.destroy();
    }

    get status() {
        return Number(/^HTTP\/1\.1 (\d+)/.exec(this.received)?.[1] ?? 0);
    }
}

/** A stream that stays open: resolves when the first event with text has arrived. */
export async function open_stream(gateway, path, body, first = 'content') {
    const socket = await RawSocket.connect(gateway);
    socket.post(gateway, path, { ...body, stream: true });
    await socket.wait_for(first);
    return socket;
}

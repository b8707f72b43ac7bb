import { chinese, texts } from '../lib/i18n.js';
import { Sections } from '../lib/sections.js';
import { mount } from '../lib/shell.js';
import { html, Code, Notice } from '../lib/ui.js';

const t = texts({
    title: ['Deploy', '部署'],
    lead: ['From a terminal to a service that others can reach, with TLS and streams that are not held back.', '从终端运行到对外提供 TLS 与流畅流式输出的服务。'],
});

const either = (en, zh) => (chinese ? zh : en);
const c = (text) => html`<code>${text}</code>`;

const SYSTEMD = `sudo cmake --install build/release --prefix /usr
sudo systemd-sysusers                       # makes the user kirogate
sudo install -Dm600 -o root /dev/stdin /etc/kirogate/proxy_key <<< "$(openssl rand -hex 32)"
sudo systemctl edit kirogate                # the three lines below
sudo systemctl enable --now kirogate
sudo -u kirogate kirogate --state-dir /var/lib/kirogate account list
journalctl -u kirogate -f`;
const OVERRIDE = `[Service]
LoadCredential=proxy_key:/etc/kirogate/proxy_key
Environment=KIROGATE_AUTH_PROXY_KEY_FILE=%d/proxy_key`;
const DOCKERFILE = `FROM debian:12
WORKDIR /src
COPY . .
RUN .ci/install-deps && cmake --preset release && cmake --build --preset release \\
    && cmake --install build/release --prefix /usr && rm -rf build
RUN useradd --system --create-home --home-dir /var/lib/kirogate kirogate
USER kirogate
VOLUME /var/lib/kirogate
EXPOSE 8000
HEALTHCHECK CMD curl -fsS http://127.0.0.1:8000/health || exit 1
ENTRYPOINT ["kirogate", "serve", "--state-dir", "/var/lib/kirogate", "--listen", "0.0.0.0:8000"]`;
const COMPOSE = `services:
  kirogate:
    build: .
    restart: unless-stopped
    ports: ["127.0.0.1:8000:8000"]
    environment:
      KIROGATE_AUTH_PROXY_KEY_FILE: /run/secrets/proxy_key
    secrets: [proxy_key]
    volumes: ["kirogate:/var/lib/kirogate"]
    stop_grace_period: 45s
volumes:
  kirogate:
secrets:
  proxy_key:
    file: ./proxy_key`;
const NGINX = `server {
    listen 443 ssl http2;
    server_name ai.example.com;
    ssl_certificate     /etc/letsencrypt/live/ai.example.com/fullchain.pem;
    ssl_certificate_key /etc/letsencrypt/live/ai.example.com/privkey.pem;

    client_max_body_size 64m;              # images and long conversations

    location / {
        proxy_pass http://127.0.0.1:8000;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_buffering off;               # or streams arrive in lumps
        proxy_request_buffering off;
        proxy_read_timeout 600s;
    }
}`;
const CADDY = `ai.example.com {
    reverse_proxy 127.0.0.1:8000 {
        flush_interval -1
        transport http {
            response_header_timeout 600s
        }
    }
}`;
const TRUST = `[server]
listen = "127.0.0.1:8000"
trusted_proxies = ["127.0.0.1", "::1"]
admin_listen = "unix:/run/kirogate/admin.sock"   # optional: the pages for operators and the admin API apart`;
const PROMETHEUS = `scrape_configs:
  - job_name: kirogate
    authorization:
      credentials_file: /etc/prometheus/kirogate_token   # an admin token, read-only
    static_configs:
      - targets: ["${location.host}"]`;

const SECTIONS = [
    ['systemd', 'systemd', () => html`<p>${either('The unit runs it under a user of its own, without rights it does not need; systemd learns when it is ready, and a stop lets running answers end.', '该单元以独立用户、最小权限运行；就绪时通知 systemd，停止时等待进行中的回答结束。')}</p>
        <${Code} title="shell" text=${SYSTEMD} /><${Code} title="systemctl edit kirogate" text=${OVERRIDE} />`],
    ['docker', 'Docker', () => html`<p>${either('In the folder of the sources. The state is one volume; keep it, it has the accounts.', '在源码目录中执行。全部状态保存在一个卷中，请妥善保管，账号就在其中。')}</p>
        <${Code} title="Dockerfile" text=${DOCKERFILE} /><${Code} title="compose.yaml" text=${COMPOSE} />
        <${Code} title="shell" text=${'openssl rand -hex 32 > proxy_key\ndocker compose up -d --build\ndocker compose exec kirogate kirogate --state-dir /var/lib/kirogate account list'} />`],
    ['proxies', either('Reverse proxies and TLS', '反向代理与 TLS'), () => html`<p>${either('The gateway speaks plain HTTP; a proxy before it brings TLS. Two things matter for streams: no buffering, and time.', '网关使用明文 HTTP，由前置代理提供 TLS。流式输出需要关闭缓冲并放宽超时。')}</p>
        <${Code} title="nginx" text=${NGINX} /><${Code} title="Caddy" text=${CADDY} />
        <p>${either(html`Tell the gateway which proxy to believe, or every client has the proxy’s address: limits by address, ${c('--allow-ip')} and the ${c('Secure')} mark of the session cookie depend on it.`, html`请告知网关信任哪个代理，否则所有客户端都会显示为代理的地址：按地址的限额、${c('--allow-ip')} 以及会话 Cookie 的 ${c('Secure')} 标记都依赖于此。`)}</p>
        <${Code} title="kirogate.toml" text=${TRUST} />`],
    ['check', either('Check it', '检查'), () => html`<${Code} title="shell" text=${`kirogate serve --check                      # configuration and database, without listening
curl -fsS ${location.origin}/health         # the process answers
curl -fsS ${location.origin}/ready          # an account can serve
curl -N ${location.origin}/v1/chat/completions -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"model":"claude-sonnet-4-5","stream":true,"messages":[{"role":"user","content":"Count to 30"}]}'`} />
        <p class="muted">${either('Words that come one by one prove that no proxy holds the stream back.', '若文字逐个出现，说明没有代理在缓冲流。')}</p>`],
    ['watch', either('Watch it', '监控'), () => html`<p>${either(html`Metrics for Prometheus are at ${c('/metrics')}; ${c('examples/monitoring')} has a Grafana dashboard and alert rules.`, html`Prometheus 指标位于 ${c('/metrics')}；${c('examples/monitoring')} 提供 Grafana 仪表盘与告警规则。`)}</p><${Code} title="prometheus.yml" text=${PROMETHEUS} />`],
    ['backup', either('Back up and upgrade', '备份与升级'), () => html`<${Notice} tone="warn" icon="warn">${either(html`${c('seal.key')} opens the tokens in ${c('kirogate.db')}: keep both, and not in the same place.`, html`${c('seal.key')} 用于解密 ${c('kirogate.db')} 中的令牌：两者都要备份，且不要放在一起。`)}</${Notice}>
        <${Code} title="shell" text=${'sqlite3 /var/lib/kirogate/kirogate.db ".backup /backup/kirogate.db"\nsudo systemctl restart kirogate             # a new version migrates the database at its start'} />`],
];

mount(() => html`<${Sections} title=${t('title')} lead=${t('lead')} sections=${SECTIONS} />`);

import { get } from '../lib/api.js';
import { texts } from '../lib/i18n.js';
import { mount, PageHead } from '../lib/shell.js';
import { html, Problem, Skeleton, useEffect, useRef, useState } from '../lib/ui.js';

const t = texts({
    title: ['API reference', '接口参考'],
    lead: ['Every route of the clients’ APIs and of the admin API, from the OpenAPI document of this gateway.', '根据本网关的 OpenAPI 文档生成的全部客户端接口与管理接口。'],
    document: ['OpenAPI document (JSON)', 'OpenAPI 文档（JSON）'],
    failed: ['The viewer could not be loaded', '查看器加载失败'],
});

const vendor = (name) => new URL(`../../vendor/${name}`, import.meta.url).pathname;

/** Swagger UI is a script of the older kind: it is put into the page by its address, as is its style. */
function load() {
    return new Promise((resolve, reject) => {
        const style = document.createElement('link');
        style.rel = 'stylesheet';
        style.href = vendor('swagger-ui.css');
        const script = document.createElement('script');
        script.src = vendor('swagger-ui.js');
        script.onload = resolve;
        script.onerror = () => reject(new Error(t('failed')));
        document.head.append(style, script);
    });
}

function Swagger({ state }) {
    const place = useRef(null);
    const [error, set_error] = useState(null);
    const [ready, set_ready] = useState(false);
    useEffect(() => {
        const session = state.signed_in ? get('/api/session', { quiet: true }).catch(() => null) : null;
        Promise.all([load(), session]).then(([, who]) => {
            window.SwaggerUIBundle({
                url: '/api/openapi.json', domNode: place.current, deepLinking: true, docExpansion: 'list', defaultModelsExpandDepth: 0,
                // No validator of another host; requests carry the session and its token, where there is one.
                validatorUrl: null, tryItOutEnabled: false, displayRequestDuration: true, persistAuthorization: false,
                requestInterceptor: (request) => {
                    if (who?.csrfToken && request.method !== 'GET') request.headers['x-csrf-token'] = who.csrfToken;
                    return request;
                },
                onComplete: () => set_ready(true),
            });
        }).catch(set_error);
    }, []);
    return html`<${PageHead} title=${t('title')} lead=${t('lead')}><a class="button" href="/api/openapi.json">${t('document')}</a></${PageHead}>
        ${error && html`<${Problem} error=${error} />`}${!ready && !error && html`<${Skeleton} rows=${8} />`}
        <div class="swagger-frame" ref=${place} hidden=${!ready}></div>`;
}

mount(Swagger);

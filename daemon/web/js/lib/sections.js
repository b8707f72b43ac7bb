// A page of prose: what it has, and each part with a name that links can point to.
import { texts } from './i18n.js';
import { PageHead } from './shell.js';
import { html } from './ui.js';

const t = texts({ contents: ['Contents', '目录'] });

export function Sections({ title, lead, sections }) {
    return html`<div class="prose prose-width"><${PageHead} title=${title} lead=${lead} />
        <nav class="toc" aria-label=${t('contents')}>${sections.map(([id, name]) => html`<a class="button small" key=${id} href=${`#${id}`}>${name}</a>`)}</nav>
        ${sections.map(([id, name, draw]) => html`<section class="prose" key=${id} aria-labelledby=${id}><h2 id=${id}>${name}</h2>${draw()}</section>`)}</div>`;
}

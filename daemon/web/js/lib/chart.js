// Time series drawn with uPlot; the colours are those of the theme, the words those of the language.
import uPlot from '../../vendor/uplot.js';
import { lang, NONE, texts } from './i18n.js';
import { html, useEffect, useRef, useState } from './ui.js';

const t = texts({
    table: ['Show the numbers', '查看数据'],
    time: ['Time', '时间'],
    none: ['No requests in this time', '该时段没有请求'],
});

/** Every step from `from` to `to`, so that a quiet hour is seen as one. */
export function fill_series(usage) {
    const known = new Map(usage.series.map((slice) => [slice.at, slice]));
    const out = [];
    const first = Math.floor(usage.from / usage.stepMs) * usage.stepMs;
    for (let at = first; at < usage.to && out.length < 2000; at += usage.stepMs) out.push(known.get(at) ?? { at, empty: true });
    return out;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** `lines`: [{ name, of: (slice) => value or null, colour: '--series-1', bars }]; `show` writes a value. */
export function Chart({ title, slices, lines, show, axis = show, span_ms }) {
    const place = useRef(null);
    const tip = useRef(null);
    const [theme, set_theme] = useState(0);
    useEffect(() => {
        const redraw = () => set_theme((n) => n + 1);
        const media = matchMedia('(prefers-color-scheme: dark)');
        media.addEventListener('change', redraw);
        window.addEventListener('themechange', redraw);
        return () => {
            media.removeEventListener('change', redraw);
            window.removeEventListener('themechange', redraw);
        };
    }, []);
    useEffect(() => {
        const node = place.current;
        const long = span_ms > 2 * 86_400_000;
        const tick = new Intl.DateTimeFormat(lang, long ? { month: 'short', day: 'numeric' }
            : { hour: '2-digit', minute: '2-digit', hour12: false });
        const exact = new Intl.DateTimeFormat(lang, { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false });
        const data = [slices.map((s) => s.at / 1000), ...lines.map((line) => slices.map((s) => (s.empty ? (line.bars ? 0 : null) : line.of(s))))];
        const text = colour('--text-3');
        const rule = { stroke: colour('--line'), width: 1 };
        const font = `12px ${getComputedStyle(document.body).fontFamily}`;
        const say = (plot) => {
            const { idx, left } = plot.cursor;
            const box = tip.current;
            if (!box) return;
            const inside = idx !== null && idx !== undefined && left >= 0;
            box.hidden = !inside;
            if (!inside) return;
            const rows = [exact.format(slices[idx].at), ...lines.map((line, i) => `${line.name}: ${data[i + 1][idx] === null ? NONE : show(data[i + 1][idx])}`)];
            box.replaceChildren(...rows.map((row, i) => {
                const line = document.createElement(i ? 'span' : 'b');
                line.textContent = row;
                return line;
            }));
            const x = plot.bbox.left / devicePixelRatio + left;
            const flip = x > node.clientWidth / 2;
            box.style.left = flip ? 'auto' : `${x + 12}px`;
            box.style.right = flip ? `${node.clientWidth - x + 12}px` : 'auto';
        };
        const plot = new uPlot({
            width: Math.max(node.clientWidth, 100), height: 210, legend: { show: false }, padding: [10, 6, 0, 0],
            cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
            scales: { x: { time: true }, y: { range: (u, min, max) => [0, max > 0 ? max * 1.08 : 1] } },
            axes: [
                { stroke: text, font, grid: { show: false }, ticks: { show: false }, values: (u, at) => at.map((s) => tick.format(s * 1000)), space: 74, size: 30 },
                { stroke: text, font, grid: rule, ticks: { show: false }, values: (u, vs) => vs.map((v) => axis(v)), size: 58, space: 42 },
            ],
            series: [{}, ...lines.map((line) => ({
                stroke: colour(line.colour), width: line.bars ? 0 : 2, points: { show: !line.bars && slices.filter((s) => !s.empty).length < 40, size: 5 }, spanGaps: true,
                fill: line.bars ? colour(line.colour) : undefined,
                paths: line.bars ? uPlot.paths.bars({ size: [0.72, 26], radius: 0.15 }) : uPlot.paths.linear(),
            }))],
            hooks: { setCursor: [say] },
        }, data, node);
        const observer = new ResizeObserver(() => plot.setSize({ width: Math.max(node.clientWidth, 100), height: 210 }));
        observer.observe(node);
        return () => {
            observer.disconnect();
            plot.destroy();
        };
    }, [slices, theme]);
    const busy = slices.filter((s) => !s.empty);
    const full = new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short', hour12: false });
    return html`<section class="card"><header><h2>${title}</h2><div class="chart-legend">${lines.map((line) => html`
            <span key=${line.name}><i style=${{ background: `var(${line.colour})` }}></i>${line.name}</span>`)}</div></header>
        <div class="chart" ref=${place} role="img" aria-label=${`${title}: ${lines.map((l) => l.name).join(', ')}`}>
            <div class="chart-tip" ref=${tip} hidden></div></div>
        <details class="small"><summary>${t('table')}</summary>${busy.length === 0 ? html`<p class="muted">${t('none')}</p>` : html`
            <div class="table-wrap raw-table" tabindex="0" role="group" aria-label=${title}><table class="table"><thead><tr><th scope="col">${t('time')}</th>
            ${lines.map((l) => html`<th scope="col" class="right" key=${l.name}>${l.name}</th>`)}</tr></thead>
            <tbody>${busy.slice(-200).reverse().map((s) => html`<tr key=${s.at}><td class="nowrap">${full.format(s.at)}</td>
            ${lines.map((l) => html`<td class="right num" key=${l.name}>${l.of(s) === null ? NONE : show(l.of(s))}</td>`)}</tr>`)}</tbody></table></div>`}</details></section>`;
}

// A real browser for the pages: everything that goes wrong on them fails the test that was looking.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const modules = createRequire(join(process.env.KIROGATE_E2E_MODULES, 'package.json'));
const { chromium } = modules('playwright-core');
const axe_source = readFileSync(modules.resolve('axe-core/axe.min.js'), 'utf8');

export const DESKTOP = { width: 1280, height: 860 };
export const PHONE = { width: 375, height: 780 };

export class Browser {
    static async launch() {
        const profile = await mkdtemp(join(tmpdir(), 'kirogate-chromium-'));
        const browser = await chromium.launchPersistentContext(profile, {
            executablePath: process.env.KIROGATE_CHROMIUM ?? '/usr/bin/chromium',
            args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
                '--disable-component-update', '--disable-sync'],
            viewport: DESKTOP, locale: 'en-US', timezoneId: 'UTC', reducedMotion: 'reduce',
        });
        return new Browser(browser, profile);
    }

    constructor(persistent, profile) {
        this.#browser = persistent.browser();
        this.#persistent = persistent;
        this.#profile = profile;
        this.shots = process.env.KIROGATE_SCREENSHOTS ?? join(process.env.KIROGATE_E2E_MODULES, 'screenshots');
    }

    /** A visitor with cookies of its own. */
    async visitor(gateway, { size = DESKTOP, locale = 'en-US', theme = 'light' } = {}) {
        const context = await this.#persistent.browser().newContext({
            viewport: size, locale, colorScheme: theme, timezoneId: 'UTC', reducedMotion: 'reduce', baseURL: gateway.url,
            hasTouch: size === PHONE,
        });
        return new Visitor(context, gateway, this.shots);
    }

    async close() {
        await this.#persistent.close();
        await rm(this.#profile, { recursive: true, force: true });
    }

    #browser;
    #persistent;
    #profile;
}

export class Visitor {
    constructor(context, gateway, shots) {
        this.context = context;
        this.gateway = gateway;
        this.#shots = shots;
        this.troubles = [];
        this.#expected = [];
    }

    async open(path, ready = 'h1') {
        if (!this.page) {
            this.page = await this.context.newPage();
            await this.page.addInitScript(() => {
                document.addEventListener('securitypolicyviolation', (event) => console.error(
                    `CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
                // Whatever markup of somebody else's would do, it would do this.
                window.alert = () => console.error('XSS: a script of a stored field ran');
            });
            this.page.on('console', (message) => {
                if (message.type() === 'error') this.#trouble(`console: ${message.text()} (${message.location().url})`);
            });
            this.page.on('pageerror', (error) => this.#trouble(`exception: ${error.stack}`));
            this.page.on('request', (request) => {
                const url = new URL(request.url());
                if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== new URL(this.gateway.url).origin)
                    this.#trouble(`a request to another host: ${url}`);
            });
        }
        await this.page.goto(path);
        await this.page.locator(ready).first().waitFor();
        return this.page;
    }

    async sign_in(password) {
        await this.open('/sign-in');
        await this.page.getByLabel('Admin password').or(this.page.getByLabel('管理员密码')).first().fill(password);
        await this.page.locator('button[type=submit]').click();
        await this.page.waitForURL('**/dashboard*');
        await this.page.locator('h1').waitFor();
        return this.page;
    }

    /** What the next steps are expected to bring about, such as the console's line about a refused request. */
    expect(pattern) {
        this.#expected.push(pattern);
    }

    async shot(name) {
        await mkdir(this.#shots, { recursive: true });
        await this.page.screenshot({ path: join(this.#shots, `${name}.png`), fullPage: true });
    }

    /** No serious finding of axe, but for what Swagger UI draws, and nothing wider than the screen. */
    async check(what, { axe: with_axe = true } = {}) {
        const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `${what}: wider than the screen by ${wide} px`);
        if (!with_axe) return this.sound(what);
        await this.page.evaluate(axe_source);
        const found = await this.page.evaluate(() => axe.run({ exclude: ['.swagger-ui'] }, { resultTypes: ['violations'], rules: { region: { enabled: false } } }));
        const bad = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
        assert.deepEqual(bad.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} ${n.failureSummary.slice(0, 200)}`).join(' | ')}`), [], what);
        return this.sound(what);
    }

    sound(what) {
        assert.deepEqual(this.troubles, [], what);
    }

    close() {
        return this.context.close();
    }

    #shots;
    #expected;

    #trouble(text) {
        if (!this.#expected.some((pattern) => pattern.test(text))) this.troubles.push(text);
    }
}

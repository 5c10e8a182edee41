import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runService, type RunReport } from '../../src/service/index.ts';
import { statusServer } from '../../src/web/index.ts';
import type { Attention, GroupReport, Now, RulesReport } from '../../src/web/protocol.ts';
import { buildPage, findBrowser } from '../support/browser.ts';
import { collectLog, until } from '../support/project.ts';
import { printable } from '../../src/core/printable.ts';
import { hostileName, Site } from '../support/site.ts';

const executablePath = findBrowser();
const token = 'a-token-of-a-test-0123456789';

/** The page's views, and something that is there once each has been read. */
const views = [
  { path: '/', name: 'Now', ready: 'table.watches tbody tr' },
  { path: '/attention', name: 'Attention', ready: 'section .cards tbody tr' },
  { path: '/search', name: 'Search', ready: 'table.results tbody tr' },
  { path: '/rules', name: 'Rules in force', ready: 'dl.rules' },
  { path: 'GROUP', name: 'scene_0412', ready: '.chart svg' },
] as const;

describe.skipIf(executablePath === null)('the page in a browser', () => {
  const log = collectLog();
  const abort = new AbortController();
  let directory = '';
  let site: Site;
  let report: Promise<RunReport>;
  let browser: Browser;
  let url = '';
  let groupPath = '';

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'carbonation-page-'));
    const built = join(directory, 'page');
    const launched = chromium.launch({ executablePath: executablePath ?? '', args: ['--no-sandbox'] });
    await buildPage(built);
    site = await Site.create(join(directory, 'site'), token);
    await site.deliverTrouble();
    for (const stem of ['pass_1', 'pass_2', 'pass_3']) await site.deliver('passes', stem);
    const project = await site.open();
    const serve = statusServer(project, '1.2.3', built);
    if (serve === null) throw new Error('nothing is served');
    report = runService(project, { once: false, dryRun: false, log, signal: abort.signal, serve });
    report.catch(() => undefined);
    const line = await until('it is served', () => log.lines.find((one) => one.includes('the status page is served')));
    url = /"url":"([^"]+)"/.exec(line)?.[1] ?? '';
    const group = await until('a group has failed', async () => {
      const found = await fetch(new URL('/api/search?group_key=scene_0412&state=failed', url));
      const { rows } = (await found.json()) as { rows: readonly { id: number }[] };
      return rows[0];
    });
    groupPath = `/groups/${group.id}`;
    browser = await launched;
  }, 60_000);

  afterAll(async () => {
    abort.abort();
    await browser?.close();
    await report?.catch(() => undefined);
    await rm(directory, { recursive: true, force: true });
  });

  /** A page that must not complain: no error, no violated policy, no dialog. */
  async function open(
    path: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // Answers that are refused are shown; the browser notes them all the same.
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.setDefaultTimeout(20_000);
    await page.goto(new URL(path, url).href);
    return { page, complaints };
  }

  /** Not by the page, which may be closed before the answer is there. */
  const nowAsked = async (): Promise<Now> => (await (await fetch(new URL('/api/now', url))).json()) as Now;

  const pathOf = (path: string): string => (path === 'GROUP' ? groupPath : path);

  it.each(['light', 'dark'] as const)(
    'shows every view to everybody, in %s, on a tablet, and on a phone of 320 px',
    async (colorScheme) => {
      const { page, complaints } = await open('/', { colorScheme });
      for (const { path, name, ready } of views) {
        await page.goto(new URL(pathOf(path), url).href);
        await page.waitForSelector(ready);
        expect(await page.textContent('h1')).toBe(name);
        expect(await page.title()).toMatch(new RegExp(`^(?:\\(\\d+\\) )?${name.split(' ')[0]} – carbonation$`));
        await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
        expect(await violations(page), `at ${name}`).toEqual([]);
        for (const width of [768, 900, 320]) {
          await page.setViewportSize({ width, height: 740 });
          expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} at ${width}`).toBe(width);
        }
        await page.setViewportSize({ width: 1280, height: 900 });
      }
      expect(complaints).toEqual([]);
    },
    40_000,
  );

  it('keeps a name that is longer than the screen within it', async () => {
    const stem = 'x'.repeat(200);
    await site.deliver('partner', stem, { category: '../outside' });
    const { page } = await open('/attention');
    await page.getByRole('link', { name: stem }).click();
    await page.waitForSelector('.chart svg');
    await page.getByText('matches neither the group key').waitFor();
    for (const width of [1280, 820, 360]) {
      await page.setViewportSize({ width, height: 740 });
      expect(await page.evaluate('document.documentElement.scrollWidth'), `at ${width}`).toBe(width);
    }
  });

  it('keeps the longest name of a watch, and the count of very many groups, within a screen of 320 px', async () => {
    const { page } = await open('/nothing');
    await page.route(/\/api\/(?!events)/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll('partner-drop', 'n'.repeat(255)) });
    });
    await page.route('**/api/events', async (route) => {
      const answer = await nowAsked();
      const watches = answer.watches.map((one) => ({ ...one, attention: 1000 }));
      const body = `event: now\ndata: ${JSON.stringify({ ...answer, watches })}\n\n`;
      await route.fulfill({ contentType: 'text/event-stream', body });
    });
    for (const { path, name, ready } of views) {
      await page.goto(new URL(pathOf(path), url).href);
      await page.waitForSelector(ready);
      await page.getByText('999+').waitFor();
      for (const width of [320, 640, 1280]) {
        await page.setViewportSize({ width, height: 740 });
        expect(await page.evaluate('document.documentElement.scrollWidth'), `${name} at ${width}`).toBe(width);
      }
    }
  });

  it('shows a command within a sentence as what it is', async () => {
    const { page } = await open(groupPath);
    await page.locator('.remedies code', { hasText: /^carbonation retry$/ }).waitFor();
    expect(await page.textContent('.remedies')).not.toContain('`');
  });

  it('shows on a phone that part of the chart in which the group is', async () => {
    const { page } = await open(groupPath, { viewport: { width: 360, height: 740 } });
    const sheet = await page.locator('.chart').boundingBox();
    const state = await page.locator('.chart [aria-current]').boundingBox();
    if (sheet === null || state === null) throw new Error('there is no chart');
    expect(state.x).toBeGreaterThan(sheet.x);
    expect(state.x + state.width).toBeLessThan(sheet.x + sheet.width);
  });

  it('shows what comes behind hundreds of files not far below, and prints all of them', async () => {
    const { page } = await open('/nothing');
    await page.route(/\/api\/groups\/\d+$/, async (route) => {
      const answer = (await (await route.fetch()).json()) as GroupReport;
      const [file] = answer.components;
      const components = Array.from({ length: 500 }, (_, i) => ({ ...file, sourcePath: `/محطة/נתונים/${i}` }));
      await route.fulfill({ json: { ...answer, components } });
    });
    await page.goto(new URL(groupPath, url).href);
    await page.waitForSelector('.chart svg');
    const chart = await page.locator('.chart').boundingBox();
    expect(chart?.y).toBeLessThan(3 * 900);
    const directories = page.locator('.components .path').first().locator('bdi');
    const [outer, inner] = await Promise.all([1, 2].map((i) => directories.nth(i).boundingBox()));
    // However they are written, a directory stands behind the one that it is in.
    expect(inner?.x).toBeGreaterThan(outer?.x ?? Infinity);
    await page.emulateMedia({ media: 'print' });
    expect((await page.locator('.chart').boundingBox())?.y).toBeGreaterThan(500 * 10);
  });

  it('shows a file name that would be a script, or another name, as what it is', async () => {
    const { page, complaints } = await open('/attention');
    await page.getByRole('link', { name: printable(hostileName) }).click();
    await page.waitForSelector('.chart svg');
    expect(await page.textContent('h1')).toBe(printable(hostileName));
    expect(await page.textContent('.components tbody th')).toContain(printable(hostileName));
    expect(await page.textContent('.chart title')).toContain(printable(hostileName));
    expect(await page.textContent('body')).not.toContain('\u202E');
    await page.goto(new URL(`/search?group_key=${encodeURIComponent(hostileName)}`, url).href);
    await page.getByRole('link', { name: printable(hostileName) }).waitFor();
    expect(await page.locator('img:not([src="/icon.svg"])').count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('shows two spaces in a name, and copies a command with them', async () => {
    const name = 'two  spaces';
    await site.deliver('partner', name, { category: '../outside' });
    const { page } = await open(`/search?group_key=${name}`);
    const link = page.getByRole('link', { name: 'two spaces' });
    expect(await link.innerText()).toBe(name);
    await link.click();
    const command = page.locator('.shell', { hasText: '--group-key' });
    await command.click();
    expect(await page.evaluate('String(getSelection())')).toContain(`'${name}'`);
    expect(await page.locator('h1').innerText()).toBe(name);
    await page.setViewportSize({ width: 360, height: 740 });
    expect(await page.locator('.components tbody th').first().innerText()).toContain(`${name}.json`);
  });

  it('is printed whole, dark on white, with moments in full', async () => {
    const { page } = await open('/nothing', { colorScheme: 'dark' });
    await page.setViewportSize({ width: 718, height: 1040 });
    await page.emulateMedia({ media: 'print' });
    for (const { path, name, ready } of views) {
      await page.goto(new URL(pathOf(path), url).href);
      await page.waitForSelector(ready, { state: 'attached' });
      const beside = await page.evaluate(
        "[document.documentElement, ...document.querySelectorAll('.chart, .scroll')].map((one) => one.scrollWidth - one.clientWidth)",
      );
      expect(beside, `at ${name}`).toEqual(path === '/search' || path === 'GROUP' ? [0, 0] : [0]);
      expect(await page.evaluate('getComputedStyle(document.body).color'), `at ${name}`).toBe('rgb(27, 34, 43)');
      expect(await page.locator('button:not(.sort):visible').count(), `at ${name}`).toBe(0);
    }
    expect(await page.evaluate("getComputedStyle(document.querySelector('.chart svg')).filter")).toBe('none');
    expect(
      await page.evaluate("getComputedStyle(document.querySelector('main time[title]'), '::after').content"),
    ).toMatch(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  });

  it('shows which view it is where colours are forced', async () => {
    const { page } = await open('/', { forcedColors: 'active' });
    await page.waitForSelector('nav [aria-current]');
    const lineOf = (link: string): Promise<unknown> =>
      page.evaluate(`getComputedStyle(document.querySelector('nav ${link}')).borderBottomColor`);
    expect(await lineOf('[aria-current]')).not.toBe(await lineOf('a:not([aria-current])'));
  });

  it('can be walked by keyboard alone', async () => {
    const { page } = await open('/');
    await page.waitForSelector('table.watches tbody tr');
    const focused = () => focusedText(page);
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to the content');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focused()).toMatch(/^Attention/);
    await page.keyboard.press('Enter');
    await page.waitForSelector('section .cards tbody tr');
    // The view's head has the focus, so that what is new is heard and the next key is in it.
    expect(await focused()).toBe('Attention');
    for (let presses = 0; presses < 20 && !(await focused()).startsWith('scene_'); presses += 1)
      await page.keyboard.press('Tab');
    const name = await focused();
    await page.keyboard.press('Enter');
    await page.waitForSelector('.chart svg');
    expect(await focused()).toBe(name);
    await page.goBack();
    await page.waitForSelector('section .cards tbody tr');
    expect(await focused()).toBe('Attention');
  });

  it('comes back to where a view was left', async () => {
    const { page } = await open('/search');
    await page.setViewportSize({ width: 1280, height: 300 });
    const last = page.locator('table.results tbody a').last();
    await last.scrollIntoViewIfNeeded();
    const scrolled = Number(await page.evaluate('scrollY'));
    expect(scrolled).toBeGreaterThan(100);
    await last.click();
    await page.waitForSelector('.chart svg');
    expect(await page.evaluate('scrollY')).toBe(0);
    await page.goBack();
    await until('it is there again', async () => (await page.evaluate('scrollY')) === scrolled);
    expect(await focusedText(page)).toBe('Search');

    await page.evaluate('scrollTo(0, 50)');
    await page.reload();
    await page.waitForSelector('table.results tbody tr');
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    expect(Number(await page.evaluate('scrollY'))).toBeLessThanOrEqual(50);
  });

  it('follows what happens without being loaded again', async () => {
    const { page } = await open('/');
    const row = page.locator('table.watches tbody tr', { hasText: 'weather stations' });
    await row.waitFor();
    expect(await row.textContent()).toContain('none yet');
    await site.deliver('stations', 'obs_live');
    await row.getByText('2', { exact: true }).waitFor();
    await row.locator('time').first().waitFor();
    expect(await page.locator('.connection').textContent()).toBe('live');
    expect(await page.locator('.totals').textContent()).toMatch(/^Watches4 \d failing/);
  });

  it('shows an answer that takes longer to come than the next news', async () => {
    const { page } = await open('/nothing');
    await page.clock.install();
    let news = 0;
    await page.route('**/api/events', async (route) => {
      const answer = await nowAsked();
      news += 1;
      const body = `event: now\ndata: ${JSON.stringify({ ...answer, at: answer.at + news })}\n\n`;
      await route.fulfill({ contentType: 'text/event-stream', body });
    });
    const { promise: isDue, resolve: come } = Promise.withResolvers<void>();
    let asked = 0;
    await page.route('**/api/attention', async (route) => {
      asked += 1;
      if (asked === 1) return route.continue();
      // Of those behind the first one that is held back none is answered.
      if (asked > 2) return undefined;
      const answer = (await (await route.fetch()).json()) as Attention;
      await isDue;
      const sections = answer.sections.map((one) => ({ ...one, advice: 'This took long.' }));
      return route.fulfill({ json: { ...answer, sections } });
    });
    await page.goto(new URL('/attention', url).href);
    await page.waitForSelector('section .cards tbody tr');
    await goOnUntil(page, () => asked === 2);
    const before = news;
    await goOnUntil(page, () => news > before + 4);
    come();
    await page.getByText('This took long.').first().waitFor();
  });

  it('names some of the hundreds of watches of a rule set, and leads to the groups of those that can be searched for', async () => {
    const { page } = await open('/nothing');
    const names = Array.from({ length: 300 }, (_, i) => `station-${i}`);
    await page.route('**/api/rules', async (route) => {
      const answer = (await (await route.fetch()).json()) as RulesReport;
      const sets = [names, names.slice(0, 2), []].map((watches, i) => ({
        ...answer.sets[0],
        name: `set ${i}`,
        watches,
      }));
      await route.fulfill({ json: { ...answer, sets } });
    });
    await page.goto(new URL('/rules', url).href);
    await page.getByRole('heading', { name: /^set 0 for station-0, .*, station-9 and 290 others$/ }).waitFor();
    const groups = page.getByRole('link', { name: 'Groups under these rules' });
    expect(await groups.count()).toBe(1);
    expect(await groups.getAttribute('href')).toBe('/search?watch_name=station-0&watch_name=station-1');
  });

  it('tells who hears it once a minute how many groups need attention, however often that changes', async () => {
    const { page } = await open('/nothing');
    await page.clock.install();
    const answer = await nowAsked();
    const [first, ...others] = answer.watches;
    let attention = 1;
    await page.route('**/api/events', async (route) => {
      attention += 1;
      const watches = [{ ...first, attention }, ...others.map((one) => ({ ...one, attention: 0 }))];
      const body = `event: now\ndata: ${JSON.stringify({ ...answer, at: answer.at + attention, watches })}\n\n`;
      await route.fulfill({ contentType: 'text/event-stream', body });
    });
    await page.goto(url);
    const heard = page.locator('header [aria-live]');
    await heard.getByText('2 groups need attention').waitFor();
    await goOnUntil(page, () => attention > 6);
    expect(await heard.textContent()).toBe('2 groups need attention');
    await page.clock.fastForward(60_000);
    await goOnUntil(page, async () => (await heard.textContent()) !== '2 groups need attention');
  });

  it('says in every view that rules.toml is invalid, as long as it is', async () => {
    const { page } = await open('/rules');
    const banner = page.getByText('rules.toml is invalid.');
    await page.waitForSelector('dl.rules');
    expect(await banner.count()).toBe(0);
    const rules = await readFile(site.path('rules.toml'), 'utf8');
    await site.write('rules.toml', `${rules}\n[broken`);
    await banner.waitFor();
    await page.getByRole('link', { name: 'Search' }).click();
    expect(await banner.count()).toBe(1);
    await site.write('rules.toml', rules);
    await banner.waitFor({ state: 'detached' });
  });

  it.each([
    { what: 'chart', path: 'GROUP', request: '**/chart.svg*', ready: '.chart svg' },
    { what: 'conditions', path: '/search', request: '**/api/search/form', ready: 'form.conditions' },
  ])('asks for the $what again, with the next news, when that failed', async ({ what, path, request, ready }) => {
    const { page } = await open('/nothing');
    await page.route(request, (route) => route.abort(), { times: 1 });
    await page.goto(new URL(pathOf(path), url).href);
    await page.getByText('The service does not answer.').waitFor();
    await site.deliver('stations', `obs_${what}`);
    await page.waitForSelector(ready);
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('asks for the token, says that a wrong one is wrong, and has a group tried again with the right one', async () => {
    const { page, complaints } = await open(groupPath);
    await page.getByRole('button', { name: 'Retry: scene_0412' }).click();
    await page.getByRole('textbox', { name: 'Token' }).fill('wrong-wrong-wrong-wrong');
    await page.keyboard.press('Enter');
    await page.getByText('the token is missing or wrong').waitFor();
    await page.getByRole('textbox', { name: 'Token' }).fill(`${token}\u200B`);
    await page.keyboard.press('Enter');
    await page.getByText('The token has a character that cannot be sent.').waitFor();
    // Neither is kept: with the one nothing could be asked any more, and the other is known to be wrong.
    expect(await page.evaluate('Object.values(sessionStorage)')).toEqual([]);
    expect(await violations(page)).toEqual([]);
    const before = await page.locator('.timeline li').count();
    await page.getByRole('textbox', { name: 'Token' }).fill(token);
    await page.keyboard.press('Enter');
    await page.getByText('1 group to be tried again').waitFor();
    await until('the new tries are shown', async () => (await page.locator('.timeline li').count()) > before);
    expect(await page.textContent('.summary')).not.toContain('ago');
    expect(complaints).toEqual([]);

    await page.getByRole('link', { name: 'Search' }).click();
    await page.route('**/api/search.csv*', (route) => route.abort(), { times: 1 });
    await page.getByRole('link', { name: 'CSV' }).click();
    await page.getByRole('status').getByText('The service does not answer.').waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('groups.csv');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('has a head, too, where it shows nothing without a token', async () => {
    const { page } = await open('/nothing');
    const error = { code: 'UNAUTHORIZED', message: 'the token is missing or wrong', remedy: '' };
    await page.route('**/api/**', (route) => route.fulfill({ status: 401, json: { error } }));
    await page.goto(url);
    await page.getByRole('heading', { level: 1, name: 'This page needs a token' }).waitFor({ timeout: 5000 });
    await page.getByRole('textbox', { name: 'Token' }).fill(token);
    await page.keyboard.press('Enter');
    await page.getByText(error.message).waitFor();
    expect(await page.evaluate('Object.values(sessionStorage)')).toEqual([]);
    await page.unroute('**/api/**');
    await page.keyboard.press('Enter');
    await page.waitForSelector('table.watches tbody tr');
  });

  it('names each section by its cause and watch, whatever the watch is called', async () => {
    await site.deliver('stations', 'obs_failed', { category: '../outside' });
    const { page } = await open('/attention');
    await page.getByRole('region', { name: /^failed weather stations \d+ groups?$/ }).waitFor();
  });

  it('shows the count of groups behind the name of a watch that is written from right to left', async () => {
    const { page } = await open('/nothing');
    await page.route('**/api/attention', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll('partner-drop', 'محطة') });
    });
    await page.goto(new URL('/attention', url).href);
    const head = page.getByRole('heading', { name: /محطة/ }).first();
    await head.waitFor();
    const ends = await head.evaluate((element) => {
      const range = element.ownerDocument.createRange();
      const name = [...element.childNodes].find(({ textContent }) => textContent?.includes('محطة'));
      if (name !== undefined) range.selectNodeContents(name);
      return [range.getBoundingClientRect().right, element.lastElementChild?.getBoundingClientRect().left];
    });
    expect(ends[1]).toBeGreaterThan(ends[0] ?? Infinity);
  });

  it('shows commands in advice and in reasons as what they are', async () => {
    const { page } = await open('/rules');
    const command = 'carbonation reconcile archive';
    await page.route('**/api/attention', async (route) => {
      const answer = (await (await route.fetch()).json()) as Attention;
      const sections = answer.sections.map((one) => ({ ...one, advice: `Then run \`${command}\`.` }));
      await route.fulfill({ json: { ...answer, sections } });
    });
    await page.route('**/api/events', async (route) => {
      const answer = await nowAsked();
      const watches = answer.watches.map((one) => ({ ...one, attention: 0, reason: `held back: \`${command}\`` }));
      const body = `event: now\ndata: ${JSON.stringify({ ...answer, watches })}\n\n`;
      await route.fulfill({ contentType: 'text/event-stream', body });
    });
    for (const path of ['/attention', '/']) {
      await page.goto(new URL(path, url).href);
      await page.locator('main code', { hasText: command }).first().waitFor();
      expect(await page.textContent('main')).not.toContain('`');
    }
  });

  it('reads on by keyboard, and follows what happens behind the first page, too', async () => {
    const stems = Array.from({ length: 30 }, (_, i) => `obs_${i + 10}`);
    for (const stem of stems) await site.deliver('stations', stem, { category: '../outside' });
    const { page } = await open('/attention');
    const section = page.getByRole('region', { name: /^failed weather stations/ });
    await section.getByRole('button', { name: 'More of them' }).focus();
    await page.keyboard.press('Enter');
    const rows = section.locator('tbody tr');
    await until('all are there', async () => (await rows.count()) >= 30);
    const first = await rows.nth(20).locator('a').textContent();
    await until('the first new one has the focus', async () => (await focusedText(page)) === first);
    const last = String(await rows.last().locator('a').textContent());
    await rows.last().locator('a').click();
    await page.waitForSelector('.chart svg');
    await page.goBack();
    await section.getByRole('link', { name: last, exact: true }).waitFor();
    await site.deliver('stations', last, { category: 'level-2' });
    await section.getByRole('link', { name: last, exact: true }).waitFor({ state: 'detached' });
  });

  it('says that it cannot be read on when the service does not answer', async () => {
    const { page, complaints } = await open('/attention');
    await page.route('**/api/attention/**', (route) => route.abort());
    await page.getByRole('button', { name: 'More of them' }).click();
    await page.getByText('The service does not answer.').waitFor();
    expect(complaints.filter((one) => !one.includes('ERR_FAILED'))).toEqual([]);
  });

  it('leaves the focus in the view when a group that is tried again leaves it', async () => {
    await site.deliver('partner', 'scene_again', { category: '../outside' });
    const { page } = await open('/attention');
    const button = page.getByRole('button', { name: 'Retry: scene_again' });
    await button.focus();
    await site.deliver('partner', 'scene_again');
    await button.waitFor({ state: 'detached' });
    expect(await focusedText(page)).toBe('Attention');
  });

  it('searches by what the URL says, and the URL says what is searched', async () => {
    const { page } = await open('/search', { timezoneId: 'Asia/Kolkata' });
    await page.getByRole('button', { name: 'created at (UTC)' }).waitFor();
    await page.getByRole('combobox', { name: 'watch name' }).selectOption('passes');
    await page.getByRole('textbox', { name: 'group key' }).fill('pass_%');
    await page.getByRole('combobox', { name: 'More conditions' }).selectOption('category');
    await page.getByRole('textbox', { name: 'category' }).fill('level-1');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.waitForURL(/group_key=pass_%25&watch_name=passes&category=level-1/);
    await until('three are found', async () => (await page.locator('.results tbody tr').count()) === 3);
    await page.getByRole('button', { name: 'group key' }).click();
    await page.waitForURL(/order=group_key/);
    await page.reload();
    await page.waitForSelector('.results tbody tr');
    expect(await page.locator('.results tbody td:first-child').allTextContents()).toEqual([
      'pass_1',
      'pass_2',
      'pass_3',
    ]);
    expect(await page.getByRole('combobox', { name: 'watch name' }).inputValue()).toBe('passes');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    expect(csv.trimEnd().split('\n')).toHaveLength(4);
  });

  it('shows which watch is searched for also when it is no longer configured', async () => {
    const { page } = await open('/search?watch_name=gone&state=failed');
    expect(await page.getByRole('combobox', { name: 'watch name' }).inputValue()).toBe('gone');
    await page.getByRole('button', { name: 'Search' }).click();
    await page.getByText('No group is like that.').waitFor();
    expect(new URL(page.url()).search).toBe('?watch_name=gone&state=failed');
  });

  it('leaves the focus where it was when it searches and sorts', async () => {
    const { page } = await open('/search?watch_name=passes&category=level-1');
    const field = page.getByRole('textbox', { name: 'group key' });
    await field.fill('pass_%');
    await page.getByText('Columns', { exact: true }).click();
    await field.press('Enter');
    await page.waitForURL(/group_key=pass_%25/);
    await until('three are found', async () => (await page.locator('.results tbody tr').count()) === 3);
    expect(await page.evaluate('document.activeElement.id')).toBe(await field.getAttribute('id'));
    expect(await page.getByRole('group', { name: 'Columns to show' }).isVisible()).toBe(true);
    const head = page.getByRole('button', { name: 'group key' });
    for (const order of ['group_key', '-group_key']) {
      await head.press('Enter');
      await page.waitForURL(new RegExp(`order=${order}$`));
      await until('the button has the focus', async () => (await focusedText(page)).startsWith('group key'));
    }
    expect(await page.locator('.results tbody td:first-child').allTextContents()).toEqual([
      'pass_3',
      'pass_2',
      'pass_1',
    ]);
    await page.goBack();
    await page.goBack();
    await page.goBack();
    await until('the former search is there', async () => (await field.inputValue()) === '');
    expect(await page.getByRole('combobox', { name: 'watch name' }).inputValue()).toBe('passes');
  });

  it('says when the service has gone', async () => {
    const { page } = await open('/nothing');
    await page.clock.install();
    await page.goto(url);
    const live = page.locator('.connection.live');
    await live.waitFor();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page.locator('.connection[title="The service does not answer."]').waitFor();
    await page.clock.resume();
    await live.waitFor();
    abort.abort();
    await page.locator('.connection.lost').waitFor();
    await page.getByRole('alert').waitFor();
    const arrival = page.locator('main time').first();
    expect(await arrival.textContent()).not.toContain('h');
    await page.clock.fastForward('05:00:00');
    await until('time has gone on', async () => (await arrival.textContent())?.startsWith('5 h'));
    await report;
    await page.getByRole('link', { name: 'Search' }).click();
    await page.getByText('Is it running?').waitFor();
    expect(await page.getByRole('alert').count()).toBe(1);
  });
});

/** Lets the time of a page whose clock is installed go on. */
async function goOnUntil(page: Page, condition: () => boolean | Promise<boolean>): Promise<void> {
  await until('there is news', async () => {
    await page.clock.runFor(1000);
    return condition();
  });
}

/** What keeps somebody from using what is shown, by the rules of WCAG 2.2 and axe's own. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { axe: here } = globalThis as unknown as { axe: { run(options: object): Promise<AxeReport> } };
    // Of all rules that one is not on by itself.
    const report = await here.run({ rules: { 'target-size': { enabled: true } } });
    return report.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}

async function focusedText(page: Page): Promise<string> {
  return String(await page.evaluate("document.activeElement?.textContent ?? ''"));
}

interface AxeReport {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[];
}

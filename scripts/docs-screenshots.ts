/**
 * Takes the pictures of docs/screenshots: the status page of a service that runs on a made-up site, in a real browser.
 *
 * Usage: node scripts/docs-screenshots.ts (needs Chromium; CARBONATION_TEST_CHROMIUM names one)
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import type { Log } from '../src/logging/index.ts';
import { runService } from '../src/service/index.ts';
import { statusServer } from '../src/web/index.ts';
import { buildPage, findBrowser } from '../tests/support/browser.ts';
import { silentLog } from '../tests/support/log.ts';
import { Site } from '../tests/support/site.ts';

const target = join(import.meta.dirname, '..', 'docs', 'screenshots');
const minute = 60_000;

/** What came in when, in minutes before now, and how many groups. */
const past: readonly (readonly [number, number])[] = [
  [2900, 6],
  [1450, 8],
  [57, 3],
  [51, 7],
  [46, 5],
  [38, 9],
  [33, 4],
  [27, 12],
  [20, 8],
  [13, 15],
  [6, 9],
  [2, 6],
];

const views: readonly (readonly [name: string, path: string, ready: string])[] = [
  ['now', '/', 'table.watches tbody tr'],
  ['attention', '/attention', 'section .cards tbody tr'],
  ['group', 'GROUP', '.chart svg'],
  ['search', '/search?watch_name=passes', 'table.results tbody tr'],
  ['rules', '/rules', 'dl.rules'],
];

const looks = [
  { name: 'light', viewport: { width: 1180, height: 720 }, colorScheme: 'light' },
  { name: 'dark', viewport: { width: 1180, height: 720 }, colorScheme: 'dark' },
  { name: 'phone', viewport: { width: 360, height: 720 }, colorScheme: 'light' },
] as const;

const directory = await mkdtemp(join(tmpdir(), 'carbonation-pictures-'));
try {
  await takePictures(directory);
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function takePictures(place: string): Promise<void> {
  const executablePath = findBrowser();
  if (executablePath === null) throw new Error('there is no browser');
  await mkdir(target, { recursive: true });
  const built = join(place, 'page');
  await buildPage(built);
  const site = await Site.create(join(place, 'site'), 'a-token-for-pictures');
  await fill(site);

  const abort = new AbortController();
  let url = '';
  const info: Log['info'] = (_, fields) => {
    if (typeof fields?.['url'] === 'string') url = fields['url'];
  };
  const project = await site.open();
  const serve = statusServer(project, '0.1.0', built);
  if (serve === null) throw new Error('nothing is served');
  const report = runService(project, {
    once: false,
    dryRun: false,
    log: { ...silentLog, info },
    signal: abort.signal,
    serve,
  });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    await until(async () => url !== '' && (await fetch(new URL('/readyz', url))).ok);
    await site.deliver('passes', 'pass_20260402_0642');
    await site.deliver('stations', 'obs_4711', { category: 'surface', source: 'station 7' });
    const found = await fetch(new URL('/api/search?group_key=scene_0413', url));
    const { rows } = (await found.json()) as { rows: readonly { id: number }[] };
    await until(async () => /"lagSeconds":\d/.test(await (await fetch(new URL('/api/now', url))).text()));
    for (const { name, ...look } of looks) {
      const context = await browser.newContext(look);
      const page = await context.newPage();
      for (const [view, path, ready] of views) {
        await page.goto(new URL(path === 'GROUP' ? `/groups/${rows[0]?.id}` : path, url).href);
        await page.waitForSelector(ready);
        await page.locator('.connection.live').waitFor();
        await page.evaluate(withoutDirectory, site.directory);
        await picture(page, view, name);
      }
      await context.close();
    }
  } finally {
    await browser.close();
    abort.abort();
    await report;
  }
}

async function picture(page: Page, view: string, look: string): Promise<void> {
  const path = (name: string): string => join(target, `${name}-${look}.png`);
  const { width, height } = page.viewportSize() ?? { width: 1180, height: 720 };
  // Four watches need no more.
  if (view === 'now' && look !== 'phone') await page.setViewportSize({ width, height: 570 });
  await page.screenshot({ path: path(view) });
  await page.setViewportSize({ width, height });
  if (view === 'group' && look !== 'phone') {
    await page.locator('section', { has: page.locator('.chart') }).screenshot({ path: path('chart') });
  }
  process.stdout.write(`${view}-${look}\n`);
}

/** Runs in the page: where the site happens to lie is nobody's business. */
function withoutDirectory(place: string): void {
  const page = globalThis as unknown as { document: { body: TextNode } };
  const visit = (node: TextNode): void => {
    if (node.nodeValue?.includes(place) === true) node.nodeValue = node.nodeValue.replaceAll(place, '/srv/carbonation');
    for (const child of node.childNodes) visit(child);
  };
  visit(page.document.body);
}

interface TextNode {
  nodeValue: string | null;
  readonly childNodes: Iterable<TextNode>;
}

/** Two days of deliveries, as if they had been. */
async function fill(site: Site): Promise<void> {
  await site.deliverTrouble();
  await site.runOnce(silentLog, -2960 * minute);
  let number = 0;
  for (const [before, groups] of past) {
    for (let i = 0; i < groups; i += 1) {
      const day = String(10 + (number % 20));
      const source = ['Svalbard', 'Inuvik', 'Troll'][number % 3];
      await site.deliver('passes', `pass_202603${day}_${1000 + number}`, { source });
      if (i % 2 === 1) {
        await site.deliver('stations', `obs_${4000 + number}`, {
          category: 'surface',
          source: `station ${number % 7}`,
        });
      }
      number += 1;
    }
    await site.runOnce(silentLog, -before * minute);
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

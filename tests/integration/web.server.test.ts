import { Server } from 'node:http';
import { connect, createServer } from 'node:net';
import { readFile, writeFile } from 'node:fs/promises';
import { createAdaptorServer } from '@hono/node-server';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runService } from '../../src/service/index.ts';
import { Sql } from '../../src/store/database/sql.ts';
import { statusServer } from '../../src/web/index.ts';
import type { Now, SearchPage } from '../../src/web/protocol.ts';
import { runCli } from '../support/cli.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { listen } from '../support/listen.ts';
import { collectLog, TestProject, until } from '../support/project.ts';
import { columns, useStore } from '../support/store.ts';
import { groupRow } from '../support/rows.ts';
import { pulseOf, testApp, type TestApp } from '../support/web-app.ts';

const token = 'a-token-of-a-test-0123456789';

afterEach(() => vi.restoreAllMocks());

describe('who may do what', () => {
  const bench = useStore('sqlite');

  it('on a loopback address everybody here may look, and nobody acts without a token', async () => {
    const page = testApp(bench.store, columns);
    expect((await page.get('/api/now')).status).toBe(200);
    expect((await page.get('/metrics')).status).toBe(200);
    const refused = await page.post('/api/retry', { ids: [1] });
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({ error: { code: 'READ_ONLY' } });
  });

  it('with a token, acting needs it in the header', async () => {
    const page = testApp(bench.store, columns, { token });
    expect((await page.get('/api/now')).status).toBe(200);
    for (const wrong of [{}, { authorization: 'Bearer wrong' }, { cookie: `token=${token}` }]) {
      expect((await page.post('/api/retry', { ids: [1] }, wrong)).status).toBe(401);
    }
    expect((await page.post(`/api/retry?token=${token}`, { ids: [1] })).status).toBe(401);
    expect((await page.post('/api/retry', { ids: [1] }, { authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await page.post('/api/retry', 'x'.repeat(70_000), { authorization: `Bearer ${token}` })).status).toBe(413);
  });

  it('on an address that others can reach, looking needs it too; only the probes and the bare page do not', async () => {
    const files = new Map([['/index.html', { type: 'text/html; charset=utf-8', body: new Uint8Array([60]) }]]);
    const page = testApp(bench.store, columns, { host: '192.0.2.7', token, files });
    for (const path of ['/api/now', '/api/events', '/api/search.csv', '/metrics', '/api/groups/1/chart.svg']) {
      expect((await page.get(path)).status, `at ${path}`).toBe(401);
    }
    expect((await page.get('/metrics', { authorization: `Bearer ${token}` })).status).toBe(200);
    for (const path of ['/', '/healthz', '/readyz']) expect((await page.get(path)).status, `at ${path}`).toBe(200);
  });

  it('another host name than those of this machine is refused: it may be a page that was rebound', async () => {
    const page = testApp(bench.store, columns);
    for (const host of [
      'evil.example',
      'evil.example:9464',
      '127.0.0.1.evil.example',
      '',
      'localhost.evil.example:9464',
      '192.0.2.7',
    ]) {
      expect((await page.get('/api/now', { host })).status, `at ${host}`).toBe(421);
    }
    for (const host of ['localhost', 'LOCALHOST:9464', '127.0.0.1:1', '[::1]:9464']) {
      expect((await page.get('/api/now', { host })).status, `at ${host}`).toBe(200);
    }
  });

  it('every answer carries the headers that keep a browser from running anything', async () => {
    const page = testApp(bench.store, columns);
    for (const path of ['/', '/nothing', '/api/now', '/api/nothing', '/metrics', '/healthz']) {
      const { headers } = await page.get(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(
        /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';/,
      );
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-content-type-options'), `at ${path}`).toBe('nosniff');
    }
    const refused = await page.get('/api/now', { host: 'evil.example' });
    expect(refused.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('the probes say what is wrong', async () => {
    const page = testApp(bench.store, columns, { pulse: pulseOf({ isReady: false }) });
    expect((await page.get('/healthz')).status).toBe(200);
    const unready = await page.get('/readyz');
    expect(unready.status).toBe(503);
    expect(await unready.json()).toEqual({ status: 'failing', reason: 'the first reconciliation is not over' });
    page.service.hear(pulseOf({ sinceLookMs: 1e6 }));
    expect((await page.get('/healthz')).status).toBe(503);
  });

  it('a page that is not built says how to build it', async () => {
    const answer = await testApp(bench.store, columns).get('/');
    expect(answer.status).toBe(503);
    expect(await answer.text()).toContain('npm run build:page');
  });

  it('pages that listen are told of news, and only of news', async () => {
    const page = testApp(bench.store, columns);
    const answer = await page.get('/api/events');
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    const first = (await reader?.read())?.value ?? '';
    expect(first).toMatch(/^event: now\ndata: \{/);
    page.service.hear(pulseOf({ queueDepth: 3 }));
    const second = reader?.read();
    await page.app.tell();
    expect(JSON.parse((await second)?.value?.split('data: ')[1] ?? '')).toMatchObject({ service: { queueDepth: 3 } });
    let heard = 0;
    const third = reader?.read().then(() => (heard += 1));
    page.service.hear(pulseOf({ queueDepth: 3 }));
    await page.app.tell();
    expect(heard).toBe(0);
    page.service.hear(pulseOf({ queueDepth: 4 }));
    await page.app.tell();
    await third;
    await reader?.cancel();
  });

  it('every metric is in the docs, and the docs have no other', async () => {
    const page = testApp(bench.store, columns);
    const text = await (await page.get('/metrics')).text();
    const served = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name);
    const docs = await readFile(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const described = [...docs.matchAll(/^\| `((?:carbonation|process)_\w+)`/gm)].map(([, name]) => name);
    expect(new Set(served)).toEqual(new Set(described));
  });

  it('a database that is away is said, and the counters stay', async () => {
    const page = testApp(bench.store, columns);
    await bench.made(groupRow('a'));
    const read = /^carbonation_(?:groups|oldest_group_timestamp_seconds|files|bytes)\{/m;
    expect(await (await page.get('/metrics')).text()).toMatch(read);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    await bench.store.sql.run('alter table files rename to away');
    onTestFinished(async () => void (await bench.store.sql.run('alter table away rename to files')));
    expect((await page.get('/api/now')).status).toBe(503);
    expect(page.failed).toEqual(['/api/now']);
    const text = await (await page.get('/metrics')).text();
    expect(text).toContain('carbonation_database_up 0');
    expect(text).not.toMatch(read);
    expect(text).toContain('carbonation_watch_up{watch="w"} 1');
  });

  it('a connection to the database that has ended is no fault of the program', async () => {
    const page = testApp(bench.store, columns);
    vi.spyOn(Sql.prototype, 'all').mockRejectedValue(new Error('Connection terminated unexpectedly'));
    const answer = await page.get('/api/search');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: { code: 'DATABASE_UNREACHABLE' } });
  });

  it('what the service cannot record is shown as the service sees it', async () => {
    const seen = { lastFileAt: null, isHeldBack: false, ungrouped: null, stuck: null };
    const w = { ...seen, health: 'scanning', reason: 'work waits for the database: database or disk is full' };
    const page = testApp(bench.store, columns, { pulse: pulseOf({ watches: { w } }) });
    expect(await (await page.get('/api/now')).json()).toMatchObject({
      watches: expect.arrayContaining([
        expect.objectContaining({ name: 'w', health: 'scanning', reason: `files are found later: ${w.reason}` }),
      ]),
    });
  });

  it('a database that keeps silent is said, and that it answers again', async () => {
    const clock = new FakeClock();
    const page = testApp(bench.store, columns, { clock });
    const answer = await page.get('/api/events');
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    await reader?.read();
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    const { promise: isBack, resolve: answerAgain } = Promise.withResolvers<readonly []>();
    const silence = vi.spyOn(Sql.prototype, 'all').mockReturnValue(isBack);
    const now = page.get('/api/now');
    page.service.hear(pulseOf({ queueDepth: 3 }));
    const told = page.app.tell();
    await clock.advance(10_000);
    expect((await now).status).toBe(503);
    await told;
    expect((await reader?.read())?.value).toMatch(/^event: failure\n.*"DATABASE_UNREACHABLE"/);
    silence.mockRestore();
    answerAgain([]);
    // There is no other news.
    await page.app.tell();
    expect((await reader?.read())?.value).toMatch(/^event: now\n/);
    await reader?.cancel();
  });
});

describe('a database that keeps silent behind a question', () => {
  const bench = useStore('sqlite');

  it.each(['/api/search', '/api/rules', '/api/groups/1', '/api/groups/1/chart.svg', '/api/attention'])(
    'is said of %s',
    async (path) => {
      const clock = new FakeClock();
      const page = testApp(bench.store, columns, { clock });
      vi.spyOn(Sql.prototype, 'all').mockReturnValue(new Promise(() => undefined));
      const asked = page.get(path);
      for (let i = 0; i < 2; i += 1) await clock.advance(10_000);
      const answer = await asked;
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ error: { code: 'DATABASE_UNREACHABLE' } });
    },
  );

  it.each(['/api/search.csv', '/api/search.json'])('breaks off %s in the middle', async (path) => {
    const clock = new FakeClock();
    const page = testApp(bench.store, columns, { clock });
    const answer = await page.get(path);
    expect(answer.status).toBe(200);
    vi.spyOn(Sql.prototype, 'all').mockReturnValue(new Promise(() => undefined));
    const silence = async () => {
      for (let i = 0; i < 2; i += 1) await clock.advance(10_000);
    };
    await Promise.all([expect(answer.text()).rejects.toThrow('the database has not answered for'), silence()]);
  });

  it('is told from one that takes long over it and answers others', async () => {
    const clock = new FakeClock();
    const page = testApp(bench.store, columns, { clock });
    const { promise: isFound, resolve: find } = Promise.withResolvers<readonly []>();
    vi.spyOn(Sql.prototype, 'all').mockReturnValueOnce(isFound);
    const asked = page.get('/api/search');
    for (let i = 0; i < 6; i += 1) {
      await clock.advance(10_000);
      expect((await page.get('/api/now')).status).toBe(200);
    }
    find([]);
    expect((await asked).status).toBe(200);
  });
});

describe('over a connection', () => {
  const bench = useStore('sqlite');

  async function opened(options: Parameters<typeof testApp>[2] = {}) {
    const page = testApp(bench.store, columns, options);
    const server = createAdaptorServer({ fetch: page.app.fetch });
    if (!(server instanceof Server)) throw new Error('the server speaks another HTTP');
    const port = await listen(server);
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    return { page, port, url: `http://127.0.0.1:${port}` };
  }

  /** A page that asks to be told, and takes what it is told only when it is let. */
  async function listening(port: number) {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const heard = { bytes: 0, last: '', isOver: false };
    socket.on('error', () => undefined);
    socket.on('close', () => {
      heard.isOver = true;
    });
    socket.on('data', (chunk: Buffer) => {
      heard.bytes += chunk.length;
      heard.last = `${heard.last}${chunk.toString()}`.slice(-200_000);
    });
    socket.write(`GET /api/events HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    await until('the page is told first', () => heard.last.includes('event: now'));
    socket.pause();
    return { socket, heard };
  }

  /** So many words of so many bytes: more than the connection takes when nobody reads. */
  const words = { count: 1000, bytes: 50_000 };
  async function tellMuch({ service, app }: TestApp): Promise<void> {
    for (let i = 1; i <= words.count; i += 1) {
      service.hear(pulseOf({ queueDepth: i, rulesVersion: 'x'.repeat(words.bytes) }));
      await app.tell();
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it.each(['csv', 'json'])('a download as %s that an error breaks off does not look whole', async (format) => {
    await bench.made(...Array.from({ length: 500 }, (_, i) => groupRow(`g${i}`)));
    const { page, url } = await opened();
    const { all } = Sql.prototype;
    let pages = 0;
    const printed = vi.spyOn(console, 'error');
    vi.spyOn(Sql.prototype, 'all').mockImplementation(async function (this: Sql, text, values) {
      if (text.includes('from files')) pages += 1;
      if (pages === 2) throw new Error('the server has gone away');
      return all.call(this, text, values);
    });
    const answer = await fetch(`${url}/api/search.${format}?columns=group_key&order=id`);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow('terminated');
    expect(page.failed).toEqual([`/api/search.${format}`]);
    expect(printed).not.toHaveBeenCalled();
  });

  it('a download that nobody takes any more is left, and that is no failure', async () => {
    await bench.made(...Array.from({ length: 500 }, (_, i) => groupRow(`g${i}`)));
    const page = testApp(bench.store, columns);
    const read = vi.spyOn(Sql.prototype, 'all');
    const answer = await page.get('/api/search.csv?columns=group_key&order=id');
    const reader = answer.body?.getReader();
    for (let i = 0; i < 2; i += 1) await reader?.read();
    await reader?.cancel();
    expect(read.mock.calls.filter(([text]) => text.includes('from files'))).toHaveLength(1);
    expect(page.failed).toEqual([]);
  });

  it('HEAD takes no place of a page that listens, and reads nothing of a download', async () => {
    const { url } = await opened();
    const read = vi.spyOn(Sql.prototype, 'all');
    for (let i = 0; i < 110; i += 1) await fetch(`${url}/api/events`, { method: 'HEAD' });
    for (const format of ['csv', 'json']) {
      const { status, headers } = await fetch(`${url}/api/search.${format}?columns=group_key`, { method: 'HEAD' });
      expect({ status, type: headers.get('content-disposition') }).toEqual({
        status: 200,
        type: `attachment; filename="groups.${format}"`,
      });
    }
    expect(read.mock.calls.filter(([text]) => text.includes('files.group_key'))).toEqual([]);
    const abort = new AbortController();
    expect((await fetch(`${url}/api/events`, { signal: abort.signal })).status).toBe(200);
    abort.abort();
  });

  it('a page that takes nothing for a while is told the latest when it does', async () => {
    const { page, port } = await opened();
    const { socket, heard } = await listening(port);
    await tellMuch(page);
    socket.resume();
    await until('it is told the latest', () => heard.last.includes(`"queueDepth":${words.count}`));
    expect(heard.bytes).toBeLessThan((words.count * words.bytes) / 2);
  });

  it('a page that takes nothing for more than a minute is let go', async () => {
    const clock = new FakeClock();
    const { page, port } = await opened({ clock });
    const { socket, heard } = await listening(port);
    await tellMuch(page);
    await clock.advance(61_000);
    page.service.hear(pulseOf({ queueDepth: 0 }));
    await page.app.tell();
    socket.resume();
    await until('its connection is closed', () => heard.isOver);
    expect(heard.last).not.toContain(`"queueDepth":${words.count}`);
  });
});

/** A project whose service serves on a free port. */
async function served(http = 'listen = "127.0.0.1:0"') {
  const project = await TestProject.create({ config: (text) => text.replace('[http]\n', `[http]\n${http}\n`) });
  return project;
}

async function started(project: TestProject) {
  const serve = statusServer(await project.open(), '1.2.3');
  if (serve === null) throw new Error('nothing is served');
  const service = await project.start({ serve });
  const line = service.log.lines.find((one) => one.includes('the status page is served')) ?? '';
  const url = /"url":"([^"]+)"/.exec(line)?.[1] ?? '';
  return { service, url, get: (path: string) => fetch(new URL(path, url)) };
}

/** The samples of a metric, by labels. */
function samples(text: string, name: string): Readonly<Record<string, number>> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return Object.fromEntries(
    lines.map((line) => [line.slice(name.length, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

describe('the server of a running service', () => {
  it('leaves the service the files it may open: of too many connections it refuses the further ones', async () => {
    const { service, url, get } = await started(await served());
    const { port } = new URL(url);
    let closed = 0;
    const sockets = Array.from({ length: 320 }, () => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.on('close', () => (closed += 1));
      return socket;
    });
    onTestFinished(() => sockets.forEach((socket) => void socket.destroy()));
    await until('those that are too many are closed', () => closed === 20);
    await until('it is said', () => service.log.lines.some((line) => line.includes('too many connections at once')));
    for (const socket of sockets) socket.destroy();
    await until('it answers again', async () => (await get('/healthz').catch(() => null))?.status === 200);
    await service.stop();
  });

  it('shows metrics, health and the groups, lets a failed one be tried again, and ends with the service', async () => {
    const project = await served('listen = "127.0.0.1:0"\ntoken_file = "token"');
    await writeFile(project.path('token'), `${token}\n`);
    await project.edit('config.toml', (text) =>
      text.replace('# poll_interval = "5s"', 'poll_interval = "60s"').replace('# max_retries = 3', 'max_retries = 0'),
    );
    const { service, get, url } = await started(project);
    expect(await (await get('/healthz')).json()).toEqual({ status: 'alive' });
    await until('it is ready', async () => (await get('/readyz')).status === 200);
    // What begins with 1 has not increased.
    const none = { failed: 0, integrity_failed: 0, timed_out: 0, missing: 0 };
    const failures = (text: string) =>
      Object.fromEntries(
        Object.entries(samples(text, 'carbonation_failures_total')).map(([labels, count]) => [
          /state="(\w+)"/.exec(labels)?.[1],
          count,
        ]),
      );
    expect(failures(await (await get('/metrics')).text())).toEqual(none);

    await project.deliverGroup('good');
    await project.deliverGroup('bad', { category: '../outside' });
    const text = await until('both are counted', async () => {
      const found = await (await get('/metrics')).text();
      const groups = samples(found, 'carbonation_groups');
      const steps = samples(found, 'carbonation_transitions_total');
      // The database is read when somebody looks; what the service counts comes each second.
      const isCounted =
        steps['{from="transferring",to="archived"}'] === 1 && steps['{from="deciding",to="failed"}'] === 1;
      const isRecorded =
        groups['{watch="my-watch",state="archived"}'] === 1 && groups['{watch="my-watch",state="failed"}'] === 1;
      // The database has them a moment before the service hears of it.
      const areAtRest = samples(found, 'carbonation_queue_depth')['{place="active"}'] === 0;
      return isCounted && isRecorded && areAtRest && found;
    });
    expect(samples(text, 'carbonation_transitions_total')).toMatchObject({
      '{from="none",to="assessing"}': 2,
      '{from="transferring",to="archived"}': 1,
      '{from="deciding",to="failed"}': 1,
    });
    expect(samples(text, 'carbonation_archived_files_total')).toEqual({ '{watch="my-watch"}': 2 });
    expect(samples(text, 'carbonation_archived_bytes_total')['{watch="my-watch"}']).toBeGreaterThan(50);
    expect(failures(text)).toEqual({ ...none, failed: 1 });
    expect(samples(text, 'carbonation_archive_lag_seconds_count')).toEqual({ '{watch="my-watch"}': 1 });
    expect(samples(text, 'carbonation_stage_duration_seconds_count')['{stage="transferring"}']).toBe(1);
    expect(samples(text, 'carbonation_watch_up')).toEqual({ '{watch="my-watch"}': 1 });
    expect(samples(text, 'carbonation_ready')).toEqual({ '': 1 });
    expect(samples(text, 'carbonation_build_info')).toEqual({ '{version="1.2.3"}': 1 });

    const now = (await (await get('/api/now')).json()) as Now;
    expect(now).toMatchObject({
      canAct: true,
      service: { state: 'running' },
      watches: [{ name: 'my-watch', health: 'failing', attention: 1 }],
    });
    expect(now.watches[0]?.perMinute.reduce((sum, one) => sum + one, 0)).toBe(2);
    expect(now.watches[0]?.lagSeconds).toBeGreaterThan(0);

    // Long before the next poll: the thread tells the service to look.
    const found = (await (await get('/api/search?state=failed')).json()) as SearchPage;
    const answer = await fetch(new URL('/api/retry', url), {
      method: 'POST',
      body: JSON.stringify({ ids: [found.rows[0]?.id] }),
      headers: { authorization: `Bearer ${token}` },
    });
    expect(await answer.json()).toEqual({ groups: 1 });
    await until('it has been tried again', async () => {
      return failures(await (await get('/metrics')).text())['failed'] === 2;
    });

    // Other rules are shown once they are in force.
    await project.edit('rules.toml', (rules) => rules.replace('value = 10', 'value = 11'));
    service.reload.dispatchEvent(new Event('reload'));
    await until('the new rules are shown', async () =>
      (await (await get('/api/rules')).text()).includes('at least 11 bytes'),
    );

    await project.edit('rules.toml', (rules) => rules.replace('value = 11', 'value = "eleven"'));
    service.reload.dispatchEvent(new Event('reload'));
    await until(
      'that the newest rules are refused is shown',
      async () => samples(await (await get('/metrics')).text(), 'carbonation_rules_rejected')[''] === 1,
    );
    expect(await (await get('/api/rules')).text()).toContain('at least 11 bytes');

    expect((await service.stop()).outcome).toBe('stopped');
    await expect(get('/healthz')).rejects.toThrow('fetch failed');
  });

  it('counts all that was archived in the hour before it began, however much that was', async () => {
    const project = await served('listen = "127.0.0.1:0"');
    await project.deliverGroup('a');
    await project.runOnce();
    await project.rows(`
      insert into file_components (group_id, watch_name, filename, source_path, path_hash, status, detected_at, archived_at, in_delivery)
      with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < 25000)
      select group_id, watch_name, filename, source_path || n, path_hash || n, status, detected_at, archived_at, 0
      from file_components, numbers where filename = 'a.txt'`);
    const { service, get } = await started(project);
    const now = (await (await get('/api/now')).json()) as Now;
    expect(now.watches[0]?.perMinute.reduce((sum, one) => sum + one, 0)).toBe(25_002);
    await service.stop();
  });

  it('does not start on a port that is taken, and gives the database back', async () => {
    const other = createServer();
    onTestFinished(() => void other.close());
    const port = await listen(other);
    const project = await served(`listen = "127.0.0.1:${port}"`);
    await expect(started(project)).rejects.toMatchObject({
      code: 'LISTEN_FAILED',
      message: `cannot listen on 127.0.0.1:${port}: something listens there already`,
    });
    expect(await project.rows('select instance from service_state')).toEqual([{ instance: null }]);
  });

  it('that cannot show the service says why once, shows it when it can, and the service goes on', async () => {
    const project = await served();
    const opened = await project.open();
    await project.edit('rules.toml', (rules) => rules.replace('value = 10', 'value = "ten"'));
    const log = collectLog();
    const abort = new AbortController();
    const serve = statusServer(opened, '1.2.3');
    if (serve === null) throw new Error('nothing is served');
    const report = runService(opened, { once: false, dryRun: false, log, signal: abort.signal, serve });
    onTestFinished(async () => {
      abort.abort();
      await report;
    });
    const said = await until('it is said', () => log.lines.find((one) => one.includes('cannot be shown')));
    expect(said).toMatch(/^WARNING the status page cannot be shown .*rules\.toml has one problem/);
    const line = log.lines.find((one) => one.includes('the status page is served')) ?? '';
    const status = async () => (await fetch(new URL('healthz', /"url":"([^"]+)"/.exec(line)?.[1]))).status;
    expect(await status()).toBe(503);
    await project.deliverGroup('good');
    await until('a group is archived', async () => (await project.archived()).length === 2);
    await project.edit('rules.toml', (rules) => rules.replace('value = "ten"', 'value = 10'));
    await until('it can be shown by now', async () => (await status()) === 200);
    expect(log.lines.filter((one) => one.includes('cannot be shown'))).toHaveLength(1);
  });

  it('does not start without the token that config.toml names', async () => {
    const project = await served('listen = "0.0.0.0:0"\ntoken_file = "nothing"');
    await expect(started(project)).rejects.toMatchObject({ code: 'TOKEN_UNREADABLE' });
  });
});

describe('check config', () => {
  it.each([
    [
      'listen = "0.0.0.0:9464"',
      'http.listen: 0.0.0.0 can be reached from other machines, and there is no token_file; set token_file',
      1,
    ],
    ['listen = "[::]:9464"', 'http.listen: :: can be reached from other machines', 1],
    ['listen = "9464"', 'http.listen: expected an address and a port', 1],
    ['listen = "127.0.0.1:99999"', 'http.listen: expected an address and a port', 1],
    ['listn = "127.0.0.1:9464"', 'http.listn: unknown key; did you mean "listen"?', 1],
    ['token_file = "x"', 'http.token_file: has no effect without listen', 0],
    ['listen = "127.0.0.1:9464"\ntoken_file = "x"', 'does not exist; write a long random text into it', 0],
    ['listen = "127.0.0.1:9464"\ntoken_file = "my_plugin/package.json"', 'package.json contains a space', 0],
  ])('%s', async (lines, said, code) => {
    const project = await TestProject.create();
    await project.edit('config.toml', (text) => text.replace('[http]\n', `[http]\n${lines}\n`));
    const result = await runCli(['check', 'config'], { cwd: project.directory });
    expect(`${result.stdout}${result.stderr}`).toContain(said);
    expect(`${result.stdout}${result.stderr}`).toMatch(/config\.toml:\d+: /);
    expect(result.code).toBe(code);
  });
});

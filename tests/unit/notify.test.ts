import { createHook } from 'node:async_hooks';
import { execFile, execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { NotifyConfig, NotifyTarget } from '../../src/config/types.ts';
import { Notifications } from '../../src/notify/index.ts';
import { Notifier } from '../../src/notify/notifier.ts';
import { send } from '../../src/notify/send.ts';
import type { NotifyPosition, RecordedEvent } from '../../src/store/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog, until } from '../support/project.ts';
import { useTemp } from '../support/temp.ts';
import { startWebhook } from '../support/webhook.ts';

const directory = useTemp();

function notifier(target: NotifyTarget, changes: Partial<NotifyConfig> = {}): NotifyConfig {
  return { name: 'ops', on: ['archived', 'watch_lost'], watch: null, target, timeoutMs: 10_000, ...changes };
}

const message = {
  id: 'db-g1-x',
  event: 'archived',
  at: '2026-01-02T03:04:05.000Z',
  notifier: 'ops',
  watch: 'w',
  reason: null,
  group: null,
} as const;

function attempt(
  target: NotifyTarget,
  timeoutMs = 10_000,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const options = { directory: directory(), signal };
  return send({ target, timeoutMs }, message, options);
}

function command(...words: [string, ...string[]]): NotifyTarget {
  return { kind: 'command', command: words };
}

describe('a command', () => {
  it('is not started while the thread has yet to make up for the last start', async () => {
    let now = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 40));
    onTestFinished(() => clock.mockRestore());
    const began = Date.now();
    await Promise.all([attempt(command('true')), attempt(command('true'))]);
    expect(Date.now() - began).toBeGreaterThan(100);
  });

  it('is given the message on stdin, in the directory of config.toml', async () => {
    await attempt(command('sh', '-c', 'cat > got.json'));
    expect(JSON.parse(await readFile(join(directory(), 'got.json'), 'utf8'))).toEqual(message);
  });

  it('has the environment of the service, but for the socket by which that tells systemd how it is', async () => {
    vi.stubEnv('NOTIFY_SOCKET', '/run/systemd/notify');
    vi.stubEnv('CARBONATION_DATABASE_NAME', 'x');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    await attempt(command('sh', '-c', 'echo "${NOTIFY_SOCKET-none} $CARBONATION_DATABASE_NAME" > got'));
    expect(await readFile(join(directory(), 'got'), 'utf8')).toBe('none x\n');
  });

  it('need not read it', async () => {
    await attempt(command('true'));
  });

  it('that fails, cannot be started or takes too long is named, without its arguments', async () => {
    const refused = (target: NotifyTarget, text: string, timeoutMs?: number) =>
      expect(attempt(target, timeoutMs)).rejects.toMatchObject({ code: 'NOTIFY_FAILED', message: text });
    const script = 'echo one >&2; echo "cannot reach https://me:s3cret@host/" >&2; exit 3';
    await refused(command('sh', '-c', script), 'the command sh ended with exit code 3: cannot reach https://***@host/');
    const saying = 'echo "$@" >&2; exit 3';
    await refused(
      command(
        'sh',
        '-c',
        saying,
        'sh',
        'for',
        'https://host/hooks/s3cret?key=s3cret',
        's3cret',
        't0ken',
        '--token=t0ken-2',
        't0ken-2',
      ),
      'the command sh ended with exit code 3: for https://host/*** *** *** *** ***',
    );
    await refused(
      command(
        'sh',
        '-c',
        'echo "exceeded with url: /hooks/s3cret (refused)" >&2; exit 1',
        'sh',
        'https://host/hooks/s3cret',
      ),
      'the command sh ended with exit code 1: exceeded with url: *** (refused)',
    );
    await refused(command('/no/such/program', 's3cret'), 'the command program cannot be started (ENOENT)');
    const left = join(directory(), 'left');
    await refused(command('sh', '-c', `sleep 5; touch ${left}`), 'the command sh took too long or was broken off', 50);
    expect(existsSync(left)).toBe(false);
  });

  it('that fails is quoted with its last line, however late that is read, and whatever it leaves running', async () => {
    const script = `
      import { send } from ${JSON.stringify(new URL('../../src/notify/send.ts', import.meta.url).href)};
      const options = { directory: '/', signal: new AbortController().signal };
      for (const left of ['', '', 'sleep 5 & ']) {
        const target = { kind: 'command', command: ['sh', '-c', left + 'echo "no such pager" >&2; exit 3'] };
        const said = Array.from({ length: 20 }, () =>
          send({ target, timeoutMs: 10_000 }, ${JSON.stringify(message)}, options).catch((error) => error.message));
        // They end before anything of them is read.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
        console.log([...new Set(await Promise.all(said))].join());
      }
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('the command sh ended with exit code 3: no such pager\n'.repeat(3));
  });

  it('may be given more time than a timer can take', async () => {
    await attempt(command('sh', '-c', 'sleep 0.1'), 60 * 86_400_000);
  });

  it('for which no descriptor is left is named, with that as the reason', async () => {
    const script = `
      import { closeSync, openSync } from 'node:fs';
      import { send } from ${JSON.stringify(new URL('../../src/notify/send.ts', import.meta.url).href)};
      const held = [];
      try { for (;;) held.push(openSync('/dev/null', 'r')); } catch {}
      const target = ${JSON.stringify(command('true'))};
      const options = { directory: '/', signal: new AbortController().signal };
      const error = await send({ target, timeoutMs: 10_000 }, ${JSON.stringify(message)}, options).catch((thrown) => thrown);
      held.forEach((descriptor) => closeSync(descriptor));
      console.log(error.message);
    `;
    const run = ['-c', 'ulimit -n 100; exec "$0" --input-type=module -e "$1"', process.execPath, script];
    const { stdout } = await promisify(execFile)('sh', run);
    expect(stdout).toBe('the command true cannot be started (EMFILE)\n');
  });

  it('is not begun after the stop, for which it would be too late to end it', async () => {
    const begun = join(directory(), 'begun');
    const afterwards = attempt(command('touch', begun), 10_000, AbortSignal.abort());
    await expect(afterwards).rejects.toMatchObject({ code: 'NOTIFY_FAILED', message: 'nothing is sent any more' });
    expect(existsSync(begun)).toBe(false);
  });
});

describe('a webhook', () => {
  it('is sent the message, with the id, and the token of a file', async () => {
    await using webhook = await startWebhook();
    const tokenFile = join(directory(), 'token');
    await writeFile(tokenFile, 's3cret\n');
    await attempt({ kind: 'url', url: webhook.url, tokenFile });
    expect(webhook.received).toMatchObject([
      {
        body: message,
        headers: {
          'content-type': 'application/json',
          'idempotency-key': message.id,
          authorization: 'Bearer s3cret',
        },
      },
    ]);
  });

  it('is sent the user of its URL as basic authorization', async () => {
    await using webhook = await startWebhook();
    await attempt({ kind: 'url', url: webhook.url.replace('//', '//me:p%40ss@'), tokenFile: null });
    await attempt({ kind: 'url', url: webhook.url.replace('//', '//me:50%off@'), tokenFile: null });
    const basic = (user: string) => `Basic ${Buffer.from(user).toString('base64')}`;
    const sent = webhook.received.map(({ headers }) => headers.authorization);
    expect(sent).toEqual([basic('me:p@ss'), basic('me:50%off')]);
  });

  it('that refuses, redirects, is silent or gone is named by its host alone', async () => {
    await using webhook = await startWebhook();
    const { host } = new URL(webhook.url);
    const refused = (url: string, text: string, timeoutMs?: number, tokenFile: string | null = null) =>
      expect(attempt({ kind: 'url', url, tokenFile }, timeoutMs)).rejects.toMatchObject({ message: text });
    webhook.status = 500;
    await refused(webhook.url, `${host} answered 500`);
    webhook.status = 302;
    await refused(webhook.url, `${host} answered 302`);
    webhook.status = null;
    await refused(webhook.url, `${host} took too long or was broken off`, 50);
    await refused('http://127.0.0.1:1/s3cret', '127.0.0.1:1 cannot be reached (web requests may not use this port)');
    const gone = await startWebhook();
    await gone[Symbol.asyncDispose]();
    await refused(gone.url, `${new URL(gone.url).host} cannot be reached (ECONNREFUSED)`);
    const token = join(directory(), 'token');
    await refused(webhook.url, `${token} does not exist`, 1000, token);
    await writeFile(token, 'two s3cret\nlines');
    await refused(webhook.url, `${token} holds no token on one line`, 1000, token);
    await rm(token);
    execFileSync('mkfifo', [token]);
    await refused(webhook.url, `${token} is a named pipe`, 1000, token);
  });
});

/** An outbox of so many events, in memory. */
class FakeOutbox {
  position: NotifyPosition = { transitionId: 0, watchEventId: 0 };
  readonly pages: number[] = [];
  readonly failures: string[] = [];
  total: number;
  /** Nothing that is asked for is before it, and one look does not go as far. */
  begin = 0;

  constructor(total: number) {
    this.total = total;
  }

  readonly register = async () =>
    new Map([
      ['ops', { name: 'ops', position: this.position, deliveredAt: null, failingSince: null, lastError: null }],
    ]);

  readonly after = async ({ transitionId }: NotifyPosition, _: unknown, limit: number) => {
    if (transitionId < this.begin) {
      const position = { transitionId: Math.min(this.begin, transitionId + 10), watchEventId: 0 };
      return { events: [], position, isEnd: false };
    }
    const count = Math.min(limit, this.total - transitionId);
    const events = Array.from({ length: count }, (__, i): RecordedEvent => {
      const position = { transitionId: transitionId + i + 1, watchEventId: 0 };
      return {
        id: `e${position.transitionId}`,
        event: 'archived',
        at: 0,
        watch: 'w',
        reason: null,
        group: null,
        position,
      };
    });
    this.pages.push(count);
    const position = events.at(-1)?.position ?? { transitionId: this.total, watchEventId: 0 };
    return { events, position, isEnd: count < limit };
  };

  readonly advance = async (_: string, position: NotifyPosition) => {
    this.position = position;
  };

  readonly fail = async (_: string, __: number, error: string) => {
    this.failures.push(error);
  };

  readonly recordWatch = async () => undefined;
}

describe('an attempt', () => {
  it('leaves no timer behind, however long it might have taken', async () => {
    await using webhook = await startWebhook();
    const limit = 86_400_000;
    const timers = new Map<number, number>();
    const hook = createHook({
      init: (id, type, _cause, timer) => {
        if (type === 'Timeout' && '_idleTimeout' in timer) timers.set(id, Number(timer._idleTimeout));
      },
      destroy: (id) => void timers.delete(id),
    });
    onTestFinished(() => void hook.disable());
    hook.enable();
    const { signal } = new AbortController();
    await attempt({ kind: 'url', url: webhook.url, tokenFile: null }, limit, signal);
    await attempt(command('true'), limit, signal);
    await expect(attempt(command('false'), limit, signal)).rejects.toThrow('exit code 1');
    await turn();
    expect([...timers.values()].filter((ms) => ms === limit)).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('a notifier', () => {
  const start = async (outbox: FakeOutbox, config: NotifyConfig, clock: FakeClock) => {
    const log = collectLog();
    const notifications = new Notifications({
      notifiers: [config],
      outbox,
      clock,
      log,
      directory: directory(),
      pollMs: 5000,
    });
    await notifications.start();
    return { notifications, log };
  };

  it('whose endpoint is down waits longer each time, keeps one page in memory, and goes on with the same event', async () => {
    await using webhook = await startWebhook();
    webhook.status = 503;
    const outbox = new FakeOutbox(250);
    const clock = new FakeClock();
    const { notifications, log } = await start(
      outbox,
      notifier({ kind: 'url', url: webhook.url, tokenFile: null }),
      clock,
    );
    const attempts = [1, 2, 3];
    for (const count of attempts) {
      await until(`attempt ${count}`, () => outbox.failures.length === count);
      // The wait doubles: half of it is not enough.
      const delay = 1000 * 2 ** (count - 1);
      await clock.advance(delay / 2);
      expect(webhook.received).toHaveLength(count);
      await clock.advance(delay / 2);
    }
    await until('the fourth', () => outbox.failures.length === 4);
    expect(webhook.received.map(({ body }) => body['id'])).toEqual(['e1', 'e1', 'e1', 'e1']);
    expect(Math.max(...outbox.pages)).toBe(100);
    expect(outbox.position.transitionId).toBe(0);
    webhook.status = 200;
    await clock.advance(8000);
    await until('all are taken', () => outbox.position.transitionId === 250);
    expect(webhook.received.slice(4).map(({ body }) => body['id'])).toEqual(
      Array.from({ length: 250 }, (_, i) => `e${i + 1}`),
    );
    await notifications.close(1000);
    // Said once, however long it lasts; and neither the path nor a token of the URL.
    expect(log.lines.filter((line) => line.startsWith('WARNING'))).toHaveLength(1);
    expect(log.lines.filter((line) => line.startsWith('INFO'))).toEqual([
      'INFO notifications are taken again {"notifier":"ops"}',
    ]);
    expect(log.lines.join('\n')).not.toContain('s3cret');
  });

  it('delivers at its end what is on record, once, and does not wait for what fails', async () => {
    await using webhook = await startWebhook();
    const outbox = new FakeOutbox(0);
    const clock = new FakeClock();
    const config = notifier({ kind: 'url', url: webhook.url, tokenFile: null });
    const first = await start(outbox, config, clock);
    outbox.total = 3;
    await first.notifications.close(1000);
    expect(webhook.received).toHaveLength(3);
    webhook.status = 500;
    outbox.total = 5;
    const second = await start(outbox, config, clock);
    await second.notifications.close(1000);
    expect(webhook.received.length).toBeLessThanOrEqual(5);
    expect(outbox.position.transitionId).toBe(3);
  });

  it('looks on where there is nothing for it, without another look', async () => {
    await using webhook = await startWebhook();
    const outbox = new FakeOutbox(10_003);
    outbox.begin = 10_000;
    const config = notifier({ kind: 'url', url: webhook.url, tokenFile: null });
    const { notifications } = await start(outbox, config, new FakeClock());
    await until('all are taken', () => webhook.received.length === 3);
    await notifications.close(1000);
    expect(outbox.position.transitionId).toBe(10_003);
  });

  it('records events that are taken quickly together, and all of them at the end', async () => {
    const outbox = new FakeOutbox(20);
    const advance = vi.spyOn(outbox, 'advance');
    await using webhook = await startWebhook();
    const { notifications } = await start(
      outbox,
      notifier({ kind: 'url', url: webhook.url, tokenFile: null }),
      new FakeClock(),
    );
    await until('all are taken', () => webhook.received.length === 20);
    await until('all are recorded', () => outbox.position.transitionId === 20);
    await notifications.close(1000);
    expect(advance.mock.calls.length).toBeLessThanOrEqual(2);
  });

  it('whose last event was taken while the database was away has that recorded when it is back', async () => {
    const outbox = new FakeOutbox(1);
    const away = vi.spyOn(outbox, 'advance').mockRejectedValueOnce(new Error('connect ECONNREFUSED'));
    const clock = new FakeClock();
    const { notifications } = await start(outbox, notifier(command('true')), clock);
    await until('it is away', () => away.mock.calls.length === 1);
    expect(outbox.position.transitionId).toBe(0);
    await clock.advance(5000);
    await until('it is recorded', () => outbox.position.transitionId === 1);
    await notifications.close(1000);
    expect(away).toHaveBeenCalledTimes(2);
  });

  it('records that it has passed the news of a watch, of which it is not to be told', async () => {
    const outbox = new FakeOutbox(0);
    vi.spyOn(outbox, 'after').mockResolvedValue({
      events: [],
      position: { transitionId: 0, watchEventId: 2 },
      isEnd: true,
    });
    const advance = vi.spyOn(outbox, 'advance');
    const clock = new FakeClock();
    const { notifications } = await start(outbox, notifier(command('true')), clock);
    await until('it is recorded', () => outbox.position.watchEventId === 2);
    await clock.advance(5000);
    await notifications.close(1000);
    expect(advance).toHaveBeenCalledTimes(1);
  });

  it('does not speak of a loss where it cannot be recorded that a watch is found', async () => {
    const outbox = new FakeOutbox(0);
    vi.spyOn(outbox, 'recordWatch').mockRejectedValueOnce(new Error('connect ECONNREFUSED'));
    const { notifications, log } = await start(outbox, notifier(command('true')), new FakeClock());
    notifications.watch('my-watch', 'found', null);
    await notifications.close(1000);
    const line = log.lines.find((one) => one.includes('cannot be recorded'));
    expect(line).toContain('"health":"found"');
    expect(line).not.toContain('loss');
  });

  it('that is stopped while it records what was taken begins with nothing more of its page', async () => {
    const outbox = new FakeOutbox(50);
    const stop = new AbortController();
    vi.spyOn(outbox, 'advance').mockImplementation(async () => stop.abort());
    const notifiers = [notifier(command('sh', '-c', 'cat >> got'))] as const;
    const clock = new FakeClock();
    const options = { notifiers, outbox, clock, log: collectLog(), directory: directory(), pollMs: 5000 };
    const stopped = new Notifier(notifiers[0], { ...options, signal: stop.signal });
    stopped.open((await outbox.register()).get('ops') ?? null);
    stopped.look();
    await stopped.whenIdle();
    const got = (await readFile(join(directory(), 'got'), 'utf8')).trim().split('\n');
    expect(got).toEqual([expect.stringContaining('"id":"e1"')]);
    expect({ failures: outbox.failures, timers: clock.timers }).toEqual({ failures: [], timers: 0 });
  });
});

import { execFileSync } from 'node:child_process';
import fs, { constants } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, readlink, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { LoggingConfig } from '../../src/config/types.ts';
import { createLog, type Log, type LogOptions } from '../../src/logging/index.ts';
import { openLogFile } from '../../src/logging/file.ts';
import { TextStream } from '../support/cli.ts';

let made = '';
const directory = (): string => made;
beforeEach(async () => {
  made = await mkdtemp(join(tmpdir(), 'carbonation-log-'));
});
// Nobody closes the log of a command; it may be beginning its next file just then.
afterEach(() => rm(made, { recursive: true, maxRetries: 10 }));

const base: LoggingConfig = {
  level: 'info',
  format: 'text',
  file: null,
  rotationBytes: 10_000_000,
  retentionMs: 86_400_000,
};

/** A log on a stream that is no terminal, unless told otherwise. */
function optionsFor(stream: TextStream, changes: Partial<LogOptions> = {}): LogOptions {
  return { verbose: false, noFile: false, stream, colour: false, ...changes };
}

/** What a log with these settings writes to its stream. */
async function logged(
  settings: Partial<LoggingConfig>,
  write: (log: Log) => void,
  options: Partial<LogOptions> = {},
): Promise<string[]> {
  const stream = new TextStream();
  const log = await createLog({ ...base, ...settings }, optionsFor(stream, options));
  write(log);
  await log.flush();
  return stream.text.split('\n').slice(0, -1);
}

describe('text lines', () => {
  it('hold time, level, message and fields', async () => {
    const [line] = await logged({}, (log) => log.warning('disk is slow', { watch: 'a b', ms: 12, ok: true }));
    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARNING {2}disk is slow watch="a b" ms=12 ok=true$/);
  });

  it('leave out what is below the level', async () => {
    const lines = await logged({ level: 'success' }, (log) => {
      log.info('no');
      log.success('yes');
      log.critical('yes');
    });
    expect(lines).toHaveLength(2);
  });

  it('show debug lines when verbose, and keep trace when that is the level', async () => {
    const write = (log: Log): void => {
      log.trace('t');
      log.debug('d');
    };
    expect(await logged({ level: 'error' }, write, { verbose: true })).toHaveLength(1);
    expect(await logged({ level: 'trace' }, write, { verbose: true })).toHaveLength(2);
  });

  it('stay one line, without control characters, whatever a file is called', async () => {
    const lines = await logged({}, (log) =>
      log.error('bad\nname \u001B[31m \u009B1m \u202Etxt', { path: 'x\ny', 'k\ney': 1 }),
    );
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/ bad\\nname \\u001b\[31m \\u009b1m \\u202etxt path="x\\ny" k\\ney=1$/);
  });

  it('take a percent sign for itself', async () => {
    const [line] = await logged({}, (log) => log.info('100 %s %d full', { n: 1 }));
    expect(line).toMatch(/100 %s %d full n=1$/);
  });

  it('are coloured only when asked for', async () => {
    const write = (log: Log): void => log.error('x');
    expect((await logged({}, write, { colour: true }))[0]).toContain('\u001B[31mERROR');
    expect((await logged({}, write))[0]).not.toContain('\u001B');
  });
});

describe('JSON lines', () => {
  it('hold ISO time, the level by name, message and fields', async () => {
    const [line = ''] = await logged({ format: 'json' }, (log) => log.success('done', { files: 2, at: new Date(0) }));
    expect(JSON.parse(line)).toEqual({
      level: 'success',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: 'done',
      files: 2,
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('keep a hostile name as it is for the parser, but not for a terminal', async () => {
    const name = 'a\n\u001B[2J\u009B\u202E\uD800';
    const lines = await logged({ format: 'json' }, (log) => log.info('seen', { name }));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^[ -~]*$/);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ name });
  });

  it('cannot be forged by a field named like a part of the line', async () => {
    const [line = ''] = await logged({ format: 'json' }, (log) =>
      log.error('x', { level: 'info', msg: 'fine', time: 0 }),
    );
    expect(JSON.parse(line)).toMatchObject({ level: 'error', msg: 'x', level_: 'info', msg_: 'fine', time_: 0 });
  });
});

describe('secrets', () => {
  it('are left out by their key at any depth, and out of URLs', async () => {
    const [line] = await logged({}, (log) =>
      log.error('cannot reach postgres://me:hunter2@db/x', {
        password: 'hunter2',
        database: { host: 'db', dbPassword: 'hunter2', list: [{ api_key: 'hunter2' }] },
        error: new Error('mysql://me:hunter2@db refused', { cause: { secret: 'hunter2' } }),
      }),
    );
    expect(line).not.toContain('hunter2');
    expect(line).toContain('postgres://me:***@db/x');
    expect(line).toContain('"host":"db"');
  });

  it.each([
    ['https://me@corp.example:hunter2@host:8080/a@b', 'https://***@host:8080/a@b'],
    ['https://ghp_s3cret:x@host/a@b', 'https://***@host/a@b'],
    ['https://me:hunter2?#@host/a@b', 'https://***@host/a@b'],
    ['postgres://me:hunter2@hunter2@db/x', 'postgres://me:***@db/x'],
    ['https://host:8080/a:b@c and d@e', 'https://host:8080/a:b@c and d@e'],
    ['https://ghp_s3cret@host/a@b', 'https://***@host/a@b'],
    ['https://ghp_s3cret:@host/a@b', 'https://***@host/a@b'],
    ['https://host?by=me@corp.example', 'https://host?by=me@corp.example'],
    ['postgres://me@db/x', 'postgres://me@db/x'],
  ])('are left out of URLs, also where they are not escaped: %s', async (url, shown) => {
    const [line] = await logged({}, (log) => log.error(`refused: ${url}`));
    expect(line).toContain(`refused: ${shown}`);
  });

  it('are looked for in a long text without stopping the service', async () => {
    const long = 'a.'.repeat(60_000);
    const [line] = await logged({}, (log) => log.error(`${long} https://me:hunter2@host`));
    expect(line).toContain(`${long} https://***@host`);
  }, 5000);
});

describe('fields', () => {
  it('may be cyclic, bigints or errors', async () => {
    const cyclic: Record<string, unknown> = { n: 1n };
    cyclic['self'] = cyclic;
    const failure = Object.assign(new Error('full'), { code: 'ENOSPC' });
    const [line] = await logged({}, (log) => log.info('x', { cyclic, failure }));
    expect(line).toMatch(/cyclic={"n":"1","self":"\[circular\]"} failure={"code":"ENOSPC","message":"full"}$/);
  });
});

describe('the log file', () => {
  it('gets the same lines with the date, in files that begin anew at the size, and links to the newest', async () => {
    const file = join(directory(), 'logs', 'app.log');
    const stream = new TextStream();
    const log = await createLog({ ...base, file, rotationBytes: 200 }, optionsFor(stream));
    for (let n = 0; n < 30; n += 1) {
      log.info('a line that is forty characters long now', { n });
      if (n % 10 === 9) await log.flush();
    }
    // The next file is opened while lines are written, and that takes as long as the disk does.
    await vi.waitFor(async () => expect(await readdir(join(directory(), 'logs'))).toContain('app.2.log'), 10_000);
    await log.flush();
    const names = (await readdir(join(directory(), 'logs'))).toSorted();
    expect(names).toContain('app.2.log');
    expect(await readlink(file)).toMatch(/^app\.\d+\.log$/);
    const texts = await Promise.all(
      names.filter((name) => name !== 'app.log').map((name) => readFile(join(directory(), 'logs', name), 'utf8')),
    );
    const lines = texts
      .join('')
      .split('\n')
      .filter((line) => line !== '');
    expect(new Set(lines.map((line) => /n=\d+$/.exec(line)?.[0])).size).toBe(30);
    expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} INFO/);
  });

  it('deletes its own old files at the start, and nothing else', async () => {
    const old = new Date(Date.now() - 3 * base.retentionMs);
    for (const name of ['app.1.log', 'app.3.log', 'app.x.log', 'other.1.log', 'app.2.log.gz']) {
      await writeFile(join(directory(), name), 'old\n');
      if (name !== 'app.3.log') await utimes(join(directory(), name), old, old);
    }
    const log = await createLog({ ...base, file: join(directory(), 'app.log') }, optionsFor(new TextStream()));
    log.info('new');
    await log.flush();
    expect((await readdir(directory())).toSorted()).toEqual(
      ['app.2.log.gz', 'app.3.log', 'app.log', 'app.x.log', 'other.1.log'].toSorted(),
    );
  });

  it('leaves a plain file of its name alone', async () => {
    const file = join(directory(), 'app.log');
    await writeFile(file, 'someone’s\n');
    const log = await createLog({ ...base, file }, optionsFor(new TextStream()));
    log.info('new');
    await log.flush();
    expect(await readFile(file, 'utf8')).toBe('someone’s\n');
    expect(await readFile(join(directory(), 'app.1.log'), 'utf8')).toMatch(/new\n$/);
  });

  it('keeps so much while it cannot be written, and says that once', async () => {
    const path = join(directory(), 'app.log');
    const pipe = join(directory(), 'app.1.log');
    execFileSync('mkfifo', [pipe]);
    // Somebody who does not read yet: what is written waits.
    const reader = await open(pipe, constants.O_RDWR);
    const said: string[] = [];
    const file = await openLogFile({ ...base, path, report: (message) => said.push(message) });
    const line = `${'x'.repeat(999_999)}\n`;
    for (let n = 0; n < 40; n += 1) file.write(line);
    expect(said).toEqual([`the log file ${path} cannot be written: its disk does not keep up`]);
    const { buffer } = await reader.read(Buffer.alloc(1));
    expect(String(buffer)).toBe('x');
    let read = 1;
    let flushed = false;
    void file.flush().then(() => {
      flushed = true;
      file.write('end');
    });
    for (let last = ''; last !== 'end';) {
      const { bytesRead, buffer: part } = await reader.read(Buffer.alloc(1 << 20));
      read += bytesRead;
      last = String(part.subarray(Math.max(0, bytesRead - 3), bytesRead));
    }
    expect(flushed).toBe(true);
    expect(read).toBe(16 * line.length + 3);
    await reader.close();
  });

  it('is made anew when somebody has removed or renamed it, or its directory', async () => {
    const logs = join(directory(), 'logs');
    const path = join(logs, 'app.log');
    const report = vi.fn<(message: string) => void>();
    let now = 0;
    const file = await openLogFile({ ...base, path, report, monotonic: () => now });
    const written = async (line: string): Promise<string> => {
      file.write(`${line}\n`);
      await file.flush();
      return readFile(path, 'utf8');
    };
    const minuteGoesBy = async (): Promise<void> => {
      now += 60_000;
      // With a line it is looked, which may still go to the former file.
      file.write('');
      await file.flush();
    };
    expect(await written('first')).toBe('first\n');
    await rm(logs, { recursive: true });
    await minuteGoesBy();
    expect(await written('second')).toBe('second\n');
    await rename(join(logs, 'app.1.log'), join(logs, 'kept'));
    await minuteGoesBy();
    expect(await written('third')).toBe('third\n');
    expect(await readFile(join(logs, 'kept'), 'utf8')).toBe('second\n');
    await minuteGoesBy();
    expect(await written('fourth')).toBe('third\nfourth\n');
    expect(report).not.toHaveBeenCalled();
  });

  it('keeps its name as configured, too, when somebody has removed or renamed that', async () => {
    const path = join(directory(), 'app.log');
    let now = 0;
    const file = await openLogFile({ ...base, path, report: vi.fn<() => void>(), monotonic: () => now });
    for (const line of ['first', 'second']) {
      file.write(`${line}\n`);
      await rename(path, join(directory(), 'kept'));
      now += 60_000;
      file.write('and on\n');
      await file.flush();
      expect(await readlink(path)).toBe('app.1.log');
    }
  });

  it('is made anew once it can be, and closes no other file for that', async () => {
    const logs = join(directory(), 'logs');
    const path = join(logs, 'app.log');
    const report = vi.fn<(message: string) => void>();
    let now = 0;
    const file = await openLogFile({ ...base, path, report, monotonic: () => now });
    await rm(logs, { recursive: true });
    await writeFile(logs, 'in the place of the directory');
    for (let minute = 0; minute < 3; minute += 1) {
      now += 60_000;
      file.write(`${minute}\n`);
      await file.flush();
    }
    expect(report).toHaveBeenCalledWith(expect.stringContaining('cannot be written: EEXIST'));
    const close = vi.spyOn(fs, 'close');
    onTestFinished(() => close.mockRestore());
    await rm(logs);
    now += 60_000;
    for (const line of ['last but one', 'last']) {
      file.write(`${line}\n`);
      await file.flush();
    }
    expect(await readFile(path, 'utf8')).toContain('last\n');
    expect(close).toHaveBeenCalledTimes(1);
  });

  it('goes on where it is while the next one cannot be begun, and closes no other file once it can', async () => {
    const path = join(directory(), 'app.log');
    const report = vi.fn<(message: string) => void>();
    const file = await openLogFile({ ...base, path, rotationBytes: 100, report });
    await mkdir(join(directory(), 'app.2.log'));
    const closed: number[] = [];
    const { close: reallyClose } = fs;
    const close = vi.spyOn(fs, 'close').mockImplementation((fd, ...done) => {
      closed.push(fd);
      reallyClose(fd, ...done);
    });
    onTestFinished(() => close.mockRestore());
    const line = `${'x'.repeat(60)}\n`;
    const begun = async (n: number) => (await readdir(directory())).includes(`app.${n}.log`);
    let written = 0;
    while (!(await begun(3))) {
      file.write(line);
      written += 1;
      await file.flush();
    }
    await vi.waitFor(() => expect(closed).not.toEqual([]));
    // What would be closed with it.
    await file.flush();
    expect(report.mock.calls.flat()).toEqual([expect.stringContaining('cannot be written: EISDIR')]);
    // On a slow disk so much is written at once that one more is due.
    const numbers = (await begun(4)) ? [1, 3, 4] : [1, 3];
    await vi.waitFor(() => expect(closed.length).toBeGreaterThanOrEqual(numbers.length - 1));
    expect(closed).toHaveLength(numbers.length - 1);
    const contents = await Promise.all(numbers.map((n) => readFile(join(directory(), `app.${n}.log`), 'utf8')));
    expect(contents.join('')).toBe(line.repeat(written));
  });

  it('begins the next one later where its disk could not take the former one', async () => {
    const path = join(directory(), 'app.log');
    const report = vi.fn<(message: string) => void>();
    let now = 0;
    const file = await openLogFile({ ...base, path, rotationBytes: 100, report, monotonic: () => now });
    const fsync = vi.spyOn(fs, 'fsync').mockImplementation((_fd, done) => done(new Error('ENOSPC: no space left')));
    onTestFinished(() => fsync.mockRestore());
    const line = `${'x'.repeat(60)}\n`;
    for (let n = 0; n < 2; n += 1) {
      file.write(line);
      await file.flush();
    }
    await vi.waitFor(() => expect(report).toHaveBeenCalledWith(expect.stringContaining('no space left')));
    fsync.mockRestore();
    for (let n = 0; n < 20; n += 1) {
      now += 60_000;
      file.write(line);
      await file.flush();
    }
    const names = (await readdir(directory())).filter((name) => /\d/.test(name));
    const sizes = await Promise.all(names.map(async (name) => (await readFile(join(directory(), name))).length));
    expect(Math.max(...sizes)).toBeLessThan(400);
    expect(await readlink(path)).not.toBe('app.1.log');
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(22 * line.length);
  });

  it('that cannot be written is an error that names it', async () => {
    const file = join(directory(), 'taken');
    await mkdir(join(directory(), 'taken.1.log'));
    await expect(createLog({ ...base, file: `${file}.log` }, optionsFor(new TextStream()))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`${file}.log cannot be written`),
    });
  });
});

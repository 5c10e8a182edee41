import { execFileSync } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { loadConfig } from '../../src/config/index.ts';
import { CarbonationError } from '../../src/errors/index.ts';
import { useConfigDirectory } from '../support/config-directory.ts';

const directory = useConfigDirectory();

const watch = '[[watch]]\nname = "w"\npath = "in"\nrules = "r"\n';
const archive = '[[archive]]\nname = "a"\nbase_path = "out"\ndestination = "{x}"\n';

describe('loadConfig', () => {
  it('fills in every default in an empty file', async () => {
    expect(await directory.load('')).toEqual({
      path: directory.configPath,
      directory: directory.path,
      service: {
        pollIntervalMs: 5000,
        reconcileIntervalMs: 86_400_000,
        heartbeatIntervalMs: 60_000,
        workers: 4,
        maxRetries: 3,
        retryDelayMs: 1_800_000,
        retryBackoff: 'fixed',
        retryMaxDelayMs: 86_400_000,
        staleThresholdMs: 86_400_000,
        extractTimeoutMs: 60_000,
        maxActiveGroups: 1000,
        historyRetentionMs: null,
        maxGonePercent: 20,
        maxGoneFiles: 50,
      },
      logging: { level: 'info', format: 'text', file: null, rotationBytes: 10_000_000, retentionMs: 2_592_000_000 },
      database: {
        driver: 'sqlite',
        name: join(directory.path, 'carbonation.db'),
        host: null,
        port: null,
        username: null,
        password: null,
        tls: 'off',
        ca: null,
      },
      pluginPackage: null,
      rulesPath: join(directory.path, 'rules.toml'),
      watches: [],
      archives: [],
      notifiers: [],
      http: null,
    });
  });

  it('makes paths absolute, and fills in the defaults of watches and archives', async () => {
    const config = await directory.load(watch + archive);
    expect(config.watches[0]).toEqual({
      name: 'w',
      path: join(directory.path, 'in'),
      rules: 'r',
      type: null,
      recursive: false,
      patterns: [],
      ignorePatterns: ['*.tmp', '.*'],
      settleMs: 2000,
      archive: null,
      followSymlinks: false,
      onRedelivery: 'archive',
    });
    expect(config.archives[0]).toEqual({
      name: 'a',
      basePath: join(directory.path, 'out'),
      destination: '{x}',
      action: 'copy',
      createDirectories: true,
      fileMode: 0o640,
      dirMode: 0o750,
      onConflict: 'keep_both',
      verify: 'checksum',
      durable: true,
    });
  });

  it('freezes the result all the way down', async () => {
    const config = await directory.load(watch);
    expect(Object.isFrozen(config.service)).toBe(true);
    expect(Object.isFrozen(config.watches[0]?.ignorePatterns)).toBe(true);
  });

  it('does not share defaults between two loads', async () => {
    expect((await directory.load(watch)).watches[0]?.ignorePatterns).not.toBe(
      (await directory.load(watch)).watches[0]?.ignorePatterns,
    );
  });

  it.each([
    ['0.5s', 500],
    ['90 s', 90_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['365d', 31_536_000_000],
  ])('reads the duration %s as %i ms', async (text, ms) => {
    expect((await directory.load(`[service]\nretry_delay = "${text}"`)).service.retryDelayMs).toBe(ms);
  });

  it.each(['0s', '0.0001s', '366d', '5', '5w', '-5s', '1e3s', ''])('refuses the duration "%s"', async (text) => {
    expect(await directory.lines(`[service]\nretry_delay = "${text}"`)).toEqual([
      expect.stringMatching(/^config\.toml:2: service\.retry_delay: expected a duration .*, found "/),
    ]);
  });

  it.each([
    ['"10 MB"', 10_000_000],
    ['"1.5kB"', 1500],
    ['"2 MiB"', 2_097_152],
    ['4096', 4096],
  ])('reads the size %s as %i bytes', async (text, bytes) => {
    expect((await directory.load(`[logging]\nrotation = ${text}`)).logging.rotationBytes).toBe(bytes);
  });

  it.each([
    ['2 weeks', 14],
    ['30d', 30],
    ['1 month', 30],
    ['5 years', 1825],
  ])('reads the retention "%s" as %i days', async (text, days) => {
    const { logging, service } = await directory.load(
      `[service]\nhistory_retention = "${text}"\n[logging]\nretention = "${text}"`,
    );
    expect([logging.retentionMs, service.historyRetentionMs]).toEqual([days * 86_400_000, days * 86_400_000]);
  });

  it('refuses the path of a log file that could not be written', async () => {
    expect(await directory.lines('[logging]\nfile = "logs?/app.log"\n')).toEqual([
      'config.toml:2: logging.file: the path of a log file cannot hold a "?", nor can its directory',
    ]);
    const linesOf = (path: string) => directory.lines(`[logging]\nfile = "${path}"\n`);
    const [named, segment, whole] = [
      'config.toml:2: logging.file: the name of a log file has at most 240 bytes, since numbers come to it; this one has 241',
      'config.toml:2: logging.file: the name of a directory has at most 255 bytes; one has 256',
      'config.toml:2: logging.file: the path of a log file has at most 4080 bytes; this one has 4081',
    ];
    // Of two bytes each, but for the last.
    expect(await linesOf(`${'ä'.repeat(118)}.log`)).toEqual([]);
    expect(await linesOf(`${'ä'.repeat(118)}x.log`)).toEqual([named]);
    expect(await linesOf(`${'ä'.repeat(127)}x/app.log`)).toEqual([]);
    expect(await linesOf(`${'ä'.repeat(128)}/app.log`)).toEqual([segment]);
    const deep = `/${'d/'.repeat(2036)}`;
    expect(await linesOf(`${deep}abc.log`)).toEqual([]);
    expect(await linesOf(`${deep}abcd.log`)).toEqual([whole]);
  });

  it('takes log levels in any case', async () => {
    expect((await directory.load('[logging]\nlevel = "Warning"')).logging.level).toBe('warning');
  });

  it.each([
    ['0o600', 0o600],
    ['"0o664"', null],
    ['"644"', 0o644],
    ['"0640"', 0o640],
    ['0o777', null],
  ])('reads or refuses file_mode = %s', async (written, mode) => {
    const text = `${archive}file_mode = ${written}\n`;
    if (mode === null)
      expect(await directory.lines(text)).toEqual([expect.stringContaining('archive[0].file_mode: expected')]);
    else expect((await directory.load(text)).archives[0]?.fileMode).toBe(mode);
  });

  it.each([
    ['sqlite', 'sqlite'],
    ['postgresql+psycopg2', 'postgresql'],
    ['mysql', 'mariadb'],
    ['mysql+pymysql', 'mariadb'],
    ['mariadb', 'mariadb'],
  ])('takes drivername %s as %s', async (drivername, driver) => {
    expect((await directory.load(`[database]\ndrivername = "${drivername}"`)).database.driver).toBe(driver);
  });

  it('throws CONFIG_NOT_FOUND when there is no file', async () => {
    await expect(loadConfig(join(directory.path, 'none.toml'))).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
  });

  it('throws CONFIG_UNREADABLE for a directory', async () => {
    await expect(loadConfig(directory.path)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `${directory.path} is a directory`,
    });
  });

  it('throws CONFIG_UNREADABLE for a file that cannot be read', async () => {
    const path = join(directory.path, 'loop.toml');
    await symlink(path, path);
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `${path} cannot be read (ELOOP)`,
    });
  });

  it('throws CONFIG_UNREADABLE for a named pipe, which it does not wait for', async () => {
    const path = join(directory.path, 'pipe.toml');
    execFileSync('mkfifo', [path]);
    await expect(loadConfig(path)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `${path} is a named pipe`,
    });
  });

  it('throws CONFIG_UNREADABLE for what is not UTF-8, with the line', async () => {
    await writeFile(directory.configPath, Buffer.from(`# caf\u00e9\n[rules]\nfile = "caf\u00e9"\n`, 'latin1'));
    await expect(loadConfig(directory.configPath)).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: `${directory.configPath} is not UTF-8 text (line 1)`,
      remedy: expect.stringContaining('UTF-8'),
    });
    await writeFile(directory.configPath, Buffer.from('# a\n\n# \xff', 'latin1'));
    await expect(loadConfig(directory.configPath)).rejects.toMatchObject({
      message: `${directory.configPath} is not UTF-8 text (line 3)`,
    });
  });

  it('refuses a NUL character in any text', async () => {
    expect(
      await directory.lines(String.raw`${watch.replace('"in"', '"i\\u0000n"')}patterns = ["a", "b\u0000"]`),
    ).toEqual([
      'config.toml:3: watch[0].path: expected a text without a NUL character',
      'config.toml:5: watch[0].patterns[1]: expected a text without a NUL character',
    ]);
  });

  it('throws every problem at once', async () => {
    const error = await directory.load('[service]\nworkers = 0\nmax_retries = -1\n').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CarbonationError);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { length: 2 } });
  });

  it('warns of keys that have no effect', async () => {
    const text = '[service]\nstats_recompute_every = 10\n[database]\necho = true\n';
    expect(await directory.lines(text)).toEqual([
      'config.toml:2: warning: service.stats_recompute_every: has no effect: the totals are kept right with every change; remove it',
      'config.toml:4: warning: database.echo: has no effect: SQL statements are not logged; remove it',
    ]);
    expect(await directory.lines('[database]\necho = false\n')).toEqual([]);
  });

  it('returns warnings beside the configuration', async () => {
    await writeFile(directory.configPath, `${archive}action = "symlink"\nfile_mode = "640"\n`);
    const { problems } = await loadConfig(directory.configPath, {});
    expect(problems).toMatchObject([{ severity: 'warning', line: 6, key: 'archive[0].file_mode' }]);
  });

  it('reads a file that begins with a byte order mark', async () => {
    expect((await directory.load('\uFEFF[service]\nworkers = 2')).service.workers).toBe(2);
  });
});

describe('problems', () => {
  it('tells file, line and the nearest key for an unknown one', async () => {
    expect(await directory.lines('\n[service]\npoll_intervall = "5s"')).toEqual([
      'config.toml:3: service.poll_intervall: unknown key; did you mean "poll_interval"?',
    ]);
  });

  it('lists the known keys when none is near', async () => {
    expect(await directory.lines('[plugins]\nquux = 1')).toEqual([
      'config.toml:2: plugins.quux: unknown key; known keys: package',
    ]);
  });

  it('gives a missing key the line of its table', async () => {
    expect(await directory.lines(`${watch}\n[[watch]]\nname = "v"\nrules = "r"\n`)).toEqual([
      'config.toml:6: watch[1].path: missing; expected the path of a directory',
    ]);
  });

  it('reports a syntax error with line, column and reason, and without quoting the file', async () => {
    const [line] = await directory.lines('[database]\npassword = "hush\n');
    expect(line).toMatch(/^config\.toml:2: not valid TOML, column \d+: /);
    expect(line).not.toContain('hush');
  });

  it('reports every problem of a file in the order of lines', async () => {
    const found = await directory.lines(
      `${watch}settle_seconds = 0\nrecursive = "yes"\n${watch}settle_seconds = inf\n[logging]\nlevel = "inf"\n`,
    );
    expect(found).toEqual([
      'config.toml:5: watch[0].settle_seconds: expected a number of seconds, more than 0, at most 31536000, found 0',
      'config.toml:6: watch[0].recursive: expected true or false, found "yes"',
      'config.toml:8: watch[1].name: "w" is the name of watch[0] too',
      'config.toml:11: watch[1].settle_seconds: expected a number of seconds, more than 0, at most 31536000, found Infinity',
      'config.toml:13: logging.level: expected one of TRACE, DEBUG, INFO, SUCCESS, WARNING, ERROR, CRITICAL, ' +
        'found "inf"; did you mean "INFO"?',
    ]);
  });

  it('refuses huge integers and dates by name', async () => {
    expect(
      await directory.lines('[service]\nworkers = 99999999999999999999\nretry_delay = 1979-05-27T07:32:00Z'),
    ).toEqual([
      'config.toml:2: service.workers: expected a whole number from 1 to 1024, found 99999999999999999999',
      expect.stringMatching(/:3: service\.retry_delay: expected a duration .*, found a date$/),
    ]);
  });

  it('advises the octal spelling for decimal digits', async () => {
    const [line] = await directory.lines(`${archive}file_mode = 640\n`);
    expect(line).toContain('found 640; did you mean "640"?');
  });

  it('refuses names that the columns of the database do not hold', async () => {
    const watch = (name: string) => `[[watch]]\nname = "${name}"\npath = "in"\nrules = "r"\n`;
    expect((await directory.load(watch('漢'.repeat(255)))).watches[0]?.name).toHaveLength(255);
    expect(await directory.lines(`${watch('x'.repeat(256))}type = "${'y'.repeat(256)}"\n`)).toEqual([
      expect.stringMatching(/:2: watch\[0\]\.name: expected a name of at most 255 characters, found "x+/),
      expect.stringMatching(/:5: watch\[0\]\.type: expected a text of at most 255 characters, found "y+/),
    ]);
  });

  it('refuses globs that cannot be used', async () => {
    const nothing = 'matches nothing: a "{" or "[" that nothing closes, a "\\" at its end, or a range such as [z-a]';
    const globs =
      'patterns = ["*.txt", "S{0..99999999}", "*.{nc,json"]\nignore_patterns = ["{1..9999999}", "[z-a]", "a\\\\"]\n';
    expect(await directory.lines(watch + globs)).toEqual([
      'config.toml:5: watch[0].patterns[1]: {0..99999999} has more than 100000 members',
      `config.toml:5: watch[0].patterns[2]: ${nothing}`,
      'config.toml:6: watch[0].ignore_patterns[0]: {1..9999999} has more than 100000 members',
      `config.toml:6: watch[0].ignore_patterns[1]: ${nothing}`,
      `config.toml:6: watch[0].ignore_patterns[2]: ${nothing}`,
    ]);
  });

  it('warns of globs on what no file name has', async () => {
    const globs = 'patterns = ["sub/*.txt", "**/*.txt", "{a/b,c}"]\nignore_patterns = ["tmp/**", "tmp/"]\n';
    expect(await directory.lines(watch + globs)).toEqual([
      'config.toml:5: warning: watch[0].patterns[0]: matches nothing: globs are on the file name, which has no "/"',
      'config.toml:6: warning: watch[0].ignore_patterns[1]: matches nothing: globs are on the file name, which has no "/"',
    ]);
  });

  it('warns of a bar between globs, which is in hardly a file name', async () => {
    expect(await directory.lines(`${watch}patterns = ["*.txt|*.json", '*\\|*', "{a,b}"]\n`)).toEqual([
      'config.toml:5: warning: watch[0].patterns[0]: "|" stands for itself: write a glob for each, or {one,other}',
    ]);
  });

  it('refuses two archives of one name', async () => {
    expect(await directory.lines(archive + archive)).toEqual([
      'config.toml:6: archive[1].name: "a" is the name of archive[0] too',
    ]);
  });

  it('finds the line of a key in an inline table', async () => {
    expect(await directory.lines('service = { workers = 2,\n  max_retries = "x" }')).toEqual([
      expect.stringMatching(/^config\.toml:2: service\.max_retries: /),
    ]);
  });

  it.each(['[database]\npassword = 12345', '[database]\npassword = ["12345"]', 'database = "x://me:12345@h/d"'])(
    'never shows a password: %s',
    async (text) => {
      const found = await directory.lines(text);
      expect(found).toHaveLength(1);
      expect(found.join('\n')).not.toContain('12345');
    },
  );

  it('says what is wrong with an empty password', async () => {
    expect(await directory.lines('[database]\npassword = ""')).toContainEqual(
      'config.toml:2: database.password: expected a text, found ""',
    );
  });

  it('does not show the password of a connection string in the wrong place', async () => {
    const [line] = await directory.lines('[database]\ndrivername = "postgresql://me:12345@host/db"');
    expect(line).toContain('found "postgresql://…@host/db"');
    expect(line).not.toContain('12345');
  });
});

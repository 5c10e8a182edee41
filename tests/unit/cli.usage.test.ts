import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

import { normaliseArguments } from '../../src/cli/argv.ts';
import { Writable } from 'node:stream';
import { shellWord } from '../../src/core/paths.ts';
import { printable } from '../../src/core/printable.ts';
import { runCli, type CliResult } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();
const cli = (...argv: string[]): Promise<CliResult> => runCli(argv, { cwd: directory() });

describe('normaliseArguments', () => {
  it('moves global options behind the command', () => {
    expect(normaliseArguments(['-c', 'x.toml', '--verbose', 'db', 'init'])).toEqual([
      'db',
      'init',
      '--config=x.toml',
      '--verbose',
    ]);
    expect(normaliseArguments(['check', '--config=x', 'config', '--format', 'json'])).toEqual([
      'check',
      'config',
      '--format',
      'json',
      '--config=x',
    ]);
  });

  it('takes a short option and its value as one word, and -COLUMN for what it is', () => {
    expect(normaliseArguments(['-c/srv/config.toml', 'status'])).toEqual(['status', '--config=/srv/config.toml']);
    expect(normaliseArguments(['-c=x', 'status'])).toEqual(['status', '--config=x']);
    expect(normaliseArguments(['status', '-c/srv/config.toml'])).toEqual(['status', '--config=/srv/config.toml']);
    expect(normaliseArguments(['db', 'revision', '-madd the orbit', '-cx'])).toEqual([
      'db',
      'revision',
      '--message=add the orbit',
      '--config=x',
    ]);
    expect(normaliseArguments(['chart', '-oa.svg'])).toEqual(['chart', '--output=a.svg']);
    expect(normaliseArguments(['query', 'files', '--count', '-cx'])).toEqual([
      'query',
      'files',
      '--count',
      '--config=x',
    ]);
    const query = ['query', 'files', '--order-by', '-completed_at'];
    expect(normaliseArguments(query)).toEqual(query);
  });

  it('leaves what follows -- alone', () => {
    expect(normaliseArguments(['run', '--', '-c', 'x'])).toEqual(['run', '--', '-c', 'x']);
  });
});

describe('help and version', () => {
  it('prints the version of package.json', async () => {
    expect(await cli('--version')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  it('lists every command', async () => {
    const { code, stdout } = await cli('--help');
    expect(code).toBe(0);
    for (const name of ['init', 'check config', 'db init', 'db upgrade', 'run', 'status']) {
      expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    }
  });

  it('is wrong usage without a command, with the help on stderr', async () => {
    expect(await cli()).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('check config') });
  });

  it.each([['init'], ['check', 'config'], ['db', 'init'], ['db', 'upgrade'], ['run'], ['status']])(
    'shows options and an example of %s %s',
    async (...path) => {
      const { code, stdout } = await cli(...path.filter((word) => word !== undefined), '--help');
      expect(code).toBe(0);
      expect(stdout).toContain(`  $ carbonation ${path.join(' ')}`);
      expect(stdout).toContain('--verbose');
      expect(stdout).not.toContain('#0');
    },
  );

  it('lists the commands of a family', async () => {
    const { code, stdout } = await cli('db', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('db upgrade');
    expect(stdout).not.toContain('check config');
  });

  it('takes help before a command', async () => {
    expect((await cli('help', 'status')).stdout).toContain('$ carbonation status');
  });
});

describe('wrong usage', () => {
  it.each([
    [['stauts'], 'error: unknown command "stauts"\n  did you mean "status"? see `carbonation --help`\n'],
    [
      ['check', 'confg'],
      'error: unknown command "check confg"\n  did you mean "check config"? see `carbonation --help`\n',
    ],
    [['--verson'], 'error: no command before --verson\n  did you mean --version? see `carbonation --help`\n'],
    [
      ['--formt', 'json', 'status'],
      'error: no command before --formt\n  write the command first; see `carbonation --help`\n',
    ],
    [['status', '-x'], 'error: `status` has no option -x\n  see `carbonation status --help`\n'],
    [['zzzzzz'], 'error: unknown command "zzzzzz"\n  see `carbonation --help`\n'],
    [['db'], 'error: "db" is not a command by itself\n  there is: db init, db revision, db status, db upgrade\n'],
    [
      ['status', '--formt', 'json'],
      'error: `status` has no option --formt\n  did you mean --format? see `carbonation status --help`\n',
    ],
    [
      ['retry', '--watch', 'w'],
      'error: `retry` has no option --watch\n  did you mean --watch-name? see `carbonation retry --help`\n',
    ],
    [['check', 'rules'], 'error: `check rules` needs an argument\n  see `carbonation check rules --help`\n'],
    [['status', 'now'], 'error: `status` takes no argument "now"\n  see `carbonation status --help`\n'],
    [['status', 'now', 'then'], 'error: `status` takes no argument "now"\n  see `carbonation status --help`\n'],
    [
      ['status', '--format', 'json', 'now'],
      'error: `status` takes no argument "now"\n  see `carbonation status --help`\n',
    ],
    [['why', 'a', 'b'], 'error: `why` takes no further argument "b"\n  see `carbonation why --help`\n'],
    [['why', '--', '-a', 'b'], 'error: `why` takes no further argument "b"\n  see `carbonation why --help`\n'],
    [
      ['check', 'rules', 'a', 'b'],
      'error: `check rules` takes no further argument "b"\n  see `carbonation check rules --help`\n',
    ],
    [
      ['completion', 'bash', 'zsh'],
      'error: `completion` takes no further argument "zsh"\n  see `carbonation completion --help`\n',
    ],
    [
      ['chart', 'file-group', 'supervisor'],
      'error: `chart` takes no further argument "supervisor"\n  see `carbonation chart --help`\n',
    ],
    [['why', '-c', 'x.toml'], 'error: `why` needs an argument\n  see `carbonation why --help`\n'],
    [
      ['db', 'revision'],
      'error: `db revision` needs the option -m or --message\n  see `carbonation db revision --help`\n',
    ],
    [
      ['db', 'revision', '--autogenerate'],
      'error: `db revision` needs the option -m or --message\n  see `carbonation db revision --help`\n',
    ],
    [['db', 'revision', '-m'], 'error: the option -m needs a value\n  see `carbonation db revision --help`\n'],
    [['run', '--once=3'], 'error: the option --once takes no value\n  see `carbonation run --help`\n'],
    [
      ['status', '--format', '--watch'],
      'error: the option --format needs a value\n  see `carbonation status --help`\n',
    ],
    [['status', '--format'], 'error: the option --format needs a value\n  see `carbonation status --help`\n'],
    [
      ['status', '--format', 'xml'],
      'error: --format must be text or json, not "xml"\n  see `carbonation status --help`\n',
    ],
    [
      ['run', '--once', '--dry-run'],
      'error: --once and --dry-run exclude each other\n  see `carbonation run --help`\n',
    ],
    [['init', '--user', 'x'], 'error: --user needs --systemd\n  see `carbonation init --help`\n'],
    [['a\u001B[2Jb\n'], 'error: unknown command "a\\u001b[2Jb\\n"\n  see `carbonation --help`\n'],
  ])('%j says what is wrong and what to do, with exit code 2', async (argv, stderr) => {
    expect(await cli(...argv)).toEqual({ code: 2, stdout: '', stderr });
  });
});

describe('output', () => {
  it('to a closed pipe ends quietly', async () => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('closed'), { code: 'EPIPE' })),
    });
    const { code, stderr } = await runCli(['--help'], { cwd: directory(), stdout });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  it.each([
    [['--version']], //
    [['chart', 'watch', '--format', 'dot']],
    [['help', 'status']],
  ])('of %j that cannot be written is one error with its remedy, and exit code 1', async (argv) => {
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })),
    });
    expect(await runCli(argv, { cwd: directory(), stdout })).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: the output cannot be written: ENOSPC: no space left\n {2}check the disk .+\n$/,
      ),
    });
  });

  it.each(['a.txt', 'a b', "it's", '$(x)`y`', 'new\nline', "\u001B[31m it's \\n \u202Etxt.exe", 'é\u009B1'])(
    'writes the name %j in a command so that it is shown whole, and a shell reads it',
    (name) => {
      const word = shellWord(name);
      expect(printable(word)).toBe(word);
      const env = { ...process.env, LC_ALL: 'C.UTF-8' };
      expect(execFileSync('bash', ['-c', `printf %s ${word}`], { encoding: 'utf8', env })).toBe(name);
    },
  );

  it('escapes what could move a cursor or turn a text round', () => {
    expect(printable('a\tb\u001B\u007F\u0085\u202E\uDC00é😀')).toBe('a\\tb\\u001b\\u007f\\u0085\\u202e\\udc00é😀');
  });
});

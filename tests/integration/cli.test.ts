import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { binPath, runProgram, type CliResult } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();

/** The command as a process of its own, on this Node. */
const carbonation = (...argv: string[]): Promise<CliResult> =>
  runProgram(process.execPath, [binPath, ...argv], directory());

const refusal = /^carbonation needs Node 22\.22 or newer, this is v[\d.]+: install Node 24 [^\n]+\n$/;

function isOlder(node: string): boolean {
  const [major = 0, minor = 0] = String(spawnSync(node, ['-p', 'process.versions.node']).stdout)
    .split('.')
    .map(Number);
  return major > 0 && (major < 22 || (major === 22 && minor < 22));
}

describe('the program', () => {
  it('says its version', async () => {
    expect(await carbonation('--version')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
  });

  describe.runIf(process.platform === 'linux')('makes its calls to disks with no more threads', () => {
    const limited = async (limit: string): Promise<string> => {
      const tell = "data:text/javascript,process.on('exit',()=>console.log(process.env.UV_THREADPOOL_SIZE))";
      const command = [limit, process.execPath, '--import', tell, binPath, '--version'];
      return (await runProgram('prlimit', command, directory())).stderr;
    };

    // Of root the kernel lets more processes run; everybody else may have more of them already.
    it.runIf(process.getuid?.() === 0)(
      'than a quarter of the processes that may run: Node aborts without',
      async () => {
        expect(await limited('--nproc=40')).toBe('10\n');
        expect(await limited('--nproc=8')).toBe('4\n');
      },
    );

    it('than have room in the addresses that the process may use', async () => {
      expect(await limited(`--as=${6 * 1024 ** 3}`)).toBe('24\n');
    });
  });

  it('goes from nothing to a working project', async () => {
    expect(await carbonation('init')).toMatchObject({ code: 0, stderr: '' });
    expect(await carbonation('check', 'config')).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^ok: /),
      stderr: '',
    });
    expect(await carbonation('db', 'init')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+ migrations applied/m),
      stderr: '',
    });
    expect(await carbonation('db', 'init')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^nothing to do/),
      stderr: '',
    });
    expect(await carbonation('-c', 'config.toml', 'status')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^service/),
      stderr: '',
    });
  });

  it('has its answer on stdout and nothing else, whatever the plugin prints', async () => {
    await carbonation('init');
    await writeFile(
      join(directory(), 'my_plugin/src/extractors.ts'),
      `console.log('the plugin is loaded');
      export const sample = () => {
        console.log('the plugin reads');
        process.stdout.write('and writes\\n');
        return { category: 'alpha', start: new Date(0) };
      };`,
    );
    for (const name of ['a.txt', 'a.json']) await writeFile(join(directory(), 'delivery', name), 'some content');
    const { stdout, stderr } = await carbonation('run', '--once', '--format', 'json');
    expect(JSON.parse(stdout)).toMatchObject({ archived: 1 });
    expect(stderr).toMatch(/^the plugin is loaded$[^]*^the plugin reads\nand writes$/m);
    expect(await carbonation('query', 'files', '--format', 'csv', '--columns', 'group_key')).toMatchObject({
      stdout: 'group_key\na\n',
    });
  });

  it('exits with 1 when it fails and with 2 when it is called wrongly', async () => {
    expect(await carbonation('status')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^error: [^\n]+\n [^\n]+\n$/),
    });
    expect(await carbonation('statsu')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('"status"'),
    });
  });

  it.each([['--help'], ['init'], ['check config']])(
    'loads neither the database nor the workers for %s',
    async (line) => {
      await carbonation('init');
      const spy = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (/@mikro-orm|piscina|better-sqlite3|\\/shared\\/sql-/.test(url)) process.stderr.write('loaded ' + url + '\\n');
        return next(url, context);
      } });`;
      const hook = `data:text/javascript,${encodeURIComponent(spy)}`;
      const run = (argv: string): Promise<CliResult> =>
        runProgram(process.execPath, ['--import', hook, binPath, ...argv.split(' ')], directory());
      expect((await run(line)).stderr).toBe('');
      // The piece of the bundle that MikroORM is in.
      expect((await run('db init')).stderr).toMatch(/\/shared\/sql-[^]*better-sqlite3/);
    },
  );
});

describe('on an older Node', () => {
  const pretend = "Object.defineProperty(process.versions, 'node', { value: '22.21.1' });";
  const pretended = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`];
  // A real one where the host has it.
  const real = ['/usr/bin/node'].filter(isOlder).map((node) => ({ node, options: [] }));

  it.each([{ node: process.execPath, options: pretended }, ...real])(
    'says in one line what it found and what to do ($node)',
    async ({ node, options }) => {
      expect(await runProgram(node, [...options, binPath, 'status'], directory())).toEqual({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(refusal),
      });
    },
  );
});

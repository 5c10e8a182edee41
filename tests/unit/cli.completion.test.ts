import { spawnSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scaffold } from '../../src/scaffold/index.ts';
import { runCli } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();

/** Asks a shell what it would offer after words, the last of which is being written. */
type Ask = (script: string, words: readonly string[]) => readonly string[];

const oddName = `it's $(touch done); "a" *`;
const bashWord = String.raw`it\'s\ \$\(touch\ done\)\;\ \"a\"\ \*`;

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(' ');

function lines(shell: string, args: readonly string[]): readonly string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, { encoding: 'utf8', cwd: directory() });
  expect(stderr).toBe('');
  expect(status).not.toBeNull();
  return stdout.split('\n').filter((line) => line !== '');
}

const shells: Readonly<Record<string, Ask>> = {
  bash: (script, words) =>
    lines('bash', [
      '--norc',
      '-c',
      `source ${script}; COMP_WORDS=(${quoted(words)}); COMP_CWORD=${words.length - 1}; _carbonation; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ]),
  // Only inside its line editor does zsh filter by what is written; here the functions that it calls are stood in for.
  zsh: (script, words) =>
    lines('zsh', [
      '-f',
      '-c',
      `compdef() {}; source ${script}
       _describe() { for one in \${(P)2}; do print -r -- \${one%%:*}; done }
       words=(${quoted(words)}); CURRENT=${words.length}; PREFIX=\${words[CURRENT]} IPREFIX=''
       compset() { local rest=\${PREFIX##\${~2}}; IPREFIX+=\${PREFIX%"$rest"}; PREFIX=$rest }
       compadd() { shift; print -lr -- "$IPREFIX"\${^@} }; _files() {}; _carbonation`,
    ]).filter((line) => line.startsWith(words.at(-1) ?? '')),
  fish: (script, words) =>
    lines('fish', ['--no-config', '-c', `source ${script}; complete -C '${words.join(' ')}'`]).map(
      (line) => line.split('\t')[0] ?? '',
    ),
};

it.each(Object.entries(shells))(
  '%s completes commands, options and values, the plugin’s columns too',
  async (shell, ask) => {
    const { status } = spawnSync('which', [shell]);
    if (status !== 0) {
      process.stderr.write(`\n!!! SKIPPED: completion in ${shell}, which is not installed\n\n`);
      return;
    }
    await scaffold({ directory: directory(), systemd: false, user: null });
    appendFileSync(
      join(directory(), 'config.toml'),
      `\n[[watch]]\nname = ${JSON.stringify(oddName)}\npath = "delivery/odd"\nrules = "my-rules"\ntype = "pass"\n`,
    );
    const { stdout, code } = await runCli(['completion', shell], { cwd: directory() });
    expect(code).toBe(0);
    const script = join(directory(), 'completion');
    writeFileSync(script, stdout);
    const offered = (...words: readonly string[]) => ask(script, ['carbonation', ...words]);
    expect(offered('d')).toEqual(expect.arrayContaining(['db', 'doctor']));
    expect(offered('d')).not.toContain('run');
    expect([...offered('db', '')].sort()).toEqual(['init', 'revision', 'status', 'upgrade']);
    expect(offered('-c', 'x.toml', 'check', '')).toEqual(expect.arrayContaining(['config', 'rules']));
    expect(offered('-c', '')).not.toContain('run');
    if (shell === 'fish') expect(offered('-c', 'conf')).toEqual(['config.toml']);
    expect(offered('--config', 'x.toml', 'db', '-c', '')).not.toContain('status');
    expect([...offered('db', 'status', '--')].sort()).toEqual(['--config', '--format', '--help', '--verbose']);
    expect(offered('status', '--format', 'j')).toEqual(['json']);
    expect(offered('retry', '--status', 'timed')).toEqual(['timed_out']);
    expect(offered('query', 'files', '--state', 'integ')).toEqual(['integrity_failed']);
    expect(offered('query', 'files', '--order-by', 'categ')).toEqual(['category']);
    expect(offered('query', 'files', '--columns', 'categ')).toEqual(['category']);
    expect(offered('query', 'files', '--columns', 'id,state,categ')).toEqual(['id,state,category']);
    expect(offered('query', 'files', '--columns', 'id,')).toEqual(expect.arrayContaining(['id,state', 'id,category']));
    // bash gives the value as a word of its own.
    const [option, begun] = shell === 'bash' ? [['--columns', '='], ''] : [[], '--columns='];
    expect(offered('query', 'files', ...option, `${begun}id,categ`)).toEqual([`${begun}id,category`]);
    expect(offered('query', 'files', '--order-by', 'id,categ')).toEqual([]);
    expect(offered('query', 'files', '--watch-name', 'my')).toEqual(['my-watch']);
    expect(offered('query', 'files', '--type', '')).toEqual(expect.arrayContaining(['pass']));
    expect(offered('why', '--watch-name', '')).toEqual(expect.arrayContaining(['my-watch']));
    expect(offered('reconcile', 'archive', '--archive', 'my')).toEqual(['my-archive']);
    // Nothing of a name is carried out.
    expect(offered('retry', '--watch-name', 'it')).toEqual([shell === 'bash' ? bashWord : oddName]);
    expect(offered('chart', 'super')).toEqual(['supervisor']);
    expect(offered('chart', 'watch', '')).not.toContain('supervisor');
    expect(offered('completion', 'z')).toEqual(['zsh']);
    expect(offered('query', 'files', '--format', '')).toEqual(expect.arrayContaining(['table', 'json', 'csv']));
    expect(offered('query', 'files', '--cat')).toEqual(['--category']);
    expect(offered('query', 'files', '--limit', '5', '--order')).toEqual(['--order-by']);
    expect(offered('query', 'files', '--no-comp')).toEqual(['--no-complete']);
  },
);

it('there is none for other shells', async () => {
  expect(await runCli(['completion', 'tcsh'], { cwd: directory() })).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is no completion for "tcsh", only for bash, zsh and fish'),
  });
});

import { expect, it } from 'vitest';
import { parser, runCli } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();
const definitions = parser.definitions();
const names = definitions.map(({ path }) => path.replace('carbonation ', ''));

it('says which arguments there may be any number of', async () => {
  const { stdout } = await runCli(['reconcile', 'archive', '--help'], { cwd: directory() });
  expect(stdout).toContain('\n$ carbonation reconcile archive [PATHS]\n');
});

it('every command that reports takes the same words for how', async () => {
  const formats = definitions.flatMap(({ options }) =>
    options.filter(({ definition }) => definition.startsWith('--format')),
  );
  const others = new Set(formats.map(({ description = '' }) => description).filter((one) => !one.startsWith('`svg`')));
  expect([...others]).toEqual(['`text` (default) to read, `json` for programs']);
  const { stderr } = await runCli(['status', '--format', 'table'], { cwd: directory() });
  expect(stderr).toMatch(/config.toml does not exist/);
});

it('every command is in the general help', async () => {
  const { stdout } = await runCli(['--help'], { cwd: directory() });
  for (const name of names) expect(stdout).toMatch(new RegExp(`^  ${name}  +\\S`, 'm'));
});

it.each(definitions)('$path: its help has options, each with what it does, and examples', async (one) => {
  const name = one.path.replace('carbonation ', '');
  const { code, stdout, stderr } = await runCli([...name.split(' '), '--help'], { cwd: directory() });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`carbonation ${name}`);
  expect(stdout).toContain('--verbose');
  expect(stdout).not.toContain('#0');
  expect(one.options.filter(({ description = '' }) => description === '')).toEqual([]);
  const examples = (one.examples ?? []).map(([, line]) => line);
  expect(examples.length).toBeGreaterThan(0);
  for (const line of examples) expect(stdout).toContain(line);
});

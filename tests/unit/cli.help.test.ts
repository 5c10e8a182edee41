import { expect, it } from 'vitest';
import { parser, runCli, useDirectory } from '../support/cli.ts';

const directory = useDirectory();
const definitions = parser.definitions();
const names = definitions.map(({ path }) => path.replace('carbonation ', ''));

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

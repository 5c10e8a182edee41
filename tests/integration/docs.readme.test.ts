import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { binPath, runProgram } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';
import { consoleCommands } from '../support/pages.ts';

const directory = useTemp();

/** The line as a pattern: numbers, times, spaces and the place of the project differ from run to run. */
function pattern(line: string, project: string): RegExp {
  const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const loose = (text: string) => escaped(text).replaceAll(/\d+/g, '\\d+').replaceAll(/ +/g, ' +');
  return new RegExp(`^${line.split('/srv/carbon').map(loose).join(escaped(project))}$`);
}

test('the session in README.md is what happens', async () => {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8');
  const [, block = ''] = /^```console\n([^]*?)^```$/m.exec(readme) ?? [];
  const project = join(directory(), 'project');
  const tools = join(directory(), 'tools');
  for (const path of [project, tools]) mkdirSync(path);
  symlinkSync(binPath, join(tools, 'carbonation'));
  const path = [tools, dirname(process.execPath), process.env['PATH']].join(delimiter);
  const commands = consoleCommands(block.trimEnd().split('\n'));
  expect(commands.length).toBeGreaterThan(3);
  for (const { command, output } of commands) {
    if (command === 'ls delivery') {
      const metadata = { category: 'alpha', start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', source: 'x' };
      writeFileSync(join(project, 'delivery/a.json'), JSON.stringify(metadata));
      writeFileSync(join(project, 'delivery/a.txt'), 'a'.repeat(27_000));
      writeFileSync(join(project, 'delivery/b.txt'), 'b'.repeat(100));
    }
    const { stdout, code } = await runProgram(
      'sh',
      ['-c', `export PATH=${JSON.stringify(path)}; ${command} 2>&1`],
      project,
    );
    expect({ code, stdout }).toEqual({ code: 0, stdout });
    const said = stdout.trimEnd().split('\n');
    let at = 0;
    for (const [i, line] of output.entries()) {
      if (line === '…') continue;
      const found = said.findIndex((one, index) => index >= at && pattern(line, project).test(one));
      expect(found, `${command}: ${line}\n${stdout}`).toBeGreaterThanOrEqual(at);
      // Only where the page says that something is left out may something be.
      if (output[i - 1] !== '…') expect(found, `${command}: before ${line}\n${stdout}`).toBe(at);
      at = found + 1;
    }
    if (output.at(-1) !== '…') expect(said).toHaveLength(at);
  }
});

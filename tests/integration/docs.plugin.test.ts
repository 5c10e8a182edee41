import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { clonePath, runProgram } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';
import { consoleCommands } from '../support/pages.ts';

const directory = useTemp();

/** A fenced block of a page. */
interface Block {
  readonly language: string;
  readonly lines: readonly string[];
}

/** The blocks below one heading of the second level. */
function blocksOf(page: string, heading: string): readonly Block[] {
  const [, section = ''] = page.split(`\n## ${heading}\n`);
  const [own = ''] = section.split('\n## ');
  return [...own.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language = '', text = '']) => ({
    language,
    lines: text.trimEnd().split('\n'),
  }));
}

test('the guide to plugins works as it is written', { timeout: 120_000 }, async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/plugin-development.md'), 'utf8');
  const tools = join(directory(), 'tools');
  const project = join(directory(), 'project');
  for (const path of [tools, project]) mkdirSync(path);
  symlinkSync(clonePath, join(tools, 'carbonation'));
  const path = [tools, dirname(process.execPath), process.env['PATH']].join(delimiter);

  let commands = 0;
  for (const { language, lines } of blocksOf(page, 'Step by step')) {
    if (language === 'ts') {
      const [first = ''] = lines;
      expect(first, 'a file begins with its path').toMatch(/^\/\/ my_plugin\/\S+\.ts$/);
      writeFileSync(join(project, first.slice(3)), `${lines.join('\n')}\n`);
      continue;
    }
    for (const { command, output } of consoleCommands(lines)) {
      const script = `export PATH=${JSON.stringify(path)}; ${command}`;
      const { stdout, stderr } = await runProgram('sh', ['-c', script], project);
      // npm test reports in the manner of the terminal or of TAP: the words are the same.
      const said = `${stdout}${stderr}`.replaceAll(/^ℹ /gm, '# ').split('\n');
      for (const line of output) {
        expect(said, `${command}\n${said.join('\n')}`).toContainEqual(expect.stringContaining(line));
      }
      commands += 1;
    }
  }
  expect(commands).toBeGreaterThan(10);
});

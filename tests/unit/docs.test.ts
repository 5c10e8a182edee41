import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { stderr, stdin, stdout } from 'node:process';
import { Ajv } from 'ajv';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { normaliseArguments } from '../../src/cli/argv.ts';
import { parseQueryArguments } from '../../src/cli/query-arguments.ts';
import { column, defineFileModel } from '../../src/plugin/index.ts';
import { parser } from '../support/cli.ts';
import { anchors, calls, pages, prose, wordsOf } from '../support/pages.ts';

const root = resolve(import.meta.dirname, '../..');
/** The columns that the pages speak of: the template's, and those that the guides add. */
const { columns } = defineFileModel({
  category: column.text(),
  start: column.datetime(),
  stop: column.datetime(),
  source: column.text(),
  orbit: column.integer(),
  cloud_cover: column.float(),
  station: column.text(),
});

/** What is wrong with the words behind `carbonation`, or null. */
function mistake(words: readonly string[]): string | null {
  const argv = normaliseArguments(words);
  if (argv.length === 1 && ['--help', '--version'].includes(argv[0] ?? '')) return null;
  // A page may speak of a command without its arguments, or of a family of commands.
  const known = parser.definitions().map(({ path }) => path.replace('carbonation ', ''));
  const own = argv.filter((word) => !word.startsWith('--config='));
  if (known.some((name) => name === own.join(' ') || name.startsWith(`${own.join(' ')} `))) return null;
  if (own.includes('--help'))
    return known.includes(own.slice(0, own.indexOf('--help')).join(' ')) ? null : 'no such command';
  try {
    if (own[0] === 'query' && own[1] === 'files') parseQueryArguments(own.slice(2), columns, 0);
    parser.process([...argv], { stdin, stdout, stderr, env: {}, cwd: root, colorDepth: 1 });
    return null;
  } catch (error) {
    return String(error).split('\n')[0] ?? 'refused';
  }
}

describe.each(pages())('$path', ({ path, text }) => {
  it('calls only commands and options that there are', () => {
    const found = calls(text)
      .map((call) => [call, mistake(wordsOf(call))] as const)
      .filter(([, wrong]) => wrong !== null);
    expect(found).toEqual([]);
  });

  it('links to files and headings that there are', () => {
    const links = [...prose(text).matchAll(/!?\[[^\]]*\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g)];
    const broken = links
      .map(([, target, image]) => target ?? image ?? '')
      .filter((target) => !/^[a-z]+:/.test(target))
      .filter((target) => {
        const [file = '', anchor] = target.split('#');
        const linked = file === '' ? join(root, path) : join(root, dirname(path), file);
        if (!existsSync(linked)) return true;
        return anchor !== undefined && !anchors(readFileSync(linked, 'utf8')).includes(anchor);
      });
    expect(broken).toEqual([]);
  });
});

it('the TOML in the pages is what the program takes', () => {
  const read = (name: string): object => JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8'));
  const ajv = new Ajv({ strict: false });
  const config = ajv.compile<Record<string, unknown>>(read('config.schema.json'));
  const rules = ajv.compile(read('rules.schema.json'));
  const blocks = pages().flatMap(({ path, text }) =>
    [...text.matchAll(/^ *```toml\n([^]*?)^ *```$/gm)].map(([, block = '']) => ({ path, block })),
  );
  expect(blocks.length).toBeGreaterThan(1);
  for (const { path, block } of blocks) {
    const data = parse(block);
    const isValid = config(data) || rules(data);
    expect({ path, block, isValid, errors: config.errors }).toMatchObject({ isValid: true });
  }
});

it('finds the calls, and what is wrong with them', () => {
  const page = [
    'Run `carbonation db init`, or',
    '```sh',
    'npx carbonation query files --category a --limit 5 > out.csv',
    'sudo -u carbonation /opt/bin/carbonation -c x.toml run --once | head',
    '```',
  ].join('\n');
  expect(calls(page).map(wordsOf)).toEqual([
    ['query', 'files', '--category', 'a', '--limit', '5'],
    ['-c', 'x.toml', 'run', '--once'],
    ['db', 'init'],
  ]);
  expect(mistake(['-c', 'x.toml', 'run', '--once'])).toBeNull();
  for (const words of [['rn'], ['run', '--onec'], ['query', 'files', '--nope', '1'], ['status', 'now']]) {
    expect([words, mistake(words)]).not.toEqual([words, null]);
  }
});

it('the messages that the operations page explains are those that the program logs', () => {
  const page =
    readFileSync(join(root, 'docs/operations.md'), 'utf8').split('### What is in the log')[1]?.split('\n#')[0] ?? '';
  const messages = [...page.matchAll(/^\| `([^`]+)`/gm)].map(([, message = '']) => message);
  expect(messages.length).toBeGreaterThan(20);
  const sources = globSync('src/**/*.ts', { cwd: root })
    .map((name) => readFileSync(join(root, name), 'utf8'))
    .join('\n');
  expect(messages.filter((message) => !sources.includes(`'${message}`))).toEqual([]);
});

it('the operations page says what to do about every alarm that the metrics page sets', () => {
  const part = (page: string, heading: string): string =>
    readFileSync(join(root, 'docs', page), 'utf8')
      .split(heading)[1]
      ?.split('\n#')[0] ?? '';
  const set = part('metrics.md', '## Alarms worth having').match(/\bcarbonation_[a-z_]+/g) ?? [];
  expect(set.length).toBeGreaterThan(5);
  const explained = part('operations.md', '### Alarms');
  expect(set.filter((metric) => !explained.includes(metric))).toEqual([]);
});

it('the decisions say why there is each dependency', () => {
  const read = (name: string) => readFileSync(join(root, name), 'utf8');
  const decisions = globSync('docs/decisions/*.md', { cwd: root }).map(read).join('\n');
  const { dependencies, devDependencies }: Record<'dependencies' | 'devDependencies', object> = JSON.parse(
    read('package.json'),
  );
  // MikroORM's own packages are one decision; types belong to what they describe.
  const names = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !/^@(mikro-orm|types)\//.test(name),
  );
  expect(names.filter((name) => !decisions.includes(name))).toEqual([]);
});

it('README.md names every command', () => {
  const [readme] = pages();
  const known = parser.definitions().map(({ path }) => path.replace('carbonation ', ''));
  expect(known.filter((name) => !new RegExp(`^\\|.*\`${name}[ \`]`, 'm').test(readme?.text ?? ''))).toEqual([]);
});

it('the examples of every command would be taken', () => {
  const examples = parser.definitions().flatMap(({ examples: own = [] }) => own.map(([, line]) => line));
  const wrong = examples
    .flatMap((line) => calls(`\`\`\`sh\n${line}\n\`\`\`\n`))
    .map((call) => [call, mistake(wordsOf(call))])
    .filter(([, found]) => found !== null);
  expect(examples.length).toBeGreaterThan(20);
  expect(wrong).toEqual([]);
});

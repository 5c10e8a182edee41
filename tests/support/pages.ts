import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/** A page of the documentation. */
export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

/** README.md, docs/ and the plugin template's page. */
export function pages(): readonly Page[] {
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`);
  return ['README.md', 'plugin-template/README.md', ...docs.toSorted()].map((path) => ({
    path,
    text: readFileSync(join(root, path), 'utf8'),
  }));
}

/** The page without its fenced blocks. */
export function prose(text: string): string {
  return text.replaceAll(/^ *```[^]*?^ *```$/gm, '');
}

/** The anchors that GitHub gives the headings of a page. */
export function anchors(text: string): readonly string[] {
  return [...prose(text).matchAll(/^#+ +(.+)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Every call of `carbonation` in a page: in its fenced blocks for a shell, and in code within a line. */
export function calls(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|console|bash)\n([^]*?)^ *```$/gm)].flatMap(([, block = '']) =>
    block
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.trim()),
  );
  const inline = [...prose(text).matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  const isCall = /^(?:\$ )?(?:\w+=\S+ |sudo (?:-u \S+ )?)*(?:npx |\S*\/)?carbonation (?!->)/;
  return [...blocks, ...inline].filter((line) => isCall.test(line)).map((line) => line.replace(isCall, ''));
}

/** The words of a call as a shell would split it, up to a pipe, a redirection, a comment or the next command. */
export function wordsOf(call: string): readonly string[] {
  const words: string[] = [];
  for (const [, double, single, bare = ''] of call.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    if (/^(?:[|>&;#]|2>)/.test(bare)) break;
    words.push(double ?? single ?? bare.replace(/;$/, ''));
    if (bare.endsWith(';')) break;
  }
  return words;
}

/** A command of a console block, with the lines that its output must have. */
export interface ConsoleCommand {
  readonly command: string;
  readonly output: string[];
}

/** The commands of a console block: lines that begin with `$ `. */
export function consoleCommands(lines: readonly string[]): readonly ConsoleCommand[] {
  const commands: ConsoleCommand[] = [];
  for (const line of lines) {
    if (line.startsWith('$ ')) commands.push({ command: line.slice(2), output: [] });
    else commands.at(-1)?.output.push(line);
  }
  return commands;
}

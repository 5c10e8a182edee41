import type { AST } from 'toml-eslint-parser';

import { formatKey, parseKey, type KeyPath } from './key-path.ts';
import type { Problem } from './types.ts';

type Lines = Map<string, number>;

/**
 * Fills in the lines of problems that have none. A key that is missing gets the line of the table it is missing
 * from. The order becomes that of the files, then of the lines.
 *
 * @param texts The files' contents, by the `file` of the problems; those of other files stay as they are.
 */
export async function locateProblems(
  problems: readonly Problem[],
  texts: Readonly<Record<string, string>>,
): Promise<Problem[]> {
  const located: Problem[] = [];
  const known = new Map<string, Lines>();
  for (const problem of problems) {
    const text = Object.hasOwn(texts, problem.file) ? texts[problem.file] : undefined;
    if (problem.line !== null || problem.key === '' || text === undefined) {
      located.push(problem);
      continue;
    }
    const lines = known.get(problem.file) ?? (await linesOf(text));
    known.set(problem.file, lines);
    located.push({ ...problem, line: findLine(lines, parseKey(problem.key)) });
  }
  const files = [...new Set(located.map((problem) => problem.file))];
  return located.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || (a.line ?? 0) - (b.line ?? 0));
}

// The parser is loaded only when there is something to find: a sound file never pays for it.
async function linesOf(text: string): Promise<Lines> {
  const { parseTOML } = await import('toml-eslint-parser');
  const lines: Lines = new Map();
  try {
    const program = parseTOML(text.replace(/^\uFEFF/, ''), { tomlVersion: '1.1' });
    for (const node of program.body[0].body) {
      if (node.type === 'TOMLKeyValue') noteKeyValue(lines, [], node);
      else noteTable(lines, node);
    }
  } catch {
    // What the other parser reads and this one does not has no lines; the problem itself is still reported.
  }
  return lines;
}

function noteTable(lines: Lines, table: AST.TOMLTable): void {
  note(lines, table.resolvedKey, table.loc.start.line);
  for (const pair of table.body) noteKeyValue(lines, table.resolvedKey, pair);
}

function noteKeyValue(lines: Lines, parent: KeyPath, pair: AST.TOMLKeyValue): void {
  const path = [...parent, ...pair.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value))];
  note(lines, path, pair.loc.start.line);
  noteValue(lines, path, pair.value);
}

function noteValue(lines: Lines, path: KeyPath, value: AST.TOMLContentNode): void {
  if (value.type === 'TOMLInlineTable') {
    for (const pair of value.body) noteKeyValue(lines, path, pair);
  } else if (value.type === 'TOMLArray') {
    for (const [index, element] of value.elements.entries()) {
      note(lines, [...path, index], element.loc.start.line);
      noteValue(lines, [...path, index], element);
    }
  }
}

// `[a.b]` also tells where `a` begins, unless `[a]` does.
function note(lines: Lines, path: KeyPath, line: number): void {
  lines.set(formatKey(path), line);
  for (let length = path.length - 1; length > 0; length -= 1) {
    const prefix = formatKey(path.slice(0, length));
    if (lines.has(prefix)) break;
    lines.set(prefix, line);
  }
}

function findLine(lines: Lines, path: KeyPath): number | null {
  for (let length = path.length; length > 0; length -= 1) {
    const line = lines.get(formatKey(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return null;
}

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The text of bench/README.md with the result of a part between the part's two marks, in place of the last one. */
export function withResult(text: string, part: string, result: string): string {
  const [begin, end] = [`<!-- result of ${part} -->`, `<!-- end of ${part} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) {
    throw new Error(`bench/README.md has no place for the result of ${part}: ${begin} … ${end}`);
  }
  return `${text.slice(0, from)}${begin}\n\n\`\`\`\n${result}\n\`\`\`\n\n${text.slice(to)}`;
}

/** Writes the result of a part into bench/README.md. */
export function writeResult(part: string, result: string): void {
  const path = join(import.meta.dirname, '..', 'README.md');
  writeFileSync(path, withResult(readFileSync(path, 'utf8'), part, result));
}

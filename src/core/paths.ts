import { sep } from 'node:path';
import { printable } from './printable.ts';

/** Whether a path is a directory or lies in it; both absolute and normal. */
export function isBelow(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory.endsWith(sep) ? directory : `${directory}${sep}`);
}

/** The path of what has a name in a directory, which is absolute and normal: `join` would work that out again, letter by letter. */
export function entryPath(directory: string, name: string): string {
  return directory.endsWith(sep) ? directory + name : `${directory}${sep}${name}`;
}

/** The longest path that Linux takes, in bytes of UTF-8. */
export const longestPath = 4095;

/** A text as one word of a shell command, which a terminal shows as it is to be typed. */
export function shellWord(text: string): string {
  if (/^[\w./-]+$/.test(text)) return text;
  if (printable(text) === text) return `'${text.replaceAll("'", "'\\''")}'`;
  return `$'${printable(text.replaceAll(/['\\]/g, '\\$&'))}'`;
}

/** An option with its value, for a shell; a value that begins with a dash would be taken for another option. */
export function shellOption(name: string, value: string): string {
  return `${name}${value.startsWith('-') ? '=' : ' '}${shellWord(value)}`;
}

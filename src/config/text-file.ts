import { isUtf8 } from 'node:buffer';
import { readFile, stat } from 'node:fs/promises';
import { isAbsence, systemCode } from '../errors/index.ts';

/** What a file of text holds, or what is said of its path when it cannot be read. */
export type TextRead =
  | { readonly text: string; readonly reason: null }
  | { readonly text: null; readonly reason: string; readonly isAbsent: boolean; readonly cause: unknown };

/** Pipes that somebody has opened for us, as the shell's `<(…)`. */
const openPipes = /^\/(dev|proc)\//;

/** Reads a file of text that its user wrote, such as config.toml or a password. */
export async function readTextFile(path: string): Promise<TextRead> {
  const refuse = (reason: string, cause: unknown = null) => ({ text: null, reason, isAbsent: isAbsence(cause), cause });
  try {
    // Reading it would wait for ever where nobody writes into it.
    if ((await stat(path)).isFIFO() && !openPipes.test(path)) return refuse('is a named pipe');
    const bytes = await readFile(path);
    if (isUtf8(bytes)) return { text: bytes.toString('utf8'), reason: null };
    return refuse(`is not UTF-8 text (line ${lineNotUtf8(bytes)})`);
  } catch (cause) {
    if (isAbsence(cause)) return refuse('does not exist', cause);
    const code = systemCode(cause) ?? 'error';
    return refuse(code === 'EISDIR' ? 'is a directory' : `cannot be read (${code})`, cause);
  }
}

/** No character of UTF-8 has a line break inside, so that lines can be looked at by themselves. */
function lineNotUtf8(bytes: Buffer): number {
  let line = 1;
  for (let from = 0; ; line += 1) {
    const end = bytes.indexOf(0x0a, from);
    if (end === -1 || !isUtf8(bytes.subarray(from, end))) return line;
    from = end + 1;
  }
}

/** The way to a value in a TOML document: names of keys, and 0-based indices of lists. */
export type KeyPath = readonly (string | number)[];

const bareKey = /^[A-Za-z0-9_-]+$/;
const keyPart = /\[(\d+)\]|"(?:[^"\\]|\\.)*"|[^.[\]"]+/g;

/** A path as people write it: `watch[0].settle_seconds`; a name that TOML would quote is quoted. */
export function formatKey(path: KeyPath): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += `${text === '' ? '' : '.'}${bareKey.test(part) ? part : JSON.stringify(part)}`;
  }
  return text;
}

/** The reverse of {@link formatKey}. */
export function parseKey(key: string): KeyPath {
  const path: (string | number)[] = [];
  for (const [part, index] of key.matchAll(keyPart)) {
    if (index !== undefined) path.push(Number(index));
    else if (part.startsWith('"')) path.push(String(JSON.parse(part)));
    else path.push(part);
  }
  return path;
}

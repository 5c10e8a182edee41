import { pathToFileURL } from 'node:url';

/** `at name (file:///…/index.ts:12:9)`, or without a name; of CommonJS modules with a path. */
const frame = /^ +at (?:.*\()?(?<file>(?:file:\/\/)?\/.+:\d+:\d+)\)?$/;

/**
 * Where in the plugin's own code an error comes from, e.g. `src/extractors.ts:12:9`; null: its stack does not lead there.
 *
 * @param directory Absolute path of the plugin's package; the place is relative to it.
 */
export function thrownAt(thrown: unknown, directory: string): string | null {
  if (!(thrown instanceof Error) || typeof thrown.stack !== 'string') return null;
  const prefixes = [`${pathToFileURL(directory).href}/`, `${directory}/`];
  // The message comes first, and may have lines that look like frames.
  const head = thrown.stack.indexOf(thrown.message);
  const frames = head === -1 ? thrown.stack : thrown.stack.slice(head + thrown.message.length);
  for (const line of frames.split('\n')) {
    const file = frame.exec(line)?.groups?.['file'] ?? '';
    const prefix = prefixes.find((one) => file.startsWith(one));
    const place = prefix === undefined ? '' : file.slice(prefix.length);
    if (place !== '' && !place.includes('node_modules/')) return place;
  }
  return null;
}

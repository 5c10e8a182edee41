import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CarbonationError, systemCode, type ErrorCode } from '../errors/index.ts';
import { withoutTypes } from './resolve-hook.ts';

/** An import that failed, said with the file and line where it did, as far as they can be found, and with what helps. */
export function importError(
  code: ErrorCode,
  thrown: unknown,
  from: { readonly url: string; readonly directory: string },
): CarbonationError {
  const [firstLine = ''] = String(thrown instanceof Error ? thrown.message : thrown).split('\n');
  const place = placeOf(thrown, from.directory) ?? unknownPlace(thrown, from.url);
  const remedy = remedyFor(thrown, firstLine, place);
  return new CarbonationError(code, `${place}: ${firstLine}`, { cause: thrown, ...(remedy !== null && { remedy }) });
}

/** File and line where an import failed, as far as the error knows. */
function placeOf(thrown: unknown, directory: string): string | null {
  const stack = thrown instanceof Error ? (thrown.stack ?? '') : '';
  // Node puts the place of a syntax error in the first line; the place of a throw is in the frames.
  const [, atFirst] = /^((?:file:\/)?\/.+:\d+)\n/.exec(stack) ?? [];
  const frames = [...stack.matchAll(/^ +at .*?(file:\/\/\/.+?:\d+):\d+\)?$/gm)].map(([, frame = '']) => pathOf(frame));
  return atFirst === undefined ? (frames.find((frame) => frame.startsWith(directory)) ?? null) : pathOf(atFirst);
}

/** `file:///a%20b.ts:3` as `/a b.ts:3`. */
function pathOf(place: string): string {
  return place.startsWith('file:') ? fileURLToPath(place) : place;
}

/**
 * Node keeps the place of a syntax error in JavaScript to itself: the sources beside the module are read once more, as TypeScript,
 * of which it tells.
 */
function unknownPlace(thrown: unknown, url: string): string {
  const main = fileURLToPath(url);
  if (!(thrown instanceof SyntaxError)) return main;
  const sources = globSync('**/*.{js,mjs,ts,mts}', { cwd: dirname(main), exclude: (name) => name === 'node_modules' });
  const found = sources.map((name) => syntaxErrorIn(join(dirname(main), name))).find((place) => place !== null);
  return found ?? `${main}, or a module that it imports`;
}

function syntaxErrorIn(path: string): string | null {
  try {
    withoutTypes(readFileSync(path, 'utf8'), path);
    return null;
  } catch (thrown) {
    return systemCode(thrown) === 'ERR_INVALID_TYPESCRIPT_SYNTAX' ? placeOf(thrown, dirname(path)) : null;
  }
}

/** What helps against what is written in TypeScript every day, and is not run as it is; null: the code's own remedy. */
function remedyFor(thrown: unknown, message: string, place: string): string | null {
  const code = systemCode(thrown);
  if (code === 'ERR_MODULE_NOT_FOUND') return missingModule(thrown, message);
  if (code === 'ERR_INVALID_MODULE_SPECIFIER' && message.includes('%5C'))
    return 'move it: Node imports nothing from a path that has a backslash in it';
  if (message === 'Cannot use import statement outside a module')
    return 'write `"type": "module"` into the package.json of the plugin, or `require` for `import`';
  if (code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') {
    return (
      'TypeScript runs with its types left out: use what is JavaScript without them, such as an object `as const` for an ' +
      'enum; `erasableSyntaxOnly` in tsconfig.json finds the places'
    );
  }
  return /\.m?ts:\d+$/.test(place) && message.includes('does not provide an export named')
    ? 'correct the name; a type is imported by `import type`'
    : null;
}

function missingModule(thrown: unknown, message: string): string | null {
  const [, missingPackage] = /^Cannot find package '([^']+)'/.exec(message) ?? [];
  if (missingPackage !== undefined) return `run \`npm install ${missingPackage}\` in the plugin's directory`;
  const url = thrown instanceof Error && 'url' in thrown && typeof thrown.url === 'string' ? thrown.url : '';
  if (!url.startsWith('file:')) return null;
  const path = fileURLToPath(url);
  const meant = [path.replace(/\.js$/, '.ts'), `${path}.ts`, `${path}.js`];
  const found = meant.find((candidate) => candidate !== path && existsSync(candidate));
  return found === undefined
    ? null
    : `an import names the file itself: \`${basename(found)}\`, not \`${basename(path)}\``;
}

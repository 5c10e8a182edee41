import { readFileSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { moduleUrl } from '../core/own-files.ts';

/** Our own public modules: `src/index.ts`, or `dist/program/index.js` in an installed package. */
const ownModules: ReadonlyMap<string, string> = new Map([
  ['carbonation', moduleUrl('index').href],
  ['carbonation/testing', moduleUrl('testing/index').href],
]);

/** URLs under which TypeScript is stripped although they lie in a `node_modules`, where Node itself refuses. */
const strippedPrefixes = new Set<string>();

let installed = false;

/**
 * Makes `import … from 'carbonation'` (and `carbonation/testing`), from wherever
 * it is written, resolve to this program's own module. So a plugin in a folder without `node_modules`
 * works, and a plugin with another copy installed does not bring a second one
 * in. Any other specifier is left to Node.
 *
 * Holds for the thread that calls it; each worker thread calls it for itself.
 * Calling it again does nothing.
 */
export function installResolveHook(): void {
  if (installed) return;
  installed = true;
  registerHooks({
    resolve: (specifier, context, nextResolve) => {
      const url = ownModules.get(specifier);
      return url === undefined ? nextResolve(specifier, context) : { url, shortCircuit: true };
    },
  });
}

/**
 * Lets the TypeScript sources of a plugin that is installed in a `node_modules`
 * run as they are. Node strips types everywhere else by itself, so for any other
 * directory this does nothing.
 *
 * @param directory Absolute path of the plugin's package, symbolic links resolved.
 */
export function runTypeScriptIn(directory: string): void {
  if (!directory.split(sep).includes('node_modules')) return;
  const isHooked = strippedPrefixes.size > 0;
  strippedPrefixes.add(`${pathToFileURL(directory).href}/`);
  if (isHooked) return;
  // Every module that is loaded from now on goes through a hook, so it is there only when it is needed.
  registerHooks({
    load: (url, context, nextLoad) => {
      if (!isStripped(url)) return nextLoad(url, context);
      return {
        format: 'module',
        source: withoutTypes(readFileSync(fileURLToPath(url), 'utf8'), url),
        shortCircuit: true,
      };
    },
  });
}

/**
 * TypeScript without its types.
 *
 * Without the warning that Node gives once a thread, that this function may change: nobody who runs a command can do anything about it.
 *
 * @throws SyntaxError whose stack begins with file and line
 */
export function withoutTypes(source: string, sourceUrl: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source, { sourceUrl });
  } finally {
    process.emitWarning = emitWarning;
  }
}

function isStripped(url: string): boolean {
  if (!/\.m?ts$/.test(url)) return false;
  return [...strippedPrefixes].some(
    // A dependency nested in the plugin's own node_modules is not the plugin's source.
    (prefix) => url.startsWith(prefix) && !url.slice(prefix.length).includes('node_modules/'),
  );
}

import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** `.ts` when sources run, `.js` in a package. */
export const ownEnding = extname(import.meta.url);

/** The package's directory: two levels up from a directory of `src`, three from one of `dist/src` or `dist/program`. */
export const packageRoot = fileURLToPath(new URL(ownEnding === '.ts' ? '../../' : '../../../', import.meta.url));

/**
 * The URL of one of our modules, such as a thread's entry: of a source when sources run, compiled or bundled when such code does.
 *
 * @param name - its path in `src`, without its ending
 */
export function moduleUrl(name: string): URL {
  return new URL(`../${name}${ownEnding}`, import.meta.url);
}

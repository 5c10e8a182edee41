import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inject } from 'vitest';
import { moduleUrl as sourceUrl } from '../../src/core/own-files.ts';

export { ownEnding, packageRoot } from '../../src/core/own-files.ts';

/**
 * What stands in for `src/core/own-files.ts` in tests: threads run the bundle, as they do once the program is installed. Each
 * of its many modules would have to be found, read and compiled for each of the thousands of threads of a test run.
 */
export function moduleUrl(name: string): URL {
  return name.endsWith('.worker')
    ? pathToFileURL(join(inject('program').directory, 'dist/program', `${name}.js`))
    : sourceUrl(name);
}

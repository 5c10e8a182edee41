import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';
import { expect } from 'vitest';

// Without the devDependency `node`, everything would run on the host's older Node without a word.
const major = Number(process.versions.node.split('.')[0]);
expect(
  major,
  `tests need Node 24, this is ${process.version}: run \`npm ci\` and use \`npm test\``,
).toBeGreaterThanOrEqual(24);

// As the program does: its threads find their modules compiled, which is a fifth of the time of a suite that starts many.
enableCompileCache();
// And so do the scripts that tests run.
const compiled = getCompileCacheDir();
if (compiled !== undefined) process.env['NODE_COMPILE_CACHE'] = dirname(compiled);

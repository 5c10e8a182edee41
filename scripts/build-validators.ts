/**
 * Replaces the modules of the build that compile schemas by the code that Ajv makes of them.
 *
 * Usage: node scripts/build-validators.ts, after `tsc -p tsconfig.build.json`
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { validatorModules } from './validators.ts';

const dist = join(import.meta.dirname, '../dist');
for (const [path, code] of Object.entries(validatorModules())) {
  const place = join(dist, path);
  if (!existsSync(place))
    throw new Error(`${place} is not there: its source has been moved, or nothing has been built`);
  writeFileSync(place, code);
}

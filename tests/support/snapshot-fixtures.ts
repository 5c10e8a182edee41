import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { fileGroupVersion } from '../../machines/file-group/index.ts';
import { otherWays, waysTo } from '../machines/ways.ts';

/**
 * Writes a snapshot of each state as the present version of the chart stores it: `npm run snapshots:fixture`. To be run
 * once for a version, before it is released; what has been released is stored somewhere, and never changes.
 */
const directory = fileURLToPath(new URL(`../fixtures/snapshots/v${fileGroupVersion}/`, import.meta.url));
if (existsSync(directory)) {
  process.stderr.write(
    `there are fixtures of version ${fileGroupVersion} already, and they stay as they are: ${directory}\n` +
      `if the chart has changed, raise fileGroupVersion in machines/file-group/snapshot.ts and add an upcaster\n`,
  );
  process.exitCode = 1;
} else {
  mkdirSync(directory, { recursive: true });
  const ways = { ...waysTo, ...otherWays };
  for (const [name, way] of Object.entries(ways)) {
    const snapshot = (await way()).persisted();
    const envelope = { machine: 'file-group', version: fileGroupVersion, snapshot, savedAt: 10_000 };
    writeFileSync(`${directory}${name}.json`, `${JSON.stringify(envelope, null, 2)}\n`);
  }
  process.stdout.write(`${Object.keys(ways).length} fixtures of version ${fileGroupVersion} in ${directory}\n`);
}

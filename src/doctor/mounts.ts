import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Config } from '../config/types.ts';
import { nearest } from './directories.ts';
import { checksOf, type Check } from './types.ts';

/** File systems that live on another machine, by their number in statfs(2). */
const network: ReadonlyMap<number, string> = new Map([
  [0x69_69, 'NFS'],
  [0xff_53_4d_42, 'CIFS'],
  [0xfe_53_4d_42, 'SMB'],
  [0x51_7b, 'SMB'],
  [0x01_02_19_97, '9p'],
  [0x00_c3_64_00, 'Ceph'],
  [0x65_73_55_46, 'FUSE'],
  [0x0b_d0_0b_d0, 'Lustre'],
  [0x47_50_46_53, 'GPFS'],
]);
const memory: ReadonlyMap<number, string> = new Map([
  [0x01_02_19_94, 'tmpfs'],
  [0x85_84_58_f6, 'ramfs'],
]);

/**
 * What the kind of file system means for watches, archives and the database.
 *
 * @param silent - what does not answer, and is not asked
 */
export async function mountChecks(
  config: Config,
  silent: ReadonlySet<string> = new Set(),
  look: typeof statfs = statfs,
): Promise<readonly Check[]> {
  const kind = async (path: string, kinds: ReadonlyMap<number, string>): Promise<string | null> =>
    kinds.get((await look(await nearest(path))).type) ?? null;
  const found: Check[] = [];
  for (const { name, path } of config.watches) {
    const remote = await kind(path, network);
    if (remote === null) continue;
    const text = `${path} is on ${remote}: files that other machines write there cause no events`;
    found.push(
      checksOf('mount', name).warn(text, 'set reconcile_interval to how late a file may be noticed, e.g. "5m"'),
    );
  }
  for (const { name, basePath } of config.archives) {
    const volatile = await kind(basePath, memory);
    if (volatile === null) continue;
    const text = `${basePath} is on ${volatile}: what is archived there is gone after a restart of the machine`;
    found.push(checksOf('mount', name).warn(text, 'archive to a disk'));
  }
  if (config.database.driver === 'sqlite' && !silent.has(dirname(config.database.name))) {
    const remote = await kind(dirname(config.database.name), network);
    if (remote !== null) {
      const text = `the SQLite database ${config.database.name} is on ${remote}, where its locks and log cannot be relied on`;
      found.push(checksOf('mount', 'database').fail(text, 'move it to a local disk, or use PostgreSQL or MariaDB'));
    }
  }
  return found.length === 0 ? [checksOf('mount').ok('nothing is on a network disk or in memory')] : found;
}

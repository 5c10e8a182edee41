import { wholeOf } from './damaged-cells.ts';
import type { Sql } from './sql.ts';
import type { ComponentWrite, GroupWrite } from './types.ts';

/** Whose a component's row is. A path belongs to one group at a time, and others may still remember it. */

/** A component's row as it was before a batch. */
export interface FormerComponent {
  readonly id: number;
  readonly groupId: number;
  readonly watchName: string;
  readonly status: string;
  readonly inDelivery: boolean;
  readonly inArchive: boolean;
  readonly sizeBytes: number;
}

/** The rows that a batch may change, by the key of the path; the caller holds the lock on the order of commits. */
export async function formerComponents(
  sql: Sql,
  writes: readonly GroupWrite[],
): Promise<ReadonlyMap<string, FormerComponent>> {
  const written = writes.flatMap((write) => write.components.map(({ pathHash }) => pathHash));
  const hashes = new Set([...written, ...writes.flatMap((write) => write.removedComponents)]);
  if (hashes.size === 0) return new Map();
  const rows = await sql.whereIn(
    'select id, path_hash, group_id, watch_name, status, in_delivery, in_archive, size_bytes from file_components',
    'path_hash',
    [...hashes],
    'text',
  );
  return new Map(
    rows.map((row) => {
      const former: FormerComponent = {
        id: Number(row['id']),
        groupId: Number(row['group_id']),
        watchName: String(row['watch_name']),
        status: String(row['status']),
        inDelivery: Boolean(row['in_delivery']),
        inArchive: Boolean(row['in_archive']),
        // Counted in the totals, where what is no number is 0.
        sizeBytes: wholeOf(row['size_bytes']) ?? 0,
      };
      return [String(row['path_hash']), former];
    }),
  );
}

/**
 * The components of a batch whose rows are another group's: those that left their group before they were archived, and
 * have come to another one since. They must not be written. Whoever has the file takes the row over.
 */
export function foreignComponents(
  writes: readonly GroupWrite[],
  former: ReadonlyMap<string, FormerComponent>,
): ReadonlySet<ComponentWrite> {
  const foreign = new Set<ComponentWrite>();
  let held: Set<string> | null = null;
  for (const { id, components } of writes) {
    for (const component of components) {
      if (isHeld(component)) continue;
      // Most batches have none that left.
      held ??= new Set(writes.flatMap((write) => write.components.filter(isHeld).map(({ pathHash }) => pathHash)));
      const owner = former.get(component.pathHash)?.groupId ?? id;
      if (owner !== id || held.has(component.pathHash)) foreign.add(component);
    }
  }
  return foreign;
}

/** Whether a group has more of a file than the memory of it. */
function isHeld({ inDelivery, archivePath }: ComponentWrite): boolean {
  return inDelivery || archivePath !== null;
}

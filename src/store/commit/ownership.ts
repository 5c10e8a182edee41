import { wholeOf } from '../database/damaged-cells.ts';
import type { Sql } from '../database/sql.ts';
import type { ComponentWrite, GroupWrite } from '../types.ts';

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
  /** There is more of the file than the memory of it. */
  readonly isHeld: boolean;
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
    'select id, path_hash, group_id, watch_name, status, in_delivery, in_archive, archive_path, size_bytes from file_components',
    'path_hash',
    [...hashes],
    'text',
  );
  return new Map(
    rows.map((row) => {
      const inDelivery = Boolean(row['in_delivery']);
      const former: FormerComponent = {
        id: Number(row['id']),
        groupId: Number(row['group_id']),
        watchName: String(row['watch_name']),
        status: String(row['status']),
        inDelivery,
        inArchive: Boolean(row['in_archive']),
        // Counted in the totals, where what is no number is 0.
        sizeBytes: wholeOf(row['size_bytes']) ?? 0,
        isHeld: inDelivery || row['archive_path'] !== null,
      };
      return [String(row['path_hash']), former];
    }),
  );
}

/**
 * The components of a batch whose rows are another group's: those that left their group before they were archived, and
 * have come to another one since. They must not be written. Whoever has the file takes the row over; who only has a copy of
 * it, which may be lost by now, takes none from a group that has the file or a later copy.
 */
export function foreignComponents(
  writes: readonly GroupWrite[],
  former: ReadonlyMap<string, FormerComponent>,
): ReadonlySet<ComponentWrite> {
  const foreign = new Set<ComponentWrite>();
  let held: Set<string> | null = null;
  for (const { id, components } of writes) {
    for (const component of components) {
      const before = former.get(component.pathHash);
      if (isHeld(component)) {
        const isTaken = before !== undefined && before.isHeld && before.groupId !== id;
        if (isTaken && !component.inDelivery) foreign.add(component);
        continue;
      }
      // Most batches have none that left.
      held ??= new Set(writes.flatMap((write) => write.components.filter(isHeld).map(({ pathHash }) => pathHash)));
      const owner = before?.groupId ?? id;
      if (owner !== id || held.has(component.pathHash)) foreign.add(component);
    }
  }
  return foreign;
}

/** Whether a group has more of a file than the memory of it. */
function isHeld({ inDelivery, archivePath }: ComponentWrite): boolean {
  return inDelivery || archivePath !== null;
}

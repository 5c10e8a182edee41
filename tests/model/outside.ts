import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect } from 'vitest';
import { componentStatus, eventName, storedState, type ComponentStatus } from '../../machines/file-group/index.ts';
import { distinguish } from '../machines/group-model.ts';
import type { GroupSnapshot } from '../support/graph.ts';
import type { Step, Walk } from './passages.ts';
import type { World } from './world.ts';

/** What a group is, seen from outside: its rows, the disk. */

/** The snapshot that the database has of the group on a stage; null: none yet. */
export function storedOf(world: World, watch: string): Pick<GroupSnapshot, 'value' | 'context'> | null {
  const [row] = world.rows(
    `select actor_snapshots.snapshot from files join actor_snapshots on actor_snapshots.group_id = files.id
     where watch_name = ? and group_key in ('a', 'a.dat')`,
    watch,
  );
  return row === undefined ? null : JSON.parse(String(row['snapshot']));
}

/** Whether the database has the group in this situation. */
export function isStored(world: World, watch: string, situation: GroupSnapshot): boolean {
  const stored = storedOf(world, watch);
  return stored !== null && distinguish(stored) === distinguish(situation);
}

/** Whether it is on record that files are being written into the archive's directory of a stage. */
export function isOpen(world: World, watch: string): boolean {
  const directory = world.project.path(`archive/${watch}`);
  return world.rows('select path from open_directories where path = ?', directory).length === 1;
}

/** Compares the rows of the group, and the disk, with what the chart says after these steps. */
export function checkOutside(world: World, watch: string, situation: GroupSnapshot, steps: readonly Step[]): void {
  const { value, context } = situation;
  const [group] = world.rows("select * from files where watch_name = ? and group_key in ('a', 'a.dat')", watch);
  expect(group).toMatchObject({
    state: storedState(value),
    complete: context.completedAt === null ? 0 : 1,
    attempt: context.attempt,
  });
  expect(group?.['due_at'] !== null).toBe(context.dueAt !== null);
  const rows = world.rows(
    "select * from file_components where watch_name = ? and filename like 'a.%' order by filename",
    watch,
  );
  expect(rows.map(summary)).toEqual(expectedRows(situation, steps));
  for (const row of rows) {
    const source = String(row['source_path']);
    // What came during a transfer is taken in behind it; an orphan has no source.
    if (row['archive_path'] !== source && context.deferred[`/in/${basename(source)}`] === undefined)
      expect(existsSync(source), 'the source is where the row says').toBe(row['in_delivery'] === 1);
    if (row['archive_path'] === null) continue;
    const path = String(row['archive_path']);
    expect(existsSync(path), 'the copy is where the row says').toBe(row['in_archive'] === 1);
    if (row['in_archive'] === 1) {
      expect(createHash('sha256').update(readFileSync(path)).digest('hex')).toBe(row['sha256']);
    }
  }
}

function summary(row: Readonly<Record<string, unknown>>) {
  return {
    name: row['filename'],
    status: row['status'],
    inDelivery: row['in_delivery'] === 1,
    inArchive: row['in_archive'] === 1,
    isArchived: row['archive_path'] !== null,
  };
}

function expectedRows({ value, context }: GroupSnapshot, steps: readonly Step[]) {
  return Object.values(context.components)
    .toSorted((a, b) => a.name.localeCompare(b.name))
    .map((component) => ({
      name: basename(component.name),
      status:
        !component.inDelivery && component.archived === null
          ? statusLeftWith(component.path, steps)
          : componentStatus(value, component),
      inDelivery: component.inDelivery,
      inArchive: component.inArchive,
      isArchived: component.archived !== null,
    }));
}

/** A file that left before it was archived is cleared, but for one that had failed: whatever becomes of its group after that. */
function statusLeftWith(path: string, steps: readonly Step[]): ComponentStatus {
  const leaving = steps.findLast(({ before }) => before.context.components[path]?.inDelivery === true)?.before;
  const component = leaving?.context.components[path];
  if (leaving === undefined || component === undefined) throw new Error(`${path} has never been there`);
  return componentStatus(leaving.value, component) === 'failed' ? 'failed' : 'cleared';
}

/** The history that the database has of the group: from, event, to. */
export function historyOf(world: World, watch: string): readonly string[] {
  return world
    .rows(
      `select from_state, event, to_state from group_transitions join files on files.id = group_transitions.group_id
       where watch_name = ? and group_key in ('a', 'a.dat') order by group_transitions.id`,
      watch,
    )
    .map((row) => `${String(row['from_state'] ?? '')} · ${String(row['event'])} · ${String(row['to_state'])}`);
}

/** The history that a walk leaves behind. */
export function expectedHistory({ start, steps }: Walk): readonly string[] {
  const isNews = ({ before, after }: Step) => before.value !== after.value || before.context !== after.context;
  return [
    ` · files.settled · ${storedState(start.value)}`,
    ...steps
      .filter(isNews)
      .map(
        ({ event, before, after }) =>
          `${storedState(before.value)} · ${eventName(event.type)} · ${storedState(after.value)}`,
      ),
  ];
}

import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { openProject, openStore } from '../../src/api/index.ts';
import { Completions, now, settleMsOf } from '../lib/completions.ts';
import { expectCount } from '../lib/files.ts';
import type { Line } from '../lib/figures.ts';
import { definePart, runParts } from '../lib/part.ts';
import { deliver, edited, expectArchived, makeProject } from '../lib/project.ts';
import { Service, until } from '../lib/service.ts';

/** How many groups are on record as archived exactly once, by their history. */
async function archivedOnce(directory: string): Promise<number> {
  const { store, close } = await openStore(await openProject(join(directory, 'config.toml'), process.env));
  try {
    const [row] = await store.sql.all(
      `select count(*) as n from (select files.id from files join group_transitions t on t.group_id = files.id
        where files.state = 'archived' and files.revision = 1
        group by files.id having sum(case when t.to_state = 'archived' then 1 else 0 end) = 1) once`,
    );
    return Number(row?.['n']);
  } finally {
    await close();
  }
}

/** What a burst came to, in seconds from its end on unless said otherwise. */
interface Burst {
  /** How long it was. */
  readonly length: number;
  /** Until the last group was seen archived. */
  readonly last: number;
  /** The longest time in which no group was seen archived, once the first files were at rest. */
  readonly pause: number;
  /** The most that was resident, in MB. */
  readonly peak: number;
}

/** Renames all that `prepare` has put into a directory beside into the one that a running service watches. */
async function burstOf(directory: string, groups: number, prepare: (beside: string) => void): Promise<Burst> {
  const beside = join(directory, 'beside');
  const delivery = join(directory, 'delivery');
  makeProject(directory, { config: (toml) => edited(toml, /^# recursive = .*$/m, 'recursive = true') });
  mkdirSync(beside);
  prepare(beside);
  const names = readdirSync(beside);
  const settleMs = settleMsOf(directory);
  await using service = await Service.start(directory);
  await using completions = await Completions.open(directory);
  const begun = now();
  for (const name of names) renameSync(join(beside, name), join(delivery, name));
  const ended = now();
  completions.restart(ended + settleMs);
  await until('all groups are archived', async () => (await completions.look()) >= groups, {
    timeoutMs: 300_000,
    everyMs: 10,
  });
  const last = now();
  const { peak } = service.memory;
  await service.stop();
  expectArchived(directory, groups);
  expectCount('groups archived once', await archivedOnce(directory), groups);
  return {
    length: (ended - begun) / 1000,
    last: (last - ended) / 1000,
    pause: completions.longestPauseMs / 1000,
    peak,
  };
}

function linesOf(name: string, bursts: readonly Burst[], groups: number, settleMs: number): Line[] {
  const perSecond = bursts.map(({ last }) => groups / (last - settleMs / 1000));
  return [
    {
      name: `${name}: files appear within`,
      unit: 's',
      values: bursts.map(({ length }) => length),
      goal: { atMost: 1 },
    },
    { name: `${name}: to the last archived, settle time included`, unit: 's', values: bursts.map(({ last }) => last) },
    { name: `${name}: the same, settle time apart`, unit: 'groups/s', values: perSecond },
    // A group that only a rescan found would have come after a wait.
    {
      name: `${name}: longest time without a group archived`,
      unit: 's',
      values: bursts.map(({ pause }) => pause),
      goal: { below: 2 },
    },
    { name: `${name}: peak resident`, unit: 'MB', values: bursts.map(({ peak }) => peak) },
  ];
}

/**
 * Very many files appear at once in the directory of a running service. They are prepared beside and renamed: each file
 * by itself, which is an event a file, and in whole directories, of whose files the kernel says nothing.
 */
export const burst = definePart({
  name: 'burst',
  title: 'many files appear within a second while the service runs',
  defaults: { groups: 10_000, 'per-directory': 100, rounds: 3 },
  async measure({ settings: { groups, 'per-directory': perDirectory, rounds }, fresh }) {
    const single: Burst[] = [];
    const whole: Burst[] = [];
    let settleMs = 0;
    for (let round = 0; round < rounds; round += 1) {
      const directory = fresh('files');
      single.push(await burstOf(directory, groups, (beside) => deliver(beside, groups)));
      settleMs = settleMsOf(directory);
      const inDirectories = (beside: string): void => {
        for (let from = 0; from < groups; from += perDirectory) {
          const part = join(beside, `d${from / perDirectory}`);
          mkdirSync(part);
          deliver(part, Math.min(perDirectory, groups - from), from);
        }
      };
      whole.push(await burstOf(fresh('directories'), groups, inDirectories));
    }
    return [
      ...linesOf(`${groups * 2} files`, single, groups, settleMs),
      ...linesOf(`${Math.ceil(groups / perDirectory)} directories of them`, whole, groups, settleMs),
    ];
  },
});

if (import.meta.main) await runParts([burst]);

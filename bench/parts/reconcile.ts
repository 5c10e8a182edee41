import { join } from 'node:path';
import { countFiles, expectCount, syncFileSystem } from '../lib/files.ts';
import type { Goal, Line } from '../lib/figures.ts';
import { definePart, runParts } from '../lib/part.ts';
import { carbonation, measure, measureCommand, type Measured } from '../lib/process.ts';
import { deliver, expectArchived, makeProject } from '../lib/project.ts';
import { paired } from '../lib/stats.ts';

/** The commands that are measured, and what of their reports, as JSON, must be how much: everything known, nothing new. */
const commands = {
  delivery: { args: ['delivery'], expected: { found: 1, fresh: 0, gone: 0, removed: 0 } },
  archive: { args: ['archive'], expected: { found: 1, created: 0, missing: 0, updated_flag: 0, busy: 0 } },
  verify: { args: ['archive', '--verify'], expected: { found: 1, verified: 1, damaged: 0, missing: 0, busy: 0 } },
} as const;

type Name = keyof typeof commands;

/** A number of a report, wherever it stands in it. */
function numberOf(report: string, key: string): number {
  return Number(new RegExp(`"${key}": (\\d+)`).exec(report)?.[1]);
}

/** Runs a command in a project of so many files. */
async function reconcileFiles(directory: string, name: Name, files: number): Promise<Measured> {
  const { args, expected } = commands[name];
  const measured = await measure(directory, 'reconcile', ...args, '--format', 'json', '--no-progress');
  for (const [key, share] of Object.entries(expected)) {
    expectCount(`reconcile ${name}, ${key}`, numberOf(measured.stdout, key), share * files);
  }
  return measured;
}

/** Reads the same files as an audit does, in one process after the other. */
async function sha256sum(archive: string, files: number): Promise<number> {
  const script = 'find . -type f -print0 | xargs -0 sha256sum';
  const { seconds, stdout } = await measureCommand('sh', ['-c', script], { cwd: archive });
  expectCount('checksums of sha256sum', stdout.split('\n').length - 1, files);
  return seconds;
}

/** What one command took, a value a round. */
interface Taken {
  /** As a whole. */
  readonly seconds: number[];
  /** In a project of one group: its start-up. */
  readonly idle: number[];
  readonly peak: number[];
}

const none = (): Taken => ({ seconds: [], idle: [], peak: [] });

function linesOf(name: string, taken: Taken, files: number, goal: Goal | null): Line[] {
  const values = paired(taken.seconds, taken.idle, (whole, idle) => files / (whole - idle));
  return [
    { name: `${name}, start-up apart`, unit: 'files/s', values, ...(goal !== null && { goal }) },
    { name: `${name}, whole command`, unit: 's', values: taken.seconds },
    { name: `${name}, of one group`, unit: 's', values: taken.idle },
    { name: `${name}, peak resident`, unit: 'MB', values: taken.peak },
  ];
}

/**
 * Comparing disk and database where nothing has changed. The groups are archived by `run --once` before; with `--verify`
 * every file is read, in turns with `sha256sum` of the same files.
 */
export const reconcile = definePart({
  name: 'reconcile',
  title: 'reconcile delivery, reconcile archive and --verify of files that are as they were',
  defaults: { groups: 50_000, rounds: 3 },
  async measure({ settings: { groups, rounds }, fresh, say }) {
    const [directory, single] = [fresh('project'), fresh('one-group')];
    for (const [project, count] of [
      [directory, groups],
      [single, 1],
    ] as const) {
      makeProject(project);
      deliver(join(project, 'delivery'), count);
      say(`archiving ${count} groups first`);
      carbonation(project, 'run', '--once');
      expectArchived(project, count);
    }
    syncFileSystem(directory);
    const files = countFiles(join(directory, 'archive'));
    // What the kernel has let go of since is read again before anything is timed.
    await sha256sum(join(directory, 'archive'), files);
    const taken = { delivery: none(), archive: none(), verify: none() };
    const peer: number[] = [];
    const ours = async (name: Name): Promise<void> => {
      taken[name].idle.push((await reconcileFiles(single, name, 2)).seconds);
      const { seconds, peak } = await reconcileFiles(directory, name, files);
      taken[name].seconds.push(seconds);
      taken[name].peak.push(peak);
    };
    const theirs = async (): Promise<void> => {
      peer.push(await sha256sum(join(directory, 'archive'), files));
    };
    for (let round = 0; round < rounds; round += 1) {
      await ours('delivery');
      await ours('archive');
      for (const turn of round % 2 === 0 ? [theirs, () => ours('verify')] : [() => ours('verify'), theirs])
        await turn();
    }
    const net = paired(taken.verify.seconds, taken.verify.idle, (whole, idle) => whole - idle);
    return [
      ...linesOf('reconcile delivery', taken.delivery, files, { atLeast: 30_000 }),
      ...linesOf('reconcile archive', taken.archive, files, { atLeast: 10_000 }),
      ...linesOf('reconcile archive --verify', taken.verify, files, null),
      { name: 'sha256sum of the same files', unit: 's', values: peer },
      {
        name: 'speed of --verify, start-up apart, to that of sha256sum',
        unit: '×',
        values: paired(peer, net),
        goal: { atLeast: 0.8 },
      },
    ];
  },
});

if (import.meta.main) await runParts([reconcile]);

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Life } from './life.ts';
import { violations } from './soundness.ts';

const script = fileURLToPath(new URL('crash-life.ts', import.meta.url));
export const faultsModule = new URL('../support/faults.ts', import.meta.url).href;

/** A point of a life, taken apart; see `tests/support/faults.ts`. */
export interface Point {
  readonly text: string;
  readonly stage: string;
  readonly operation: string;
  /** Operation and role, e.g. `linkSync target`. */
  readonly kind: string;
}

/** When a process is killed. */
export interface Moment {
  readonly life: string;
  readonly point: Point;
  readonly when: 'before' | 'after';
}

/** The kinds of points that change something; each must occur, or the enumeration has missed what matters. */
export const changingKinds: ReadonlySet<string> = new Set([
  'commit database',
  'mkdirSync archive',
  'chmodSync archive',
  'openSync part',
  'writeSync part',
  'fchmodSync part',
  'futimesSync part',
  'fsync part',
  'linkSync part',
  'chmodSync part',
  'linkSync target',
  'unlinkSync part',
  'symlinkSync target',
  'fsyncSync target',
  'renameSync target',
  'fsync archive',
  'fsync source',
  'unlinkSync source',
]);

/** And of those that only read. */
export const readingKinds: ReadonlySet<string> = new Set([
  'stat delivery',
  'opendir delivery',
  'readdir delivery',
  'lstat source',
  'lstatSync source',
  'openSync source',
  'fstatSync source',
  'readSync source',
  'closeSync source',
  'readFileSync source',
  'readSync part',
  'fstatSync part',
  'closeSync part',
  'statSync archive',
  'openSync archive',
  'closeSync archive',
  'openSync target',
  'readSync target',
  'closeSync target',
  'lstatSync target',
  'lstatSync part',
  'readlinkSync target',
  'statSync delivery',
]);

function parsePoint(text: string): Point {
  const stage = text.startsWith('re-delivery ') ? 're-delivery' : 'delivery';
  const [operation = '', role = ''] = text.slice(stage.length + 1).split(' ');
  return { text, stage, operation, kind: `${operation} ${role}` };
}

/** Ends of a child process. */
interface Ended {
  readonly signal: string | null;
  readonly code: number;
  readonly stderr: string;
}

function live(args: readonly string[]): Promise<Ended> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE };
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', faultsModule, script, ...args], { env }, (error, _, stderr) =>
      resolve({
        signal: error?.signal ?? null,
        code: error === null ? 0 : Number(error.code ?? 1),
        stderr,
      }),
    );
  });
}

/** All points of a life, in the order in which they are met. */
export async function pointsOf(name: string): Promise<readonly Point[]> {
  const life = await Life.make(name);
  const directory = mkdtempSync(join(tmpdir(), 'carbonation-points-'));
  try {
    const record = join(directory, 'points');
    const ended = await live([name, life.directory, '--record', record]);
    const problems = violations(life, 'archived');
    if (ended.code !== 0 || problems.length > 0) throw new Error([ended.stderr, ...problems].join('\n'));
    const lines = readFileSync(record, 'utf8').split('\n');
    return [...new Set(lines.filter((line) => line !== ''))].map(parsePoint);
  } finally {
    rmSync(directory, { recursive: true });
    life.remove();
  }
}

/** Before each of a life's points, and after those that change something: what only reads leaves everything as it was. */
export function momentsOf(life: string, points: readonly Point[]): readonly Moment[] {
  return points.flatMap((point): readonly Moment[] => {
    const before = { life, point, when: 'before' } as const;
    return changingKinds.has(point.kind) ? [before, { ...before, when: 'after' }] : [before];
  });
}

/** What came of a kill. */
export interface Crashed {
  /** False: the process ended before, without a number-th commit; how many there are depends on how fast the machine is. */
  readonly isKilled: boolean;
  readonly problems: readonly string[];
}

/** Kills a process at a moment of a life, runs the service twice, and says what is wrong then. */
export async function crashAt({ life: name, point, when }: Moment): Promise<Crashed> {
  const life = await Life.make(name);
  try {
    const ended = await live([name, life.directory, point.text, when]);
    const isKilled = ended.signal === 'SIGKILL';
    if (!isKilled && (ended.code !== 0 || point.operation !== 'commit'))
      return { isKilled, problems: [`it was not killed: code ${ended.code} ${ended.stderr}`] };
    const report = await life.run();
    const problems = violations(life, 'archived');
    if (report.failure !== null) return { isKilled, problems: [report.failure, ...problems] };
    if (problems.length > 0) return { isKilled, problems };
    const idle = await life.run();
    const leftToDo = idle.groups.length > 0 ? ['another run had something left to do'] : [];
    return { isKilled, problems: [...leftToDo, ...violations(life, 'archived')] };
  } finally {
    life.remove();
  }
}

/** Works off a list, so many items at a time. */
export async function inLanes<Item>(items: readonly Item[], lanes: number, work: (item: Item) => Promise<void>) {
  const left = [...items];
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
    }),
  );
}

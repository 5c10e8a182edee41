import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { collectLog } from '../support/log.ts';
import { settings } from './figures.ts';
import { Life, type Stage } from './life.ts';
import { violations } from './soundness.ts';

const script = fileURLToPath(new URL('crash-life.ts', import.meta.url));
export const faultsModule = new URL('../support/faults.ts', import.meta.url).href;

/** A point of a life, taken apart; see `tests/support/faults.ts`. */
export interface Point {
  readonly text: string;
  readonly stage: Stage;
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
  'statSync source',
  'openSync source',
  'fstatSync source',
  'readSync source',
  'closeSync source',
  'readFileSync source',
  'readSync part',
  'fstatSync part',
  'closeSync part',
  'stat archive',
  'lstatSync archive',
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
  const { PATH, NODE_COMPILE_CACHE, TORTURE_LIVE } = process.env;
  const env = { PATH, NODE_COMPILE_CACHE, TORTURE_LIVE };
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
    const problems = await violations(life, 'archived');
    if (ended.code !== 0 || problems.length > 0) throw new Error([ended.stderr, ...problems].join('\n'));
    const lines = readFileSync(record, 'utf8').split('\n');
    return [...new Set(lines.filter((line) => line !== ''))].map(parsePoint);
  } finally {
    rmSync(directory, { recursive: true });
    await life.remove();
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
  /**
   * False: the process ended before, without a number-th commit, or call of a live service; how many there are depends on how
   * fast the machine is.
   */
  readonly isKilled: boolean;
  readonly problems: readonly string[];
}

async function comeToEnd(life: Life): Promise<readonly string[]> {
  const { failure } = await life.run();
  const problems = await violations(life, 'archived');
  return failure === null ? problems : [failure, ...problems];
}

/** How long a live service may take to archive everything by itself, in ms. */
const patienceMs = 20_000;
/** When a service that has ended is started again, in ms. */
const againMs = 100;

/**
 * Lets a live service archive everything by itself; what is wrong when it does not come to that. Where it ends it is started
 * again, as systemd does.
 *
 * @param trial - until this is over nobody looks
 */
export async function comeToRest(
  life: Life,
  log = collectLog(),
  trial = Promise.resolve(),
): Promise<readonly string[]> {
  const end = performance.now() + patienceMs;
  let isTried = false;
  const tried = trial.then(() => (isTried = true));
  for (;;) {
    const service = life.start(log);
    let problems: readonly string[] = ['nobody has looked'];
    do {
      await wait(20);
      if (isTried) problems = await violations(life, 'archived');
    } while (problems.length > 0 && service.ended === null && performance.now() < end);
    const how = service.ended ?? (await service.stop());
    if (problems.length === 0) return problems;
    log.error('the service has ended', { how });
    if (performance.now() > end)
      return [...problems, ...log.lines.filter((line) => !line.startsWith('DEBUG')).slice(-20)];
    await Promise.race([tried, wait(againMs)]);
    await life.forgetHolder();
  }
}

/** Kills a process at a moment of a life, runs the service twice, and says what is wrong then. */
export async function crashAt({ life: name, point, when }: Moment): Promise<Crashed> {
  const life = await Life.make(name);
  try {
    const ended = await live([name, life.directory, point.text, when]);
    const isKilled = ended.signal === 'SIGKILL';
    if (!isKilled && (ended.code !== 0 || (point.operation !== 'commit' && !settings.isLive)))
      return { isKilled, problems: [`it was not killed: code ${ended.code} ${ended.stderr}`] };
    const problems = await (settings.isLive ? comeToRest(life) : comeToEnd(life));
    if (problems.length > 0) return { isKilled, problems };
    const idle = await life.run();
    const leftToDo =
      idle.groups.length > 0 ? [`another run had something left to do: ${JSON.stringify(idle.groups)}`] : [];
    return { isKilled, problems: [...leftToDo, ...(await violations(life, 'archived'))] };
  } finally {
    await life.remove();
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

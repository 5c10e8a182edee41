import { execFile } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { DriverName } from '../../src/config/types.ts';
import { lostConnection } from '../support/faults-commits.ts';
import { plan, type FaultAct } from '../support/faults.ts';
import { shiftedClock } from '../support/clock.ts';
import { collectLog } from '../support/log.ts';
import { changingKinds, comeToRest, type Point } from './crashes.ts';
import { settings } from './figures.ts';
import { Life, stages, type Stage } from './life.ts';
import { violations } from './soundness.ts';

/** How long an operation fails; for good: until nothing is tried any more, and a person has seen to it. */
type Duration = 'once' | 'a while' | 'for good';

/** An operation that fails. */
export interface Failing {
  readonly life: string;
  readonly stage: Stage;
  /** A point's name; without its number where it fails more than once. */
  readonly point: string;
  readonly lasts: Duration;
  readonly act: FaultAct & { readonly do: 'fail' };
}

const everywhere = ['EIO', 'ESTALE'] as const;
/** Of a commit: full and broken disks, locks; of a server also that it goes away. The first is of what is carried out all the same. */
const commitCodes: Readonly<Record<DriverName, readonly [string, ...(readonly string[])]>> = {
  sqlite: ['SQLITE_IOERR', 'SQLITE_BUSY', 'SQLITE_FULL'],
  postgresql: [lostConnection, '53100', '40001'],
  mariadb: [lostConnection, 'ER_DISK_FULL', 'ER_LOCK_DEADLOCK'],
};

/** What each operation can really fail with; the network's EIO and ESTALE it can be for all of them. */
const codesOf: Readonly<Record<string, readonly string[]>> = {
  commit: commitCodes[settings.database],
  stat: ['EACCES', ...everywhere],
  lstat: ['EACCES', ...everywhere],
  opendir: ['EACCES', 'EMFILE', ...everywhere],
  readdir: ['EACCES', 'EMFILE', ...everywhere],
  openSync: ['ENOSPC', 'EACCES', 'EMFILE', ...everywhere],
  readFileSync: ['EACCES', 'EMFILE', ...everywhere],
  writeSync: ['ENOSPC', ...everywhere],
  fsync: ['ENOSPC', ...everywhere],
  mkdirSync: ['ENOSPC', 'EACCES', ...everywhere],
  linkSync: ['ENOSPC', 'EACCES', 'EXDEV', ...everywhere],
  symlinkSync: ['ENOSPC', 'EACCES', ...everywhere],
  renameSync: ['ENOSPC', 'EACCES', 'EXDEV', ...everywhere],
  unlinkSync: ['EACCES', ...everywhere],
  chmodSync: ['EACCES', ...everywhere],
  fchmodSync: ['EACCES', ...everywhere],
  futimesSync: ['EACCES', ...everywhere],
  lstatSync: ['EACCES', ...everywhere],
  statSync: ['EACCES', ...everywhere],
};

/**
 * The ways in which the operations of a life can fail: each point once, each
 * kind of call lastingly, and each point that changes something is carried out
 * once and reported as failed.
 *
 * @param isThorough - with each code at what changes something; otherwise, and at what only reads, with one after the other
 */
export function failuresOf(life: string, points: readonly Point[], isThorough: boolean): readonly Failing[] {
  const tried = ({ operation, kind }: Point, i: number) => {
    const codes = (codesOf[operation] ?? everywhere).filter((code) => !isFinal(life, code) && !isLeft(kind, code));
    return isThorough && changingKinds.has(kind) ? codes : codes.slice(i % codes.length).slice(0, 1);
  };
  const lasting = new Map(points.map((point) => [point.text.replace(/ #\d+$/, ''), point]));
  return [
    ...points.flatMap((point, i) => tried(point, i).map((code) => failing(life, point, point.text, 'before', code))),
    ...points
      .filter(({ kind, operation }) => changingKinds.has(kind) && operation !== 'openSync')
      .map((point) =>
        failing(
          life,
          point,
          point.text,
          'after',
          point.operation === 'commit' ? commitCodes[settings.database][0] : 'EIO',
        ),
      ),
    ...[...lasting].flatMap(([text, point], i) =>
      tried(point, i).map((code) => failing(life, point, text, 'before', code)),
    ),
  ];
}

/** What may not be read is looked at again by the next reconciliation: a live service's is a day later. */
function isLeft(kind: string, code: string): boolean {
  return settings.isLive && code === 'EACCES' && !changingKinds.has(kind);
}

/** A hard link to another file system is given up at once, with advice. */
function isFinal(life: string, code: string): boolean {
  return life === 'hardlink' && code === 'EXDEV';
}

function failing(life: string, { stage }: Point, point: string, when: FaultAct['when'], code: string): Failing {
  return { life, stage, point, lasts: / #\d+$/.test(point) ? 'once' : 'a while', act: { do: 'fail', when, code } };
}

/** What can never be done, while everything else can; in the life "move". */
const neverDone = [
  'openSync source g.txt',
  'mkdirSync archive kept',
  'fsync source g.txt',
  'linkSync part g.txt',
  'chmodSync part g.txt',
  'linkSync target kept/g.txt',
  'unlinkSync part g.txt',
  'fsync archive kept',
];

/** Operations that fail until the group is given up. */
export function failuresForGood(): readonly Failing[] {
  return neverDone.map((point) => ({
    life: 'move',
    stage: 'delivery',
    point: `delivery ${point}`,
    lasts: 'for good',
    act: { do: 'fail', when: 'before', code: 'EIO' },
  }));
}

const binPath = fileURLToPath(new URL('../../bin/carbonation.js', import.meta.url));

/** Longer than any wait between two tries. */
const laterMs = 7_200_000;
/** Runs under a fault: with three retries, four are enough to give up. */
const runsUnder: Readonly<Record<Duration, number>> = { once: 1, 'a while': 2, 'for good': 5 };
/** How long the database is away, where that is waited for. */
const awayMs = 150;

/**
 * Lives a life in which an operation fails, then lets it recover; what is wrong
 * with it. Must run in a process with `faults.ts` loaded before anything else.
 */
export async function failAt(failure: Failing): Promise<readonly string[]> {
  const life = await Life.make(failure.life);
  try {
    for (const stage of stages) {
      if (stage !== failure.stage || !settings.isLive) await life.deliver(stage);
      if (stage === failure.stage) break;
      await life.run();
    }
    if (settings.isLive) return await sufferingLive(life, failure);
    const said = await suffering(life, failure);
    const problems = await violations(life, said.length > 0 ? 'kept' : 'explained');
    if (problems.length > 0) return problems;
    if (failure.lasts === 'for good') {
      const tried = (await life.rows()).filter(({ state, reason }) => state !== 'failed' || reason === null);
      if (tried.length > 0) return tried.map(({ filename, state }) => `${filename} is ${state}, not given up`);
      await promisify(execFile)(process.execPath, [binPath, 'retry', '-c', life.configPath]);
    }
    return await recovered(life);
  } finally {
    plan(null);
    await life.remove();
  }
}

/** Runs the service while the fault is there; what it said of it. */
async function suffering(life: Life, { stage, point, act, lasts }: Failing): Promise<readonly string[]> {
  const said: string[] = [];
  const isAway = point.includes(' commit ');
  for (let run = 0; run < (isAway ? 1 : runsUnder[lasts]); run += 1) {
    const log = collectLog();
    plan({ stage, delivery: life.delivery, archives: [life.archive], record: null, point, act });
    const back = lasts !== 'once' && isAway ? setTimeout(() => plan(null), awayMs) : null;
    try {
      const report = await life.run({ log, clock: shiftedClock(run * laterMs) });
      if (report.failure !== null) said.push(report.failure);
    } catch (error) {
      said.push(String(error));
    } finally {
      if (back !== null) clearTimeout(back);
      plan(null);
      await life.forgetHolder();
    }
    said.push(...log.lines.filter((line) => /^(WARNING|ERROR|CRITICAL)/.test(line)));
  }
  return said;
}

/** How long a fault lasts under a live service at most, from its start and from the delivery, in ms. */
const heldMs = 1000;

/** Has files delivered to a live service while the fault is there; what is wrong once it is gone. */
async function sufferingLive(life: Life, { stage, point, act }: Failing): Promise<readonly string[]> {
  const log = collectLog();
  const said = async (what: string) => {
    const end = performance.now() + heldMs;
    while (log.said(what) === 0 && performance.now() < end) await wait(5);
  };
  const trial = async () => {
    await said('SUCCESS ready');
    await life.deliver(stage);
    await said('SUCCESS archived');
    plan(null);
  };
  plan({ stage, delivery: life.delivery, archives: [life.archive], record: null, point, act });
  return comeToRest(life, log, trial());
}

/** The fault is gone: a few runs, each when the next try is due, must end with everything archived. */
async function recovered(life: Life): Promise<readonly string[]> {
  let problems: readonly string[] = [];
  for (let run = 5; run < 8; run += 1) {
    await life.run({ clock: shiftedClock(run * laterMs) });
    problems = await violations(life, 'archived');
    if (problems.length === 0) return [];
  }
  return problems;
}

/**
 * Makes each call that touches a delivery or archive directory, and each commit
 * to a database, a named point at which the process can be killed or the call
 * can fail. Production code knows nothing of it: loaded with `node --import`,
 * this module replaces functions of `node:fs` and of the databases' drivers in
 * every thread before anything else imports them.
 *
 * A point's name is `STAGE OPERATION ROLE NAME #N`, e.g. `delivery linkSync target a.txt #1`:
 * the first link made under the final name `a.txt` during the stage `delivery`. Threads count for themselves; scans, on
 * the main thread, call promises, the file threads call what ends in `Sync`.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { wrapCommits } from './faults-commits.ts';
import { FaultPaths, type Place } from './faults-paths.ts';

/** What happens at a point. */
export type FaultAct =
  /** SIGKILL, as at a power cut. */
  | { readonly do: 'kill'; readonly when: 'before' | 'after' }
  /** The call fails with this code: not carried out, or (`after`) carried out and reported as failed, as over NFS. */
  | { readonly do: 'fail'; readonly when: 'before' | 'after'; readonly code: string };

/** Which points there are, and what happens at which of them. */
export interface FaultPlan {
  /** First word of the points' names. */
  readonly stage: string;
  readonly delivery: string;
  readonly archives: readonly string[];
  /** A file that gets a line for each point, or null. */
  readonly record: string | null;
  /** A point's name; without `#N`: each time. Null: nothing happens. */
  readonly point: string | null;
  readonly act: FaultAct | null;
}

/** How the plan gets to the threads, which are started after it was made; that it is over, they see in memory that all share. */
interface Given {
  readonly plan: FaultPlan;
  readonly isOver: Int32Array;
}
const given = 'carbonation faults';

const original = {
  openSync: fs.openSync,
  writeSync: fs.writeSync,
};

class Faults {
  readonly paths: FaultPaths;
  readonly #plan: FaultPlan;
  readonly #isOver: Int32Array;
  readonly #counts = new Map<string, number>();
  readonly #record: number | null;

  constructor({ plan, isOver }: Given) {
    this.#plan = plan;
    this.#isOver = isOver;
    this.paths = new FaultPaths(plan.delivery, plan.archives);
    this.#record = plan.record === null ? null : original.openSync(plan.record, 'a');
  }

  /** Counts a call; what is to happen to it. */
  meet(operation: string, { role, name }: Place): FaultAct | null {
    if (Atomics.load(this.#isOver, 0) !== 0) return null;
    const every = `${this.#plan.stage} ${operation} ${role} ${name}`;
    const count = (this.#counts.get(every) ?? 0) + 1;
    this.#counts.set(every, count);
    const point = `${every} #${count}`;
    if (this.#record !== null) original.writeSync(this.#record, `${point}\n`);
    return this.#plan.point === point || this.#plan.point === every ? this.#plan.act : null;
  }

  end(): void {
    Atomics.store(this.#isOver, 0, 1);
  }
}

let faults: Faults | null = null;

/** Puts a plan into force in this thread and in those that are started from now on; null ends it in all of them. */
export function plan(next: FaultPlan | null): void {
  faults?.end();
  const one: Given | null = next === null ? null : { plan: next, isOver: new Int32Array(new SharedArrayBuffer(4)) };
  setEnvironmentData(given, one ?? undefined);
  faults = one === null ? null : new Faults(one);
}

function suffer(act: FaultAct | null, when: FaultAct['when'], operation: string, place: Place): void {
  if (act === null || act.when !== when) return;
  if (act.do === 'kill') {
    process.kill(process.pid, 'SIGKILL');
    // Nothing of this thread happens any more; the others die as soon as the kernel gets to it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  } else {
    const message = `${act.code}: injected, ${operation} '${place.name}'`;
    throw Object.assign(new Error(message), { code: act.code, syscall: operation });
  }
}

type Called = (...args: readonly unknown[]) => unknown;

/** Where a call happens; null: nowhere that matters. */
type Locate = (paths: FaultPaths, args: readonly unknown[]) => Place | null;

function isCallable(value: unknown): value is Called {
  return typeof value === 'function';
}

function replace(owner: object, name: string, make: (former: Called) => Called): void {
  const former: unknown = Reflect.get(owner, name);
  if (!isCallable(former)) throw new Error(`there is no function ${name} to put a fault into`);
  Reflect.set(owner, name, Object.assign(make(former), former));
}

function wrapSync(name: string, locate: Locate): void {
  replace(fs, name, (former) => (...args) => {
    const place = faults === null ? null : locate(faults.paths, args);
    if (faults === null || place === null) return former(...args);
    const act = faults.meet(name, place);
    // A descriptor is closed also where close(2) reports an error.
    const isCarriedOut = name === 'closeSync' && act?.do === 'fail';
    if (!isCarriedOut) suffer(act, 'before', name, place);
    const result = attempt(() => former(...args), act, name, place);
    if (name === 'openSync' && typeof result === 'number') faults.paths.opened(result, place);
    if (name === 'closeSync' && typeof args[0] === 'number') faults.paths.closed(args[0]);
    suffer(act, isCarriedOut ? act.when : 'after', name, place);
    return result;
  });
}

/** A call that fails by itself is over, too: that is a moment to be killed at. */
function attempt(call: () => unknown, act: FaultAct | null, name: string, place: Place): unknown {
  try {
    return call();
  } catch (error) {
    if (act?.do === 'kill') suffer(act, 'after', name, place);
    throw error;
  }
}

function wrapPromise(name: string, locate: Locate): void {
  replace(fs.promises, name, (former) => async (...args) => {
    const place = faults === null ? null : locate(faults.paths, args);
    if (faults === null || place === null) return former(...args);
    const act = faults.meet(name, place);
    suffer(act, 'before', name, place);
    const result = await former(...args);
    suffer(act, 'after', name, place);
    return result;
  });
}

/** `fsync` with a call-back: many files are flushed at the same time. */
function wrapFlush(): void {
  replace(fs, 'fsync', (former) => (...args) => {
    const [fd, answer] = args;
    const place = faults === null ? null : byDescriptor(faults.paths, args);
    if (faults === null || place === null || !isCallable(answer)) return former(...args);
    const act = faults.meet('fsync', place);
    const failed = (when: FaultAct['when']): unknown => {
      try {
        suffer(act, when, 'fsync', place);
        return null;
      } catch (error) {
        return error;
      }
    };
    const before = failed('before');
    if (before !== null) return void setImmediate(() => answer(before));
    return former(fd, (error: unknown) => answer(error ?? failed('after')));
  });
}

const byPath: Locate = (paths, [path]) => paths.of(path);
const byNewName: Locate = (paths, [, path]) => paths.of(path);
const byDescriptor: Locate = (paths, [fd]) => paths.ofDescriptor(fd);
const directory: Locate = (paths, [path]) => paths.ofDirectory(path);
const opening: Locate = (paths, [path, flags]) => {
  const isDirectory = typeof flags === 'number' && (flags & fs.constants.O_DIRECTORY) !== 0;
  return isDirectory ? paths.ofDirectory(path) : paths.of(path);
};

function install(): void {
  wrapSync('openSync', opening);
  for (const name of ['lstatSync', 'statSync', 'readFileSync', 'unlinkSync', 'chmodSync', 'readlinkSync'])
    wrapSync(name, byPath);
  for (const name of ['realpathSync']) wrapSync(name, byPath);
  for (const name of ['linkSync', 'symlinkSync', 'renameSync']) wrapSync(name, byNewName);
  for (const name of ['readSync', 'writeSync', 'fstatSync', 'fchmodSync', 'futimesSync', 'fsyncSync', 'closeSync'])
    wrapSync(name, byDescriptor);
  for (const name of ['mkdirSync', 'readdirSync']) wrapSync(name, directory);
  for (const name of ['lstat', 'stat']) wrapPromise(name, byPath);
  for (const name of ['readdir', 'opendir']) wrapPromise(name, directory);
  wrapFlush();
  syncBuiltinESMExports();
  wrapCommits({
    meet: (name) => faults?.meet('commit', { role: 'database', name }) ?? null,
    kill: (act, when, name) => suffer(act, when, 'commit', { role: 'database', name }),
  });
  // Only this module sets it.
  const begun = getEnvironmentData(given) as Given | undefined;
  if (!isMainThread && begun !== undefined) faults = new Faults(begun);
}

install();

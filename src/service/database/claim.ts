import type { Project } from '../../api/index.ts';
import { keepingAlive, pause, type Clock } from '../../core/index.ts';
import type { Log } from '../../logging/index.ts';
import {
  isWholeRun,
  type LeftRecord,
  type RecordedHolder,
  type RequestStore,
  type ServiceHolder,
  type ServiceStore,
} from '../../store/index.ts';
import { afterAnEnd, readAsked, type AskedRecord } from '../../workers/index.ts';
import type { DatabaseFile } from './database-file.ts';
import { isHolderAlive, thisHolder } from './holder.ts';

/** So many of its heartbeats are waited for until a process on another host counts as gone: one may be late. */
const awaitedBeats = 2;

/** How often it is looked for one meanwhile, in ms. */
const lookEveryMs = 1000;

/** What a claim on the database is made with. */
export interface Claiming {
  readonly project: Project;
  readonly instance: string;
  /** The command that claims it: `run`, or what `commandOf` says. */
  readonly mode: string;
  /** Names of the watches that it looks at. */
  readonly watches: ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted: nobody is waited for. */
  readonly signal: AbortSignal;
}

/** The claim of a run on its database, which its heartbeat renews. */
export interface Claim {
  readonly store: ServiceStore;
  readonly requests: RequestStore;
  /** Null: the database is on a server. */
  readonly file: DatabaseFile | null;
  readonly instance: string;
  /** When each watch last had a file before this run, ms since 1970. */
  readonly lastFiles: ReadonlyMap<string, number>;
  /** Where this run looks at a part only: what the last one has left on record, of the watches that this one does not look at. */
  readonly left: LeftRecord | null;
  /** What is on record of what the plugin was asked. */
  readonly asked: AskedRecord;
}

/**
 * Claims the database for this process.
 *
 * @throws CarbonationError SERVICE_RUNNING
 */
export async function claimDatabase(
  claiming: Claiming,
  { services: store, requests, file }: { services: ServiceStore } & Pick<Claim, 'requests' | 'file'>,
): Promise<Claim> {
  const { project, instance, mode, watches, clock, log } = claiming;
  const holder = thisHolder(instance, mode);
  const silent = await silentElsewhere(claiming, holder, store);
  const now = clock.now();
  const { wasCutShort, left } = await store.claim(holder, now, project.config.service.heartbeatIntervalMs, (recorded) =>
    recorded.host === holder.host ? isHolderAlive(recorded, holder, now) : !isSameBeat(recorded, silent),
  );
  const former = readAsked(await store.pluginAsked());
  // At its end one that ends as it should may still be at a request: that has nothing to do with the end of whoever comes after it.
  const asked = wasCutShort ? afterAnEnd(former, now) : { ...former, asked: [] };
  // At once: it may end as the one before did.
  if (wasCutShort || former.asked.length > 0) await store.recordPluginAsked(holder.instance, JSON.stringify(asked));
  if (wasCutShort)
    log.warning('the run before this one ended without a word; for an hour it is noted what the plugin is asked');
  const isWhole = mode === 'run' || isWholeRun(mode);
  return {
    store,
    requests,
    file,
    instance: holder.instance,
    lastFiles: await store.lastFiles(),
    left: isWhole || left === null ? null : { ...left, watches: without(left.watches, watches) },
    asked,
  };
}

/**
 * The process on another host that has the database, if it is gone: long since by this host's clock, and without a sign of life
 * while it is waited for. Only one of the two clocks may be right.
 */
async function silentElsewhere(
  { clock, log, signal }: Claiming,
  own: ServiceHolder,
  store: ServiceStore,
): Promise<RecordedHolder | null> {
  const recorded = await store.holder();
  if (recorded === null || recorded.host === own.host || isHolderAlive(recorded, own, clock.now())) return null;
  const { host, pid, heartbeatMs } = recorded;
  const end = clock.monotonic() + awaitedBeats * heartbeatMs;
  const seconds = Math.ceil((awaitedBeats * heartbeatMs) / 1000);
  log.warning('a process on another host has the database; it is waited for a sign of life', {
    host,
    process: pid,
    seconds,
  });
  return keepingAlive(async () => {
    for (;;) {
      const restMs = end - clock.monotonic();
      if (restMs <= 0) return recorded;
      await pause(clock, Math.min(restMs, lookEveryMs));
      if (signal.aborted || !isSameBeat(recorded, await store.holder())) return null;
    }
  });
}

function isSameBeat(one: RecordedHolder, other: RecordedHolder | null): boolean {
  return one.instance === other?.instance && one.lastHeartbeat === other.lastHeartbeat;
}

function without(reports: LeftRecord['watches'], names: ReadonlySet<string>): LeftRecord['watches'] {
  return Object.fromEntries(Object.entries(reports).filter(([name]) => !names.has(name)));
}

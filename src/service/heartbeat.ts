import type { SupervisorContext, WatchHealth } from '../../machines/supervisor/index.ts';
import { every, type Timer } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { databaseRemedy, type Heartbeat as HeartbeatRecord } from '../store/index.ts';
import type { Claim } from './database/claim.ts';
import type { Deliveries } from './delivery/deliveries.ts';
import type { SystemdNotifier } from './notify.ts';
import type { GroupRegistry } from './group/registry.ts';
import type { Scheduler } from './scheduler.ts';
import type { Strays } from './group/strays.ts';
import type { Surroundings } from './types.ts';

/** How long the scheduler may go without looking until the service counts as stuck, beside its pause and two heartbeats; in ms. */
const stuckMs = 60_000;

/** How long what is worth knowing waits for more of it, in ms. */
const soonMs = 1000;

/** How old what is on record of a busy service's queue may be, in ms; a heartbeat is also for that, while an idle one has none. */
const queueAgeMs = 5000;

/** How long a heartbeat may be under way until it is said that the database does not answer it, in ms; one may just have begun, out of turn. */
const answerMs = 1000;

/** What a heartbeat tells of. */
export interface Vitals {
  readonly registry: GroupRegistry;
  readonly deliveries: Deliveries;
  readonly scheduler: Scheduler;
  readonly strays: Strays;
  readonly notifier: SystemdNotifier;
  readonly health: () => SupervisorContext['health'];
}

/** The service's pulse: recorded in the database, and told to systemd only while the service truly makes progress. */
export class Heartbeat {
  readonly #around: Surroundings;
  readonly #vitals: Vitals;
  #beatNow: (() => void) | null = null;
  #soon: Timer | null = null;
  /** The queue as the latest heartbeat has it; null: none has been recorded, and the next one comes in its turn. */
  #told: string | null = null;
  /** Why the latest heartbeat has not been recorded; null: it has. */
  #refusal: string | null = null;

  constructor(around: Surroundings, vitals: Vitals) {
    this.#around = around;
    this.#vitals = vitals;
  }

  /** Records at once how things are, out of turn: something is worth knowing. */
  now(): void {
    this.#beatNow?.();
  }

  /** The same for what may be so of thousands at once: each heartbeat is a commit. */
  soon(): void {
    this.#soon ??= this.#around.clock.after(soonMs, () => {
      this.#soon = null;
      this.now();
    });
  }

  /** Files and groups that are being worked on. */
  get queueDepth(): number {
    const { deliveries, registry } = this.#vitals;
    return deliveries.depth + registry.queued + registry.active;
  }

  /** One line for systemd's status. */
  get statusLine(): string {
    return `${this.queueDepth} in the queue, ${this.#vitals.registry.active} groups active`;
  }

  /** How long ago the scheduler last looked for deadlines, or something was last tried while the database is away, in ms. */
  get sinceLookMs(): number {
    const { clock, groups } = this.#around;
    return clock.monotonic() - Math.max(this.#vitals.scheduler.lastLook, groups.lastAway);
  }

  /** A service that has not looked for longer does nothing any more; in ms. */
  get stuckAfterMs(): number {
    const { heartbeatIntervalMs, pollIntervalMs } = this.#around.project.config.service;
    return pollIntervalMs + heartbeatIntervalMs * 2 + stuckMs;
  }

  /** Beats until stopped; `onLost` when the database is this process's no more, with the reason. */
  start(claim: Claim, onLost: (reason: string) => void): () => void {
    const renew = async () => {
      const fault = await claim.file?.fault();
      if (fault !== null && fault !== undefined) onLost(fault);
      else if (!(await this.beat(claim))) onLost(await lossOf(claim));
    };
    const { clock, background, log } = this.#around;
    /** Since when a beat is under way; one at a time, or a server that keeps silent would get all connections. */
    let since: number | null = null;
    let isDue = false;
    const beatInTurn = async () => {
      do {
        isDue = false;
        since = clock.monotonic();
        await renew();
      } while (isDue);
    };
    const beat = () => {
      isDue = true;
      if (since === null) background.track(beatInTurn().finally(() => (since = null)));
    };
    const tick = () => {
      const waitedMs = since === null ? 0 : clock.monotonic() - since;
      if (waitedMs >= answerMs)
        log.warning('the database does not answer the heartbeat', { seconds: Math.round(waitedMs / 1000) });
      beat();
    };
    this.#beatNow = beat;
    beat();
    const stopTelling = this.#tellOfQueue(beat);
    const { heartbeatIntervalMs } = this.#around.project.config.service;
    const timer = every(heartbeatIntervalMs, tick);
    return () => {
      this.#beatNow = null;
      this.#soon?.cancel();
      stopTelling();
      clearInterval(timer);
    };
  }

  /** Beats out of turn when the queue is another one than is on record. */
  #tellOfQueue(beat: () => void): () => void {
    const look = (): Timer =>
      this.#around.clock.after(queueAgeMs, () => {
        if (this.#told !== null && this.#told !== this.statusLine) beat();
        timer = look();
      });
    let timer = look();
    return () => timer.cancel();
  }

  /** One beat; false when another process holds the database now. */
  async beat(claim: Claim): Promise<boolean> {
    const told = this.statusLine;
    this.#told = null;
    try {
      const now = this.pulse();
      const watches = { ...now.watches, ...claim.left?.watches };
      const isOurs = await claim.store.beat(claim.instance, { ...now, watches });
      this.#told = told;
      this.#refusal = null;
      this.#around.log.debug('heartbeat', { queue: this.queueDepth, active: this.#vitals.registry.active });
      return isOurs;
    } catch (error) {
      const remedy = databaseRemedy(error);
      this.#refusal = messageOf(error);
      const fields = { reason: this.#refusal, ...(remedy !== null && { remedy }) };
      this.#around.log.warning('the heartbeat cannot be recorded', fields);
      return true;
    } finally {
      // A database that is away is no reason for a restart, which would wait for it, too; one that keeps silent is.
      if (this.sinceLookMs < this.stuckAfterMs) this.#vitals.notifier.watchdog(this.statusLine);
    }
  }

  /** What a heartbeat records now. */
  pulse(): HeartbeatRecord {
    const { deliveries, strays } = this.#vitals;
    const health = this.#vitals.health();
    const { config } = this.#around.project;
    return {
      at: this.#around.clock.now(),
      queueDepth: this.queueDepth,
      workersActive: this.#vitals.registry.active,
      rulesVersion: this.#around.rules.version,
      watches: Object.fromEntries(
        config.watches.map(({ name }) => [
          name,
          {
            ...this.#watchHealth(name, health[name]),
            isHeldBack: deliveries.reconciler.brakeOf(name) !== null,
            lastFileAt: deliveries.lastFileAt(name),
            ungrouped: deliveries.intake.ungrouped.of(name),
            stuck: strays.of(name) ?? this.#around.silentArchives.of(name),
          },
        ]),
      ),
    };
  }

  /** A watch whose files are not believed to be gone, or do not answer, is as good as lost. */
  #watchHealth(name: string, seen: WatchHealth | undefined) {
    const { deliveries } = this.#vitals;
    const { reconciler } = deliveries;
    const lost = reconciler.brakeOf(name) ?? deliveries.silenceOf(name);
    if (lost !== null) return { health: 'lost', reason: lost };
    // That it does not take heartbeats only the page shows. Where it does, it lacks a part only, such as a table.
    const away = this.#around.groups.awayReason ?? this.#refusal;
    const late = away === null ? reconciler.unreadReasonOf(name) : `work waits for the database: ${away}`;
    if (late !== null && seen?.health === 'watching') return { health: 'scanning', reason: late };
    if (seen !== undefined) return { health: seen.health, reason: seen.reason };
    // Nobody listens in a run that ends: what its reconciliation has found is all that is known.
    const unreadable = reconciler.unreadableReasonOf(name);
    return { health: unreadable === null ? 'scanning' : 'lost', reason: unreadable };
  }
}

/** Why a claim is no longer on record. */
async function lossOf({ store }: Claim): Promise<string> {
  const holder = await store.holder().catch(() => null);
  if (holder !== null) return `process ${holder.pid} on ${holder.host} has taken the database over`;
  return 'this process is no longer recorded as the one that works on the database: the database was created again, or another process has worked on it meanwhile';
}

import type { SupervisorContext } from '../../machines/supervisor/index.ts';
import { messageOf } from '../errors/index.ts';
import type { ServiceStore } from '../store/index.ts';
import type { Deliveries } from './deliveries.ts';
import type { SystemdNotifier } from './notify.ts';
import type { GroupRegistry } from './registry.ts';
import type { Scheduler } from './scheduler.ts';
import type { Surroundings } from './types.ts';

/** How long the scheduler may go without looking until the service counts as stuck, beside two heartbeats; in ms. */
const stuckMs = 60_000;

/** The claim on the database that a heartbeat renews. */
export interface Claim {
  readonly store: ServiceStore;
  readonly instance: string;
}

/** What a heartbeat tells of. */
export interface Vitals {
  readonly registry: GroupRegistry;
  readonly deliveries: Deliveries;
  readonly scheduler: Scheduler;
  readonly notifier: SystemdNotifier;
  readonly health: () => SupervisorContext['health'];
}

/** The service's pulse: recorded in the database, and told to systemd only while the service truly makes progress. */
export class Heartbeat {
  readonly #around: Surroundings;
  readonly #vitals: Vitals;

  constructor(around: Surroundings, vitals: Vitals) {
    this.#around = around;
    this.#vitals = vitals;
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

  /** Beats until stopped; `onTakenOver` when another process holds the database now. */
  start(claim: Claim, onTakenOver: () => void): () => void {
    const beat = async () => {
      if (!(await this.beat(claim))) onTakenOver();
    };
    void beat();
    const { heartbeatIntervalMs } = this.#around.project.config.service;
    // Node would run an interval beyond 2^31 ms without a pause.
    const timer = setInterval(() => void beat(), Math.min(heartbeatIntervalMs, 2_147_483_647));
    timer.unref();
    return () => clearInterval(timer);
  }

  /** One beat; false when another process holds the database now. */
  async beat(claim: Claim): Promise<boolean> {
    const { heartbeatIntervalMs } = this.#around.project.config.service;
    try {
      const isOurs = await claim.store.beat(claim.instance, this.#pulse());
      const sinceLook = this.#around.clock.monotonic() - this.#vitals.scheduler.lastLook;
      if (sinceLook < heartbeatIntervalMs * 2 + stuckMs) this.#vitals.notifier.watchdog(this.statusLine);
      this.#around.log.debug('heartbeat', { queue: this.queueDepth, active: this.#vitals.registry.active });
      return isOurs;
    } catch (error) {
      this.#around.log.warning('the heartbeat cannot be recorded', { reason: messageOf(error) });
      return true;
    }
  }

  #pulse() {
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
            health: health[name]?.health ?? 'scanning',
            reason: health[name]?.reason ?? null,
            lastFileAt: this.#vitals.deliveries.lastFileAt(name),
          },
        ]),
      ),
    };
  }
}

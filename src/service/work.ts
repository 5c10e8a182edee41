import { every, pause, unlessUnderWay } from '../core/index.ts';
import type { Deliveries } from './delivery/deliveries.ts';
import type { ReconcileReport } from './delivery/reconcile.ts';
import type { ReconcileOrder } from './delivery/order.ts';
import type { GroupRegistry } from './group/registry.ts';
import type { Resumption } from './resume.ts';
import type { Scheduler } from './scheduler.ts';
import type { Surroundings } from './types.ts';

/** How often a file may start settling anew until it is left to the next run. */
const settleRounds = 5;
/** How much longer than that is waited for, in ms. */
const settleSpareMs = 30_000;

/** Whom the work is done with. */
export interface WorkParts {
  readonly deliveries: Deliveries;
  readonly registry: GroupRegistry;
  readonly scheduler: Scheduler;
  readonly resumption: Resumption;
}

/** Reconciling, and waiting until what was found has come to rest. */
export class Work {
  readonly #around: Surroundings;
  readonly #parts: WorkParts;

  constructor(around: Surroundings, parts: WorkParts) {
    this.#around = around;
    this.#parts = parts;
  }

  /** Compares deliveries and database; what is new is settling then. */
  async reconcile(order: ReconcileOrder): Promise<readonly ReconcileReport[]> {
    const { reconciler } = this.#parts.deliveries;
    try {
      await this.#parts.resumption.abandoned();
      // First, because reconciling has groups assessed by the rules in force, whichever group their files belong to by these.
      await this.#parts.resumption.outdated();
    } catch (error) {
      for (const { name } of this.#around.project.config.watches) reconciler.failed(name, error);
      throw error;
    }
    const reports = await reconciler.all(order);
    await this.#parts.resumption.misplaced(reconciler.takeMisplaced());
    const { log, dryRun } = this.#around;
    for (const { watch, isRead, found, fresh, removed } of reports)
      if (isRead) log.info(dryRun ? 'would be reconciled' : 'reconciled', { watch, found, fresh, removed });
    return reports;
  }

  /** Has files go to the groups that they belong to by now; of those of a watch that was away it could not be said until it was read. */
  async regroup(): Promise<void> {
    const { resumption, deliveries } = this.#parts;
    await resumption.outdated();
    await resumption.misplaced(deliveries.reconciler.takeMisplaced());
  }

  /** Resolves when what is there now has come to rest, whatever comes after it. */
  async whenAtRest(): Promise<void> {
    const { deliveries, registry, resumption } = this.#parts;
    let isRegrouped = true;
    while (isRegrouped) {
      await this.#whenSettled();
      await deliveries.intake.whenIdle();
      await registry.whenAtRest();
      isRegrouped = await resumption.whenRegrouped();
    }
  }

  /** Works everything off that is pending or due. */
  async finish(): Promise<void> {
    const stopLooking = this.#lookAtWatches();
    try {
      await this.#finish();
    } finally {
      stopLooking();
    }
  }

  /** Work at a disk that keeps silent just does not end: whoever looks at the watches says which of them is waited for. */
  #lookAtWatches(): () => void {
    const { roots, project } = this.#around;
    const { watches, service } = project.config;
    const looks = watches.map((watch) =>
      unlessUnderWay(async () => {
        // One that cannot be read has been reported by whoever was to read it.
        await roots.look(watch).catch(() => null);
      }),
    );
    const timer = every(service.pollIntervalMs, () => {
      for (const look of looks) void look();
    });
    return () => clearInterval(timer);
  }

  async #finish(): Promise<void> {
    const { deliveries, registry, scheduler, resumption } = this.#parts;
    let isDone = false;
    while (!isDone) {
      const isSettled = await this.#whenSettled();
      await deliveries.intake.whenIdle();
      await registry.whenIdle();
      await resumption.whenRegrouped();
      const sent = await scheduler.look();
      isDone = sent === 0 && (deliveries.depth === 0 || !isSettled) && registry.isIdle && !resumption.isRegrouping;
    }
  }

  /** False: something still changes after all this time; it is left to the next run. */
  async #whenSettled(): Promise<boolean> {
    const { settler } = this.#parts.deliveries;
    const settleMs = Math.max(...this.#around.project.config.watches.map((watch) => watch.settleMs));
    const limit = settleMs * settleRounds + settleSpareMs;
    const isSettled = await Promise.race([
      settler.whenIdle().then(() => true),
      pause(this.#around.clock, limit).then(() => false),
    ]);
    if (!isSettled)
      this.#around.log.warning('files that still change are left to the next run', { files: settler.depth });
    return isSettled;
  }
}

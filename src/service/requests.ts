import { setTimeout as wait } from 'node:timers/promises';
import { CarbonationError, messageOf } from '../errors/index.ts';
import type { ServiceStore } from '../store/index.ts';
import type { Claim } from './heartbeat.ts';
import type { Surroundings } from './types.ts';

/** How often a `run --once` beside a live service looks whether it is done, in ms. */
const lookEveryMs = 200;

/** The live service's side: requests of other processes to reconcile are carried out, one after another. */
export class RequestDesk {
  readonly #around: Surroundings;
  readonly #claim: Claim;
  readonly #carryOut: () => Promise<void>;
  #isBusy = false;

  /** @param carryOut - reconciles, and resolves when what was found then has come to rest */
  constructor(around: Surroundings, claim: Claim, carryOut: () => Promise<void>) {
    this.#around = around;
    this.#claim = claim;
    this.#carryOut = carryOut;
  }

  /** Looks each `poll_interval`, until stopped. */
  open(): () => void {
    const timer = setInterval(() => void this.#look(), this.#around.project.config.service.pollIntervalMs);
    timer.unref();
    return () => clearInterval(timer);
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    try {
      const { requested, answered } = await this.#claim.store.reconcileRequests();
      if (requested <= answered) return;
      this.#around.log.info('another process asks to reconcile');
      await this.#carryOut();
      await this.#claim.store.answerReconcile(requested);
    } catch (error) {
      this.#around.log.warning('a request could not be carried out; it is tried again', { reason: messageOf(error) });
    } finally {
      this.#isBusy = false;
    }
  }
}

/**
 * The other side: asks the live service to reconcile and waits until what it
 * found has come to rest.
 *
 * @param claim - tries to take the database over; resolves when the service has ended meanwhile
 * @returns true: the service has done it; false: it has ended, and the caller holds the database now
 */
export async function handOver(store: ServiceStore, claim: () => Promise<void>, signal: AbortSignal): Promise<boolean> {
  const request = await store.requestReconcile();
  for (;;) {
    if ((await store.reconcileRequests()).answered >= request) return true;
    if (signal.aborted) throw new CarbonationError('SERVICE_RUNNING', 'stopped while waiting for the running service');
    try {
      await claim();
      return false;
    } catch (error) {
      if (!(error instanceof CarbonationError) || error.code !== 'SERVICE_RUNNING') throw error;
    }
    await wait(lookEveryMs);
  }
}

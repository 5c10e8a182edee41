import { setTimeout as wait } from 'node:timers/promises';
import { every, unlessUnderWay, type Clock } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { isAway, type OpenRequest, type RequestStore } from '../store/index.ts';
import { readOrder, type ReconcileOrder } from './delivery/order.ts';
import { isRunReport, type RunReport } from './run-record.ts';
import type { Surroundings } from './types.ts';

/** How often a process beside a live service looks whether its request is answered, in ms. */
const lookEveryMs = 200;

/** The live service's side: requests of other processes to reconcile are carried out, one after another. */
export class RequestDesk {
  readonly #around: Surroundings;
  readonly #requests: RequestStore;
  readonly #carryOut: (order: ReconcileOrder) => Promise<RunReport>;
  /** What was asked of a service that is no more is not done unasked: whoever still waits asks again. */
  #isCleared = false;

  /** @param carryOut - reconciles, and resolves when what was found then has come to rest */
  constructor(around: Surroundings, requests: RequestStore, carryOut: (order: ReconcileOrder) => Promise<RunReport>) {
    this.#around = around;
    this.#requests = requests;
    this.#carryOut = carryOut;
  }

  /** Looks each `poll_interval`, until stopped. */
  open(): () => void {
    const look = unlessUnderWay(() => this.#look());
    const begin = () => this.#around.background.track(look());
    begin();
    const timer = every(this.#around.project.config.service.pollIntervalMs, begin);
    return () => clearInterval(timer);
  }

  async #look(): Promise<void> {
    try {
      if (!this.#isCleared) await this.#requests.withdraw();
      this.#isCleared = true;
      for (const request of await this.#requests.open()) await this.#answer(request);
    } catch (error) {
      // That the database is away is said where work waits for it.
      const level = isAway(error) ? 'debug' : 'warning';
      this.#around.log[level]('a request could not be carried out; it is tried again', { reason: messageOf(error) });
    }
  }

  async #answer({ id, options }: OpenRequest): Promise<void> {
    const order = readOrder(options);
    if (order === null) {
      // It must not keep the others waiting; whoever still waits for it asks again.
      this.#around.log.warning('a request of another version of carbonation is withdrawn', { request: id });
      await this.#requests.withdraw(id);
      return;
    }
    this.#around.log.info('another process asks to reconcile', { ...order });
    await this.#requests.answer(id, await this.#carryOut(order), this.#around.clock.now());
  }
}

/** What handing over takes. */
export interface HandOver {
  readonly requests: RequestStore;
  readonly order: ReconcileOrder;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Tries to take the database over; resolves when the service has ended meanwhile. */
  readonly claim: () => Promise<void>;
}

/**
 * The other side: asks the live service to reconcile and waits until what it
 * found has come to rest.
 *
 * @returns what came of it; null: the service has ended, and the caller may take the database
 * @throws CarbonationError SERVICE_RUNNING when `signal` is aborted
 */
export async function handOver({ requests, order, clock, signal, claim }: HandOver): Promise<RunReport | null> {
  let id = await requests.add(order, clock.now());
  try {
    for (;;) {
      const answer = await requests.answerTo(id);
      if (typeof answer === 'object') return reportIn(answer.report);
      // Another service than the one that was asked.
      if (answer === 'gone') id = await requests.add(order, clock.now());
      if (signal.aborted)
        throw new CarbonationError('SERVICE_RUNNING', 'stopped while waiting for the running service', {
          remedy: 'run this again to have it done',
        });
      if (await hasEnded(claim)) return null;
      await wait(lookEveryMs);
    }
  } finally {
    await requests.withdraw(id);
  }
}

function reportIn(value: unknown): RunReport {
  if (isRunReport(value)) return value;
  throw new CarbonationError('INTERNAL', 'the running service is another version of carbonation', {
    remedy: 'it has done its work; see `carbonation status`',
  });
}

async function hasEnded(claim: () => Promise<void>): Promise<boolean> {
  try {
    await claim();
    return true;
  } catch (error) {
    if (error instanceof CarbonationError && error.code === 'SERVICE_RUNNING') return false;
    throw error;
  }
}

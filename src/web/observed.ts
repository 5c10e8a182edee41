import type { VitalSigns } from '../service/serve.ts';
import type { LoopDelay, ServicePulse } from './messages.ts';
import { Throughput } from './throughput.ts';

/** How long the service may go without a word until it counts as stuck, in ms. */
const silentMs = 15_000;

/** The service, as its pulses tell of it. */
export class ObservedService {
  readonly throughput = new Throughput();
  readonly startedAt: number;
  #pulse: ServicePulse;
  #heardAt = performance.now();
  #changes = 0;

  constructor(first: ServicePulse) {
    this.#pulse = first;
    this.startedAt = first.signs.at;
  }

  hear(pulse: ServicePulse): void {
    const isNews = pulse.counts !== null || isOther(pulse.signs, this.#pulse.signs);
    this.#pulse = pulse;
    this.#heardAt = performance.now();
    if (pulse.counts !== null) this.throughput.note(pulse.counts, pulse.signs.at);
    if (isNews) this.#changes += 1;
  }

  get signs(): VitalSigns {
    return this.#pulse.signs;
  }

  get loop(): LoopDelay {
    return this.#pulse.loop;
  }

  /** One more with each pulse that brings something new. */
  get changes(): number {
    return this.#changes;
  }

  /** How long ago the service last spoke, in ms. */
  get silenceMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** Why it counts as stuck; null: it makes progress. */
  get stuck(): string | null {
    const { sinceLookMs, stuckAfterMs } = this.signs;
    if (this.silenceMs > silentMs) return `the service has not been heard of for ${seconds(this.silenceMs)}`;
    const sinceLook = sinceLookMs + this.silenceMs;
    return sinceLook > stuckAfterMs ? `no deadline has been looked at for ${seconds(sinceLook)}` : null;
  }

  /** Why it does not take deliveries now; null: it does. */
  get unready(): string | null {
    if (this.stuck !== null) return this.stuck;
    if (this.signs.isStopping) return 'the service is stopping';
    return this.signs.isReady ? null : 'the first reconciliation is not over';
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

function isOther(now: VitalSigns, before: VitalSigns): boolean {
  const shown = ({ isReady, isStopping, queueDepth, rulesVersion, rulesRejected, watches }: VitalSigns): string =>
    JSON.stringify([isReady, isStopping, queueDepth, rulesVersion, rulesRejected, watches]);
  return shown(now) !== shown(before);
}

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { moduleUrl } from '../core/index.ts';
import { CarbonationError, limitRemedies, messageOf } from '../errors/index.ts';
import { readToken } from '../config/token.ts';
import type { Project } from '../api/project.ts';
import type { Serve, ServedService, StatusServer } from '../service/serve.ts';
import { StepTally } from './counts.ts';
import type { LoopDelay, ServerData, ServerMessage, ServicePulse } from './messages.ts';

/** How often the thread is told how the service is, in ms. */
const pulseEveryMs = 1000;
/** How often it is looked whether the service's own thread is late, in ms. */
const lookEveryMs = 20;

/** What of a project the server needs. */
export type ServedProject = Pick<Project, 'config' | 'location'>;

/**
 * What starts the server of `[http]`; null when that is not set. Starting throws TOKEN_UNREADABLE, or LISTEN_FAILED when
 * the address cannot be listened on.
 *
 * @param version The program's.
 * @param pageDirectory Where the built page is; the program's own unless given.
 */
export function statusServer(
  { config, location }: ServedProject,
  version: string,
  pageDirectory: string | null = null,
): Serve | null {
  const { http } = config;
  if (http === null) return null;
  return async (service) => {
    const token = http.tokenFile === null ? null : await readToken(http.tokenFile);
    const server = new ServerThread({ config, http, location, token, version, pageDirectory });
    service.log.info('the status page is served', { url: await server.open(service) });
    return server;
  };
}

/** The service's side of the server: it counts, and tells the thread each second. */
class ServerThread implements StatusServer {
  readonly #worker: Worker;
  readonly #tally = new StepTally();
  readonly #delay = monitorEventLoopDelay({ resolution: lookEveryMs });
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(workerData: ServerData) {
    this.#worker = new Worker(moduleUrl('web/server.worker'), { workerData });
  }

  note: StatusServer['note'] = (step) => this.#tally.note(step);

  /** Resolves with the address when the thread listens. */
  async open(service: ServedService): Promise<string> {
    const url = await new Promise<string>((resolve, reject) => {
      this.#worker.on('message', (message: ServerMessage) => {
        if (message.type === 'listening') resolve(message.url);
        else if (message.type === 'failed') reject(CarbonationError.fromPlain(message.error));
        else if (message.type === 'look') service.lookNow();
        else service.log.warning(message.message, message.fields);
      });
      this.#worker.on('error', (error) => {
        // Of modules that cannot be read Node says it in words only.
        const isFull = /too many open files/.test(messageOf(error));
        const remedy =
          (isFull ? limitRemedies['EMFILE'] : undefined) ?? 'start it again; if that does not help, report it';
        reject(
          new CarbonationError('LISTEN_FAILED', `the status server failed: ${messageOf(error)}`, {
            cause: error,
            remedy,
          }),
        );
        if (!this.#isClosed)
          service.log.error('the status server has failed; the service goes on', { reason: messageOf(error) });
        this.#stop();
      });
      this.#pulse(service);
    }).catch(async (error: unknown) => {
      await this.close();
      throw error;
    });
    this.#delay.enable();
    this.#timer = setInterval(() => this.#pulse(service), pulseEveryMs).unref();
    this.#worker.unref();
    return url;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stop();
    await this.#worker.terminate();
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#delay.disable();
  }

  #pulse({ signs }: ServedService): void {
    const pulse: ServicePulse = { signs: signs(), loop: this.#loop(), counts: this.#tally.take() };
    this.#worker.postMessage(pulse);
  }

  #loop(): LoopDelay {
    const { mean, max } = this.#delay;
    // What is measured is the time between two looks.
    const seconds = (ns: number): number => (Number.isFinite(ns) ? Math.max(0, ns / 1e9 - lookEveryMs / 1000) : 0);
    const loop = { mean: seconds(mean), p99: seconds(this.#delay.percentile(99)), max: seconds(max) };
    this.#delay.reset();
    return loop;
  }
}

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';

/** How long a word to systemd may take, in ms: one that hangs must not keep the watchdog from being told. */
const limitMs = 10_000;

/** Tells systemd how the service is (sd_notify(3)); does nothing when it was not started by systemd. */
export class SystemdNotifier {
  readonly #log: Log;
  readonly #tell: (lines: readonly string[]) => Promise<unknown>;
  readonly #isActive = process.env['NOTIFY_SOCKET'] !== undefined;
  /** The last word. One goes after the other: heard out of turn, "ready" before "reloading" would leave systemd waiting for it. */
  #last: Promise<void> = Promise.resolve();

  /** @param tell - tells systemd these lines; replaced in tests */
  constructor(log: Log, tell = systemdNotify) {
    this.#log = log;
    this.#tell = tell;
  }

  ready(status: string): void {
    this.#send('READY=1', `STATUS=${status}`);
  }

  reloading(): void {
    this.#send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  }

  watchdog(status: string): void {
    this.#send('WATCHDOG=1', `STATUS=${status}`);
  }

  stopping(): void {
    this.#send('STOPPING=1');
  }

  #send(...lines: readonly string[]): void {
    if (this.#isActive) this.#last = this.#last.then(() => this.#sendNow(lines));
  }

  async #sendNow(lines: readonly string[]): Promise<void> {
    try {
      await this.#tell(lines);
    } catch (error) {
      this.#log.warning('systemd cannot be notified', { reason: messageOf(error) });
    }
  }
}

/** Node has no datagram sockets of the Unix kind; systemd ships a program that has. */
function systemdNotify(lines: readonly string[]): Promise<unknown> {
  return promisify(execFile)('systemd-notify', [`--pid=${process.pid}`, ...lines], { timeout: limitMs });
}

import { execFile } from 'node:child_process';
import { messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';

/** Tells systemd how the service is (sd_notify(3)); does nothing when it was not started by systemd. */
export class SystemdNotifier {
  readonly #log: Log;
  readonly #isActive = process.env['NOTIFY_SOCKET'] !== undefined;

  constructor(log: Log) {
    this.#log = log;
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

  /** Node has no datagram sockets of the Unix kind; systemd ships a program that has. */
  #send(...lines: readonly string[]): void {
    if (!this.#isActive) return;
    execFile('systemd-notify', [`--pid=${process.pid}`, ...lines], (error) => {
      if (error !== null) this.#log.warning('systemd cannot be notified', { reason: messageOf(error) });
    });
  }
}

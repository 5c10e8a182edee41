import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { program, cpuSecondsOf, memoryOf, type Memory } from './process.ts';

/** Waits until `holds` gives something other than false, null or undefined, asking every few ms; throws when time is up. */
export async function until<Value>(
  what: string,
  holds: () => Promise<Value | null | undefined | false> | Value | null | undefined | false,
  { timeoutMs = 60_000, everyMs = 2 }: { readonly timeoutMs?: number; readonly everyMs?: number } = {},
): Promise<Value> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = await holds();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`still not true after ${timeoutMs} ms: ${what}`);
    await wait(everyMs);
  }
}

/**
 * A service in a process of its own, as `carbonation run` starts it: `await using service = await Service.start(directory)`.
 * It says `ready` in its log at the moment at which it tells systemd so.
 */
export class Service implements AsyncDisposable {
  /** Seconds from the start of the process until it was ready. */
  readonly readySeconds: number;
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #log: () => string;

  private constructor(child: ChildProcess, pid: number, readySeconds: number, log: () => string) {
    this.#child = child;
    this.pid = pid;
    this.readySeconds = readySeconds;
    this.#log = log;
  }

  /** Starts the service of a project and waits until it is ready. */
  static async start(directory: string, { timeoutMs = 300_000 }: { readonly timeoutMs?: number } = {}) {
    showReadiness(directory);
    const begun = performance.now();
    const child = spawn(process.execPath, [program.bin, 'run'], {
      cwd: directory,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let log = '';
    let readyAt: number | null = null;
    child.stderr.on('data', (chunk: Buffer) => {
      // What comes later is read, so that the service is not held up, and mostly forgotten.
      log = (log + chunk.toString()).slice(-100_000);
      if (readyAt === null && /\bready\b/.test(log)) readyAt = performance.now();
    });
    try {
      await until(
        'the service is ready',
        () => {
          if (child.exitCode !== null) throw new Error(`the service ended with ${child.exitCode}: ${log}`);
          return readyAt !== null;
        },
        { timeoutMs },
      );
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    const { pid } = child;
    if (pid === undefined || readyAt === null) throw new Error('the service has no process');
    return new Service(child, pid, (readyAt - begun) / 1000, () => log);
  }

  /** The end of what it has logged (levels SUCCESS and above). */
  get log(): string {
    return this.#log();
  }

  /** Its memory, in MB; throws when it runs no longer. */
  get memory(): Memory {
    const memory = memoryOf(this.pid);
    if (memory === null) throw new Error(`the service runs no longer: ${this.log}`);
    return memory;
  }

  /** Seconds of CPU time that it has used. */
  get cpuSeconds(): number {
    return cpuSecondsOf(this.pid);
  }

  /** Stops it as systemd does, and waits for its end. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGTERM');
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** That it is ready is said at a level that measured projects leave out. */
function showReadiness(directory: string): void {
  const path = join(directory, 'config.toml');
  writeFileSync(path, readFileSync(path, 'utf8').replace(/^level = .*$/m, 'level = "SUCCESS"'));
}

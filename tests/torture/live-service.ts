import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { ModelProject } from './model-project.ts';

const script = fileURLToPath(new URL('live-run.ts', import.meta.url));

/** Rights mean nothing to root, unless it gives up what exempts it from them. */
const underRights =
  process.getuid?.() === 0
    ? {
        execPath: 'setpriv',
        execArgv: ['--bounding-set', '-dac_override,-dac_read_search', process.execPath],
      }
    : {};

/** The service of a project in a process of its own. */
export class LiveService {
  readonly #project: ModelProject;
  #child: ChildProcess | null = null;
  readonly lines: string[] = [];

  constructor(project: ModelProject) {
    this.#project = project;
  }

  async start(): Promise<void> {
    const child = fork(script, [this.#project.directory], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      ...underRights,
    });
    this.#child = child;
    const from = this.lines.length;
    child.on('message', (line) => {
      if (typeof line === 'string') this.lines.push(line);
    });
    await this.#until('the service is ready', () => this.#said('SUCCESS ready', from));
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  jump(jumpMs: number): void {
    this.#child?.send({ jumpMs });
  }

  /** Resolves when the service has taken up other rules. */
  async reload(write: () => void): Promise<void> {
    const from = this.lines.length;
    write();
    await this.#until('the new rules are in force', () => this.#said('SUCCESS new rules are in force', from));
  }

  #said(beginning: string, from: number): boolean {
    return this.lines.slice(from).some((line) => line.startsWith(beginning));
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const end = performance.now() + 120_000;
    while (!holds()) {
      if (this.#child !== null && this.#child.exitCode !== null) throw new Error(`the service has ended, not: ${what}`);
      if (performance.now() > end) throw new Error(`still not true: ${what}\n${this.lines.slice(-20).join('\n')}`);
      await wait(5);
    }
  }
}

import type { EventEmitter } from 'node:events';
import { endProcess } from '../core/end-process.ts';

/** What the signals of a process ask of a running service. */
export interface ServiceSignals {
  /** Aborted by the first SIGINT or SIGTERM: stop in good order. */
  readonly signal: AbortSignal;
  /** Sends an event `reload` for each SIGHUP; of those that nobody heard, one to the first who listens. */
  readonly reload: EventTarget;
  /** Stops listening. */
  dispose(): void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * For how long another signal is the first one, passed on: a Ctrl+C goes to every process of the terminal, and npm and npx, which are
 * among them, send it to what they run as well.
 */
const echoMs = 500;

/** What is asked while the service is still being started is not lost. */
class Reload extends EventTarget {
  #isHeard = false;
  #isMissed = false;

  ask(): void {
    if (this.#isHeard) this.dispatchEvent(new Event('reload'));
    else this.#isMissed = true;
  }

  override addEventListener(...listener: Parameters<EventTarget['addEventListener']>): void {
    super.addEventListener(...listener);
    this.#isHeard = true;
    if (this.#isMissed) this.ask();
    this.#isMissed = false;
  }
}

/**
 * Listens to the signals of a process.
 *
 * @param exit Ends the process at once; called with the signal's exit code when a second one asks to stop, half a second later or more.
 */
export function listenToSignals(
  source: Pick<EventEmitter, 'on' | 'off'> = process,
  exit: (code: number) => void = endProcess,
): ServiceSignals {
  const stop = new AbortController();
  const reload = new Reload();
  let stoppedAt = 0;
  const onStop = (name: keyof typeof exitCodes): void => {
    if (!stop.signal.aborted) {
      stoppedAt = performance.now();
      stop.abort(name);
    } else if (performance.now() - stoppedAt >= echoMs) exit(exitCodes[name]);
  };
  const onInterrupt = (): void => onStop('SIGINT');
  const onTerminate = (): void => onStop('SIGTERM');
  const onHangUp = (): void => reload.ask();
  source.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  return {
    signal: stop.signal,
    reload,
    dispose: () => void source.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp),
  };
}

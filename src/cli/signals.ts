import type { EventEmitter } from 'node:events';

/** What the signals of a process ask of a running service. */
export interface ServiceSignals {
  /** Aborted by the first SIGINT or SIGTERM: stop in good order. */
  readonly signal: AbortSignal;
  /** Sends an event `reload` for each SIGHUP. */
  readonly reload: EventTarget;
  /** Stops listening. */
  dispose(): void;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Listens to the signals of a process.
 *
 * @param exit Ends the process at once; called with the signal's exit code when a second one asks to stop.
 */
export function listenToSignals(
  source: Pick<EventEmitter, 'on' | 'off'> = process,
  exit: (code: number) => void = (code) => process.exit(code),
): ServiceSignals {
  const stop = new AbortController();
  const reload = new EventTarget();
  const onStop = (name: keyof typeof exitCodes): void => {
    if (stop.signal.aborted) exit(exitCodes[name]);
    else stop.abort(name);
  };
  const onInterrupt = (): void => onStop('SIGINT');
  const onTerminate = (): void => onStop('SIGTERM');
  const onHangUp = (): void => void reload.dispatchEvent(new Event('reload'));
  source.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  return {
    signal: stop.signal,
    reload,
    dispose: () => void source.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp),
  };
}

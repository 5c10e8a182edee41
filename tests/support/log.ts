import type { Log } from '../../src/logging/index.ts';

/** Log lines of a run, `LEVEL message {fields}`. */
export interface CollectedLog extends Log {
  readonly lines: string[];
  /** How many of them hold a text. */
  readonly said: (text: string) => number;
}

/** Says nothing. */
export const silentLog: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  success: () => undefined,
  warning: () => undefined,
  error: () => undefined,
  critical: () => undefined,
  flush: () => Promise.resolve(),
};

export function collectLog(): CollectedLog {
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
  };
  return {
    lines,
    said: (text) => lines.filter((line) => line.includes(text)).length,
    trace: at('TRACE'),
    debug: at('DEBUG'),
    info: at('INFO'),
    success: at('SUCCESS'),
    warning: at('WARNING'),
    error: at('ERROR'),
    critical: at('CRITICAL'),
    flush: () => Promise.resolve(),
  };
}

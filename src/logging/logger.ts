import type { Writable } from 'node:stream';
import type { Logger } from 'pino';
import type { LoggingConfig, LogLevel } from '../config/types.ts';
import { systemClock } from '../core/clock.ts';
import { maskUrls, printableJson } from '../core/printable.ts';
import { whenWritten } from '../core/streams.ts';
import { safeFields, type Fields } from './fields.ts';
import { openLogFile, type LogFile } from './file.ts';
import { textFormat, type FormatLine } from './text.ts';

/** Logs one line; `fields` are named values, of which passwords and the like are left out. */
export type LogMethod = (message: string, fields?: Fields) => void;

/** Where the program says what it does. A line stays one line, whatever is in a file's name. */
export interface Log {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly success: LogMethod;
  readonly warning: LogMethod;
  readonly error: LogMethod;
  readonly critical: LogMethod;
  /** Done when everything logged so far has been written. */
  flush(): Promise<void>;
}

/** Where and how a log is written, beyond `[logging]`. */
export interface LogOptions {
  /** At least level debug. */
  readonly verbose: boolean;
  /** Nothing goes to the file, and none is made. */
  readonly noFile: boolean;
  /** Where lines go besides the file. */
  readonly stream: Writable;
  readonly colour: boolean;
}

const levels = { trace: 10, debug: 20, info: 30, success: 35, warning: 40, error: 50, critical: 60 } as const;

type PinoLog = Logger<LogLevel, true>;

/**
 * Starts logging to a stream and, when configured, also to a file. Lines are written in this thread and in order.
 *
 * @throws CarbonationError CONFIG_INVALID when the log file cannot be written.
 */
export async function createLog(logging: LoggingConfig, options: LogOptions): Promise<Log> {
  const { stream } = options;
  const format = async (colour: boolean, date: boolean): Promise<FormatLine> =>
    logging.format === 'json' ? jsonLine : textFormat({ colour, date });
  const toStream = await format(options.colour, false);
  const toFile = await format(false, true);
  const { pino } = await import('pino');
  let file: LogFile | null = null;
  const destination = {
    write(line: string): void {
      stream.write(toStream(line));
      file?.write(toFile(line));
    },
  };
  const logger: PinoLog = pino<LogLevel, true>(
    {
      level: options.verbose && levels[logging.level] > levels.debug ? 'debug' : logging.level,
      customLevels: levels,
      useOnlyCustomLevels: true,
      base: null,
      timestamp: () => `,"time":"${new Date(systemClock.now()).toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  );
  if (logging.file !== null && !options.noFile) {
    file = await openLogFile({
      path: logging.file,
      rotationBytes: logging.rotationBytes,
      retentionMs: logging.retentionMs,
      report: (message) => logger.warning(message),
    });
  }
  const at =
    (level: LogLevel): LogMethod =>
    (message, fields = {}) => {
      if (logger.isLevelEnabled(level)) logger[level](safeFields(fields), '%s', maskUrls(message));
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    success: at('success'),
    warning: at('warning'),
    error: at('error'),
    critical: at('critical'),
    flush: async () => {
      await Promise.all([whenWritten(stream), file?.flush()]);
    },
  };
}

// Only the line's own break stays one.
function jsonLine(json: string): string {
  return `${printableJson(json.trimEnd())}\n`;
}

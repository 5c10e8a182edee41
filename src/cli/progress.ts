import { Writable } from 'node:stream';
import type { LoggingConfig } from '../config/types.ts';
import type { Log } from '../logging/index.ts';
import { hasColour, takesCommands, type PrintContext } from './print.ts';
import { cutEnd, terminalWidth, usualWidth } from './width.ts';

/** How often the line is written anew, in ms. */
const everyMs = 100;

/** Takes the cursor to the beginning of its line and empties the line. */
const clearLine = '\r\u001B[K';

/** What of a command says how it tells of its work. */
interface Telling {
  readonly context: PrintContext;
  readonly verbose: boolean;
  readonly dryRun: boolean;
  readonly noProgress: boolean;
}

/** Does the work of a command with a log, and a line on a terminal that says how far it has got; both are done with in the end. */
export async function withProgress<Result>(
  { context: { stderr, env }, verbose, dryRun, noProgress }: Telling,
  logging: LoggingConfig,
  work: (log: Log, progress: ProgressLine) => Promise<Result>,
): Promise<Result> {
  const { createLog } = await import('../logging/index.ts');
  const progress = new ProgressLine(stderr, takesCommands(stderr, env) && !noProgress);
  const { stream } = progress;
  const log = await createLog(logging, { verbose, noFile: dryRun, stream, colour: hasColour(stderr, env) });
  try {
    return await work(log, progress);
  } finally {
    await log.flush();
    progress.clear();
  }
}

/**
 * One line that says how far something has got, written again and again; only
 * on a terminal. What else goes to the terminal goes through {@link stream},
 * so that both keep to their lines.
 */
export class ProgressLine {
  readonly stream: Writable;
  readonly #terminal: Writable;
  readonly #isShown: boolean;
  #writtenAt = -Infinity;
  #isThere = false;

  /** @param isShown - false: nothing is shown */
  constructor(terminal: Writable, isShown: boolean) {
    this.#terminal = terminal;
    this.#isShown = isShown;
    this.stream = this.#isShown ? this.#keepingLines() : terminal;
  }

  /** Shows a text in the place of the one before; most calls in a row are passed over. */
  show(text: string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#writtenAt < everyMs) return;
    this.#writtenAt = now;
    this.#terminal.write(`${clearLine}${cutEnd(text, (terminalWidth(this.#terminal) ?? usualWidth) - 1)}`);
    this.#isThere = true;
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isThere) this.#terminal.write(clearLine);
    this.#isThere = false;
  }

  #keepingLines(): Writable {
    return new Writable({
      decodeStrings: false,
      write: (chunk: string | Uint8Array, _encoding, done) => {
        this.clear();
        this.#terminal.write(chunk, () => done());
      },
    });
  }
}

import { Writable } from 'node:stream';
import { cutEnd } from './width.ts';

/** How often the line is written anew, in ms. */
const everyMs = 100;

/** Takes the cursor to the beginning of its line and empties the line. */
const clearLine = '\r\u001B[K';

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

  /** @param wanted - false: nothing is shown, whatever the stream is */
  constructor(terminal: Writable, wanted: boolean) {
    this.#terminal = terminal;
    this.#isShown = wanted && 'isTTY' in terminal && terminal.isTTY === true;
    this.stream = this.#isShown ? this.#keepingLines() : terminal;
  }

  /** Shows a text in the place of the one before; most calls in a row are passed over. */
  show(text: string): void {
    const now = performance.now();
    if (!this.#isShown || now - this.#writtenAt < everyMs) return;
    this.#writtenAt = now;
    const width = 'columns' in this.#terminal ? Number(this.#terminal.columns) || 80 : 80;
    this.#terminal.write(`${clearLine}${cutEnd(text, width - 1)}`);
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

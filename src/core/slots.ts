/** Bounds how many pieces of work are under way at once, e.g. because each keeps files open. */
export class Slots {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param count - how many at once, at least 1 */
  constructor(count: number) {
    this.#free = count;
  }

  /** Runs the work as soon as a slot is free; resolves or rejects as the work does. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#free > 0) this.#free -= 1;
    // The slot is handed over by whoever leaves it.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

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

/** Does some work for each item, for so many of them at once; rejects as the work does. */
export async function forEachOf<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items[Symbol.iterator]();
  const lane = async () => {
    for (let next = rest.next(); next.done !== true; next = rest.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

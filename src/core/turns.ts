import { Slots } from './slots.ts';

/** Work that is asked for again and again: it is not begun anew while it is under way. */
export function unlessUnderWay(work: () => Promise<void>): () => Promise<void> {
  let isUnderWay = false;
  return async () => {
    if (isUnderWay) return;
    isUnderWay = true;
    await work().finally(() => (isUnderWay = false));
  };
}

/** Work that goes one after the other for each name, and beside that of other names. */
export class Turns {
  readonly #names = new Map<string, Slots>();
  readonly #onOver: () => void;
  #open = 0;

  /** @param onOver - called when some work is over, however it ended */
  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Work that goes on, or waits for its turn. */
  get open(): number {
    return this.#open;
  }

  /** Runs `work` when all that was asked for before under this name is over. */
  async run<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    const slots = this.#names.get(name) ?? new Slots(1);
    this.#names.set(name, slots);
    this.#open += 1;
    try {
      return await slots.run(work);
    } finally {
      this.#open -= 1;
      this.#onOver();
    }
  }
}

/** A reading that is shared by all who ask, and made anew when it is old: the longer it takes, the older it may get. */
export class Cached<Value> {
  readonly #read: () => Promise<Value>;
  readonly #leastMs: number;
  #pending: Promise<Value> | null = null;
  #value: { readonly value: Value; readonly until: number } | null = null;

  /** @param leastMs - how long a reading is good for at least */
  constructor(read: () => Promise<Value>, leastMs: number) {
    this.#read = read;
    this.#leastMs = leastMs;
  }

  get(): Promise<Value> {
    if (this.#value !== null && performance.now() < this.#value.until) return Promise.resolve(this.#value.value);
    this.#pending ??= this.#renew().finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #renew(): Promise<Value> {
    const begun = performance.now();
    const value = await this.#read();
    const end = performance.now();
    this.#value = { value, until: end + Math.max(this.#leastMs, (end - begun) * 10) };
    return value;
  }
}

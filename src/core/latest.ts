/** A map of the latest entries: the oldest one makes room where there would be more than so many. */
export class Latest<Key, Value> extends Map<Key, Value> {
  readonly #most: number;

  /** @param most - entries, at least 1 */
  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: Key, value: Value): this {
    if (this.size >= this.#most && !this.has(key)) {
      const [oldest] = this.keys();
      if (oldest !== undefined) this.delete(oldest);
    }
    return super.set(key, value);
  }
}

/** Those who wait until something is said to have happened; whether it has is theirs to find out. */
export class Waiters {
  readonly #waiting: (() => void)[] = [];

  /** Resolves when {@link wake} is called next. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets all of them go on. */
  wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

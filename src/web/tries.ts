/** How many pulses go by at most until the next try, and where somebody has asked in vain. */
const longestPause = 60;
const longestAsked = 5;

/** When something that has failed is tried again: less and less often, but soon where somebody asks for it. */
export class Tries {
  #skipped = 0;
  #pause = 1;
  #isAsked = false;

  /** Whether nothing has failed so far. */
  get isFirst(): boolean {
    return this.#pause === 1;
  }

  /** A pulse goes by; whether it is time for a try. */
  pulse(): boolean {
    this.#skipped += 1;
    return this.#skipped >= (this.#isAsked ? Math.min(this.#pause, longestAsked) : this.#pause);
  }

  /** Somebody has asked in vain. */
  ask(): void {
    this.#isAsked = true;
  }

  /** A try has failed. */
  fail(): void {
    this.#pause = Math.min(this.#pause * 2, longestPause);
    this.#skipped = 0;
    this.#isAsked = false;
  }
}

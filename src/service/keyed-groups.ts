import { Latest } from '../core/index.ts';

/** Groups that are remembered at most: more are hardly on their way at once. */
const most = 10_000;

/**
 * By which rules it was asked which group a file belongs to, until that group has come to rest: rules can be exchanged before a
 * plugin has answered, while the file waits for its group's place in memory, and while the group is assessed.
 */
export class KeyedGroups {
  /** One that goes for want of room was no news to its group, which did not go anywhere. */
  readonly #versions = new Latest<string, string>(most);

  /** A file goes to a group, by these rules; of several that are on their way the first one counts. */
  note(key: string, rulesVersion: string): void {
    if (!this.#versions.has(key)) this.#versions.set(key, rulesVersion);
  }

  /** A group has come to rest: whether other rules than these have sent a file to it. */
  take(key: string, rulesVersion: string): boolean {
    const asked = this.#versions.get(key);
    this.#versions.delete(key);
    return asked !== undefined && asked !== rulesVersion;
  }
}

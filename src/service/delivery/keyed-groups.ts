import { listByPath } from '../../../machines/by-path.ts';
import type { GroupContext } from '../../../machines/file-group/index.ts';
import { isSameIdentity, Latest, type FileIdentity } from '../../core/index.ts';
import { liveKey } from '../group/origins.ts';

/** Groups that are remembered at most, and files: more are hardly on their way at once. */
const most = 10_000;

/** The group that a file goes to, and by which rules. */
export interface Keyed {
  readonly groupKey: string;
  readonly rulesVersion: string;
  /** It is the group's already: these rules have not been asked. */
  readonly isOnRecord: boolean;
}

/** Of no rules: none have this version. */
const unasked = '';

/** A file goes to a group that is to be asked about it again, by whatever rules. */
export function keyedAnew(groupKey: string): Keyed {
  return { groupKey, rulesVersion: unasked, isOnRecord: false };
}

/**
 * Which group a file was sent to, and by which rules it was asked which one it belongs to, until that group has come to rest: rules
 * can be exchanged before a plugin has answered, while the file waits for its group's place in memory, and while the group is
 * assessed. Until then the file is not on record as the group's.
 */
export class KeyedGroups {
  /** One that goes for want of room was no news to its group, which did not go anywhere. */
  readonly #versions = new Latest<string, string>(most);
  /** By path. */
  readonly #files = new Latest<
    string,
    { readonly watchName: string; readonly identity: FileIdentity; readonly keyed: Keyed }
  >(most);

  /**
   * A file goes to a group, by these rules; of several that are on their way the first one counts, and before it one that no rules
   * have been asked about.
   *
   * @returns the version of the rules that counts
   */
  note(watchName: string, path: string, identity: FileIdentity, keyed: Keyed): string {
    const { groupKey, rulesVersion, isOnRecord } = keyed;
    const key = liveKey(watchName, groupKey);
    // Where the record comes to say that it has left, no rules have been asked where it belongs since it is back.
    const sent = isOnRecord ? keyedAnew(groupKey) : { groupKey, rulesVersion, isOnRecord };
    this.#files.set(path, { watchName, identity, keyed: sent });
    const first = rulesVersion === unasked ? unasked : (this.#versions.get(key) ?? rulesVersion);
    this.#versions.set(key, first);
    return first;
  }

  /** Its group is told that a file is gone: where it belongs when it is back is asked then. */
  forget(path: string): void {
    this.#files.delete(path);
  }

  /** The group of this watch that a file was sent to; null: it is as the record says. */
  of(watchName: string, path: string): Keyed | null {
    const sent = this.#files.get(path);
    return sent?.watchName === watchName ? sent.keyed : null;
  }

  /** A group has come to rest: whether other rules than these have sent a file to it. */
  take(key: string, { watchName, groupKey, components }: GroupContext, rulesVersion: string): boolean {
    for (const { path, identity, inDelivery } of listByPath(components)) {
      // It has let go of the file, which is on its way to it again.
      if (!inDelivery) continue;
      const sent = this.of(watchName, path)?.groupKey === groupKey ? this.#files.get(path) : undefined;
      // As it was before, while it is on its way as it is now.
      if (sent !== undefined && isSameIdentity(sent.identity, identity)) this.#files.delete(path);
    }
    const asked = this.#versions.get(key);
    this.#versions.delete(key);
    return asked !== undefined && asked !== rulesVersion;
  }
}

/** Groups that are kept in mind at most, about 3 MB: what others may have left is swept by the next start. */
const most = 10_000;

/** Where failed transfers of groups may have left temporary names; what former runs left is swept at the start. */
export class UncleanGroups {
  readonly #directories = new Map<string, string>();

  /** A transfer of a group into a directory has failed. */
  note(group: string, directory: string): void {
    const [oldest] = this.#directories.keys();
    if (this.#directories.size >= most && oldest !== undefined) this.#directories.delete(oldest);
    this.#directories.set(group, directory);
  }

  /** The directory in which something may have been left of a group, or null. */
  directoryOf(group: string): string | null {
    return this.#directories.get(group) ?? null;
  }

  /** A transfer of a group has swept what was left. */
  forget(group: string): void {
    this.#directories.delete(group);
  }
}

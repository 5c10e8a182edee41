import type { DatabaseConfig } from '../config/types.ts';
import { systemCode } from '../errors/index.ts';
import { fileMark } from '../store/index.ts';

/** What SQLite keeps beside its file as long as somebody has it open: the newest commits, and who has locked what. */
const companions = ['-wal', '-shm'] as const;

/**
 * SQLite's file as it was when it was opened. When it is deleted or another
 * one is put in its place, this process would go on writing into a file that
 * nobody will ever see.
 */
export class DatabaseFile {
  readonly #path: string;
  /** Which file it is, as {@link fileMark} says. */
  readonly mark: string;
  /** The companions that have been there, and which files they were: where no memory can be shared, there are none. */
  readonly #seen = new Map<string, string>();

  private constructor(path: string, mark: string) {
    this.#path = path;
    this.mark = mark;
  }

  /** The file of a database that has just been opened; null: it is on a server. */
  static async of({ driver, name }: DatabaseConfig): Promise<DatabaseFile | null> {
    return driver === 'sqlite' ? new DatabaseFile(name, await fileMark(name)) : null;
  }

  /** Why what is written is lost, or null: the file is where it was, with what belongs to it. */
  async fault(): Promise<string | null> {
    try {
      const mark = await fileMark(this.#path);
      if (mark !== this.mark) return `another file is in the place of the database ${this.#path}`;
    } catch (error) {
      // What cannot be looked at now may be there all the same.
      return systemCode(error) === 'ENOENT' ? `the database ${this.#path} has been deleted or moved away` : null;
    }
    return this.#lostCompanion();
  }

  /**
   * Its end puts what a log without a name holds into the database, and the next start makes a new one: a crash would lose it. Whoever
   * opens the database meanwhile makes another one at once.
   */
  async #lostCompanion(): Promise<string | null> {
    for (const path of companions.map((suffix) => `${this.#path}${suffix}`)) {
      const seen = this.#seen.get(path);
      try {
        const mark = await fileMark(path);
        if (seen !== undefined && mark !== seen)
          return `another file is in the place of ${path}, which belongs to the database`;
        this.#seen.set(path, mark);
      } catch (error) {
        if (systemCode(error) === 'ENOENT' && seen !== undefined)
          return `${path}, which belongs to the database, has been deleted or moved away`;
      }
    }
    return null;
  }
}

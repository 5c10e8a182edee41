import { realpath } from 'node:fs/promises';
import type { DatabaseConfig } from '../../config/types.ts';
import { systemCode } from '../../errors/index.ts';
import { fileMark } from '../../store/index.ts';

/** What SQLite keeps beside its file as long as somebody has it open: the newest commits, and who has locked what. */
const companions = ['-wal', '-shm'] as const;

/**
 * SQLite's file as it was when it was opened. When it is deleted or another
 * one is put in its place, this process would go on writing into a file that
 * nobody will ever see.
 */
export class DatabaseFile {
  readonly #path: string;
  readonly #companions: readonly string[];
  readonly #marks: Map<string, string>;

  private constructor(path: string, realPath: string, mark: string) {
    this.#path = path;
    // Where the file is, wherever a link to it may be.
    this.#companions = companions.map((suffix) => `${realPath}${suffix}`);
    this.#marks = new Map([[path, mark]]);
  }

  /** The file of a database that has just been opened; null: it is on a server. */
  static async of({ driver, name }: DatabaseConfig): Promise<DatabaseFile | null> {
    if (driver !== 'sqlite') return null;
    const file = new DatabaseFile(name, await realpath(name), await fileMark(name));
    await file.#lostCompanion();
    return file;
  }

  /** Which files they are, by path, as {@link fileMark} says: itself, and its companions, of which there are none where no memory can be shared. */
  get marks(): ReadonlyMap<string, string> {
    return this.#marks;
  }

  /** Why what is written is lost, or null: the file is where it was, with what belongs to it. */
  async fault(): Promise<string | null> {
    try {
      const mark = await fileMark(this.#path);
      if (mark !== this.#marks.get(this.#path)) return `another file is in the place of the database ${this.#path}`;
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
    for (const path of this.#companions) {
      const seen = this.#marks.get(path);
      try {
        const mark = await fileMark(path);
        if (seen !== undefined && mark !== seen)
          return `another file is in the place of ${path}, which belongs to the database`;
        this.#marks.set(path, mark);
      } catch (error) {
        if (systemCode(error) === 'ENOENT' && seen !== undefined)
          return `${path}, which belongs to the database, has been deleted or moved away`;
      }
    }
    return null;
  }
}

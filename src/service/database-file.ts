import type { DatabaseConfig } from '../config/types.ts';
import { systemCode } from '../errors/index.ts';
import { fileMark } from '../store/index.ts';

/**
 * SQLite's file as it was when it was opened. When it is deleted or another
 * one is put in its place, this process would go on writing into a file that
 * nobody will ever see.
 */
export class DatabaseFile {
  readonly #path: string;
  /** Which file it is, as {@link fileMark} says. */
  readonly mark: string;

  private constructor(path: string, mark: string) {
    this.#path = path;
    this.mark = mark;
  }

  /** The file of a database that has just been opened; null: it is on a server. */
  static async of({ driver, name }: DatabaseConfig): Promise<DatabaseFile | null> {
    return driver === 'sqlite' ? new DatabaseFile(name, await fileMark(name)) : null;
  }

  /** Why what is written is lost, or null: the file is where it was. */
  async fault(): Promise<string | null> {
    try {
      const mark = await fileMark(this.#path);
      return mark === this.mark ? null : `another file is in the place of the database ${this.#path}`;
    } catch (error) {
      // What cannot be looked at now may be there all the same.
      return systemCode(error) === 'ENOENT' ? `the database ${this.#path} has been deleted or moved away` : null;
    }
  }
}

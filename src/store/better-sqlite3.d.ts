/** better-sqlite3 brings no types; this is what we use of it. */
declare module 'better-sqlite3' {
  import type { NativeDatabase } from './prepared.ts';

  export default class Database implements NativeDatabase {
    readonly inTransaction: boolean;
    constructor(path: string, options?: { readonly fileMustExist?: boolean });
    exec(text: string): unknown;
    prepare(text: string): ReturnType<NativeDatabase['prepare']>;
    close(): void;
  }
}

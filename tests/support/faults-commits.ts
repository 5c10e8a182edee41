import { createRequire } from 'node:module';
import type { FaultAct } from './faults.ts';

/** What the commits of SQLite databases ask. */
export interface CommitFaults {
  /** Counts a commit by what it commits; what is to happen to it. */
  readonly meet: (name: string) => FaultAct | null;
  readonly kill: (act: FaultAct, when: FaultAct['when'], name: string) => void;
}

/** The part of better-sqlite3 that is used here. */
interface Statement {
  readonly source: string;
  readonly readonly: boolean;
  readonly database: { readonly inTransaction: boolean; exec(text: string): unknown };
}
interface Sqlite {
  new (path: string): { prepare(text: string): Statement; close(): void };
  readonly SqliteError: new (message: string, code: string) => Error;
}

/** Full and unwritable disks roll the transaction back; a lock leaves it as it is. */
const rollingBack = new Set(['SQLITE_FULL', 'SQLITE_IOERR']);

/** Replaces the methods of prepared statements by ones that ask first whether the commit they make may happen. */
export function wrapCommits(faults: CommitFaults): void {
  const orm = createRequire(createRequire(import.meta.url).resolve('@mikro-orm/sqlite'));
  const Database = orm('better-sqlite3') as Sqlite;
  const probe = new Database(':memory:');
  const prototype: unknown = Object.getPrototypeOf(probe.prepare('select 1'));
  probe.close();
  if (typeof prototype !== 'object' || prototype === null) throw new Error('statements have no prototype');
  for (const method of ['run', 'get', 'all']) {
    const former: unknown = Reflect.get(prototype, method);
    if (typeof former !== 'function') throw new Error(`statements have no method ${method}`);
    Reflect.set(prototype, method, function (this: Statement, ...params: readonly unknown[]) {
      const name = committed(this);
      const act = name === null ? null : faults.meet(name);
      if (name === null || act === null) return Reflect.apply(former, this, params);
      if (act.do === 'kill') {
        faults.kill(act, 'before', name);
        const result: unknown = Reflect.apply(former, this, params);
        faults.kill(act, 'after', name);
        return result;
      }
      if (act.when === 'after') Reflect.apply(former, this, params);
      else if (rollingBack.has(act.code) && this.database.inTransaction) this.database.exec('rollback');
      throw new Database.SqliteError(`injected at the commit of ${name}`, act.code);
    });
  }
}

/** What a statement commits when it is run now; null: nothing. */
function committed(statement: Statement): string | null {
  if (/^\s*commit\b/i.test(statement.source)) return 'transaction';
  if (statement.readonly || statement.database.inTransaction) return null;
  const match = /^\s*(?:insert\s+into|update|delete\s+from)\s+["`]?(\w+)/i.exec(statement.source);
  return match?.[1] ?? null;
}

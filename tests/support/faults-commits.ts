import Module from 'node:module';
import { isMainThread } from 'node:worker_threads';
import type { FaultAct } from './faults.ts';

/** What the commits to a database ask. */
export interface CommitFaults {
  /** Counts a commit by what it commits; what is to happen to it. */
  readonly meet: (name: string) => FaultAct | null;
  readonly kill: (act: FaultAct, when: FaultAct['when'], name: string) => void;
}

/** A connection that has ended, as a server that goes away ends it, or the network between. */
export const lostConnection = 'ECONNRESET';

type Called = (...args: readonly unknown[]) => unknown;

/** The part of better-sqlite3 that is used here. */
interface Statement {
  readonly source: string;
  readonly database: { readonly inTransaction: boolean; exec(text: string): unknown };
}
interface Sqlite {
  new (path: string): { prepare(text: string): Statement; close(): void };
  readonly SqliteError: new (message: string, code: string) => Error;
}

/** The parts of pg's and mysql2's connections that are used here. */
interface Connection {
  /** Of mysql2. */
  readonly stream?: Stream;
  /** Of pg. */
  readonly connection?: { readonly stream: Stream };
}
interface Stream {
  destroy(): void;
}

/** How the commits of each driver are met, once it is loaded: from ES modules by its file, otherwise by its name. */
const drivers: readonly (readonly [RegExp, (library: never, faults: CommitFaults) => void])[] = [
  [/^better-sqlite3$|\/better-sqlite3\/lib\/index\.js$/, wrapStatements],
  [/\/pg\/lib\/index\.js$/, ({ Client }: { Client: { prototype: object } }, faults) => wrapQueries(Client, faults)],
  [
    /\/mysql2\/index\.js$/,
    // The class of which connections are made alone, and in pools.
    ({ Connection }: { Connection: { prototype: object } }, faults) =>
      wrapQueries({ prototype: Object.getPrototypeOf(Connection.prototype) }, faults),
  ],
];

/** Replaces the methods by which the databases' drivers commit by ones that ask first whether that may happen. */
export function wrapCommits(faults: CommitFaults): void {
  const wrapped = new Set<unknown>();
  replaceMethod(
    Module,
    '_load',
    (load) =>
      function (this: unknown, ...args) {
        const loaded = Reflect.apply(load, this, args);
        const [, wrap] = drivers.find(([name]) => name.test(String(args[0]))) ?? [];
        if (wrap === undefined || wrapped.has(loaded)) return loaded;
        wrapped.add(loaded);
        wrap(loaded as never, faults);
        return loaded;
      },
  );
}

function replaceMethod(owner: object, name: string, make: (former: Called) => Called): void {
  const former: unknown = Reflect.get(owner, name);
  if (typeof former !== 'function') throw new Error(`there is no method ${name} to put a fault into`);
  Reflect.set(owner, name, make(former as Called));
}

/** Full and unwritable disks roll the transaction back; a lock leaves it as it is. */
const rollingBack = new Set(['SQLITE_FULL', 'SQLITE_IOERR']);

function wrapStatements(Database: Sqlite, faults: CommitFaults): void {
  const probe = new Database(':memory:');
  const prototype: object = Object.getPrototypeOf(probe.prepare('select 1'));
  probe.close();
  for (const method of ['run', 'get', 'all'])
    replaceMethod(
      prototype,
      method,
      (former) =>
        function (this: Statement, ...params) {
          const name = committed(this.source, this.database.inTransaction);
          const act = name === null ? null : faults.meet(name);
          if (name === null || act === null) return Reflect.apply(former, this, params);
          if (act.do === 'kill') {
            faults.kill(act, 'before', name);
            const result = Reflect.apply(former, this, params);
            faults.kill(act, 'after', name);
            return result;
          }
          if (act.when === 'after') Reflect.apply(former, this, params);
          else if (rollingBack.has(act.code) && this.database.inTransaction) this.database.exec('rollback');
          throw new Database.SqliteError(`injected at the commit of ${name}`, act.code);
        },
    );
}

/** A server is asked, and answers; the answer to a commit may be lost. */
function wrapQueries({ prototype }: { readonly prototype: object }, faults: CommitFaults): void {
  const begun = new WeakSet<object>();
  replaceMethod(
    prototype,
    'query',
    (former) =>
      function (this: Connection, ...args) {
        const [text, , answer] = args;
        const name = typeof text === 'string' ? committed(text, begun.has(this)) : null;
        if (typeof text === 'string' && /^\s*begin\b/i.test(text)) begun.add(this);
        if (typeof text === 'string' && /^\s*(commit|rollback)\b/i.test(text)) begun.delete(this);
        const act = name === null ? null : faults.meet(name);
        if (name === null || act === null) return Reflect.apply(former, this, args);
        const ask = (query: unknown) =>
          new Promise((resolve, reject) => {
            const settle = (error: unknown, result: unknown) => (error ? reject(error) : resolve(result));
            Reflect.apply(former, this, [query, query === text ? args[1] : [], settle]);
          });
        const answered = suffered(
          this,
          act,
          name,
          faults,
          () => ask(text),
          () => ask('rollback'),
        );
        if (typeof answer !== 'function') return answered;
        answered.then(
          (result) => answer(null, result),
          (error: unknown) => answer(error),
        );
      },
  );
}

/** Asks a server to commit, under a fault. */
async function suffered(
  connection: Connection,
  act: FaultAct,
  name: string,
  faults: CommitFaults,
  commit: () => Promise<unknown>,
  rollBack: () => Promise<unknown>,
): Promise<unknown> {
  const end = () => (connection.stream ?? connection.connection?.stream)?.destroy();
  const fault = (code: string) => Object.assign(new Error(`injected at the commit of ${name}`), { code });
  if (act.do === 'kill') {
    faults.kill(act, 'before', name);
    const result = await commit();
    faults.kill(act, 'after', name);
    return result;
  }
  if (act.when === 'after') await commit();
  else if (act.code !== lostConnection) await rollBack();
  if (act.code === lostConnection) end();
  throw fault(act.code);
}

/** What a statement commits when it is run now; null: nothing. */
function committed(text: string, isInTransaction: boolean): string | null {
  // Groups are committed to SQLite in a thread of their own.
  if (/^\s*commit\b/i.test(text)) return isMainThread ? 'transaction' : 'groups';
  if (isInTransaction) return null;
  return /^\s*(?:insert\s+into|update|delete\s+from)\s+["`]?(\w+)/i.exec(text)?.[1] ?? null;
}

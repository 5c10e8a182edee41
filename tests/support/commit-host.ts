/** Entry of a thread that is the committing thread of one service after the other. */
import { createRequire, syncBuiltinESMExports } from 'node:module';
import threads from 'node:worker_threads';
import type * as CommitWorker from '../../src/store/commit.worker.ts';

type Commit = typeof CommitWorker.commit;

export interface HostedRequest {
  /** Unlike that of any other one. */
  readonly service: number;
  readonly data: unknown;
  readonly request: Parameters<Commit>[0];
}

/** What of better-sqlite3 is used here. */
type Sqlite = new (...params: readonly unknown[]) => { close(): void };

/** The entry that a committing thread has by itself. */
const worker = threads.workerData as string;
const opened: InstanceType<Sqlite>[] = [];
let begunFor = 0;
let committing: Commit | null = null;

noteWhatIsOpened();

/** Notes each database that is opened: to end the thread would close them. */
function noteWhatIsOpened(): void {
  const orm = createRequire(createRequire(worker).resolve('@mikro-orm/sqlite'));
  const Real = orm('better-sqlite3') as Sqlite;
  const loaded = orm.cache[orm.resolve('better-sqlite3')];
  if (loaded === undefined) throw new Error('better-sqlite3 is not where it is looked for');
  loaded.exports = class extends Real {
    constructor(...params: readonly unknown[]) {
      super(...params);
      opened.push(this);
    }
  };
}

/** What a thread of the service with a number, which is started with `data`, does. */
export async function commit({ service, data, request }: HostedRequest): ReturnType<Commit> {
  if (committing === null || begunFor !== service) {
    Reflect.set(threads, 'workerData', data);
    syncBuiltinESMExports();
    // Loaded anew, it reads what it is started with.
    ({ commit: committing } = (await import(`${worker}?${service}`)) as typeof CommitWorker);
    begunFor = service;
  }
  return committing(request);
}

/** Leaves nothing open. */
export function end(): void {
  committing = null;
  for (const database of opened.splice(0)) database.close();
}

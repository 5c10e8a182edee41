/** Entry of the thread that commits groups to SQLite, whose calls return when the disk has them. */
import { workerData } from 'node:worker_threads';
import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import type { CommitAnswer, CommitRequest, CommitThreadData } from './commit/commit-thread.ts';
import { toColumns } from './commit/known-files.ts';
import { SqliteCommits } from './commit/sqlite-commits.ts';

/** What the thread is started with: piscina hands it over as the second part of `workerData`. */
function threadData(): CommitThreadData {
  const data: unknown = Array.isArray(workerData) ? workerData[1] : workerData;
  // The one place that starts this thread gives it one.
  return data as CommitThreadData;
}

const { place, begun } = threadData();
let commits: SqliteCommits | undefined;

/** Writes what is asked in one transaction, or looks files up; a batch of nothing only has the database opened. */
export async function commit(request: CommitRequest): Promise<CommitAnswer> {
  Atomics.store(begun, 0, request.number);
  try {
    commits ??= await SqliteCommits.open(place);
    if ('pathHashes' in request)
      return { ok: true, written: [], known: toColumns(await commits.knownFiles(request.pathHashes)) };
    if ('directories' in request) await commits.recordDirectories(request.directories);
    else if (request.writes.length > 0) return { ok: true, written: await commits.commit(request.writes), known: null };
    return { ok: true, written: [], known: null };
  } catch (error) {
    // What is opened while nobody may write the file is opened to be read, and stays so when that is over.
    if (systemCode(error)?.startsWith('SQLITE_READONLY') === true) {
      commits?.close();
      commits = undefined;
    }
    if (error instanceof CarbonationError) return { ok: false, error: error.toPlain() };
    return { ok: false, error: { code: systemCode(error) ?? null, message: messageOf(error) } };
  }
}

import { isResting, readSnapshot } from '../../../machines/file-group/index.ts';
import { systemCode, type CarbonationError } from '../../errors/index.ts';
import type { StoredGroup } from '../../store/index.ts';
import { requestOf } from './due.ts';

/** Uniqueness is violated when another process, or a commit whose answer was lost, has made the group already. */
const uniqueCodes = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY', '23505', 'ER_DUP_ENTRY']);

/** Whether a write failed because another process, or a lost answer, was faster. */
export function isConflict(error: CarbonationError): boolean {
  if (error.code === 'STORE_CONFLICT') return true;
  for (let cause = error.cause, depth = 0; depth < 5; depth += 1) {
    if (uniqueCodes.has(systemCode(cause) ?? '')) return true;
    if (!(cause instanceof Error)) return false;
    cause = cause.cause;
  }
  return false;
}

/** Whether a stored group is in the middle of something. */
export function isBusy(stored: StoredGroup): boolean {
  const read = readSnapshot(stored.envelope);
  return read.ok && !isResting(read.snapshot.value);
}

/** Whether a stored group is the service's to go on with: it is in the middle of something, or has been asked for it. */
export function isClaimed(stored: StoredGroup, now: number): boolean {
  const read = readSnapshot(stored.envelope);
  if (!read.ok) return false;
  const { value, context } = read.snapshot;
  return !isResting(value) || requestOf(stored, context, now) !== null;
}

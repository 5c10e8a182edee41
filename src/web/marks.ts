import { coreColumn } from '../api/query.ts';
import { checkMoment, checkValue } from '../api/query-values.ts';
import { CarbonationError } from '../errors/index.ts';
import type { PageMark, QueryColumn } from '../store/read/query.ts';

/** A page's end as a part of a URL. */
export function writeMark({ id, value }: PageMark): string {
  return Buffer.from(JSON.stringify([id, value])).toString('base64url');
}

/**
 * The end that {@link writeMark} has written.
 *
 * @param orderBy - the column of the pages' order, whose values the mark has
 * @throws CarbonationError USAGE for anything else
 */
export function readMark(text: string, orderBy: QueryColumn): PageMark {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(parts)) {
      const [id, value]: readonly unknown[] = parts;
      if (typeof id === 'number' && isValue(id, coreColumn('id')) && isValue(value, orderBy)) return { id, value };
    }
  } catch {
    // Not JSON, or a value that the column cannot hold: not one of ours either.
  }
  throw new CarbonationError('USAGE', 'the page that was asked for is unknown', {
    remedy: 'begin again with the first',
  });
}

/** A database may answer a value of another type with an error, as if it were not the asker's. */
function isValue(value: unknown, column: QueryColumn): value is PageMark['value'] {
  if (value === null) return column.nullable;
  if (column.type !== 'datetime') checkValue(value, column, 'after');
  else if (typeof value === 'number') checkMoment(new Date(value), 'after');
  else return false;
  return true;
}

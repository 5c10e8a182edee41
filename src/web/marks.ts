import { CarbonationError } from '../errors/index.ts';
import type { PageMark } from '../store/query.ts';

/** A page's end as a part of a URL. */
export function writeMark({ id, value }: PageMark): string {
  return Buffer.from(JSON.stringify([id, value])).toString('base64url');
}

/**
 * The end that {@link writeMark} has written.
 *
 * @throws CarbonationError USAGE for anything else
 */
export function readMark(text: string): PageMark {
  try {
    const parts: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(parts)) {
      const [id, value]: readonly unknown[] = parts;
      if (typeof id === 'number' && Number.isSafeInteger(id) && isValue(value)) return { id, value };
    }
  } catch {
    // Not JSON: not one of ours either.
  }
  throw new CarbonationError('USAGE', 'the page that was asked for is unknown', {
    remedy: 'begin again with the first',
  });
}

function isValue(value: unknown): value is PageMark['value'] {
  return value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

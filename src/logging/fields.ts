import { maskUrls } from '../core/printable.ts';

/** What a log line says besides its message. */
export type Fields = Readonly<Record<string, unknown>>;

/** Keys whose values are never logged; the whole key or a part of it. */
const secretKey = /pass(word|wd|phrase)|secret|credential|authorization|api_?key|^(access|auth|refresh)?_?token$/i;

/** What a line already has; a field of that name would forge it. */
const ownKeys = new Set(['level', 'time', 'msg']);

const deepest = 6;

/**
 * The fields as JSON values: secrets replaced, passwords of URLs masked, errors as code and message, cycles and
 * depths cut. A field named like a part of the line itself gets an underscore.
 */
export function safeFields(fields: Fields): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    safe[ownKeys.has(key) ? `${key}_` : key] = secretKey.test(key) ? hidden(value) : safeValue(value, [fields]);
  }
  return safe;
}

function hidden(value: unknown): unknown {
  return value === null || value === undefined ? value : '[redacted]';
}

function safeValue(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'string') return maskUrls(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'function' || typeof value === 'symbol') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (above.includes(value)) return '[circular]';
  if (above.length >= deepest) return '[deep]';
  const path = [...above, value];
  if (value instanceof Error) return safeError(value, path);
  if (Array.isArray(value)) return value.map((item) => safeValue(item, path));
  if (value instanceof Map) return safeValue(Object.fromEntries(value), path);
  if (value instanceof Set) return safeValue([...value], path);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, secretKey.test(key) ? hidden(inner) : safeValue(inner, path)]),
  );
}

function safeError(error: Error, path: readonly object[]): Readonly<Record<string, unknown>> {
  return {
    ...('code' in error && { code: safeValue(error.code, path) }),
    message: maskUrls(error.message || error.name),
    ...(error.cause !== undefined && { cause: safeValue(error.cause, path) }),
  };
}

/** A cell's text; null: it holds none. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/**
 * A cell of JSON, which some drivers give as text. Null for one that is none, such as one that was cut off in a damaged file: that must
 * stop what needs it, not all that is read with it.
 */
export function jsonOf(value: unknown): unknown {
  return typeof value === 'string' ? jsonOr(value, null) : value;
}

/** What a text of JSON says; for one that is none, the other value. */
export function jsonOr(text: string, otherwise: unknown): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** A cell that holds a text, a number or a truth value, as text; anything else is empty. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}

/** A cell's text; null: it holds none. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** A cell of JSON, which some drivers give as text. */
export function jsonOf(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value;
}

/** A snapshot's cell, as {@link jsonOf}. One that is no JSON is no snapshot: that must stop its group, not the page it is read with. */
export function snapshotOf(value: unknown): unknown {
  try {
    return jsonOf(value);
  } catch {
    return null;
  }
}

/** A cell that holds a text, a number or a truth value, as text; anything else is empty. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}

/** A snapshot's cell, which some drivers give as text. One that is no JSON is no snapshot: that must stop its group, not the page it is read with. */
export function snapshotOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** A cell that holds a text, a number or a truth value, as text; anything else is empty. */
export function cellText(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean' ? String(value) : '';
}

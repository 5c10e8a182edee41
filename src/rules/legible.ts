import { formatKey, parseKey, type KeyPath } from '../config/key-path.ts';
import { isTable } from '../config/toml.ts';
import type { Problem } from '../config/types.ts';
import type { RawRuleSet } from './raw.ts';
import { validateRuleSet } from './validators.ts';

/** An invalid rule set with something harmless in the place of what is wrong, so that the rest can be checked. */
export interface Legible {
  readonly set: RawRuleSet;
  /** Keys of what was put in: what is found wrong with that is no problem of the file. */
  readonly standIns: readonly string[];
}

/** A name that is nobody's. */
const nobody = '-';

/** What takes the place of a check, a block or a rule that is wrong; a routing rule that takes everything leaves no group without an archive. */
const items: Readonly<Record<string, object>> = {
  integrity: { type: 'json' },
  selection: { has_keys: [nobody] },
  routing: { match: '*', archive: nobody },
};

/**
 * What can be read of a rule set that its schema refuses.
 *
 * @param problems What the schema says of it.
 * @returns Null: nothing can.
 */
export function legible(name: string, raw: unknown, problems: readonly Problem[]): Legible | null {
  // Of what is no table, the name alone: that there is no such rule set would be a second mistake where one was made.
  const set: Record<string, unknown> = isTable(raw) ? { ...raw } : {};
  const standIns: KeyPath[] = [];
  for (const { key } of problems) {
    const [, section, part] = parseKey(key);
    if (typeof section !== 'string') continue;
    const here = set[section];
    if (typeof part === 'number' && Array.isArray(here)) {
      const list: readonly unknown[] = here;
      set[section] = list.with(part, items[section]);
      standIns.push([name, section, part]);
    } else if (typeof part === 'string' && isTable(here)) {
      set[section] = without(here, part);
    } else {
      delete set[section];
    }
  }
  // A key that is wrong may have been meant for one that would be missed now.
  const mayMean = (meant: string): boolean =>
    problems.some(({ key }) => {
      const [, section, part] = parseKey(key);
      return section === meant || part === undefined;
    });
  if (set['archive'] === undefined) {
    set['archive'] = nobody;
    standIns.push([name, 'archive']);
  }
  if (!has(set['metadata'], 'extract') && mayMean('metadata')) {
    set['metadata'] = { extract: nobody };
    standIns.push([name, 'metadata', 'extract']);
  }
  if (!has(set['completeness'], 'expected_extensions') && mayMean('completeness')) {
    standIns.push([name, 'completeness', 'expected_extensions']);
  }
  return validateRuleSet(set) ? { set, standIns: standIns.map(formatKey) } : null;
}

function without(table: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  // Without `group_by`, its function would count as one that is not used.
  const gone = key === 'group_by' ? [key, 'group_function'] : [key];
  return Object.fromEntries(Object.entries(table).filter(([name]) => !gone.includes(name)));
}

/** Whether a table has a key, with something in it: the schema puts an empty list in the place of one that is not there. */
function has(table: unknown, key: string): boolean {
  const value = isTable(table) ? table[key] : undefined;
  return value !== undefined && !(Array.isArray(value) && value.length === 0);
}

/** Of what further checks find, what is not due to what is wrong already: to an error of the same key, or to a stand-in. */
export function newsOf(
  found: readonly Problem[],
  known: readonly Problem[],
  standIns: readonly string[],
): readonly Problem[] {
  const isKnown = (one: Problem): boolean =>
    known.some(({ file, key, severity }) => severity === 'error' && file === one.file && key === one.key) ||
    standIns.some((key) => one.key === key || one.key.startsWith(`${key}.`) || one.key.startsWith(`${key}[`));
  return found.filter((one) => !isKnown(one));
}

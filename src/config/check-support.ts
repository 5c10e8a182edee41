import type { RuleSet, Rules } from '../rules/types.ts';
import type { WatchConfig } from './types.ts';

/** How the user named the two files; problems name them the same. */
export interface FileNames {
  readonly config: string;
  readonly rules: string;
}

/** The rule set of a watch, or null when there is none of that name. */
export function setOf(rules: Rules, watch: WatchConfig): RuleSet | null {
  return Object.hasOwn(rules.sets, watch.rules) ? (rules.sets[watch.rules] ?? null) : null;
}

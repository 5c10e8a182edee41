import type { TimeoutPolicy } from './types.ts';

type Kwargs = Readonly<Record<string, unknown>>;

/** `[[RS.integrity]]` as the schema lets it through. */
export type RawIntegrity =
  | { readonly type: 'min_size' | 'max_size'; readonly value: number }
  | { readonly type: 'checksum' | 'json' }
  | { readonly type: 'magic'; readonly value: string }
  | { readonly type: 'plugin'; readonly function: string; readonly kwargs?: Kwargs };

/** `[RS.completeness]` as the schema lets it through, with its defaults. */
export interface RawCompleteness {
  readonly group_by: 'stem' | 'plugin';
  readonly group_function?: string;
  readonly expected_extensions: readonly string[];
  readonly primary_extension?: string;
  readonly timeout_minutes: number;
  readonly on_timeout: TimeoutPolicy;
  readonly across_directories: boolean;
}

/** `{ name = …, matches = […] }`. */
export interface RawField {
  readonly name: string;
  readonly matches?: readonly string[];
  readonly not_matches?: readonly string[];
}

/** `[[RS.selection]]` as the schema lets it through: both shapes. */
export interface RawSelection {
  readonly has_keys?: readonly string[];
  readonly lacks_keys?: readonly string[];
  readonly field?: string | readonly RawField[];
  readonly matches?: readonly string[];
  readonly not_matches?: readonly string[];
  readonly type?: 'plugin';
  readonly function?: string;
  readonly kwargs?: Kwargs;
}

/** `[[RS.routing]]` as the schema lets it through. */
export interface RawRouting {
  readonly match?: string;
  readonly archive?: string;
  readonly type?: 'match' | 'plugin';
  readonly function?: string;
}

/** A rule set as the schema lets it through, with its defaults. */
export interface RawRuleSet {
  readonly archive?: string;
  readonly integrity: readonly RawIntegrity[];
  readonly completeness?: RawCompleteness;
  readonly metadata?: { readonly extract?: string };
  readonly selection: readonly RawSelection[];
  readonly routing: readonly RawRouting[];
}

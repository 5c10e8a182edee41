/** `[[RS.integrity]]`: one check that every component must pass. */
export type IntegrityCheck =
  | { readonly type: 'min_size'; readonly value: number }
  | { readonly type: 'max_size'; readonly value: number }
  | { readonly type: 'checksum' }
  /** The bytes as lower-case hex digits. */
  | { readonly type: 'magic'; readonly value: string }
  | { readonly type: 'json' }
  | { readonly type: 'plugin'; readonly function: string; readonly kwargs: Readonly<Record<string, unknown>> };

/** What becomes of a group that is incomplete for too long. */
export type TimeoutPolicy = 'warn' | 'skip' | 'archive_partial';

/** `[RS.completeness]`. */
export interface Completeness {
  readonly groupBy: 'stem' | 'plugin';
  readonly groupFunction: string | null;
  /** With their leading dot. */
  readonly expectedExtensions: readonly string[];
  readonly primaryExtension: string | null;
  readonly timeoutMs: number;
  readonly onTimeout: TimeoutPolicy;
  readonly acrossDirectories: boolean;
}

/** One condition on one field; the patterns are regular expressions, found anywhere. */
export interface FieldCondition {
  readonly name: string;
  readonly matches: readonly string[];
  readonly notMatches: readonly string[];
}

/** `[[RS.selection]]`: conditions that must all hold; a group is selected when any block holds. */
export interface SelectionBlock {
  readonly hasKeys: readonly string[];
  readonly lacksKeys: readonly string[];
  readonly fields: readonly FieldCondition[];
  readonly plugin: { readonly function: string; readonly kwargs: Readonly<Record<string, unknown>> } | null;
}

/** `[[RS.routing]]`, in order; the first that answers wins. */
export type RoutingRule =
  | { readonly type: 'match'; readonly match: string; readonly archive: string }
  | { readonly type: 'plugin'; readonly function: string };

/** One top-level table of rules.toml. Plain data: it crosses threads. */
export interface RuleSet {
  readonly name: string;
  readonly archive: string | null;
  readonly integrity: readonly IntegrityCheck[];
  readonly completeness: Completeness | null;
  /** Key of the plugin's extractor, or null: no metadata. */
  readonly extract: string | null;
  readonly selection: readonly SelectionBlock[];
  readonly routing: readonly RoutingRule[];
}

/** rules.toml as a whole. */
export interface Rules {
  /** Hash of the content, and of which rule set each watch has where there are several; every decision records it. */
  readonly version: string;
  readonly sets: Readonly<Record<string, RuleSet>>;
}

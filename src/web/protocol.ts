import type { RuleVerdict } from '../../machines/file-group/index.ts';
import type { HealthWord } from '../api/health.ts';
import type { FilterDescription } from '../api/query.ts';
import type { Action, WaitsFor } from '../audit/why-report.ts';
import type { Total } from '../store/read/reports.ts';

/** What the server tells the page, as JSON; times in ms since 1970 unless said otherwise. */

/** One line of the view "Now". */
export interface WatchNow {
  readonly name: string;
  readonly path: string;
  readonly health: HealthWord;
  readonly reason: string | null;
  /** The command that helps, or shows more. */
  readonly command: string | null;
  readonly lastFileAt: number | null;
  /** Groups that are expected to go on. */
  readonly open: number;
  /** When the first file of the oldest of them came. */
  readonly oldestAt: number | null;
  /** Groups that need a person. */
  readonly attention: number;
  /** The middle one of the latest times from last byte to archived, in seconds; null: none since the start. */
  readonly lagSeconds: number | null;
  /** Files archived in each of the last sixty minutes, the present one last. */
  readonly perMinute: readonly number[];
}

/** The view "Now". */
export interface Now {
  readonly at: number;
  readonly service: {
    readonly state: 'starting' | 'running' | 'stopping' | 'stuck';
    readonly version: string;
    readonly host: string;
    readonly startedAt: number | null;
    readonly rulesVersion: string;
    /** rules.toml is invalid now: the former rules stay in force. */
    readonly areRulesRejected: boolean;
    /** Files and groups that are being worked on. */
    readonly queueDepth: number;
    readonly active: number;
  };
  /** Whether there is a token: without one the page only shows. */
  readonly canAct: boolean;
  readonly delivery: Total;
  readonly archive: Total;
  readonly watches: readonly WatchNow[];
}

/** What a person may do to a group. */
export type GroupAction = 'retry';

/** A group in a list. */
export interface GroupLine {
  readonly id: number;
  readonly watchName: string;
  readonly groupKey: string;
  readonly state: string;
  readonly stateSince: number;
  readonly createdAt: number;
  readonly dueAt: number | null;
  readonly attempt: number;
  readonly reason: string | null;
}

/** Groups of one watch that need a person for the same cause. */
export interface AttentionSection {
  /** A state, or `late`. */
  readonly cause: string;
  readonly watchName: string;
  /** How many they are; null: more than are shown, and nobody has counted them. */
  readonly count: number | null;
  readonly meaning: string;
  /** What helps besides the actions. */
  readonly advice: string;
  readonly actions: readonly GroupAction[];
  /** The command that does the same; null: none does. */
  readonly command: string | null;
  readonly groups: readonly GroupLine[];
  /** Where the next page begins; null: this is all. */
  readonly next: string | null;
}

/** The view "Attention". */
export interface Attention {
  readonly at: number;
  readonly sections: readonly AttentionSection[];
}

/** A column that a search can show. */
export interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly isPlugin: boolean;
}

/** A condition that a search can have; its key is the parameter of the URL. */
export type FilterInfo = Omit<FilterDescription, 'flag'>;

/** What the search can be made of. */
export interface SearchForm {
  readonly filters: readonly FilterInfo[];
  readonly columns: readonly ColumnInfo[];
  readonly watches: readonly string[];
  readonly states: readonly string[];
  /** The columns that are shown unless others are asked for. */
  readonly shown: readonly string[];
}

/** A value of a cell; a moment in ISO 8601, a 64-bit number as text. */
export type Cell = string | number | boolean | null | object;

/** One page of a search. */
export interface SearchPage {
  readonly columns: readonly ColumnInfo[];
  readonly rows: readonly { readonly id: number; readonly cells: readonly Cell[] }[];
  readonly next: string | null;
}

/** What was done. */
export interface ActionAnswer {
  /** How many groups that were. */
  readonly groups: number;
}

/** Why nothing was done. */
export interface Refusal {
  readonly error: { readonly code: string; readonly message: string; readonly remedy: string };
}

/** One rule in words, and how often it has spoken among the latest decisions. */
export interface RuleLine {
  /** E.g. `selection block 1`, `routing rule 2 (*.json)`. */
  readonly rule: string;
  /** What it asks for, a line each. */
  readonly words: readonly string[];
  /** How often it held, and how often it was asked; null: that is not recorded of such a rule. */
  readonly held: number | null;
  readonly asked: number | null;
}

/** A rule set in words. */
export interface RuleSetReport {
  readonly name: string;
  readonly watches: readonly string[];
  readonly integrity: readonly RuleLine[];
  readonly completeness: readonly string[];
  readonly extractor: string | null;
  readonly selection: readonly RuleLine[];
  readonly routing: readonly RuleLine[];
}

/** The view "Rules". */
export interface RulesReport {
  readonly version: string;
  readonly file: string;
  readonly sets: readonly RuleSetReport[];
  /** The decisions by these rules that the hits are counted in: how many, and when the first of them was; null: there are none. */
  readonly decisions: number;
  readonly since: number | null;
}

/** One delivered file of a group. */
export interface ComponentLine {
  readonly name: string;
  readonly status: string;
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
  readonly sourcePath: string;
  readonly archivePath: string | null;
  readonly inDelivery: boolean;
  readonly inArchive: boolean;
  readonly reason: string | null;
  readonly detectedAt: number;
  readonly archivedAt: number | null;
}

/** One step of a group's life. */
export interface StepLine {
  readonly id: number;
  readonly at: number;
  /** Null: the group was new. */
  readonly from: string | null;
  readonly to: string;
  readonly event: string;
  readonly reason: string | null;
  /** How long the group then stayed; null: it is still there, or that is not known. */
  readonly stayedMs: number | null;
  /** Steps before it are no longer on record. */
  readonly isAfterGap: boolean;
  readonly revision: number;
  readonly attempt: number;
}

/** What one rule said of a group, with the values it saw. */
export type VerdictLine = RuleVerdict;

/** The view of one group. */
export interface GroupReport extends GroupLine {
  readonly at: number;
  readonly revision: number;
  readonly completedAt: number | null;
  readonly archivePath: string | null;
  readonly rulesVersion: string | null;
  /** Whether the rules that it was last judged by are still the ones in force. */
  readonly isInForce: boolean;
  readonly actions: readonly GroupAction[];
  /** Where it is, in a sentence. */
  readonly where: string;
  /** Why, a sentence each. */
  readonly because: readonly string[];
  /** What the service waits for, and what happens then; null: for nothing. */
  readonly waitsFor: WaitsFor | null;
  /** What one can do about it. */
  readonly remedies: readonly Action[];
  readonly components: readonly ComponentLine[];
  /** What the rules said when they were last asked; null: they have not been asked. */
  readonly decision: {
    readonly at: number;
    readonly rulesVersion: string | null;
    readonly selection: readonly VerdictLine[];
    readonly routing: readonly VerdictLine[];
  } | null;
  /** The plugin's columns. */
  readonly metadata: readonly { readonly name: string; readonly value: Cell }[];
  /** The latest first. */
  readonly steps: readonly StepLine[];
  /** Steps before them that are not shown. */
  readonly hasMoreSteps: boolean;
  /** There are more components than are shown. */
  readonly hasMoreComponents: boolean;
  /** The command that shows all steps and components. */
  readonly history: string;
}

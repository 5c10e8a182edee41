import type { GroupContext, RuleVerdict } from '../../machines/file-group/index.ts';
import type { Config, WatchConfig } from '../config/types.ts';
import type { RuleSet } from '../rules/types.ts';
import type { ComponentRecord, GroupRecord, TransitionRecord } from '../store/read/history.ts';

/** Why a group is where it is, in sentences; times in ms since 1970. */
export interface WhyReport {
  readonly watchName: string;
  readonly groupKey: string;
  /** In snake case. */
  readonly state: string;
  readonly stateSince: number;
  readonly revision: number;
  /** Where it is, in one sentence. */
  readonly where: string;
  /** Why, a sentence each. */
  readonly because: readonly string[];
  /** The decision that brought it here, when one did. */
  readonly decision: DecisionReport | null;
  /** What the service waits for; null: for nothing. */
  readonly waitsFor: WaitsFor | null;
  /** What a person can do. */
  readonly actions: readonly Action[];
}

/** A decision as it was made, and whether its rules still are in force. */
export interface DecisionReport {
  readonly decidedAt: number;
  readonly ruleSet: string | null;
  readonly rulesVersion: string | null;
  /** False: rules.toml is another one now. */
  readonly isInForce: boolean;
  readonly selection: readonly RuleVerdict[];
  readonly routing: readonly RuleVerdict[];
}

/** What has to happen for a group to go on. */
export interface WaitsFor {
  readonly what: string;
  /** When the service goes on by itself; null: at no set time. */
  readonly until: number | null;
  /** What happens then. */
  readonly after: string | null;
}

/** What a person can do. */
export interface Action {
  readonly what: string;
  /** For a shell; null: there is no command for it. */
  readonly command: string | null;
}

/** Everything an explanation is made of. */
export interface WhyCase {
  readonly group: GroupRecord;
  /** Null: the group's snapshot cannot be read. */
  readonly context: GroupContext | null;
  readonly components: readonly ComponentRecord[];
  readonly transitions: readonly TransitionRecord[];
  /** Null: config.toml no longer has it. */
  readonly watch: WatchConfig | null;
  readonly ruleSet: RuleSet | null;
  readonly config: Config;
  readonly now: number;
}

/** What a state has to say; the rest of the report is the same for all. */
export interface StateText {
  readonly where: string;
  readonly because: readonly string[];
  readonly waitsFor: WaitsFor | null;
  readonly actions: readonly Action[];
}

import { readSnapshot, type DecisionFact, type GroupState } from '../../machines/file-group/index.ts';
import type { Config } from '../config/types.ts';
import type { Rules } from '../rules/types.ts';
import type { GroupStore } from '../store/group-store.ts';
import { componentsOf, transitionsOf, type GroupRecord } from '../store/read/history.ts';
import { stateTexts } from './state-texts.ts';
import { stateName } from './walked.ts';
import type { DecisionReport, StateText, WhyCase, WhyReport } from './why-report.ts';

/** Reads why a group is where it is. Only the database and the files of the project are asked; no service need run. */
export async function readWhy(
  store: Pick<GroupStore, 'sql' | 'groupsById'>,
  group: GroupRecord,
  project: { readonly config: Config; readonly rules: Rules | null },
  now: number,
): Promise<WhyReport> {
  const [stored] = await store.groupsById([group.id]);
  const snapshot = stored === undefined ? null : readSnapshot(stored.envelope);
  const watch = project.config.watches.find(({ name }) => name === group.watchName) ?? null;
  const report = explain(
    {
      group,
      context: snapshot?.ok === true ? snapshot.snapshot.context : null,
      components: await componentsOf(store.sql, group.id),
      transitions: await transitionsOf(store.sql, group.id),
      watch,
      ruleSet: watch === null ? null : (project.rules?.sets[watch.rules] ?? null),
      config: project.config,
      now,
    },
    project.rules?.version ?? null,
  );
  // Without its watch nobody has asked for the snapshot yet.
  if (snapshot?.ok !== false || watch === null) return report;
  const reason = `The group is left alone because what is on record of it cannot be read: ${snapshot.reason}.`;
  const remedy = { what: snapshot.remedy, command: null };
  // Whatever else would help such a group in its state, now nobody does it.
  return { ...report, because: [reason, ...report.because], waitsFor: null, actions: [remedy] };
}

/**
 * The report of a case; pure.
 *
 * @param rulesVersion - of the rules in force; null: not known
 */
export function explain(found: WhyCase, rulesVersion: string | null): WhyReport {
  const { group, watch } = found;
  const state = stateName(group.state);
  const text = state === null ? unknownState(found) : stateTexts[state](found);
  const lost =
    watch === null
      ? [
          {
            what: `config.toml has no watch "${group.watchName}" any more: put it back, and the group is worked on again`,
            command: null,
          },
        ]
      : [];
  const decision = state === null ? null : decisionOf(found, state, rulesVersion);
  const late = isLate(found, text) ? overdue : { because: [], actions: [] };
  const isOutdated = decision === null && group.rulesVersion !== null && isOther(group.rulesVersion, rulesVersion);
  const outdated = `judged by rules version ${group.rulesVersion}, which is no longer in force.`;
  return {
    watchName: group.watchName,
    groupKey: group.groupKey,
    state: group.state,
    stateSince: group.stateSince,
    revision: group.revision,
    ...text,
    because: [...text.because, ...late.because, ...(isOutdated ? [outdated] : [])],
    decision,
    actions: [...lost, ...text.actions, ...late.actions],
  };
}

/** How late a running service may be without anything being wrong, in ms. */
const usualDelayMs = 60_000;

/** Whether a service that works on the group would have gone on with it by now. */
function isLate({ now, watch, context }: WhyCase, { waitsFor }: StateText): boolean {
  const until = waitsFor?.until ?? null;
  return until !== null && until + usualDelayMs < now && watch !== null && context !== null;
}

const overdue: Pick<StateText, 'because' | 'actions'> = {
  because: ['It is overdue: no service runs, or the service has much to do, or waits for the database or a disk.'],
  actions: [{ what: 'see whether a service runs, and what holds up its watch', command: 'carbonation status' }],
};

function isOther(version: string | null, inForce: string | null): boolean {
  return inForce !== null && version !== inForce;
}

function unknownState({ group }: WhyCase): StateText {
  const where = `It is in the state "${group.state}", which this version of carbonation does not know.`;
  const action = { what: 'run the version of carbonation that wrote it, or a newer one', command: null };
  return { where, because: group.reason === null ? [] : [group.reason], waitsFor: null, actions: [action] };
}

/** The states that a decision leads to, at once or in the end. */
const decidedStates: ReadonlySet<GroupState> = new Set<GroupState>([
  'notSelected',
  'transferring',
  'removingSources',
  'retryPending',
  'archived',
  'missing',
  'writtenOff',
  'failed',
]);

/** States of a revision that was archived, whichever revision its decision was about. */
const archivedStates: ReadonlySet<GroupState> = new Set<GroupState>(['archived', 'missing', 'writtenOff']);

function decisionOf({ transitions }: WhyCase, state: GroupState, rulesVersion: string | null): DecisionReport | null {
  if (!decidedStates.has(state)) return null;
  const made = transitions.findLast(({ facts }) => facts?.decision !== undefined);
  const decision: DecisionFact | undefined = made?.facts?.decision;
  if (made === undefined || decision === undefined) return null;
  // What failed before it was decided about was not decided by what another revision was.
  if (made.revision !== transitions.at(-1)?.revision && !archivedStates.has(state)) return null;
  const { ruleSet, selection, routing } = decision;
  const version = decision.rulesVersion ?? made.rulesVersion;
  return {
    decidedAt: made.at,
    ruleSet,
    rulesVersion: version,
    isInForce: !isOther(version, rulesVersion),
    selection,
    routing,
  };
}

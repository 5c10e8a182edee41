import { retryStates } from '../api/actions.ts';
import { buildConditions, coreColumn, selectColumns } from '../api/query.ts';
import { readHistory, type HistoryStep } from '../audit/history.ts';
import { readWhy } from '../audit/why.ts';
import { shellOption, shellWord } from '../core/paths.ts';
import type { GroupStore } from '../store/group-store.ts';
import { groupOfId, type ComponentRecord, type GroupRecord } from '../store/read/history.ts';
import { filePage } from '../store/read/query.ts';
import type { ShownProject } from './project.ts';
import type { ComponentLine, GroupReport, StepLine } from './protocol.ts';
import { cell } from './search.ts';

/** The latest steps that are shown of a group. */
const mostSteps = 200;
/** The most files that are shown of a group. */
const mostComponents = 1000;

/** What a group is read from. */
export type GroupReader = Pick<GroupStore, 'sql' | 'groupsById'>;

/** Everything about one group; null: there is none of that id. */
export async function groupReport(
  store: GroupReader,
  project: ShownProject,
  id: number,
  now: number,
): Promise<GroupReport | null> {
  const group = await groupOfId(store.sql, id);
  if (group === null) return null;
  const { steps, components } = await readHistory(store.sql, group);
  const why = await readWhy(store, group, project, now);
  const { decision } = why;
  return {
    ...lineOf(group),
    at: now,
    revision: group.revision,
    completedAt: group.completedAt,
    archivePath: group.archivePath,
    rulesVersion: group.rulesVersion,
    isInForce: group.rulesVersion === project.rules.version,
    actions: retryStates.has(group.state) ? ['retry'] : [],
    where: why.where,
    because: why.because,
    waitsFor: why.waitsFor,
    remedies: why.actions,
    components: components.slice(0, mostComponents).map(componentLine),
    decision: decision === null ? null : { ...decision, at: decision.decidedAt },
    metadata: await metadataOf(store, project, id),
    steps: steps.slice(-mostSteps).toReversed().map(stepLine),
    hasMoreSteps: steps.length > mostSteps,
    hasMoreComponents: components.length > mostComponents,
    history: historyCommand(group),
  };
}

/** The command that shows everything; behind `--`, as a key may begin with a dash. */
function historyCommand({ watchName, groupKey }: GroupRecord): string {
  return `carbonation history ${shellOption('--watch-name', watchName)} -- ${shellWord(groupKey)}`;
}

function lineOf({ id, watchName, groupKey, state, stateSince, createdAt, dueAt, attempt, reason }: GroupRecord) {
  return { id, watchName, groupKey, state, stateSince, createdAt, dueAt, attempt, reason };
}

function componentLine({ filename, errorMessage, ...rest }: ComponentRecord): ComponentLine {
  const { status, sizeBytes, sha256, sourcePath, archivePath, inDelivery, inArchive, detectedAt, archivedAt } = rest;
  return {
    name: filename,
    status,
    sizeBytes,
    sha256,
    sourcePath,
    archivePath,
    inDelivery,
    inArchive,
    reason: errorMessage,
    detectedAt,
    archivedAt,
  };
}

function stepLine({ fromState: from, toState: to, ...rest }: HistoryStep): StepLine {
  const { id, at, event, reason, stayedMs, isAfterGap, revision, attempt } = rest;
  return { id, at, from, to, event, reason, stayedMs, isAfterGap, revision, attempt };
}

/** The plugin's columns of a group. */
async function metadataOf(
  { sql }: GroupReader,
  { plugin }: ShownProject,
  id: number,
): Promise<GroupReport['metadata']> {
  const names = Object.keys(plugin.fileModel.columns);
  if (names.length === 0) return [];
  const columns = selectColumns(names, plugin.fileModel.columns);
  const conditions = buildConditions({ id }, {});
  const query = { conditions, columns, orderBy: coreColumn('id'), descending: false, limit: 1 };
  const { rows } = await filePage(sql, query, null);
  return names.map((name) => ({ name, value: cell(rows[0]?.[name]) }));
}

/** The chart of file groups with the way that a group has gone, below the page's own heading; null: there is none of that id. */
export async function groupChart({ sql }: GroupReader, id: number): Promise<string | null> {
  const group = await groupOfId(sql, id);
  if (group === null) return null;
  // Drawing takes a library of some size, which most looks at the page do not need.
  const [{ drawGroup }, { chartSvg }] = await Promise.all([import('../audit/charts.ts'), import('../audit/svg.ts')]);
  return chartSvg(drawGroup(await readHistory(sql, group), { all: false }).view, false);
}

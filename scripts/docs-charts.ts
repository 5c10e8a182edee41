/**
 * Draws the charts that the documentation shows: `npm run docs:charts`. A test compares them with what it would draw now.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { storedState, type GroupState } from '../machines/file-group/index.ts';
import { chartNames, drawChart, drawCounts, drawGroup, renderChart } from '../src/audit/index.ts';
import type { HistoryStep } from '../src/audit/index.ts';

const start = Date.UTC(2026, 0, 2, 3, 4, 5);
const second = 1000;
const minute = 60 * second;

/** A group that came in two parts, and whose archive was full at the first try. */
const walked: readonly (readonly [from: GroupState | null, to: GroupState, event: string, afterMs: number])[] = [
  [null, 'assessing', 'files.settled', 0],
  ['assessing', 'waiting', 'assessComponents.done', second],
  ['waiting', 'assessing', 'files.settled', 7 * minute],
  ['assessing', 'extracting', 'assessComponents.done', second],
  ['extracting', 'deciding', 'extractMetadata.done', 2 * second],
  ['deciding', 'transferring', 'decide.done', second],
  ['transferring', 'retryPending', 'transferComponents.done', 3 * second],
  ['retryPending', 'assessing', 'retry.due', 30 * minute],
  ['assessing', 'extracting', 'assessComponents.done', second],
  ['extracting', 'deciding', 'extractMetadata.done', 2 * second],
  ['deciding', 'transferring', 'decide.done', second],
  ['transferring', 'archived', 'transferComponents.done', 4 * second],
];

/** A month of a delivery source. */
const counted: readonly (readonly [from: GroupState | null, to: GroupState, event: string, count: number])[] = [
  [null, 'assessing', 'files.settled', 48_210],
  ['assessing', 'waiting', 'assessComponents.done', 41_975],
  ['waiting', 'assessing', 'files.settled', 41_840],
  ['waiting', 'timedOut', 'timeout.due', 96],
  ['timedOut', 'assessing', 'files.settled', 61],
  ['assessing', 'extracting', 'assessComponents.done', 48_140],
  ['assessing', 'integrityFailed', 'assessComponents.done', 12],
  ['extracting', 'deciding', 'extractMetadata.done', 48_122],
  ['extracting', 'failed', 'extractMetadata.error', 18],
  ['deciding', 'transferring', 'decide.done', 46_004],
  ['deciding', 'notSelected', 'decide.done', 2118],
  ['transferring', 'archived', 'transferComponents.done', 45_990],
  ['transferring', 'retryPending', 'transferComponents.done', 14],
  ['retryPending', 'assessing', 'retry.due', 14],
  ['archived', 'assessing', 'files.settled', 37],
  ['archived', 'missing', 'archive.lost', 2],
];
const groups = {
  archived: 45_953,
  not_selected: 2118,
  waiting: 39,
  timed_out: 35,
  failed: 18,
  integrity_failed: 12,
  missing: 2,
};

/** The drawings of the documentation, by file name. */
export async function drawDocs(): Promise<Readonly<Record<string, string>>> {
  const drawings = [
    ...chartNames.map((name) => [name, drawChart(name, { all: false })] as const),
    ['group', drawGroup(sampleHistory(), { all: false })] as const,
    ['counts', drawCounts(sampleCounts(), groups, 'incoming', { all: false })] as const,
  ];
  const files: Record<string, string> = {};
  for (const [name, drawing] of drawings) files[`${name}.svg`] = await renderChart(drawing, 'svg');
  return files;
}

function sampleHistory(): Parameters<typeof drawGroup>[0] {
  let at = start;
  const steps = walked.map(([from, to, event, afterMs], i): HistoryStep => {
    at += afterMs;
    return {
      id: i + 1,
      at,
      fromState: from === null ? null : storedState(from),
      toState: storedState(to),
      event,
      reason: null,
      revision: 1,
      attempt: 0,
      rulesVersion: null,
      machineVersion: 1,
      node: null,
      facts: null,
      stayedMs: null,
      isPresent: false,
      isAfterGap: false,
    };
  });
  const group = {
    id: 1,
    watchName: 'incoming',
    groupKey: 'pass_0042',
    fileType: null,
    state: 'archived',
    stateSince: at,
    reason: null,
    revision: 1,
    attempt: 0,
    rulesVersion: null,
    dueAt: null,
    completedAt: at,
    archivePath: null,
    createdAt: start,
  };
  return { group, steps, components: [], formerCopies: [] };
}

function sampleCounts(): Parameters<typeof drawCounts>[0] {
  return counted.map(([from, to, event, count]) => ({
    fromState: from === null ? null : storedState(from),
    toState: storedState(to),
    event,
    count,
    firstAt: start,
    lastAt: start + 30 * 24 * 60 * minute,
  }));
}

if (import.meta.main) {
  for (const [name, text] of Object.entries(await drawDocs())) {
    await writeFile(join(import.meta.dirname, '../docs/charts', name), text);
    process.stdout.write(`docs/charts/${name}\n`);
  }
}

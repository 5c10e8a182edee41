import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { fileGroupMachine, groupStates } from '../../machines/file-group/index.ts';
import { drawDocs } from '../../scripts/docs-charts.ts';
import { chartNames, drawChart, drawCounts, drawGroup, renderChart, type Drawing } from '../../src/audit/index.ts';
import { chartGraph } from '../../src/audit/graph.ts';
import type { Box } from '../../src/audit/layout.ts';
import { fittedLayout } from '../../src/audit/svg.ts';
import { walkGraph } from '../../src/audit/walked.ts';
import type { RecordedStep } from '../../src/store/read/history.ts';
import { declaredTransitions } from '../support/graph.ts';

const at = Date.UTC(2026, 0, 2, 3, 4, 5);

function step(fromState: string | null, toState: string, event: string, count = 1): RecordedStep {
  return { fromState, toState, event, count, firstAt: at, lastAt: at + count };
}

const hostile = '<img src=x onerror="alert(1)">&"]; \n--> s_failed\0\u202E%%';
const group = {
  id: 1,
  watchName: 'w',
  groupKey: hostile,
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
  createdAt: at,
};
const hostileGroup = (all: boolean): Drawing =>
  drawGroup({ group, steps: [], components: [], formerCopies: [] }, { all });

describe('a chart as data', () => {
  test('has every state and every branch of the machine that runs', () => {
    const { states, transitions } = chartGraph(fileGroupMachine);
    expect(states.map(({ id }) => id).toSorted()).toEqual([...groupStates].toSorted());
    const branches = transitions.reduce((sum, { guards }) => sum + guards.length, 0);
    expect(branches).toBe(declaredTransitions(fileGroupMachine).length);
    expect(transitions).toContainEqual({ from: 'waiting', to: 'timedOut', event: 'timeout.due', guards: ['isDue'] });
    expect(transitions).toContainEqual({ from: 'archived', to: 'missing', event: 'always', guards: ['isMissing'] });
  });

  test.each(chartNames)('says of each state of %s what it means', (name) => {
    const { states } = drawChart(name, { all: true }).view;
    expect(states.filter(({ description }) => (description ?? '').length < 20).map(({ id }) => id)).toEqual([]);
  });
});

describe('the history, found in the chart', () => {
  const graph = chartGraph(fileGroupMachine);
  const taken = (...steps: readonly RecordedStep[]) =>
    walkGraph(graph, steps)
      .transitions.filter(({ count }) => count > 0)
      .map(({ from, to, event, count, isDeclared }) => [from, event, to, count, isDeclared]);

  test('by state, event and target, with counts and times', () => {
    const { transitions } = walkGraph(graph, [
      step(null, 'assessing', 'files.settled', 9),
      step('waiting', 'timed_out', 'timeout.due', 5),
    ]);
    expect(transitions.find(({ count }) => count > 0)).toEqual({
      from: 'waiting',
      to: 'timedOut',
      event: 'timeout.due',
      guards: ['isDue'],
      count: 5,
      firstAt: at,
      lastAt: at + 5,
      isDeclared: true,
    });
  });

  test('what only takes note of an event, also where the whole chart does', () => {
    expect(taken(step('archived', 'archived', 'files.removed'), step('waiting', 'waiting', 'archive.lost', 2))).toEqual(
      [
        [null, 'archive.lost', null, 2, true],
        ['archived', 'files.removed', null, 1, true],
      ],
    );
  });

  test('a step that the chart makes of two', () => {
    expect(taken(step('transferring', 'missing', 'transferComponents.done', 3))).toEqual([
      ['transferring', 'transferComponents.done', 'archived', 3, true],
      ['archived', 'always', 'missing', 3, true],
    ]);
  });

  test('one that only a former version of the chart had, and states of which none is known', () => {
    expect(taken(step('failed', 'archived', 'magic'), step('failed', 'archived', 'magic', 2))).toEqual([
      ['failed', 'magic', 'archived', 3, false],
    ]);
    expect(walkGraph(graph, [step('gone_state', 'archived', 'x')]).unknown).toHaveLength(1);
  });
});

describe('a drawing', () => {
  const counts = drawCounts([step('waiting', 'timed_out', 'timeout.due', 12_345)], { waiting: 7 }, null, {
    all: false,
  });

  test.each([
    ...chartNames.map((name) => [name, drawChart(name, { all: false })] as const),
    ['counts', counts] as const,
  ])('of %s fits 1200 points, and no state lies over another', async (_, { view }) => {
    const { width, boxes } = await fittedLayout(view);
    expect(width).toBeLessThanOrEqual(1160);
    const leaves = view.states.filter(({ isComposite }) => !isComposite).map(({ id }) => [id, boxes.get(id)] as const);
    for (const [id, box] of leaves) {
      expect([id, box !== undefined]).toEqual([id, true]);
      for (const [other, there] of leaves) {
        if (id !== other && box !== undefined && there !== undefined)
          expect([id, other, overlap(box, there)]).toEqual([id, other, false]);
      }
    }
  });

  test('shows how many took each way and how many are where', async () => {
    const svg = await renderChart(counts, 'svg');
    expect(svg).toContain('>12,345</text>');
    expect(svg).toContain('>7 now</text>');
    expect(svg).toContain('timeout.due if isDue: 12,345×, 2026-01-02 03:04:05 UTC to 2026-01-02 03:04:17 UTC');
  });

  test('is drawn without a style sheet, a script or anything from elsewhere, on white', async () => {
    const svg = await renderChart(drawChart('file-group', { all: true }), 'svg');
    expect(svg).not.toMatch(/<style|<script|style=|href|url\(|@import/);
    expect(svg).toMatch(/<rect width="[\d.]+" height="[\d.]+" fill="#ffffff"\/>/);
    expect(svg).toContain('<title>notSelected: Judged again when the rules change');
  });

  test('cannot be broken out of by the name of a group', async () => {
    const svg = await renderChart(hostileGroup(false), 'svg');
    expect(svg).not.toContain('<img');
    expect(svg).toContain('&lt;img src=x onerror="alert(1)"&gt;&amp;');
    for (const tag of svg.matchAll(/<\/?([^\s>/]+)/g)) {
      expect(['svg', 'g', 'title', 'text', 'rect', 'path', 'polygon', 'circle', 'line']).toContain(tag[1]);
    }
    const dot = await renderChart(hostileGroup(true), 'dot');
    expect(dot.split('\n')[0]).toBe(
      'digraph "w: <img src=x onerror=\\"alert(1)\\">&\\"]; \\\\n--> s_failed\\\\u0000\\\\u202e%%" {',
    );
    const mermaid = (await renderChart(hostileGroup(false), 'mermaid')).split('\n');
    expect(mermaid.slice(0, 4)).toEqual(['---', expect.stringMatching(/^title: ".*"$/), '---', 'stateDiagram-v2']);
    expect(mermaid.filter((line) => line.includes('onerror'))).toHaveLength(1);
  });

  test('is not made wider by a name that is as long as names may be', async () => {
    const widthWith = async (groupKey: string): Promise<number> => {
      const drawing = drawGroup(
        { group: { ...group, groupKey }, steps: [], components: [], formerCopies: [] },
        { all: false },
      );
      const svg = await renderChart(drawing, 'svg');
      expect(svg).toContain(`<title>w: ${groupKey}</title>`);
      return Number(/ width="([\d.]+)"/.exec(svg)?.[1]);
    };
    expect(await widthWith('x'.repeat(4000))).toBe(await widthWith('x'));
  });

  test('paints no more of a name in wide characters than has room', async () => {
    const history = { group: { ...group, groupKey: '站'.repeat(100) }, steps: [], components: [], formerCopies: [] };
    const svg = await renderChart(drawGroup(history, { all: false }), 'svg');
    expect(/>w: (站+)…</.exec(svg)?.[1]).toHaveLength(33);
  });

  test('as JSON is the whole graph, with what the history has of it', async () => {
    const json: unknown = JSON.parse(await renderChart(counts, 'json'));
    expect(json).toMatchObject({
      chart: 'file-group',
      states: expect.arrayContaining([expect.objectContaining({ id: 'waiting', groups: 7, tone: 'resting' })]),
      transitions: expect.arrayContaining([
        expect.objectContaining({ from: 'waiting', to: 'timedOut', count: 12_345, lastAt: '2026-01-02T03:04:17.345Z' }),
      ]),
    });
  });
});

function overlap(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

test('the drawings of the documentation are those of the charts that run (else: npm run docs:charts)', async () => {
  const directory = join(import.meta.dirname, '../../docs/charts');
  const drawn = await drawDocs();
  const files = (await readdir(directory)).filter((name) => name.endsWith('.svg'));
  expect(files.toSorted()).toEqual(Object.keys(drawn).toSorted());
  const stale = [];
  for (const [name, text] of Object.entries(drawn)) {
    if ((await readFile(join(directory, name), 'utf8')) !== text) stale.push(name);
  }
  expect(stale).toEqual([]);
});

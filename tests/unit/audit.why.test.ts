import { describe, expect, test } from 'vitest';

import { fileGroupMachine, groupStates, storedState, type GroupContext } from '../../machines/file-group/index.ts';
import { createColors } from 'picocolors';
import { spanText } from '../../src/audit/index.ts';
import { stateTexts } from '../../src/audit/state-texts.ts';
import { explain } from '../../src/audit/why.ts';
import type { WhyCase } from '../../src/audit/why-report.ts';
import { whyText } from '../../src/cli/audit-report.ts';
import { loadConfig } from '../../src/config/index.ts';
import { catalogue, CarbonationError } from '../../src/errors/index.ts';
import { loadRules } from '../../src/rules/load.ts';
import { compileSelection, evaluateSelection } from '../../src/rules/select.ts';
import { scaffold } from '../../src/scaffold/index.ts';
import { GroupDriver } from '../machines/group-driver.ts';
import { failure, say } from '../machines/group-words.ts';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const directory = await mkdtemp(join(tmpdir(), 'carbonation-why-'));
await scaffold({ directory, systemd: false, user: null });
const { config } = await loadConfig(join(directory, 'config.toml'), {});
const { rules } = await loadRules(config.rulesPath, config.watches);
await rm(directory, { recursive: true });

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const minute = 60_000;
const watch = config.watches[0] ?? null;
const ruleSet = rules.sets['my-rules'] ?? null;
const { context } = GroupDriver.start({ names: ['a.dat'] });

interface Given {
  readonly state: string;
  readonly context?: Partial<GroupContext> | null;
  readonly group?: Partial<WhyCase['group']>;
  readonly facts?: WhyCase['transitions'][number]['facts'];
  readonly watch?: null;
}

function report(given: Given) {
  const group = {
    id: 1,
    watchName: 'my-watch',
    groupKey: "a'b",
    fileType: null,
    state: given.state,
    stateSince: now - minute,
    reason: null,
    revision: 1,
    attempt: 0,
    rulesVersion: rules.version,
    dueAt: null,
    completedAt: null,
    archivePath: null,
    createdAt: now - minute,
    ...given.group,
  };
  const step = {
    id: 1,
    at: now - minute,
    fromState: 'deciding',
    toState: given.state,
    event: 'decide.done',
    reason: null,
    revision: 1,
    attempt: 0,
    rulesVersion: 'old',
    machineVersion: 1,
    node: 'host',
    facts: given.facts ?? null,
  };
  return explain(
    {
      group,
      context: given.context === null ? null : { ...context, ...given.context },
      components: [],
      transitions: [step],
      watch: given.watch === null ? null : watch,
      ruleSet: given.watch === null ? null : ruleSet,
      config,
      now,
    },
    rules.version,
  );
}

describe('why a group is where it is', () => {
  test('there is a text for every state of the chart, also when its snapshot cannot be read', () => {
    expect(Object.keys(stateTexts).toSorted()).toEqual(Object.keys(fileGroupMachine.states).toSorted());
    for (const state of groupStates) {
      for (const readable of [{}, null]) {
        const { where, waitsFor, actions, state: stored } = report({ state: storedState(state), context: readable });
        expect(stored).toBe(storedState(state));
        expect(where).toMatch(/^[A-Z].{20,}\.$/);
        expect([state, actions.length > 0]).toEqual([state, true]);
        // Something must happen, or be said to be at its end.
        expect([state, waitsFor !== null || state === 'archived']).toEqual([state, true]);
      }
    }
  });

  test('a state that this version does not know is named', () => {
    expect(report({ state: 'levitating' })).toMatchObject({
      where: 'It is in the state "levitating", which this version of carbonation does not know.',
      actions: [{ what: expect.stringContaining('newer one') }],
    });
  });

  test('a waiting group: what is missing, until when, what happens then, and which file helps', () => {
    const dueAt = now + 90 * minute;
    const found = report({
      state: 'waiting',
      group: { dueAt, groupKey: 'sub/a' },
      context: { missing: ['.json'], onTimeout: 'skip' },
    });
    expect(found).toMatchObject({
      because: ['.json is still to come; rule set "my-rules" expects .txt, .json.'],
      waitsFor: { what: 'the missing files', until: dueAt, after: expect.stringContaining('on_timeout = "skip"') },
    });
    expect(found.actions.map(({ what }) => what)).toEqual([
      `deliver ${join(directory, 'delivery/sub/a.json')}`,
      `change the expected files, or what happens after the time-out: [my-rules.completeness] in ${config.rulesPath}`,
    ]);
  });

  test('a file that may not be read need not be delivered again', () => {
    const [component] = Object.values(context.components);
    if (component === undefined) throw new Error('the group has no file');
    const repair = (reason: string) => {
      const failed = { ...component, verdict: 'failed', reason } as const;
      return report({ state: 'waiting', context: { missing: [], components: { [component.path]: failed } } })
        .actions[0];
    };
    expect(repair('fewer than 10 bytes')).toEqual({ what: `deliver ${component.path} again, sound`, command: null });
    expect(repair("not readable: EACCES: permission denied, open 'x'")).toEqual({
      what: `let the user of the service read ${component.path}, then have it checked again`,
      command: `carbonation retry --watch-name my-watch --group-key 'a'\\''b' --status integrity_failed`,
    });
  });

  test.each(['archived', 'missing', 'written_off'])(
    'a file that failed its checks beside those of a group that is %s, and how it is checked again',
    (state) => {
      const [component] = Object.values(context.components);
      if (component === undefined) throw new Error('the group has no file');
      const failed = { ...component, verdict: 'failed', reason: 'too small' } as const;
      const found = report({ state, context: { components: { [component.path]: failed } } });
      expect(found.because).toContain(`${component.name} failed its checks: too small.`);
      expect(found.actions.at(-1)).toEqual({
        what: 'deliver what failed its checks again, sound, or remove the cause and have it checked again',
        command: `touch ${component.path}`,
      });
      expect(report({ state }).actions.map(({ command }) => command)).not.toContain(`touch ${component.path}`);
    },
  );

  test('a group that is not selected: each rule’s verdict, and that the rules are others by now', () => {
    const decision = {
      outcome: 'rejected',
      ruleSet: 'my-rules',
      rulesVersion: 'old',
      selection: [{ rule: 'selection block 1', holds: false, reason: 'category = "beta" does not match ^alpha' }],
      routing: [],
      archive: null,
      directory: null,
    } as const;
    const found = report({ state: 'not_selected', facts: { decision } });
    expect(found.decision).toEqual({
      decidedAt: now - minute,
      ruleSet: 'my-rules',
      rulesVersion: 'old',
      isInForce: false,
      selection: decision.selection,
      routing: [],
    });
    expect(found.actions.map(({ command }) => command)).toContain(
      "carbonation retry --watch-name my-watch --group-key 'a'\\''b' --status not_selected",
    );
    expect(
      report({ state: 'not_selected', facts: { decision: { ...decision, rulesVersion: rules.version } } }).decision,
    ).toMatchObject({
      isInForce: true,
    });
  });

  test.each([
    [() => Promise.reject(new CarbonationError('PLUGIN_FUNCTION_FAILED', 'boom')), true],
    [() => Promise.resolve('yes'), true],
    [() => Promise.resolve(false), false],
  ])('a function of the plugin that gives no verdict is to be corrected', async (call, isWrong) => {
    const plugin = { function: 'isGood', kwargs: {} };
    const selection = compileSelection([{ hasKeys: [], lacksKeys: [], fields: [], plugin }]);
    const { verdicts } = await evaluateSelection(selection, {}, call);
    const found = report({ state: 'not_selected', group: { reason: verdicts[0]?.reason ?? null } });
    expect(found.actions.some(({ what }) => what.includes(`correct the plugin's function "isGood"`))).toBe(isWrong);
  });

  test('a failed group is not said to be tried again by itself', () => {
    const failures = Object.entries(catalogue).filter(([code]) => /^(INSPECT|TRANSFER|ARCHIVE|WORKER)_/.test(code));
    expect(failures.map(([, { remedy }]) => remedy).filter((remedy) => remedy.includes('it is tried again'))).toEqual(
      [],
    );
  });

  test('a failed group: the reason, what helps, and the command; one that was asked for again says so', () => {
    const { code, message, remedy, retryable } = failure();
    const facts = { failure: { code, message, remedy, retryable } };
    const found = report({ state: 'failed', facts, group: { reason: 'a.dat: disk full', attempt: 3 } });
    expect(found.because).toEqual(['a.dat: disk full.', 'It was tried again 3 times.']);
    expect(found.actions).toEqual([
      { what: 'free space', command: null },
      {
        what: 'try again when the cause is gone; if it was in config.toml or the plugin, restart the service first',
        command: "carbonation retry --watch-name my-watch --group-key 'a'\\''b'",
      },
    ]);
    expect(report({ state: 'failed', group: { dueAt: now } }).waitsFor).toEqual({
      what: 'a service to process it: another try was asked for, and a running service looks every 5 s',
      until: null,
      after: null,
    });
  });

  test('a try that is due waits for a service', () => {
    const due = report({ state: 'retry_pending', group: { dueAt: now - 1, attempt: 3 } });
    expect(due.waitsFor).toMatchObject({ until: now - 1, after: 'if that fails too, it is FAILED' });
    expect(due.actions.map(({ command }) => command)).toContain('carbonation run --once');
  });

  test.each(['waiting', 'retry_pending'])('of a group in %s whose time is over it is said why that may be', (state) => {
    const overdue = /^It is overdue: no service runs, or /;
    const look = { what: expect.stringContaining('whether a service runs'), command: 'carbonation status' };
    const late = report({ state, group: { dueAt: now - 2 * minute } });
    expect(late.because).toContainEqual(expect.stringMatching(overdue));
    expect(late.actions).toContainEqual(look);
    expect(whyText(late, now, createColors(false))).toMatch(
      /^- .*, overdue since 2026-01-02 03:02:05 UTC \(2 min ago\); then /m,
    );
    // A service that runs takes a moment for it, and without its watch nobody goes on with it.
    const others = [
      { group: { dueAt: now - 1000 } },
      { group: { dueAt: now + minute } },
      { group: { dueAt: now - 2 * minute }, watch: null },
      { group: { dueAt: now - 2 * minute }, context: null },
    ];
    for (const other of others) {
      const { because, actions } = report({ state, ...other });
      expect(because).not.toContainEqual(expect.stringMatching(overdue));
      expect(actions).not.toContainEqual(look);
    }
  });

  test('a move whose sources cannot be removed says which are left', async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'], policy: { maxRetries: 1 } }).toTransfer();
    await group.transferred('removingSources', { removesSources: true });
    await group.fails('retryPending', failure());
    const last = report({ state: 'retry_pending', context: group.context, group: { dueAt: now, attempt: 1 } });
    expect(last.waitsFor?.after).toBe('if that fails too, its sources stay in delivery');
    group.send(say.retryDue());
    await group.assessed('removingSources', { unchanged: ['a.dat', 'a.xml'] });
    await group.fails('archived', failure());
    expect(report({ state: 'archived', context: group.context }).actions).toEqual([
      {
        what: 'remove the cause: each reconciliation tries again to remove 2 files of it from delivery',
        command: 'carbonation reconcile delivery',
      },
    ]);
    group.send(say.lookAgain());
    await group.assessed('removingSources', { unchanged: ['a.dat', 'a.xml'] });
    await group.fails('archived', failure({ retryable: false }));
    expect(report({ state: 'archived', context: group.context }).actions).toEqual([
      { what: 'remove 2 files of it from delivery by hand: the move could not', command: null },
    ]);
    group.send(say.gone(['a.dat', 'a.xml']));
    expect(report({ state: 'archived', context: group.context }).actions[0]?.what).toContain('nothing');
  });

  test('a later revision says that there may be copies of a former one', () => {
    const said = 'It is revision 2: its history lists what the archive has of former deliveries.';
    expect(report({ state: 'archived', group: { revision: 2 } }).because).toContain(said);
    expect(report({ state: 'archived' }).because).toEqual([]);
  });

  test('a group that other rules judged, without a decision of theirs', () => {
    expect(report({ state: 'waiting', group: { rulesVersion: 'old' } }).because.at(-1)).toBe(
      'judged by rules version old, which is no longer in force.',
    );
  });

  test('a group of a watch that is no longer configured', () => {
    expect(report({ state: 'waiting', watch: null }).actions[0]?.what).toContain('no watch "my-watch"');
  });
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [59_400, '59 s'],
  [60_000, '1 min'],
  [59_600, '1 min'],
  [3_599_600, '1 h'],
  [3_600_000, '1 h'],
  [90 * minute, '1 h 30 min'],
  [86_399_999, '1 d'],
  [100 * 60 * minute, '4 d 4 h'],
])('%d ms are %s', (ms, text) => {
  expect(spanText(ms)).toBe(text);
});

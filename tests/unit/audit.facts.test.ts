import { describe, expect, test } from 'vitest';

import {
  eventName,
  factsOf,
  largestFacts,
  type GroupContext,
  type TransitionFacts,
  type Verdicts,
} from '../../machines/file-group/index.ts';
import { factLines } from '../../src/audit/index.ts';
import { GroupDriver } from '../machines/group-driver.ts';
import { assessmentOf, copyOf, destination, failure, file, pathOf, seenCopy } from '../machines/group-words.ts';

const { context } = GroupDriver.start({ names: ['a.dat', 'a.xml'] });
const explanation = {
  ruleSet: 'images',
  rulesVersion: 'v7',
  selection: [{ rule: 'selection block 1', holds: false, reason: 'category = "beta" does not match ^alpha' }],
  routing: [],
};

function facts(
  event: { readonly type: string },
  before: GroupContext | null = context,
  after = context,
): TransitionFacts | null {
  const json = factsOf(event, before, after);
  if (json === null) return null;
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(largestFacts);
  const parsed: TransitionFacts = JSON.parse(json);
  return parsed;
}

function done(effect: string, output: object): { readonly type: string } {
  return Object.assign({ type: `xstate.done.actor.${effect}` }, { output });
}

function decided(verdicts: Verdicts): TransitionFacts | null {
  return facts(done('decide', verdicts));
}

function settled(names: readonly string[]): { readonly type: string } {
  return Object.assign({ type: 'files.settled' }, { files: names.map((name) => file(name)), at: 2000 });
}

function removed(names: readonly string[]): { readonly type: string } {
  return Object.assign({ type: 'files.removed' }, { paths: names.map(pathOf), at: 2000 });
}

describe('the facts of a transition', () => {
  test('are the names of the files that come and go', () => {
    expect(facts({ type: 'xstate.init' }, null)).toEqual({ files: ['a.dat', 'a.xml'] });
    expect(facts(settled(['b.dat']))).toEqual({ files: ['b.dat'] });
    expect(facts(removed(['a.xml']))).toEqual({ files: ['a.xml'] });
  });

  test("are of the copies that were looked at those that are the components' still", async () => {
    const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toArchive();
    const before = group.context;
    const copies = [seenCopy('a.dat', 'another content'), seenCopy('a.xml')];
    const event = { type: 'archive.lost', copies, at: 9000 } as const;
    group.send(event);
    expect(facts(event, before, group.context)).toEqual({ files: ['a.xml'] });
  });

  test('are what is missing and what is not sound; nothing when all is well', () => {
    const subject = { watchName: 'w', groupKey: 'a', revision: 1, components: Object.values(context.components) };
    const assessed = (options: Parameters<typeof assessmentOf>[1]) =>
      facts(done('assessComponents', assessmentOf(subject, options)));
    expect(assessed({})).toBeNull();
    expect(assessed({ missing: ['.json'], verdicts: { 'a.dat': 'failed' } })).toEqual({
      missing: ['.json'],
      components: [{ name: 'a.dat', verdict: 'failed', reason: 'too small' }],
    });
  });

  test('are each rule’s verdict with the values it saw, and what came of it', () => {
    expect(decided({ at: 1, outcome: 'rejected', reason: 'no', explanation })).toEqual({
      decision: { outcome: 'rejected', ...explanation, archive: null, directory: null },
    });
    expect(decided({ at: 1, outcome: 'selected', reason: null, destination, explanation })?.decision).toMatchObject({
      outcome: 'selected',
      archive: 'main',
      directory: '/archive/x',
    });
    expect(decided({ at: 1, outcome: 'unroutable', failure: failure() })).toMatchObject({
      decision: { ruleSet: null, selection: [] },
      failure: { code: 'TRANSFER_FAILED', message: 'disk full', remedy: 'free space', retryable: true },
    });
  });

  test('are the files that were not transferred, and the failure of an effect', () => {
    const identity = file('a.dat').identity;
    const components = {
      [pathOf('a.dat')]: { outcome: 'archived', copy: copyOf('a.dat'), identity },
      [pathOf('a.xml')]: { outcome: 'failed', failure: failure() },
    };
    expect(facts(done('transferComponents', { at: 1, components, removesSources: false }))).toMatchObject({
      components: [{ name: 'a.xml', verdict: 'failed', reason: 'disk full' }],
      failure: { code: 'TRANSFER_FAILED' },
    });
    const whole = { [pathOf('a.dat')]: components[pathOf('a.dat')] };
    expect(facts(done('transferComponents', { at: 1, components: whole, removesSources: true }))).toBeNull();
    const fails = Object.assign(
      { type: 'xstate.error.actor.extractMetadata' },
      { error: failure({ code: 'EXTRACT_FAILED' }) },
    );
    expect(facts(fails)).toMatchObject({ failure: { code: 'EXTRACT_FAILED' } });
    expect(facts({ type: 'retry.due' })).toBeNull();
  });

  test('keep the copies of a revision that ends', () => {
    const known = context.components[pathOf('a.dat')];
    if (known === undefined) throw new Error('no such component');
    const before = {
      ...context,
      components: { ...context.components, [known.path]: { ...known, archived: copyOf('a.dat') } },
    };
    const { path, sha256, sizeBytes, at } = copyOf('a.dat');
    expect(facts({ type: 'files.settled' }, before, { ...before, revision: 2 })).toEqual({
      formerCopies: [{ name: 'a.dat', path, sha256, sizeBytes, at }],
    });
    const merged = Object.assign({ type: 'archive.merged' }, { paths: [known.path], at });
    expect(facts(merged, before, { ...before, revision: 2, components: {} })).toEqual({ files: ['a.dat'] });
  });

  test('are bounded, however long the texts and lists, and say that they were cut', () => {
    const long = '漢'.repeat(3000);
    const names = Array.from({ length: 5000 }, (_, i) => `${i} ${long}`);
    const cut = facts(settled(names));
    expect(cut?.files?.length).toBeGreaterThan(2);
    expect(cut?.cut).toBeGreaterThan(4000);
    const block = (i: number) => ({ rule: `selection block ${i}`, holds: false, reason: `${i} ${long}` });
    const many = { ...explanation, selection: Array.from({ length: 40 }, (_, i) => block(i)) };
    expect(
      decided({ at: 1, outcome: 'rejected', reason: 'no', explanation: many })?.decision?.selection.length,
    ).toBeGreaterThan(2);
    const emoji = facts(settled(['😀'.repeat(3000)]));
    expect(JSON.stringify(emoji)).toBe(JSON.stringify(emoji).toWellFormed());
    expect(factLines(cut, null).at(-1)).toContain('bounded');
  });
});

test('events have the words of the chart', () => {
  expect(['xstate.init', 'xstate.done.actor.decide', 'xstate.error.actor.decide', 'retry.due'].map(eventName)).toEqual([
    'files.settled',
    'decide.done',
    'decide.error',
    'retry.due',
  ]);
});

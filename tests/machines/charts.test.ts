import type { AnyStateMachine, StateNode } from 'xstate';
import { describe, expect, test } from 'vitest';
import { fileGroupMachine, groupStates, isResting, storedState } from '../../machines/file-group/index.ts';
import { supervisorMachine } from '../../machines/supervisor/index.ts';
import { watchMachine } from '../../machines/watch/index.ts';
import { nodesOf } from '../support/graph.ts';

/** The charts as data: rules that every one of them keeps. */
const charts: readonly (readonly [string, AnyStateMachine])[] = [
  ['file-group', fileGroupMachine],
  ['watch', watchMachine],
  ['supervisor', supervisorMachine],
];

type Node = AnyStateMachine['root'];

function transitionsOf(node: Node) {
  return [...node.transitions].flatMap(([event, branches]) => branches.map((branch) => ({ event, branch })));
}

/** The names of all targets of a state's transitions. */
function targetsOf(node: StateNode): readonly string[] {
  return transitionsOf(node).flatMap(({ branch }) => branch.target?.map(({ key }) => key) ?? []);
}

describe.each(charts)('the chart %s', (_, machine) => {
  const nodes = nodesOf(machine.root);

  test('gives every invoke an id and a source by name', () => {
    const invoked = nodes.flatMap(({ config }) => [config.invoke ?? []].flat());
    expect(invoked.length).toBeGreaterThan(0);
    for (const invoke of invoked) expect(invoke).toMatchObject({ id: expect.any(String), src: expect.any(String) });
  });

  test('invokes under each id only once', () => {
    const ids = nodes.flatMap(({ invoke }) => invoke.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('answers the failure of every invoke', () => {
    const unanswered = nodes.flatMap((node) =>
      node.invoke.filter(({ id }) => !node.transitions.has(`xstate.error.actor.${id}`)),
    );
    expect(unanswered.map(({ id }) => id)).toEqual([]);
  });

  test('answers every failure, whatever its guards say', () => {
    const open = nodes.flatMap((node) =>
      node.invoke.filter(({ id }) => node.transitions.get(`xstate.error.actor.${id}`)?.at(-1)?.guard !== undefined),
    );
    expect(open.map(({ id }) => id)).toEqual([]);
  });

  test('knows every effect, action and guard by a name that is implemented', () => {
    const { actors, actions, guards } = machine.implementations;
    const nameOf = (part: unknown): string => {
      if (typeof part === 'string') return part;
      const isNamed = (typeof part === 'object' || typeof part === 'function') && part !== null && 'type' in part;
      const type = isNamed ? part.type : 'anonymous';
      return typeof type === 'string' ? type : 'anonymous';
    };
    const branches = nodes.flatMap((node) => [
      ...transitionsOf(node).map(({ branch }) => branch),
      ...(node.always ?? []),
    ]);
    const used = nodes
      .flatMap((node) => [...node.entry, ...node.exit])
      .concat(branches.flatMap((branch) => branch.actions));
    // Delays and the start of children are XState's own actions.
    const named = used.map(nameOf).filter((name) => !name.startsWith('xstate.'));
    const asked = branches.flatMap(({ guard }) => (guard === undefined ? [] : [nameOf(guard)]));
    expect(named.filter((name) => !(name in actions))).toEqual([]);
    expect(asked.filter((name) => !(name in guards))).toEqual([]);
    expect(
      nodes.flatMap(({ invoke }) => invoke).filter(({ src }) => typeof src !== 'string' || !(src in actors)),
    ).toEqual([]);
  });

  test('has no state that cannot be left, but final ones and the ends of a parallel part', () => {
    const stuck = nodes.filter(
      (node) =>
        node.type === 'atomic' &&
        transitionsOf(node).length === 0 &&
        (node.always ?? []).length === 0 &&
        nodes.every((outer) => outer === node || !isWithin(node, outer) || targetsOf(outer).length === 0),
    );
    expect(stuck.map(({ id }) => id)).toEqual([]);
  });
});

function isWithin(node: Node, outer: Node): boolean {
  for (let parent = node.parent; parent !== undefined; parent = parent.parent) if (parent === outer) return true;
  return false;
}

describe('the states of a group', () => {
  test('are those of the chart', () => {
    expect(Object.keys(fileGroupMachine.states).sort()).toEqual([...groupStates].sort());
  });

  test('have stored names of their own that fit their column of 20 characters', () => {
    const stored = groupStates.map(storedState);
    expect(new Set(stored).size).toBe(stored.length);
    for (const name of stored) {
      expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
      expect(name.length).toBeLessThanOrEqual(20);
    }
  });

  test('run an effect exactly when they are not at rest', () => {
    const busy = Object.values(fileGroupMachine.states).filter(({ invoke }) => invoke.length > 0);
    expect(busy.map(({ key }) => key).sort()).toEqual(groupStates.filter((state) => !isResting(state)).sort());
  });

  test('take in settled files wherever they are', () => {
    const deaf = Object.values(fileGroupMachine.states).filter((node) => !node.transitions.has('files.settled'));
    expect(deaf.map(({ key }) => key)).toEqual([]);
  });

  test('take note of files that leave, but where none is left', () => {
    const deaf = Object.values(fileGroupMachine.states).filter((node) => !node.transitions.has('files.removed'));
    expect(deaf.map(({ key }) => key)).toEqual(['cleared']);
  });

  test('remove sources only after a transfer, or when everything is found archived', () => {
    const ways = Object.values(fileGroupMachine.states).flatMap((node) =>
      transitionsOf(node)
        .filter(({ branch }) => branch.target?.some(({ key }) => key === 'removingSources'))
        .map(({ event, branch }) => [node.key, event, guardOf(branch.guard)]),
    );
    expect(ways).toEqual([
      ['assessing', 'xstate.done.actor.assessComponents', 'isSourceLeft'],
      ['transferring', 'xstate.done.actor.transferComponents', 'removesSources'],
    ]);
  });

  test('never wait by a timer of the chart, which a restart would lose', () => {
    expect(Object.values(fileGroupMachine.states).flatMap(({ after }) => after)).toEqual([]);
  });
});

function guardOf(guard: unknown): string {
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : String(guard);
}

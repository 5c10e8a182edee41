import { createActor, fromPromise, waitFor, type Actor, type EventObject } from 'xstate';
import { describe, expect, test, vi } from 'vitest';
import { fileGroupMachine, type Effects } from '../../machines/file-group/index.ts';
import { GroupLogic, type GroupSnapshot } from '../../src/service/group/logic.ts';
import { assessmentOf, failure, file, inputOf, say } from '../machines/group-words.ts';

type Run = { readonly input: unknown; readonly signal: AbortSignal } & PromiseWithResolvers<never>;

/** A group whose effects answer when the test says so. */
function bench() {
  const runs: Run[] = [];
  const effect = (input: unknown, signal: AbortSignal) => {
    const run = { input, signal, ...Promise.withResolvers<never>() };
    runs.push(run);
    return run.promise;
  };
  const effects: Effects = {
    assessComponents: effect,
    extractMetadata: effect,
    decide: effect,
    transferComponents: effect,
    removeSources: effect,
    adoptComponents: effect,
  };
  const noted: string[] = [];
  const note = (event: EventObject, { value }: GroupSnapshot) =>
    noted.push(`${event.type} → ${value}, ${runs.length} begun`);
  const start = (): Actor<GroupLogic> => createActor(new GroupLogic(effects, note), { input: inputOf({}) }).start();
  const last = (): Run => {
    const run = runs.at(-1);
    if (run === undefined) throw new Error('no effect has begun');
    return run;
  };
  const answer = (output: unknown) => last().resolve(output as never);
  return { effects, runs, noted, start, last, answer };
}

const assessed = (run: Run) => assessmentOf(run.input as Parameters<typeof assessmentOf>[0], { extracts: true });

describe("a group's actor", () => {
  test('tells of each event before the effect begins that it asks for', async () => {
    const { noted, start, last, answer } = bench();
    const group = start();
    answer(assessed(last()));
    await waitFor(group, ({ value }) => value === 'extracting');
    expect(noted).toEqual(['xstate.done.actor.assessComponents → extracting, 1 begun']);
  });

  test('tells the effect of a state that was left, and does not hear its answer', async () => {
    const { runs, noted, start } = bench();
    const group = start();
    group.send(say.settled([file('a.dat', 2)]));
    const [former, present] = runs;
    expect([former?.signal.aborted, present?.signal.aborted]).toEqual([true, false]);
    former?.reject(failure());
    await Promise.allSettled([former?.promise]);
    present?.resolve(assessed(present) as never);
    await waitFor(group, ({ value }) => value === 'extracting');
    expect(noted).toHaveLength(2);
    group.stop();
    expect(runs.at(-1)?.signal.aborted).toBe(true);
  });

  test('ends with a defect when an effect that nobody asked for fails', () => {
    const { start } = bench();
    const group = start();
    const defect = vi.fn<(error: unknown) => void>();
    group.subscribe({ error: defect });
    const unknown = { type: 'xstate.error.actor.nobody', error: new Error('a defect') };
    group.send(unknown as EventObject as Parameters<typeof group.send>[0]);
    expect(defect).toHaveBeenCalledWith(unknown.error);
  });

  test('goes on from what is on record of it with the effect that was at work, in our interpreter and in XState', async () => {
    const { effects, runs, start, last, answer } = bench();
    const group = start();
    answer(assessed(last()));
    await waitFor(group, ({ value }) => value === 'extracting');
    const { input } = last();
    const stored: unknown = JSON.parse(JSON.stringify(group.getPersistedSnapshot()));
    group.stop();

    const snapshot = stored as ReturnType<typeof group.getPersistedSnapshot>;
    const restored = createActor(new GroupLogic(effects, () => undefined), { snapshot, input: inputOf({}) }).start();
    expect(restored.getSnapshot()).toMatchObject({ value: 'extracting', context: group.getSnapshot().context });
    expect(runs).toHaveLength(3);
    expect(last().input).toEqual(input);

    const asked = vi.fn<(input: unknown) => void>();
    const extractMetadata = fromPromise<never, unknown>(({ input: given }) => {
      asked(given);
      return new Promise(() => undefined);
    });
    const machine = fileGroupMachine.provide({ actors: { extractMetadata: extractMetadata as never } });
    createActor(machine, { snapshot, input: inputOf({}) }).start();
    expect(asked).toHaveBeenCalledWith(input);
  });
});

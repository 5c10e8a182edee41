import { expect } from 'vitest';
import { isResting, type GroupEvent } from '../../machines/file-group/index.ts';
import { CarbonationError } from '../../src/errors/index.ts';
import type { GroupSnapshot } from '../support/graph.ts';
import { reconcileArchive, retry } from './commands.ts';
import { beginsEffect, endOf, isEffectEvent, isHeldUp, nameOf, type End } from './ends.ts';
import type { Arrival } from './gates.ts';
import { checkOutside, expectedHistory, historyOf, isOpen, isStored } from './outside.ts';
import type { Step, Walk } from './passages.ts';
import { Stage } from './stage.ts';
import type { World } from './world.ts';

/** Plays a walk: makes each of its events happen for real, and looks from outside at what comes of it. */
export class Play {
  readonly #world: World;
  readonly #walk: Walk;
  readonly #stage: Stage;
  #arrivals = 0;
  #held: Arrival | null = null;
  /** The work of the effect that is held up has been done; only its answer is still to come. */
  #isWorked = false;

  constructor(world: World, walk: Walk) {
    this.#world = world;
    this.#walk = walk;
    this.#stage = new Stage(world, walk.name, walk.profile.name === 'moving');
  }

  /** Plays it to its end; `onStep` is told of each step that went as the chart says. */
  async play(onStep: (step: Step) => void): Promise<void> {
    try {
      await this.#walkOn(onStep);
    } finally {
      this.#repair();
      this.#world.gates.openStore();
      this.#world.gates.open(this.#walk.name);
    }
  }

  /** Plays it to its end, where its effect has done its work but not answered: what a service finds that ended there. */
  async park(): Promise<void> {
    await this.#walkOn(() => undefined);
    await this.#held?.work();
  }

  /** Goes on from there without troubles: files are delivered that make it whole. The new content of `a.dat`. */
  deliverAgain(): string {
    this.#repair();
    this.#stage.deliver('a.xml');
    return this.#stage.deliver('a.dat');
  }

  /** A deadline is met on the way. */
  get isTimed(): boolean {
    return this.#walk.steps.some(({ event }) => event.type.endsWith('.due'));
  }

  get name(): string {
    return this.#walk.name;
  }

  async #walkOn(onStep: (step: Step) => void): Promise<void> {
    const { name, start, steps } = this.#walk;
    this.#world.gates.close(name);
    this.#stage.deliver(this.#walk.profile.first);
    await this.#arrive(start, true);
    await this.#look(start, true, []);
    for (const [i, step] of steps.entries()) {
      await this.#happen(step, i);
      await this.#follow(step, i);
      onStep(step);
    }
    const expected = expectedHistory(this.#walk);
    const written = () => historyOf(this.#world, name).slice(0, expected.length);
    await this.#world.moments(`${name} has its history`, () => written().length === expected.length);
    expect(written().join('\n')).toBe(expected.join('\n'));
  }

  /** Makes the event of a step happen. */
  async #happen(step: Step, i: number): Promise<void> {
    const { event, before } = step;
    if (isEffectEvent(event)) return this.#end(endOf(event), step);
    switch (event.type) {
      case 'files.settled':
        await this.#workFirst(before, i);
        for (const { name } of event.files) this.#stage.deliver(name, this.#isSame(name, i));
        return undefined;
      case 'files.removed':
        await this.#workFirst(before, i);
        for (const path of event.paths) this.#stage.remove(nameOf(path));
        return undefined;
      case 'timeout.due':
      case 'retry.due':
        return this.#passDeadline();
      case 'retry.requested':
        return retry(this.#world, this.#walk.name, before.value);
      case 'rules.changed':
        return this.#world.pause(step.isUnrecorded ? 'rules at once' : 'rules');
      case 'assessment.requested':
        // A manifest has everything that waits or is at work looked at again, a reconciliation what rests.
        if (isResting(before.value) && before.value !== 'waiting') await this.#world.reconcileDelivery();
        else this.#stage.deliverManifest();
        return undefined;
      case 'archive.lost':
        this.#stage.takeCopies(event.copies.map(({ sourcePath }) => nameOf(sourcePath)));
        return reconcileArchive(this.#world, this.#walk.name);
      case 'archive.found':
        this.#stage.returnCopies(event.copies.map(({ sourcePath }) => nameOf(sourcePath)));
        return reconcileArchive(this.#world, this.#walk.name);
      case 'archive.writtenOff':
        return reconcileArchive(this.#world, this.#walk.name, '--write-off');
      case 'archive.adopted':
        return this.#adopt({ ...event, files: this.#stage.leaveOrphans(event.files.map(({ name }) => name)) });
      case 'archive.merged':
        return this.#adopt({ ...event, paths: event.paths.map((path) => this.#stage.orphan(nameOf(path))) });
    }
  }

  async #adopt(event: GroupEvent): Promise<void> {
    await this.#world.adopt(this.#walk.name, event);
  }

  /** Whether what is delivered now is to be found equal to the copy in the archive. */
  #isSame(name: string, i: number): boolean {
    const judged = this.#endsFrom(i).find(({ outcomes }) => outcomes[name] === 'passed');
    return judged?.unchanged.includes(name) === true;
  }

  #endsFrom(i: number): readonly End[] {
    return this.#walk.steps.slice(i).flatMap(({ event }) => (isEffectEvent(event) ? [endOf(event)] : []));
  }

  /** News that come while an effect is held up are to be behind its work, unless that is to find them. */
  async #workFirst({ value, context }: GroupSnapshot, i: number): Promise<void> {
    if (value !== 'transferring' && value !== 'removingSources') return;
    const [end] = this.#endsFrom(i);
    if (end === undefined || (value === 'removingSources' && end.error === null)) return;
    if (Object.values(end.outcomes).some((outcome) => outcome === 'changed' || outcome === 'gone')) return;
    if (this.#prepare(end, context) !== null) return;
    await this.#held?.work();
    this.#isWorked = true;
    this.#repair();
  }

  async #passDeadline(): Promise<void> {
    const [row] = this.#world.rows(
      'select due_at from files where watch_name = ? and due_at is not null',
      this.#walk.name,
    );
    await this.#world.pause('deadline', row === undefined ? 0 : Number(row['due_at']));
  }

  /** Lets the effect that is held up end as it does on this walk. */
  async #end(end: End, { before, after, isUnrecorded }: Step): Promise<void> {
    if (isUnrecorded && isResting(after.value)) this.#world.gates.closeStore();
    const crash = this.#isWorked ? null : this.#prepare(end, before.context);
    const changes = this.#world.gates.changes(this.name);
    if (crash === null) this.#held?.release();
    else this.#held?.crash(crash);
    this.#held = null;
    this.#isWorked = false;
    // That a file has gone would be told at once: here the effect is to find it.
    if (Object.values(end.outcomes).includes('gone'))
      await this.#world.standStill(`${this.name} goes on`, () => this.#world.gates.changes(this.name) > changes);
  }

  /** Makes the world such that the effect will end so. An error: its thread ends. */
  #prepare(end: End, { deferred }: GroupSnapshot['context']): CarbonationError | null {
    const { effect, outcomes, verdict, error } = end;
    const stage = this.#stage;
    if (effect === 'assessComponents') {
      for (const [name, outcome] of Object.entries(outcomes)) {
        stage.tell(name, outcome === 'failed' ? 'refuse' : null);
        if (outcome === 'gone') stage.remove(name);
      }
      // What a check throws refuses its file: only a defect ends the effect for good.
      if (error?.retryable === false) return defect(false);
      if (error !== null) stage.tell(this.#walk.profile.first, 'exit');
    } else if (effect === 'extractMetadata' || effect === 'adoptComponents') {
      stage.tell('extract', error === null ? null : 'throw');
    } else if (effect === 'decide') {
      stage.tell('select', verdict === 'rejected' ? 'reject' : null);
      stage.tell('route', error !== null ? 'throw' : verdict === 'unroutable' ? 'nowhere' : null);
      if (error !== null) this.#world.brokenLog.set(this.#walk.name, defect(error.retryable));
    } else if (effect === 'transferComponents') {
      if (error !== null) return defect(error.retryable);
      const isKnown = Object.keys(deferred).length > 0;
      for (const [name, outcome] of Object.entries(outcomes)) {
        if (outcome === 'failed') stage.breakArchive(!end.isRetryable);
        else if (outcome === 'changed' && !isKnown) stage.deliver(name);
        else if (outcome === 'gone' && !isKnown) stage.remove(name);
      }
    } else if (error !== null) stage.forbidRemoval();
    return null;
  }

  /** What was broken for an effect's sake works again. */
  #repair(): void {
    this.#world.brokenLog.delete(this.#walk.name);
    for (const name of ['a.dat', 'a.xml', 'a.log', 'extract', 'select', 'route']) this.#stage.tell(name, null);
    this.#stage.mendArchive();
    this.#stage.allowRemoval();
  }

  /** Waits until the chart is where the walk goes, and looks at it from outside. */
  async #follow(step: Step, i: number): Promise<void> {
    const { event, after } = step;
    const isNews = !isEffectEvent(event);
    const isHeld = isHeldUp(after, this.#walk.profile.name === 'moving');
    if (beginsEffect(step) && isHeld) await this.#arrive(after, isNews);
    if (this.#walk.steps[i + 1]?.isUnrecorded === true) {
      const isThere = () => this.#world.gates.state(this.name) === after.value;
      if (isResting(after.value)) await this.#world.until(`${this.name} is ${after.value}`, isThere);
    } else if (event.type === 'retry.requested') await this.#lookBack(i);
    else if (isHeld) await this.#look(after, isNews, this.#walk.steps.slice(0, i + 1));
    if (!isNews) this.#repair();
  }

  /** A retry that was asked for is due at once: the group may have gone on already. */
  async #lookBack(i: number): Promise<void> {
    const { name, steps } = this.#walk;
    const expected = expectedHistory({ ...this.#walk, steps: steps.slice(0, i + 1) });
    const written = () => historyOf(this.#world, name).slice(0, expected.length);
    await this.#world.moments(`${name} is tried again`, () => written().length === expected.length);
    expect(written().join('\n')).toBe(expected.join('\n'));
  }

  async #arrive(situation: GroupSnapshot, isNews: boolean): Promise<void> {
    const { gates } = this.#world;
    const { name } = this.#walk;
    const effects = Object.keys(situation.children);
    const what = `${name} asks for ${effects.join()}`;
    const arrived = () => gates.arrival(name, this.#arrivals);
    this.#held = await (isNews ? this.#world.moments(what, arrived) : this.#world.until(what, arrived));
    this.#arrivals += 1;
    expect([this.#held.effect]).toEqual(effects);
    // No byte is written before it is on record where, and no source removed before it is on record that it is archived.
    if (this.#held.effect === 'transferComponents') expect(isOpen(this.#world, name)).toBe(true);
    if (this.#held.effect === 'removeSources') expect(isStored(this.#world, name, situation)).toBe(true);
  }

  /** Looks from outside: at the rows and at the disk. What is under way is recorded by and by. */
  async #look(situation: GroupSnapshot, isNews: boolean, steps: readonly Step[]): Promise<void> {
    const { name } = this.#walk;
    const what = `${name} is ${situation.value}`;
    const isThere = () => isStored(this.#world, name, situation);
    await (isNews || !isResting(situation.value)
      ? this.#world.moments(what, isThere)
      : this.#world.until(what, isThere));
    checkOutside(this.#world, name, situation, steps);
    await this.#world.query.check(this.#world, name, situation.value);
  }
}

function defect(retryable: boolean): CarbonationError {
  return retryable
    ? new CarbonationError('WORKER_CRASHED', 'a thread is no more')
    : new CarbonationError('INTERNAL', 'a defect');
}

import { createActor, fromCallback, fromPromise, setup, SimulatedClock, waitFor } from 'xstate';
import { afterEach, expect, test } from 'vitest';
import { watchMachine, type WatchEvent, type WatchInput, type WatchReport } from '../../machines/watch/index.ts';

const input: WatchInput = { name: 'w', probeEveryMs: 5000 };

/** A watch under a parent that keeps its reports, with a directory and a listener that the test plays. */
class WatchDriver {
  readonly clock = new SimulatedClock();
  readonly reports: WatchReport[] = [];
  /** How often the directory was looked at, and why it is not there. */
  probes = 0;
  absent: string | null;
  /** Listeners opened and closed so far. */
  opened = 0;
  closed = 0;
  say: (event: WatchEvent) => void = () => undefined;
  /** What opening a listener throws, if anything. */
  refusal: Error | null = null;
  readonly #parent;

  constructor(absent: string | null) {
    this.absent = absent;
    const machine = watchMachine.provide({
      actors: {
        probe: fromPromise<void, WatchInput>(() => {
          this.probes += 1;
          return this.absent === null ? Promise.resolve() : Promise.reject(new Error(this.absent));
        }),
        listen: fromCallback<{ type: 'ignored' }, WatchInput>(({ sendBack }) => {
          if (this.refusal !== null) throw this.refusal;
          this.opened += 1;
          this.say = sendBack;
          return () => {
            this.closed += 1;
          };
        }),
      },
    });
    const keep = (event: WatchReport) => this.reports.push(event);
    const parent = setup({
      types: { events: {} as WatchReport },
      actors: { watch: machine },
      actions: { keep: ({ event }) => keep(event) },
    });
    const chart = parent.createMachine({
      invoke: { id: 'watch', src: 'watch', input },
      on: { '*': { actions: 'keep' } },
    });
    this.#parent = createActor(chart, { clock: this.clock });
    this.#parent.start();
  }

  get actor() {
    const { watch } = this.#parent.getSnapshot().children;
    if (watch === undefined) throw new Error('the watch is not there');
    return watch;
  }

  async reaches(value: string | object): Promise<void> {
    await waitFor(this.actor, (snapshot) => JSON.stringify(snapshot.value) === JSON.stringify(value), {
      timeout: 1000,
    });
  }

  stop(): void {
    this.#parent.stop();
  }
}

let driver: WatchDriver | null = null;

function start(absent: string | null = null): WatchDriver {
  driver = new WatchDriver(absent);
  return driver;
}

async function watching(): Promise<WatchDriver> {
  const watch = start();
  await watch.reaches({ open: 'opening' });
  watch.say({ type: 'listener.ready' });
  return watch;
}

afterEach(() => {
  driver?.stop();
  driver = null;
});

test('a directory that is there is watched by events once its listener is ready', async () => {
  const watch = start();
  await watch.reaches({ open: 'opening' });
  expect(watch.reports).toEqual([]);
  watch.say({ type: 'listener.ready' });
  expect(watch.actor.getSnapshot().value).toEqual({ open: 'watching' });
  expect(watch.reports).toEqual([{ type: 'watch.opened', name: 'w', health: 'watching', reason: null }]);
});

test('a directory is scanned when the system grants no events, and the report says why', async () => {
  const watch = start();
  await watch.reaches({ open: 'opening' });
  watch.say({ type: 'listener.limited', reason: 'ENOSPC' });
  expect(watch.actor.getSnapshot().value).toEqual({ open: 'scanning' });
  expect(watch.reports).toEqual([{ type: 'watch.opened', name: 'w', health: 'scanning', reason: 'ENOSPC' }]);
});

test('a watch whose events run dry goes on by scanning with the same listener', async () => {
  const watch = await watching();
  watch.say({ type: 'listener.limited', reason: 'EMFILE' });
  expect(watch.actor.getSnapshot().value).toEqual({ open: 'scanning' });
  expect(watch).toMatchObject({ opened: 1, closed: 0 });
});

test('lost events are reported at once, and the watch goes on', async () => {
  const watch = await watching();
  watch.say({ type: 'listener.overflowed', reason: 'a burst' });
  expect(watch.actor.getSnapshot().value).toEqual({ open: 'watching' });
  expect(watch.reports.at(-1)).toEqual({ type: 'watch.overflowed', name: 'w', reason: 'a burst' });
});

test('events lost before the listener is ready are reported, too', async () => {
  const watch = start();
  await watch.reaches({ open: 'opening' });
  watch.say({ type: 'listener.overflowed', reason: 'a burst' });
  expect(watch.reports).toEqual([{ type: 'watch.overflowed', name: 'w', reason: 'a burst' }]);
});

test('a directory that is not there at the start is lost, and nobody listens', async () => {
  const watch = start('no such directory');
  await watch.reaches('lost');
  expect(watch.reports).toEqual([{ type: 'watch.lost', name: 'w', reason: 'no such directory' }]);
  expect(watch.opened).toBe(0);
});

test('a directory that vanishes is lost, and its listener is closed', async () => {
  const watch = await watching();
  watch.say({ type: 'directory.lost', reason: '/in has gone' });
  expect(watch.actor.getSnapshot().value).toBe('lost');
  expect(watch.reports.at(-1)).toEqual({ type: 'watch.lost', name: 'w', reason: '/in has gone' });
  expect(watch).toMatchObject({ opened: 1, closed: 1 });
});

test('a lost directory is looked for again when the interval is over, not before', async () => {
  const watch = await watching();
  watch.absent = 'still away';
  watch.say({ type: 'directory.lost', reason: '/in has gone' });
  watch.clock.increment(4999);
  expect(watch).toMatchObject({ probes: 1 });
  watch.clock.increment(1);
  expect(watch).toMatchObject({ probes: 2 });
  await watch.reaches('lost');
  watch.clock.increment(5000);
  expect(watch).toMatchObject({ probes: 3 });
});

test('a directory that comes back is watched again, and the reason is forgotten', async () => {
  const watch = await watching();
  watch.say({ type: 'directory.lost', reason: '/in has gone' });
  watch.clock.increment(5000);
  await watch.reaches({ open: 'opening' });
  watch.say({ type: 'listener.ready' });
  expect(watch.reports.at(-1)).toEqual({ type: 'watch.opened', name: 'w', health: 'watching', reason: null });
  expect(watch).toMatchObject({ opened: 2, closed: 1 });
});

test('a directory that was scanned and comes back gets events again', async () => {
  const watch = start();
  await watch.reaches({ open: 'opening' });
  watch.say({ type: 'listener.limited', reason: 'ENOSPC' });
  watch.say({ type: 'directory.lost', reason: '/in has gone' });
  watch.clock.increment(5000);
  await watch.reaches({ open: 'opening' });
  watch.say({ type: 'listener.ready' });
  expect(watch.actor.getSnapshot().value).toEqual({ open: 'watching' });
});

test('a listener that cannot be opened counts as a lost directory, and is tried again', async () => {
  const watch = start();
  watch.refusal = new Error('no thread');
  await watch.reaches('lost');
  expect(watch.reports).toEqual([{ type: 'watch.lost', name: 'w', reason: 'no thread' }]);
  watch.refusal = null;
  watch.clock.increment(5000);
  await watch.reaches({ open: 'opening' });
});

test.each(['probing', 'opening', 'watching', 'scanning', 'lost'] as const)(
  'a watch that is %s stops when it is told to',
  async (state) => {
    const watch = start(state === 'lost' ? 'away' : null);
    if (state === 'lost') await watch.reaches('lost');
    else if (state !== 'probing') await watch.reaches({ open: 'opening' });
    if (state === 'watching') watch.say({ type: 'listener.ready' });
    if (state === 'scanning') watch.say({ type: 'listener.limited', reason: 'ENOSPC' });
    const { actor } = watch;
    actor.send({ type: 'watch.stopped' });
    expect(actor.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
    const { probes } = watch;
    watch.clock.increment(60_000);
    expect(watch.probes).toBe(probes);
    expect(watch.closed).toBe(watch.opened);
  },
);

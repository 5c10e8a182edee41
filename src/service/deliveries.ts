import type { CallbackLogicFunction } from 'xstate';
import type { WatchEvent, WatchInput } from '../../machines/watch/index.ts';
import type { WatchConfig } from '../config/types.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { Listener, markRoot, Settler, type ListenerMessage, type RootMark } from '../watch/index.ts';
import { Intake } from './intake.ts';
import { Ownership } from './ownership.ts';
import { DeliveryReconciler } from './reconcile.ts';
import type { GroupRegistry } from './registry.ts';
import type { Surroundings } from './types.ts';

/** How long the listener may take until its directory is scanned instead, in ms. */
const listenerReadyMs = 60_000;

/** Everything between the delivery directories and the groups: listening, scanning, settling, taking in. */
export class Deliveries {
  readonly settler: Settler;
  readonly intake: Intake;
  readonly reconciler: DeliveryReconciler;
  readonly #around: Surroundings;
  readonly #watches: ReadonlyMap<string, WatchConfig>;
  readonly #lastFileAt = new Map<string, number>();
  #listener: Listener | null = null;

  constructor(around: Surroundings, registry: GroupRegistry) {
    this.#around = around;
    this.#watches = new Map(around.project.config.watches.map((watch) => [watch.name, watch]));
    const ownership = new Ownership(around.project.config);
    this.intake = new Intake(around, ownership, registry, (watch) =>
      this.#lastFileAt.set(watch.name, around.clock.now()),
    );
    this.settler = new Settler({
      clock: around.clock,
      onSettled: (files) => this.intake.settled(files),
      onGone: (files) => this.intake.gone(files),
    });
    this.reconciler = new DeliveryReconciler(around, ownership, this.settler, this.intake, registry);
  }

  /** When a watch last had a new or changed file in this run, in ms since 1970. */
  lastFileAt(watchName: string): number | null {
    return this.#lastFileAt.get(watchName) ?? null;
  }

  /** Files on their way to their groups. */
  get depth(): number {
    return this.settler.depth + this.intake.depth;
  }

  /** The watch chart's `probe`: whether the directory is there. */
  async probe(input: WatchInput): Promise<void> {
    await markRoot(this.#watch(input));
  }

  /** The watch chart's `listen`: events go to settling, health to the chart. */
  listen: CallbackLogicFunction<{ type: 'ignored' }, WatchEvent, WatchInput> = ({ input, sendBack }) => {
    const watch = this.#watch(input);
    const timers = new Set<NodeJS.Timeout>();
    const { pollIntervalMs } = this.#around.project.config.service;
    const limit = (reason: string) => {
      sendBack({ type: 'listener.limited', reason });
      if (timers.has(notReady)) {
        clearTimeout(notReady);
        timers.delete(notReady);
      }
      if (timers.size === 0) timers.add(setInterval(() => void this.#scan(watch, sendBack), pollIntervalMs).unref());
    };
    const notReady = setTimeout(
      () => limit('no events yet: the directory is large, or the listener is stuck'),
      listenerReadyMs,
    );
    timers.add(notReady.unref());
    const marks = this.#watchRoot(watch, sendBack);
    const close = this.#listenTo(watch, (message: ListenerMessage) => {
      if (message.type === 'touched') for (const path of message.paths) this.settler.touch(watch, path);
      else if (message.type === 'ready') {
        for (const timer of timers) clearInterval(timer);
        timers.clear();
        sendBack({ type: 'listener.ready' });
      } else if (message.type === 'lost') sendBack({ type: 'directory.lost', reason: message.reason });
      else if (message.type === 'problem') {
        this.#around.log.warning('not listened to', { watch: watch.name, reason: message.reason });
      } else if (message.type === 'burst') {
        sendBack({ type: 'listener.overflowed', reason: 'a burst of events: some may have been lost' });
      } else limit(message.reason);
    });
    return () => {
      close();
      clearInterval(marks);
      for (const timer of timers) clearInterval(timer);
    };
  };

  /** A mount that comes or goes over the directory brings no event: the directory is simply another one. */
  #watchRoot(watch: WatchConfig, sendBack: (event: WatchEvent) => void): NodeJS.Timeout {
    let first: RootMark | null = null;
    const look = async () => {
      try {
        const mark = await markRoot(watch);
        first ??= mark;
        if (mark.device === first.device && mark.inode === first.inode) return;
        sendBack({ type: 'directory.lost', reason: `${watch.path} is another directory than before` });
      } catch (error) {
        sendBack({ type: 'directory.lost', reason: messageOf(error) });
      }
    };
    void look();
    return setInterval(() => void look(), this.#around.project.config.service.pollIntervalMs).unref();
  }

  /** One thread listens for all watches; when it dies, the next watch that opens starts another. */
  #listenTo(watch: WatchConfig, handle: (message: ListenerMessage) => void): () => void {
    if (this.#listener?.hasFailed === true) this.#listener = null;
    this.#listener ??= new Listener();
    return this.#listener.open(watch, handle);
  }

  async close(): Promise<void> {
    this.settler.close();
    this.intake.close();
    await this.#listener?.close();
  }

  /** Without events, the directory is read again and again. */
  async #scan(watch: WatchConfig, sendBack: (event: WatchEvent) => void): Promise<void> {
    try {
      await this.reconciler.watch(watch);
    } catch (error) {
      sendBack({ type: 'directory.lost', reason: error instanceof Error ? error.message : String(error) });
    }
  }

  #watch(input: WatchInput): WatchConfig {
    const found = this.#watches.get(input.name);
    if (found === undefined) throw new CarbonationError('INTERNAL', `no watch ${input.name}`);
    return found;
  }
}

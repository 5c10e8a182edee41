import type { CallbackLogicFunction } from 'xstate';
import type { WatchEvent, WatchInput } from '../../../machines/watch/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import { every, unlessUnderWay } from '../../core/index.ts';
import { messageOf } from '../../errors/index.ts';
import {
  isSameMark,
  Listener,
  MountPoints,
  noAnswer,
  Settler,
  type ListenerMessage,
  type MountChange,
  type RootMark,
} from '../../watch/index.ts';
import { GroupKeys } from '../group/keys.ts';
import { Heard } from './heard.ts';
import { Intake } from './intake.ts';
import type { ReconcileProgress } from './reading.ts';
import { DeliveryReconciler, isOfDirectory } from './reconcile.ts';
import type { GroupRegistry } from '../group/registry.ts';
import type { Surroundings } from '../types.ts';
import { Vanished } from './vanished.ts';

/** How long the listener may take until its directory is scanned instead, in ms. */
const listenerReadyMs = 60_000;

/** Files of one watch looked at at once where there are more than two: each look that hangs keeps one of 128 threads that all need. */
const mostLooksOfMany = 2;

/** Who is told of deliveries, and how they are waited for. */
export interface DeliveriesOptions {
  /** Disks that keep silent are waited for. */
  readonly isPatient: boolean;
  /** When each watch last had a file before this run, ms since 1970. */
  readonly lastFiles: ReadonlyMap<string, number>;
  readonly onProgress: (progress: ReconcileProgress) => void;
  /** A watch must be read, because something may have been missed. */
  readonly onMissed: (watchName: string) => void;
  /** A watch has been read to its end that the others have not waited for. */
  readonly onLate: () => void;
  /** A watch has files that do not answer, with the reason; null: they all have answered. */
  readonly onSilence: (watchName: string, reason: string | null) => void;
}

/** Everything between the delivery directories and the groups: listening, scanning, settling, taking in. */
export class Deliveries {
  readonly settler: Settler;
  readonly intake: Intake;
  readonly reconciler: DeliveryReconciler;
  readonly keys: GroupKeys;
  readonly #around: Surroundings;
  readonly #heard: Heard;
  readonly #lastFileAt: Map<string, number>;
  readonly #onMissed: DeliveriesOptions['onMissed'];
  readonly #onSilence: DeliveriesOptions['onSilence'];
  /** Why files of a watch are waited for: the first of them that did not answer. */
  readonly #silent = new Map<string, string>();
  #listener: Listener | null = null;

  constructor(around: Surroundings, registry: GroupRegistry, options: DeliveriesOptions) {
    const { watches } = around.project.config;
    const { isPatient, onProgress, onMissed, onLate } = options;
    this.#around = around;
    this.#onMissed = onMissed;
    this.#onSilence = options.onSilence;
    this.#lastFileAt = new Map(options.lastFiles);
    this.keys = new GroupKeys(around);
    this.intake = new Intake(around, this.keys, registry, {
      onFile: (watch) => this.#lastFileAt.set(watch.name, around.clock.now()),
      unsettle: (watch, path) => this.settler.touch(watch, path),
    });
    this.settler = new Settler({
      clock: around.clock,
      onSettled: (files) => this.intake.settled(files),
      onGone: (files) => this.intake.gone(files),
      onSeen: around.warmUp,
      onSilent: (watch, path) => this.#noteSilent(watch, path),
      onAnswer: (watch) => this.#noteAnswer(watch),
      ...(watches.length > 2 && { atOnce: mostLooksOfMany }),
    });
    const { keys, settler, intake } = this;
    this.reconciler = new DeliveryReconciler(
      { around, keys, settler, intake, registry, onProgress },
      { roots: around.roots, isPatient, onAgain: onMissed, onLate },
    );
    this.#heard = new Heard({
      intake,
      settler,
      log: around.log,
      onMissed: (name, reason) => this.reconciler.mustRead(name, reason),
      onRoom: (name) => {
        if (!this.reconciler.isClosed) onMissed(name);
      },
    });
  }

  /** Why files of a watch that do not answer are waited for, or null: all do. */
  silenceOf(watchName: string): string | null {
    return this.#silent.get(watchName) ?? null;
  }

  /** Said once, of the first file: all of them are on the same disk, most likely. */
  #noteSilent({ name }: WatchConfig, path: string): void {
    if (this.#silent.has(name)) return;
    const reason = noAnswer(path).message;
    this.#silent.set(name, reason);
    this.#onSilence(name, reason);
  }

  #noteAnswer({ name }: WatchConfig): void {
    if (this.#silent.delete(name)) this.#onSilence(name, null);
  }

  /** When a watch last had a new or changed file, in ms since 1970. */
  lastFileAt(watchName: string): number | null {
    return this.#lastFileAt.get(watchName) ?? null;
  }

  /** Files on their way to their groups. */
  get depth(): number {
    return this.settler.depth + this.intake.depth;
  }

  /** A file is not as its group knows it: it is noticed anew, also where it comes to be as the database has it. */
  unsettle(watch: WatchConfig, path: string): void {
    this.intake.doubt(path);
    this.settler.touch(watch, path);
  }

  /** The watch chart's `probe`: whether the directory is there. */
  async probe(input: WatchInput): Promise<void> {
    await this.#around.roots.look(this.#around.ownership.watchNamed(input.name));
  }

  /** The watch chart's `listen`: events go to settling, health to the chart. */
  listen: CallbackLogicFunction<{ type: 'ignored' }, WatchEvent, WatchInput> = ({ input, sendBack }) => {
    const watch = this.#around.ownership.watchNamed(input.name);
    const fallback = this.#fallback(watch, sendBack);
    const marks = this.#watchRoot(watch, sendBack);
    const overflowed = (reason: string) => {
      this.reconciler.mustRead(watch.name, reason);
      sendBack({ type: 'listener.overflowed', reason });
    };
    const vanished = new Vanished(this.#around, this.intake, watch, (reason) => {
      this.#around.log.warning('what went with a directory could not be looked for', { watch: watch.name, reason });
      overflowed(reason);
    });
    const close = this.#listenTo(watch, (message: ListenerMessage) => {
      switch (message.type) {
        case 'touched':
          this.#heard.note(watch, message.paths);
          return;
        case 'ready':
          fallback.stop();
          sendBack({ type: 'listener.ready' });
          return;
        case 'reopened':
          if (this.reconciler.unreadReasonOf(watch.name) !== null) this.#onMissed(watch.name);
          return;
        case 'lost':
          sendBack({ type: 'directory.lost', reason: message.reason });
          return;
        case 'limited':
          fallback.scan(message.reason);
          return;
        case 'burst':
          this.#around.log.warning('a burst of events: some may have been lost; the directories are read again', {
            watch: watch.name,
          });
          overflowed('a burst of events: some may have been lost');
          return;
        case 'vanished':
          vanished.note(message.directories);
          return;
        case 'refused':
          this.#around.log.warning('not taken in', { watch: watch.name, reason: message.reason });
          return;
        case 'problem':
          this.#around.log.warning('not listened to', { watch: watch.name, reason: message.reason });
      }
    });
    return () => {
      close();
      vanished.close();
      clearInterval(marks);
      fallback.stop();
    };
  };

  /** Scans instead of events: when the system grants none, or the listener takes too long to begin. */
  #fallback(watch: WatchConfig, sendBack: (event: WatchEvent) => void) {
    const { pollIntervalMs } = this.#around.project.config.service;
    let scans: NodeJS.Timeout | null = null;
    const look = unlessUnderWay(async () => {
      try {
        await this.reconciler.watch(watch);
      } catch (error) {
        if (!isOfDirectory(error)) this.reconciler.failed(watch.name, error);
        else if (!this.reconciler.isClosed) sendBack({ type: 'directory.lost', reason: messageOf(error) });
      }
    });
    const scan = (reason: string) => {
      sendBack({ type: 'listener.limited', reason });
      clearTimeout(notReady);
      scans ??= every(pollIntervalMs, () => void look());
    };
    const notReady = setTimeout(
      () => scan('no events yet: the directory is large, or the listener is stuck'),
      listenerReadyMs,
    ).unref();
    const stop = () => {
      clearTimeout(notReady);
      if (scans !== null) clearInterval(scans);
      scans = null;
    };
    return { scan, stop };
  }

  /** A mount that comes or goes, over the directory or below it, brings no event: there is simply another directory. */
  #watchRoot(watch: WatchConfig, sendBack: (event: WatchEvent) => void): NodeJS.Timeout {
    let first: RootMark | null = null;
    const mounts = watch.recursive ? new MountPoints(watch.path) : null;
    const look = unlessUnderWay(async () => {
      try {
        const mark = await this.#around.roots.look(watch);
        first ??= mark;
        if (!isSameMark(mark, first))
          sendBack({ type: 'directory.lost', reason: `${watch.path} is another directory than before` });
        else if (mounts !== null) this.#noteMounts(watch, await mounts.look());
      } catch (error) {
        sendBack({ type: 'directory.lost', reason: messageOf(error) });
      }
    });
    void look();
    return every(this.#around.project.config.service.pollIntervalMs, () => void look());
  }

  /**
   * Listens to what is there now. Only what has come is read, so that nothing is concluded from a disk that has gone: it may come
   * back.
   */
  #noteMounts(watch: WatchConfig, { hasCome, hasGone }: MountChange): void {
    if (!hasCome && !hasGone) return;
    const reason = hasCome ? 'a disk was mounted below it' : 'a disk was unmounted below it';
    this.#around.log.info('directories of the watch are looked for anew', { watch: watch.name, reason });
    if (hasCome) this.reconciler.mustRead(watch.name, reason);
    this.#listener?.reopen(watch);
  }

  /** One thread listens for all watches; when it dies, the next watch that opens starts another. */
  #listenTo(watch: WatchConfig, handle: (message: ListenerMessage) => void): () => void {
    if (this.#listener?.hasFailed === true) this.#listener = null;
    this.#listener ??= new Listener();
    return this.#listener.open(watch, handle, this.#around.ownership.excluded);
  }

  async close(): Promise<void> {
    this.settler.close();
    this.intake.close();
    this.reconciler.close();
    await this.#listener?.close();
  }
}

import { basename, dirname, join } from 'node:path';
import type { SeenFile } from '../../machines/file-group/index.ts';
import type { WatchConfig } from '../config/types.ts';
import { checksumManifests, isManifest, isSameIdentity, stableKey, Waiters } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { KnownFile } from '../store/index.ts';
import { nameInWatch, type GoneFile, type SettledFile } from '../watch/index.ts';
import type { GroupKeys } from './group-keys.ts';
import type { Ownership } from './ownership.ts';
import type { Delivery, GroupRegistry } from './registry.ts';
import type { Surroundings } from './types.ts';

/** Observations looked up together. */
const largestBatch = 500;

type Observed = { readonly watch: WatchConfig; readonly path: string } & Partial<Pick<SettledFile, 'identity'>>;

/**
 * From files to groups: finds the group of each settled or gone file and puts
 * the news into its mailbox. What the database knows already and has not
 * changed is no news.
 */
export class Intake {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;
  readonly #onFile: (watch: WatchConfig) => void;
  readonly #ownership: Ownership;
  readonly #keys: GroupKeys;
  readonly #queue: Observed[] = [];
  readonly #idle = new Waiters();
  /** Paths of files that their groups let go of, until others have them. */
  readonly #released = new Set<string>();
  #inHand = 0;
  #isWorking = false;
  #isClosed = false;

  constructor(
    around: Surroundings,
    ownership: Ownership,
    keys: GroupKeys,
    registry: GroupRegistry,
    onFile: (watch: WatchConfig) => void,
  ) {
    this.#around = around;
    this.#ownership = ownership;
    this.#keys = keys;
    this.#registry = registry;
    this.#onFile = onFile;
  }

  /** Observations that wait. */
  get depth(): number {
    return this.#queue.length + this.#inHand;
  }

  settled(files: readonly SettledFile[]): void {
    for (const file of files) this.#queue.push(file);
    void this.#work();
  }

  gone(files: readonly GoneFile[]): void {
    for (const file of files) this.#queue.push(file);
    void this.#work();
  }

  /** A file that its group lets go of goes where the rules in force say, even if that group has archived it before. */
  release(path: string): void {
    this.#released.add(path);
  }

  /** Resolves when every observation has been delivered. */
  whenIdle(): Promise<void> {
    if (this.#queue.length === 0 && !this.#isWorking) return Promise.resolve();
    return this.#idle.wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#queue.length = 0;
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return;
    this.#isWorking = true;
    try {
      // One turn of the event loop gathers what arrives file by file.
      await new Promise((resolve) => setImmediate(resolve));
      while (this.#queue.length > 0 && !this.#isClosed) {
        const seen = this.#queue.splice(0, largestBatch);
        const batch = seen.filter(
          // What is gone from a watch is gone, even if it would not be this one's today.
          ({ watch, path, identity }) => identity === undefined || this.#ownership.isFor(watch, path),
        );
        this.#inHand = batch.length;
        await this.#take(batch);
        this.#inHand = 0;
        await this.#registry.whenRoom();
      }
    } finally {
      this.#isWorking = false;
      this.#idle.wake();
    }
  }

  async #take(batch: readonly Observed[]): Promise<void> {
    try {
      const pathHashes = batch.map(({ path }) => stableKey(path));
      const known = await this.#around.groups.knownFiles(pathHashes);
      const looked = batch.map((observed, i) => ({
        observed,
        file: this.#ofConfigured(known.get(pathHashes[i] ?? '')),
      }));
      const news = looked.filter(
        ({ observed, file }) =>
          isNews(observed, file) && (file !== undefined || this.#ownership.isFor(observed.watch, observed.path)),
      );
      const keys = await Promise.all(news.map(({ observed, file }) => this.#keyOf(observed, file)));
      await this.#deliver(
        news.map(({ observed }) => observed),
        keys,
      );
    } catch (error) {
      this.#around.log.error('files could not be taken in; they are looked at again later', {
        files: batch.length,
        reason: messageOf(error),
      });
      for (const { watch, path } of batch) this.#registry.strayed(watch, path);
    }
  }

  /** What a watch knows that is no longer in config.toml counts for nothing: the watch that sees the file now takes it. */
  #ofConfigured(file: KnownFile | undefined): KnownFile | undefined {
    return file !== undefined && this.#ownership.isConfigured(file.watchName) ? file : undefined;
  }

  /** What left delivery before it was archived starts afresh, under the rules in force, and so does what was let go of. */
  #keyOf({ watch, path }: Observed, known: KnownFile | undefined): Promise<string | null> {
    const isLetGo = known?.status === 'cleared' || (known?.inDelivery === false && this.#released.has(path));
    if (known !== undefined && !isLetGo) return Promise.resolve(known.groupKey);
    return this.#keys.of(watch, path);
  }

  async #deliver(news: readonly Observed[], keys: readonly (string | null)[]): Promise<void> {
    const at = this.#around.clock.now();
    const groups = new Map<string, { watch: WatchConfig; groupKey: string; files: SeenFile[]; removed: string[] }>();
    for (const [i, { watch, path, identity }] of news.entries()) {
      const groupKey = keys[i];
      if (groupKey === null || groupKey === undefined) continue;
      const id = `${watch.name}\0${groupKey}`;
      const group = groups.get(id) ?? { watch, groupKey, files: [], removed: [] };
      groups.set(id, group);
      if (identity === undefined) group.removed.push(path);
      else {
        group.files.push({ path, name: nameInWatch(watch, path), identity });
        this.#released.delete(path);
        this.#onFile(watch);
      }
    }
    const deliveries: Delivery[] = [];
    for (const { watch, groupKey, files, removed } of groups.values()) {
      if (removed.length > 0)
        deliveries.push({ watch, groupKey, event: { type: 'files.removed', paths: removed, at } });
      if (files.length > 0) deliveries.push({ watch, groupKey, event: { type: 'files.settled', files, at } });
    }
    this.#registry.deliver(deliveries);
    const seen = news.filter(({ identity }) => identity !== undefined);
    const withManifest = new Set(seen.filter(({ path }) => isManifest(basename(path))).map(({ watch }) => watch));
    await this.#wakeManifests(seen);
    await Promise.all([...withManifest].map((watch) => this.#lookAgain(watch)));
  }

  /** Files have come: a manifest beside them may be waiting for them. */
  async #wakeManifests(seen: readonly Observed[]): Promise<void> {
    const beside = new Map<string, WatchConfig>();
    for (const { watch, path } of seen) {
      if (!this.#around.rules.of(watch).integrity.some(({ type }) => type === 'checksum')) continue;
      for (const [name] of checksumManifests) beside.set(join(dirname(path), name), watch);
    }
    if (beside.size === 0) return;
    const known = await this.#around.groups.knownFiles([...beside.keys()].map((path) => stableKey(path)));
    const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
    for (const [path, watch] of beside) {
      const manifest = known.get(stableKey(path));
      // One that is not recorded yet may be in memory; to a group that there is not, nothing happens.
      const mayWait = manifest === undefined || manifest.status === 'waiting' || manifest.status === 'detected';
      const groupKey = mayWait ? await this.#keyOf({ watch, path }, manifest) : null;
      if (groupKey !== null) this.#registry.deliver([{ watch, groupKey, event }]);
    }
  }

  /** A manifest has come: what waits in its watch may be waiting for it. */
  async #lookAgain(watch: WatchConfig): Promise<void> {
    const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
    this.#registry.tellLive(watch, event);
    try {
      let lastId = 0;
      for (;;) {
        const page = await this.#around.groups.groupsInStates([watch.name], ['waiting'], lastId, largestBatch);
        const last = page.at(-1);
        if (last === undefined || this.#isClosed) return;
        lastId = last.id;
        this.#registry.deliver(page.map(({ groupKey }) => ({ watch, groupKey, event })));
        await this.#registry.whenRoom();
      }
    } catch (error) {
      this.#around.log.warning('what waits for a manifest could not be looked at again; the next reconciliation does', {
        watch: watch.name,
        reason: messageOf(error),
      });
    }
  }
}

/** A file of another watch, or one that is as the database knows it, is no news. */
function isNews(observed: Observed, known: KnownFile | undefined): boolean {
  if (known === undefined) return true;
  if (known.watchName !== observed.watch.name) return false;
  if (observed.identity === undefined) return known.inDelivery;
  return !known.inDelivery || !isSameIdentity(known, observed.identity);
}

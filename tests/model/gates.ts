import { basename, dirname } from 'node:path';
import { vi } from 'vitest';
import type { GroupState } from '../../machines/file-group/index.ts';
import type { Delivery } from '../../src/service/group/inbox.ts';
import { GroupRegistry } from '../../src/service/group/registry.ts';
import { Writer } from '../../src/service/group/writer.ts';
import { CommitThread } from '../../src/store/index.ts';
import { FilePool, PluginPool } from '../../src/workers/index.ts';

/** An effect of a group that has been asked for and is held up; the work itself is the production's own. */
export class Arrival {
  /** The effect's name in the chart. */
  readonly effect: string;
  readonly #begin = Promise.withResolvers<void>();
  readonly #worked = Promise.withResolvers<void>();
  readonly #end = Promise.withResolvers<void>();

  constructor(effect: string) {
    this.effect = effect;
    // Nobody needs to wait for it.
    this.#begin.promise.catch(() => undefined);
  }

  /** Has the work done; its answer is still held back. */
  work(): Promise<void> {
    this.#begin.resolve();
    return this.#worked.promise;
  }

  /** Lets the effect go on to its end. */
  release(): void {
    this.#begin.resolve();
    this.#end.resolve();
  }

  /** The thread that was to do the work is no more. */
  crash(error: Error): void {
    this.#begin.reject(error);
  }

  async pass<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    await this.#begin.promise;
    try {
      return await work();
    } finally {
      this.#worked.resolve();
      await this.#end.promise;
    }
  }
}

/**
 * Gates before and behind the effects of the running service: a thread that is
 * slow, so that things can happen meanwhile. By watch; a watch without a gate is
 * not held up.
 */
export class Gates {
  readonly #arrivals = new Map<string, Arrival[]>();
  /** What was said last of each file. */
  readonly #said = new Map<string, string>();
  readonly #changes = new Map<string, number>();
  readonly #states = new Map<string, GroupState>();
  #commits: PromiseWithResolvers<void> | null = null;
  /** The groups of the service that runs. */
  registry: GroupRegistry | null = null;

  /** Stands between the service and its threads until the mocks are restored. */
  install(): void {
    const { inspect, transfer, remove } = FilePool.prototype;
    const { extract, call } = PluginPool.prototype;
    const { commit } = CommitThread.prototype;
    const { deliver } = GroupRegistry.prototype;
    const keep = (registry: GroupRegistry) => {
      // A command has one of its own, for a while.
      this.registry ??= registry;
    };
    const pass = this.#pass.bind(this);
    const commitLater = this.#commitLater.bind(this);
    const once = this.#once.bind(this);
    vi.spyOn(FilePool.prototype, 'inspect').mockImplementation(function (this: FilePool, request) {
      return pass('assessComponents', watchOf(request.files[0]?.path), () => inspect.call(this, request));
    });
    vi.spyOn(FilePool.prototype, 'transfer').mockImplementation(function (this: FilePool, request) {
      return pass('transferComponents', watchOf(request.files[0]?.path), () => transfer.call(this, request));
    });
    vi.spyOn(FilePool.prototype, 'remove').mockImplementation(function (this: FilePool, request) {
      return pass('removeSources', watchOf(request.files[0]?.path), () => remove.call(this, request));
    });
    vi.spyOn(PluginPool.prototype, 'extract').mockImplementation(function (this: PluginPool, request) {
      const [path] = request.files;
      const effect = path?.includes('/archive/') === true ? 'adoptComponents' : 'extractMetadata';
      return pass(effect, watchOf(path), () => extract.call(this, request));
    });
    vi.spyOn(PluginPool.prototype, 'call').mockImplementation(function (this: PluginPool, request) {
      if (request.kind !== 'select') return call.call(this, request);
      const control = request.metadata?.['control'];
      const stage = typeof control === 'string' ? basename(control) : null;
      return pass('decide', stage, () => call.call(this, request));
    });
    vi.spyOn(GroupRegistry.prototype, 'deliver').mockImplementation(function (this: GroupRegistry, deliveries) {
      keep(this);
      deliver.call(this, deliveries.flatMap(once));
    });
    const { add } = Writer.prototype;
    const changes = this.#changes;
    const states = this.#states;
    vi.spyOn(Writer.prototype, 'add').mockImplementation(function (this: Writer, group) {
      const { watchName } = group.context;
      changes.set(watchName, (changes.get(watchName) ?? 0) + 1);
      states.set(watchName, group.state);
      add.call(this, group);
    });
    vi.spyOn(CommitThread.prototype, 'commit').mockImplementation(function (this: CommitThread, writes) {
      return commitLater(() => commit.call(this, writes));
    });
  }

  /** From now on the effects of this watch's groups are held up. */
  close(watch: string): void {
    this.#arrivals.set(watch, []);
  }

  /** Lets everything of this watch go, now and from now on. */
  open(watch: string): void {
    const arrivals = this.#arrivals.get(watch) ?? [];
    this.#arrivals.delete(watch);
    for (const arrival of arrivals) arrival.release();
  }

  /** How often groups of this watch have had something to record. */
  changes(watch: string): number {
    return this.#changes.get(watch) ?? 0;
  }

  /** The state that a group of this watch has come to last, recorded or not. */
  state(watch: string): GroupState | null {
    return this.#states.get(watch) ?? null;
  }

  /** How many effects have arrived at this watch's gate. */
  count(watch: string): number {
    return this.#arrivals.get(watch)?.length ?? 0;
  }

  /** The arrival with this number, once it is there; what came before it is of no account any more. */
  arrival(watch: string, number: number): Arrival | null {
    const arrivals = this.#arrivals.get(watch) ?? [];
    const arrival = arrivals[number];
    if (arrival === undefined) return null;
    for (const former of arrivals.slice(0, number)) former.release();
    return arrival;
  }

  /** The database takes no writes until {@link openStore}. */
  closeStore(): void {
    this.#commits ??= Promise.withResolvers<void>();
  }

  openStore(): void {
    this.#commits?.resolve();
    this.#commits = null;
  }

  /**
   * What the watcher says twice of one state of a file is said once: whether the second time is before or after the first
   * is recorded, and so no news, depends on how busy the machine is.
   */
  #once(delivery: Delivery): readonly Delivery[] {
    const { event } = delivery;
    const isNews = (path: string, state: string) =>
      this.#said.get(path) !== state && this.#said.set(path, state) === this.#said;
    if (event.type === 'files.settled') {
      const files = event.files.filter(({ path, identity }) => isNews(path, JSON.stringify(identity)));
      return files.length === 0 ? [] : [{ ...delivery, event: { ...event, files } }];
    }
    if (event.type !== 'files.removed') return [delivery];
    const paths = event.paths.filter((path) => isNews(path, 'gone'));
    return paths.length === 0 ? [] : [{ ...delivery, event: { ...event, paths } }];
  }

  async #commitLater<Answer>(commit: () => Promise<Answer>): Promise<Answer> {
    if (this.#commits !== null) await this.#commits.promise;
    return commit();
  }

  #pass<Answer>(effect: string, watch: string | null, work: () => Promise<Answer>): Promise<Answer> {
    const arrivals = watch === null ? undefined : this.#arrivals.get(watch);
    if (arrivals === undefined) return work();
    const arrival = new Arrival(effect);
    arrivals.push(arrival);
    return arrival.pass(work);
  }
}

/** The watch in whose directory a file of the group on the stage was delivered; others are not held up. */
function watchOf(path: string | undefined): string | null {
  return path !== undefined && basename(path).startsWith('a.') ? basename(dirname(path)) : null;
}

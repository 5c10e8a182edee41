import { lstat, stat } from 'node:fs/promises';
import type { WatchConfig } from '../config/types.ts';
import { isSameIdentity, stableKey } from '../core/index.ts';
import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import type { KnownFile } from '../store/index.ts';
import { isLocalFileSystem, markRoot, scanWatch, type FoundFile, type Settler } from '../watch/index.ts';
import type { Delivery, GroupRegistry } from './registry.ts';
import type { Intake } from './intake.ts';
import type { Ownership } from './ownership.ts';
import type { Surroundings } from './types.ts';

/** What reconciling one watch came to. */
export interface ReconcileReport {
  readonly watch: string;
  /** False: the directory could not be read; the counts mean nothing. */
  readonly isRead: boolean;
  /** Files in the directory. */
  readonly found: number;
  /** New or changed ones, which are settling now. */
  readonly fresh: number;
  /** Files the database had in delivery that are gone. */
  readonly removed: number;
  /** What could not be read. */
  readonly problems: readonly string[];
}

/** Known files looked at together. */
const pageSize = 1000;

/**
 * Compares the delivery directories with the database. New and changed files go
 * to settling, gone ones to their groups; a directory that cannot be read, or
 * that is not the same one before and after, clears nothing.
 */
export class DeliveryReconciler {
  readonly #around: Surroundings;
  readonly #ownership: Ownership;
  readonly #settler: Settler;
  readonly #intake: Intake;
  readonly #registry: GroupRegistry;
  #last: Promise<void> = Promise.resolve();

  constructor(around: Surroundings, ownership: Ownership, settler: Settler, intake: Intake, registry: GroupRegistry) {
    this.#ownership = ownership;
    this.#around = around;
    this.#settler = settler;
    this.#intake = intake;
    this.#registry = registry;
  }

  /** Reconciles all watches; one that cannot be read does not hold up the others. */
  async all(watches: readonly WatchConfig[]): Promise<readonly ReconcileReport[]> {
    const reports: ReconcileReport[] = [];
    for (const watch of watches) {
      try {
        reports.push(await this.watch(watch));
      } catch (error) {
        const reason = messageOf(error);
        this.#around.log.warning('a watch cannot be read; nothing is concluded from that', {
          watch: watch.name,
          reason,
        });
        reports.push({ watch: watch.name, isRead: false, found: 0, fresh: 0, removed: 0, problems: [reason] });
      }
    }
    return reports;
  }

  /**
   * Reconciles one watch; one at a time, whoever asks.
   *
   * @throws CarbonationError WATCH_UNREADABLE
   */
  watch(watch: WatchConfig): Promise<ReconcileReport> {
    const run = this.#last.then(() => this.#reconcile(watch));
    this.#last = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  async #reconcile(watch: WatchConfig): Promise<ReconcileReport> {
    const before = await markRoot(watch);
    const isLocal = await isLocalFileSystem(watch.path);
    const problems: string[] = [];
    let found = 0;
    let fresh = 0;
    for await (const page of scanWatch(watch, this.#ownership.excluded)) {
      found += page.files.length;
      fresh += await this.#takePage(watch, page.files, isLocal);
      problems.push(...page.problems);
      await this.#intake.whenIdle();
    }
    const after = await markRoot(watch);
    if (before.device !== after.device || before.inode !== after.inode) {
      throw new CarbonationError(
        'WATCH_UNREADABLE',
        `watch ${watch.name}: ${watch.path} was exchanged while it was read`,
      );
    }
    const removed = await this.#clearGone(watch);
    for (const problem of problems) this.#around.log.warning('not taken in', { watch: watch.name, reason: problem });
    return { watch: watch.name, isRead: true, found, fresh, removed, problems };
  }

  async #takePage(watch: WatchConfig, files: readonly FoundFile[], isLocal: boolean): Promise<number> {
    const pathHashes = files.map(({ path }) => stableKey(path));
    const known = await this.#around.groups.knownFiles(pathHashes);
    const again = new Set<string>();
    let fresh = 0;
    for (const [i, { path, identity }] of files.entries()) {
      const found = known.get(pathHashes[i] ?? '');
      const file = found !== undefined && this.#ownership.isConfigured(found.watchName) ? found : undefined;
      if (file === undefined || !file.inDelivery || !isSameIdentity(file, identity)) {
        this.#settler.observe(watch, path, identity, isLocal);
        fresh += 1;
      } else if (file.watchName === watch.name && this.#mustLookAgain(file)) again.add(file.groupKey);
    }
    const at = this.#around.clock.now();
    this.#registry.deliver(
      [...again].map((groupKey): Delivery => ({ watch, groupKey, event: { type: 'assessment.requested', at } })),
    );
    return fresh;
  }

  #mustLookAgain(file: KnownFile): boolean {
    if (file.status === 'integrity_failed') return true;
    const isOpen = file.status === 'detected' || file.status === 'waiting';
    return isOpen && this.#around.clock.now() - file.detectedAt >= this.#around.project.config.service.staleThresholdMs;
  }

  /** Tells the groups which of their files have left delivery. */
  async #clearGone(watch: WatchConfig): Promise<number> {
    let removed = 0;
    let lastId = 0;
    for (;;) {
      const page = await this.#around.groups.deliveredFiles(watch.name, lastId, pageSize);
      if (page.files.length === 0) return removed;
      lastId = page.lastId;
      const gone = await goneFiles(watch, page.files);
      removed += gone.length;
      if (gone.length > 0) this.#intake.gone(gone.map(({ sourcePath }) => ({ watch, path: sourcePath })));
      await this.#intake.whenIdle();
    }
  }
}

async function goneFiles(watch: WatchConfig, files: readonly KnownFile[]): Promise<readonly KnownFile[]> {
  const isGone = await Promise.all(
    files.map(async ({ sourcePath }) => {
      try {
        await (watch.followSymlinks ? stat : lstat)(sourcePath);
        return false;
      } catch (error) {
        return systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR';
      }
    }),
  );
  return files.filter((_, i) => isGone[i] === true);
}

import { storedState, type GroupState } from '../../machines/file-group/index.ts';
import { sweepDirectory } from '../archive/index.ts';
import { messageOf } from '../errors/index.ts';
import type { StoredGroup } from '../store/index.ts';
import type { GroupRegistry } from './registry.ts';
import type { Surroundings } from './types.ts';

/** Groups read together. */
const pageSize = 500;

/** The states in which a group is in the middle of something. */
const busyStates = [
  'assessing',
  'extracting',
  'deciding',
  'transferring',
  'removingSources',
] as const satisfies readonly GroupState[];

/** The states in which other rules can change a group's lot. */
const judgedStates = ['notSelected', 'waiting'] as const satisfies readonly GroupState[];

/** Takes up what is stored: groups that a former run left in the middle, and those that other rules left aside. */
export class Resumption {
  readonly #around: Surroundings;
  readonly #registry: GroupRegistry;

  constructor(around: Surroundings, registry: GroupRegistry) {
    this.#around = around;
    this.#registry = registry;
  }

  /** Sweeps the archives of what a dead run left unfinished, and lets its groups go on. */
  async interrupted(): Promise<void> {
    const swept = new Set<string>();
    await this.#eachGroup(busyStates, async (groups) => {
      if (!this.#around.dryRun) for (const group of groups) this.#sweep(group, swept);
      await this.#registry.resume(groups);
    });
  }

  /** Has the groups judged again that were judged by other rules than those in force. */
  async outdated(): Promise<void> {
    const { config } = this.#around.project;
    const at = this.#around.clock.now();
    await this.#eachGroup(judgedStates, async (groups) => {
      const judgedOtherwise = groups.filter(
        ({ envelope }) => rulesVersionIn(envelope.snapshot) !== this.#around.rules.version,
      );
      this.#registry.deliver(
        judgedOtherwise.flatMap(({ watchName, groupKey }) => {
          const watch = config.watches.find(({ name }) => name === watchName);
          return watch === undefined ? [] : [{ watch, groupKey, event: { type: 'rules.changed' as const, at } }];
        }),
      );
      await this.#registry.whenRoom();
    });
  }

  #sweep(group: StoredGroup, swept: Set<string>): void {
    const directory = destinationIn(group.envelope.snapshot);
    if (directory === null || swept.has(directory)) return;
    swept.add(directory);
    try {
      const count = sweepDirectory(directory, this.#around.instance);
      if (count > 0) this.#around.log.info('removed what a former run left unfinished', { directory, files: count });
    } catch (error) {
      // One archive that cannot be written must not keep the others waiting.
      const reason = messageOf(error);
      this.#around.log.warning('what a former run left unfinished cannot be removed', { directory, reason });
    }
  }

  async #eachGroup(
    states: readonly GroupState[],
    run: (groups: readonly StoredGroup[]) => Promise<void>,
  ): Promise<void> {
    const names = this.#around.project.config.watches.map(({ name }) => name);
    let lastId = 0;
    for (;;) {
      const page = await this.#around.groups.groupsInStates(names, states.map(storedState), lastId, pageSize);
      const last = page.at(-1);
      if (last === undefined) return;
      lastId = last.id;
      await run(page);
    }
  }
}

function contextIn(snapshot: unknown): object | null {
  if (typeof snapshot !== 'object' || snapshot === null || !('context' in snapshot)) return null;
  return typeof snapshot.context === 'object' ? snapshot.context : null;
}

function rulesVersionIn(snapshot: unknown): string | null {
  const context = contextIn(snapshot);
  const has = context !== null && 'rulesVersion' in context && typeof context.rulesVersion === 'string';
  return has && typeof context.rulesVersion === 'string' ? context.rulesVersion : null;
}

function destinationIn(snapshot: unknown): string | null {
  const context = contextIn(snapshot);
  if (context === null || !('destination' in context)) return null;
  const { destination } = context;
  const has = typeof destination === 'object' && destination !== null && 'directory' in destination;
  return has && typeof destination.directory === 'string' ? destination.directory : null;
}

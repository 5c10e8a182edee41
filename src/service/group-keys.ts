import { join } from 'node:path';
import type { WatchConfig } from '../config/types.ts';
import { sidecarTarget } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { groupKeyOf } from '../rules/index.ts';
import { nameInWatch } from '../watch/index.ts';
import type { Surroundings } from './types.ts';

/** The keys of groups, under the rules in force. */
export class GroupKeys {
  readonly #around: Pick<Surroundings, 'rules' | 'plugins' | 'log'>;

  constructor(around: Pick<Surroundings, 'rules' | 'plugins' | 'log'>) {
    this.#around = around;
  }

  /** The key of the group that a file belongs to; null: the plugin could not say, which has been logged. */
  async of(watch: WatchConfig, path: string): Promise<string | null> {
    const { completeness, integrity } = this.#around.rules.of(watch);
    const own = nameInWatch(watch, path);
    // Where checksums are checked, a sidecar belongs to the file that it vouches for.
    const name = (integrity.some(({ type }) => type === 'checksum') ? sidecarTarget(own) : null) ?? own;
    if (completeness?.groupBy !== 'plugin' || completeness.groupFunction === null)
      return groupKeyOf(name, completeness);
    try {
      const key = await this.#around.plugins.call({
        kind: 'group',
        name: completeness.groupFunction,
        filePath: join(watch.path, name),
        metadata: null,
        kwargs: {},
      });
      return typeof key === 'string' ? key : name;
    } catch (error) {
      this.#around.log.error('the grouping function failed; the file is left for the next reconciliation', {
        file: path,
        reason: messageOf(error),
      });
      return null;
    }
  }
}

import { dirname, join } from 'node:path';
import type { WatchConfig } from '../../config/types.ts';
import { isBelow, sidecarTarget } from '../../core/index.ts';
import { messageOf } from '../../errors/index.ts';
import { checksChecksums, groupFunctionOf, groupKeyOf, type Completeness } from '../../rules/index.ts';
import { nameInWatch } from '../../watch/index.ts';
import type { Surroundings } from '../types.ts';

/** Whether a watch has a name for a file: one that came before its directory was another one has none, and stays in its group. */
export function isNamed(watch: WatchConfig, path: string): boolean {
  return watch.recursive ? isBelow(watch.path, path) : dirname(path) === watch.path;
}

/** The keys of groups, under the rules in force. */
export class GroupKeys {
  readonly #around: Pick<Surroundings, 'rules' | 'plugins' | 'log'>;

  constructor(around: Pick<Surroundings, 'rules' | 'plugins' | 'log'>) {
    this.#around = around;
  }

  /** Whether a file belongs to another group than this one; a plugin is not asked, and counts as saying no. */
  isElsewhere(watch: WatchConfig, path: string, groupKey: string): boolean {
    if (!isNamed(watch, path)) return false;
    const { completeness } = this.#around.rules.of(watch);
    return groupFunctionOf(completeness) === null && groupKeyOf(this.#nameOf(watch, path), completeness) !== groupKey;
  }

  /**
   * The key of the group that a file belongs to; null: the plugin could not say.
   *
   * @param onFailure - told why, then; unless given, it is logged
   */
  async of(watch: WatchConfig, path: string, onFailure?: (reason: string) => void): Promise<string | null> {
    const { completeness } = this.#around.rules.of(watch);
    const name = this.#nameOf(watch, path);
    const groupFunction = groupFunctionOf(completeness);
    if (groupFunction === null) return groupKeyOf(name, completeness);
    const answer = await this.#ask(groupFunction, join(watch.path, name), onFailure);
    return answer === null ? null : (answer.key ?? name);
  }

  /** Whether the plugin leaves a file alone: the key that it gives can be the file's name, too. Not if it could not say. */
  async isAlone(completeness: Completeness, path: string): Promise<boolean> {
    const groupFunction = groupFunctionOf(completeness);
    if (groupFunction === null) return false;
    const answer = await this.#ask(groupFunction, path);
    return answer !== null && answer.key === null;
  }

  /** What the plugin says of a file; null: it could not say. */
  async #ask(
    name: string,
    filePath: string,
    onFailure = (reason: string) =>
      this.#around.log.error('the plugin cannot say which group a file belongs to', { file: filePath, reason }),
  ): Promise<{ readonly key: string | null } | null> {
    try {
      const key = await this.#around.plugins.call({ kind: 'group', name, filePath, metadata: null, kwargs: {} });
      return { key: typeof key === 'string' ? key : null };
    } catch (error) {
      onFailure(`the grouping function failed: ${messageOf(error)}`);
      return null;
    }
  }

  /** The name that says whose a file is: where checksums are checked, a sidecar's is that of the file it vouches for. */
  #nameOf(watch: WatchConfig, path: string): string {
    const own = nameInWatch(watch, path);
    const { integrity } = this.#around.rules.of(watch);
    return (checksChecksums(integrity) ? sidecarTarget(own) : null) ?? own;
  }
}

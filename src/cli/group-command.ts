import { resolve } from 'node:path';
import { Option } from 'clipanion';
import type { GroupRecord } from '../store/read/history.ts';
import type { GroupStore } from '../store/group-store.ts';
import type { ViewedProject } from '../api/project.ts';
import { formatOption, ProjectCommand } from './command.ts';

/** A group that a command is about, with the database that has it. */
export interface OpenGroup {
  readonly project: ViewedProject;
  readonly store: GroupStore;
  readonly group: GroupRecord;
}

/** A command about one group: its key, exactly, or the path of one of its files. */
export abstract class GroupCommand extends ProjectCommand {
  group = Option.String({ name: 'GROUP' });
  watchName = Option.String('--watch-name', { description: 'the watch, when several have such a group' });
  format = formatOption();

  /** Tells of the group; `isJson`: for programs. */
  protected abstract tell(found: OpenGroup, isJson: boolean): Promise<void>;

  async perform(): Promise<number> {
    const isJson = this.checkFormat(this.format) === 'json';
    const project = await this.viewProject();
    const { findGroup } = await import('../audit/index.ts');
    await this.withStore(project, async (store) => {
      const group = await findGroup(store.sql, {
        text: this.group,
        watchName: this.watchName ?? null,
        path: resolve(this.context.cwd, this.group),
        configured: project.config.watches.map(({ name }) => name),
      });
      await this.tell({ project, store, group }, isJson);
    });
    return 0;
  }
}

import { resolve } from 'node:path';
import { Command, Option, type BaseContext } from 'clipanion';
import type { DatabaseProject } from '../api/database.ts';
import type { Project, ViewedProject } from '../api/project.ts';
import type { ColumnSpecs } from '../core/index.ts';
import { shellOption } from '../core/paths.ts';
import { CarbonationError } from '../errors/index.ts';
import type { GroupStore } from '../store/group-store.ts';
import { printError, printWarning } from './print.ts';

/** What every command is given. */
export interface CliContext extends BaseContext {
  /** The directory that relative paths start at. */
  readonly cwd: string;
}

/** The formats of reports. */
export type Format = 'text' | 'json';

/** The option `--format`; `format` of the command checks its value. */
export function formatOption() {
  return Option.String('--format', 'text', { description: '`text` (default) to read, `json` for programs' });
}

/** A command: its errors become one or two lines and an exit code. */
export abstract class BaseCommand extends Command<CliContext> {
  verbose = Option.Boolean('--verbose', false, { description: 'say more, and where an error comes from' });

  /** Does what the command is for, and returns its exit code. */
  abstract perform(): Promise<number>;

  /** The value of `--format`. @throws CarbonationError USAGE for an unknown one */
  protected checkFormat(value: string): Format {
    if (value === 'text' || value === 'json') return value;
    // What `query files` calls it.
    if (value === 'table') return 'text';
    throw this.usage(`--format must be text or json, not "${value}"`);
  }

  /** An error about how the command was called. */
  protected usage(message: string): CarbonationError {
    return new CarbonationError('USAGE', message, { remedy: `see \`carbonation ${this.path.join(' ')} --help\`` });
  }

  override async execute(): Promise<number> {
    try {
      return await this.perform();
    } catch (thrown) {
      return printError(this.context, await this.explained(thrown), this.verbose);
    }
  }

  /** An error as it is told. */
  protected async explained(thrown: unknown): Promise<unknown> {
    return thrown;
  }
}

/** A command on a project, which `-c` names. */
export abstract class ProjectCommand extends BaseCommand {
  config = Option.String('-c,--config', 'config.toml', { description: 'the config file (default: ./config.toml)' });

  /** Absolute path of config.toml. */
  protected get configPath(): string {
    return resolve(this.context.cwd, this.config);
  }

  /** What is advised: pasted, its commands must work on the project that this one was called for. */
  protected advised<Advice extends { readonly command: string | null }>(all: readonly Advice[]): Advice[] {
    if (this.config === 'config.toml') return [...all];
    const option = shellOption('--config', this.config);
    return all.map((one) =>
      one.command?.startsWith('carbonation ') === true ? { ...one, command: `${one.command} ${option}` } : one,
    );
  }

  /** At any statement a database may be locked by another process, or go away. */
  protected override async explained(thrown: unknown): Promise<unknown> {
    const { withDatabaseSaid } = await import('../store/database/away.ts');
    return withDatabaseSaid(thrown);
  }

  /** Reads the project's files; see `openProject` for what it throws. */
  protected async openProject(): Promise<Project> {
    const { openProject } = await import('../api/project.ts');
    return openProject(this.configPath, this.context.env);
  }

  /** As `openProject`, for a command that only looks: rules that are invalid now are warned of. */
  protected async viewProject(): Promise<ViewedProject> {
    const { viewProject } = await import('../api/project.ts');
    const project = await viewProject(this.configPath, this.context.env);
    if (project.fault !== null) await printWarning(this.context, project.fault);
    return project;
  }

  /** Does something with the project's database, which is closed in the end. */
  protected async withStore<Result>(
    project: DatabaseProject,
    work: (store: GroupStore) => Promise<Result>,
  ): Promise<Result> {
    const { openStore } = await import('../api/database.ts');
    const { store, close } = await openStore(project);
    try {
      return await work(store);
    } finally {
      await close();
    }
  }

  /** The columns of the plugin, of which options are made; whatever is wrong with the rules. */
  protected async pluginColumns(): Promise<ColumnSpecs> {
    const { viewProject } = await import('../api/project.ts');
    const { plugin } = await viewProject(this.configPath, this.context.env);
    return plugin.fileModel.columns;
  }
}

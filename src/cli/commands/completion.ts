import { Command, Option } from 'clipanion';
import { ProjectCommand } from '../command.ts';
import type { CompletedCommand } from '../completion/commands.ts';

/** `carbonation completion` */
export class CompletionCommand extends ProjectCommand {
  static override paths = [['completion']];
  static override usage = Command.Usage({
    description: 'print a script that completes commands and options in a shell',
    details: `
      For bash, zsh or fish. With a config, it also completes the names of watches and archives, and the plugin’s columns
      as filters of \`query files\`. Print the script again when they change.
    `,
    examples: [
      ['For bash, in ~/.bashrc', 'source <(carbonation completion bash)'],
      ['For zsh, in ~/.zshrc after compinit', 'source <(carbonation completion zsh)'],
      ['For fish', '$0 completion fish > ~/.config/fish/completions/carbonation.fish'],
    ],
  });

  shell = Option.String({ name: 'SHELL' });

  async perform(): Promise<number> {
    const commands = await this.#commands();
    this.context.stdout.write(await this.#script(commands));
    return 0;
  }

  async #script(commands: readonly CompletedCommand[]): Promise<string> {
    switch (this.shell) {
      case 'bash':
        return (await import('../completion/bash.ts')).bashCompletion(commands);
      case 'zsh':
        return (await import('../completion/zsh.ts')).zshCompletion(commands);
      case 'fish':
        return (await import('../completion/fish.ts')).fishCompletion(commands);
      default:
        throw this.usage(`there is no completion for "${this.shell}", only for bash, zsh and fish`);
    }
  }

  async #commands(): Promise<readonly CompletedCommand[]> {
    const { completedCommands } = await import('../completion/commands.ts');
    const { offeredWords } = await import('../completion/offered.ts');
    const { queryOptions } = await import('../completion/query.ts');
    const { viewProject } = await import('../../api/project.ts');
    const project = await viewProject(this.configPath, this.context.env).catch(() => null);
    const offered = offeredWords(project?.config ?? null);
    const columns = project?.plugin.fileModel.columns ?? {};
    // The one command whose options follow from the plugin: the parser leaves them to it.
    return completedCommands(this.cli.definitions(), offered).map((command) =>
      command.name === 'query files'
        ? { ...command, options: [...command.options, ...queryOptions(columns, offered.options)], takesFiles: false }
        : command,
    );
  }
}

import { relative, resolve } from 'node:path';
import { Command, Option } from 'clipanion';
import { shellWord } from '../../core/paths.ts';
import { printable } from '../../core/printable.ts';
import type { ScaffoldEntry } from '../../scaffold/index.ts';
import { BaseCommand } from '../command.ts';
import { paintFor, printLine } from '../print.ts';

/** `carbonation init` */
export class InitCommand extends BaseCommand {
  static override paths = [['init']];
  static override usage = Command.Usage({
    description: 'write a first config, rules and plugin',
    details: `
      Writes \`config.toml\`, \`rules.toml\`, the plugin package \`my_plugin/\` and the directory \`delivery/\`. They work as
      they are, and their comments explain every option. Nothing that exists is overwritten.
    `,
    examples: [
      ['In the current directory', '$0 init'],
      ['In another directory, with a systemd unit', '$0 init --dir /srv/archive --systemd --user archivist'],
    ],
  });

  // Accepted like everywhere; there is no config yet.
  config = Option.String('-c,--config', { hidden: true });
  dir = Option.String('--dir', '.', { description: 'where to write (default: the current directory)' });
  systemd = Option.Boolean('--systemd', false, { description: 'also write carbonation.service' });
  user = Option.String('--user', { description: 'with --systemd: the user that the service runs as (default: you)' });

  async perform(): Promise<number> {
    if (this.user !== undefined && !this.systemd) throw this.usage('--user needs --systemd');
    const { scaffold } = await import('../../scaffold/index.ts');
    const directory = resolve(this.context.cwd, this.dir);
    const entries = await scaffold({ directory, systemd: this.systemd, user: this.user ?? null });
    const paint = await paintFor(this.context.stdout, this.context.env);
    for (const { path, outcome } of entries) {
      const word = outcome === 'created' ? paint.green('CREATED') : paint.yellow('SKIP   ');
      printLine(this.context, `${word} ${printable(path)}${outcome === 'skipped' ? ' (exists)' : ''}`);
    }
    printLine(this.context);
    printLine(this.context, paint.bold('Next steps'));
    // Whoever calls it through npx has no such command in the path.
    const program = this.context.env['npm_command'] === 'exec' ? 'npx carbonation' : 'carbonation';
    // What somebody else makes, the service could not write.
    const owner = this.user === undefined || this.user === this.context.env['USER'] ? null : this.user;
    const way = relative(this.context.cwd, directory);
    for (const [index, step] of nextSteps(way, entries, program, owner).entries()) {
      printLine(this.context, `${index + 1}. ${printable(step)}`);
    }
    return 0;
  }
}

/** A copy: who may write the project must not say what systemd runs. */
const installUnit: readonly string[] = [
  'sudo cp carbonation.service /etc/systemd/system/ && sudo systemctl daemon-reload',
  'sudo systemctl enable --now carbonation',
];

function nextSteps(
  directory: string,
  entries: readonly ScaffoldEntry[],
  program: string,
  owner: string | null,
): readonly string[] {
  const command = owner === null ? program : `sudo -u ${owner} ${program}`;
  const unit = entries.some(({ path }) => path === 'carbonation.service');
  return [
    ...(directory === '' ? [] : [`cd ${shellWord(directory)}`]),
    'edit config.toml and rules.toml: which files arrive where, and where they go',
    'edit my_plugin/: your columns and functions (its README.md says how)',
    ...(owner === null ? [] : [`sudo chown -R ${owner}: .`]),
    `${command} check config`,
    `${command} db init`,
    ...(unit ? installUnit : [`${command} run`]),
  ];
}

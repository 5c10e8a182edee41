import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Cli, type Command } from 'clipanion';
import { endProcess } from '../core/end-process.ts';
import { packageRoot } from '../core/own-files.ts';
import { printToStderr, whenWritten } from '../core/streams.ts';
import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import { normaliseArguments } from './argv.ts';
import { BaseCommand, type CliContext } from './command.ts';
import { ChartCommand } from './commands/chart.ts';
import { CheckConfigCommand } from './commands/check-config.ts';
import { CheckRulesCommand } from './commands/check-rules.ts';
import { CompletionCommand } from './commands/completion.ts';
import { DbInitCommand } from './commands/db-init.ts';
import { DbRevisionCommand } from './commands/db-revision.ts';
import { DbStatusCommand } from './commands/db-status.ts';
import { DbUpgradeCommand } from './commands/db-upgrade.ts';
import { DoctorCommand } from './commands/doctor.ts';
import { HistoryCommand } from './commands/history.ts';
import { InitCommand } from './commands/init.ts';
import { QueryFilesCommand } from './commands/query-files.ts';
import { ReconcileArchiveCommand } from './commands/reconcile-archive.ts';
import { ReconcileDeliveryCommand } from './commands/reconcile-delivery.ts';
import { RetryCommand } from './commands/retry.ts';
import { RunCommand } from './commands/run.ts';
import { StatusCommand } from './commands/status.ts';
import { WhyCommand } from './commands/why.ts';
import { commandHelp, generalHelp } from './help.ts';
import { hasColour, printError } from './print.ts';
import { explainUsage, type KnownCommand, type KnownOption } from './usage.ts';

export { endProcess };

const commands = [
  InitCommand,
  DoctorCommand,
  CompletionCommand,
  CheckConfigCommand,
  CheckRulesCommand,
  DbInitCommand,
  DbRevisionCommand,
  DbStatusCommand,
  DbUpgradeCommand,
  RunCommand,
  QueryFilesCommand,
  ReconcileArchiveCommand,
  ReconcileDeliveryCommand,
  RetryCommand,
  StatusCommand,
  HistoryCommand,
  WhyCommand,
  ChartCommand,
];

/** The process's own, unless a test gives others. */
function defaultContext(): CliContext {
  const { stdin, stdout, stderr, env } = process;
  printToStderr();
  return { stdin, stdout, stderr, env, cwd: process.cwd(), colorDepth: 1 };
}

/**
 * Runs the command that the arguments name.
 *
 * @param argv The arguments after the program's name.
 * @returns The exit code: 0 done, 1 failed, 2 wrong usage.
 */
export async function main(argv: readonly string[], context: CliContext = defaultContext()): Promise<number> {
  const failures: Error[] = [];
  context.stdout.on('error', (error) => failures.push(error));
  // What cannot be said there ends nothing, least of all the service, whose log it is.
  context.stderr.on('error', () => undefined);
  const code = await dispatch(normaliseArguments(argv), context);
  await whenWritten(context.stdout);
  const failure = failures.find((error) => !isClosed(error));
  if (failure === undefined) return code;
  return Math.max(code, await printError(context, outputFailed(failure), argv.includes('--verbose')));
}

// `carbonation status | head -1` closes the pipe: nobody reads any more, which is no failure.
function isClosed(error: Error): boolean {
  const code = systemCode(error);
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

function outputFailed(cause: Error): CarbonationError {
  return new CarbonationError('OUTPUT_FAILED', `the output cannot be written: ${messageOf(cause)}`, {
    cause,
    remedy: 'check the disk or device that stdout goes to; what it got of the output is incomplete',
  });
}

/** The parser with every command. */
export function createCli(enableColors: boolean): Cli<CliContext> {
  return Cli.from<CliContext>(commands, {
    binaryLabel: 'carbonation',
    binaryName: 'carbonation',
    binaryVersion: version(),
    enableColors,
  });
}

async function dispatch(argv: readonly string[], context: CliContext): Promise<number> {
  const cli = createCli(hasColour(context.stdout, context.env));
  const [first] = argv;
  if (first === '--version' || first === '-v') {
    context.stdout.write(`${version()}\n`);
    return 0;
  }
  const family = familyHelp(cli, argv);
  if (family !== null) {
    (first === undefined ? context.stderr : context.stdout).write(family);
    return first === undefined ? 2 : 0;
  }
  try {
    const command = cli.process([...argv], context);
    if (!(command instanceof BaseCommand)) return await showHelp(cli, command, context);
    // A command prints its own errors; only what the parser refuses arrives below.
    return await cli.run(command, context);
  } catch (thrown) {
    return wrongUsage(cli, argv, thrown, context);
  }
}

/** The parser answers `--help` with a command of its own, whose text is rewritten on its way. */
async function showHelp(cli: Cli<CliContext>, help: Command<CliContext>, context: CliContext): Promise<number> {
  const written: string[] = [];
  const stdout = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      written.push(String(chunk));
      done();
    },
  });
  const code = await cli.run(help, { ...context, stdout });
  context.stdout.write(commandHelp(written.join('')));
  return code;
}

/** The help of all commands, or of those that begin with the same word; null when it was not asked for. */
function familyHelp(cli: Cli<CliContext>, argv: readonly string[]): string | null {
  const [first = '--help', second = '--help'] = argv;
  const isHelp = (word: string): boolean => word === '--help' || word === '-h';
  const all = cli.definitions().map(({ path, description = '' }) => ({
    name: path.replace(/^carbonation /, ''),
    description: description.trim(),
  }));
  if (isHelp(first)) return generalHelp(all, version());
  const family = all.filter(({ name }) => name.startsWith(`${first} `));
  return isHelp(second) && argv.length > 1 && family.length > 0 ? generalHelp(family, version()) : null;
}

async function wrongUsage(
  cli: Cli<CliContext>,
  argv: readonly string[],
  thrown: unknown,
  context: CliContext,
): Promise<number> {
  const verbose = argv.includes('--verbose');
  if (!(thrown instanceof Error && 'clipanion' in thrown)) return printError(context, thrown, verbose);
  const reason = (thrown.message.split('\n')[0] ?? '').replace(/\.$/, '');
  const { message, remedy } = await explainUsage(argv, known(cli), reason);
  return printError(context, new CarbonationError('USAGE', message, { remedy }), false);
}

function known(cli: Cli<CliContext>): readonly KnownCommand[] {
  const help = { name: 'help', short: 'h', takesValue: false, isRequired: false };
  return cli.definitions().map(({ path, usage, options }) => {
    // The usage is the path, and then each argument as <NAME>, [NAME] or, for any number of them, three dots.
    const operands = usage.slice(path.length).split(' ').filter(Boolean);
    return {
      name: path.replace(/^carbonation /, ''),
      options: [help, ...options.map(knownOption)],
      least: operands.filter((operand) => operand.startsWith('<')).length,
      most: operands.includes('...') ? Infinity : operands.length,
    };
  });
}

/** @param definition `-m,--message #0` */
function knownOption({ definition, required }: { definition: string; required: boolean }): KnownOption {
  const [names = '', value] = definition.split(' ');
  const name = /--(?<long>[^,]+)/.exec(names)?.groups?.['long'] ?? names;
  const short = /^-(?<letter>\w)(?:,|$)/.exec(names)?.groups?.['letter'] ?? null;
  return { name, short, takesValue: value !== undefined, isRequired: required };
}

/** The package's version. */
function version(): string {
  const content: unknown = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
  return typeof content === 'object' && content !== null && 'version' in content ? String(content.version) : 'unknown';
}

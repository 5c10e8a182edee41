import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The program's command: that of this repository, until a run of the bench has installed it as its users do. */
export const program = { bin: join(import.meta.dirname, '..', '..', 'bin', 'carbonation.js') };

/** Runs a command of carbonation in a project and gives what it printed; throws when it fails. */
export function carbonation(directory: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [program.bin, ...args], {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 30,
  });
}

/** Seconds that something takes. */
export async function secondsOf(work: () => Promise<unknown> | void): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** What the kernel says about a process's memory, in MB. */
export interface Memory {
  /** Resident now. */
  readonly resident: number;
  /** The most that was ever resident. */
  readonly peak: number;
}

/** MB of the kB of /proc, which are 1024 bytes. */
function megabytes(kibibytes: string): number {
  return (Number(kibibytes) * 1024) / 1e6;
}

/** Memory of a running process; null once it is gone. */
export function memoryOf(pid: number): Memory | null {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return null;
  }
  const resident = /VmRSS:\s+(\d+)/.exec(status)?.[1];
  const peak = /VmHWM:\s+(\d+)/.exec(status)?.[1];
  return resident === undefined || peak === undefined ? null : { resident: megabytes(resident), peak: megabytes(peak) };
}

/** A running process's proportional share of memory, in MB: a page that several processes share is divided among them. */
export function proportionalMemoryOf(pid: number): number {
  const share = /^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  if (share === undefined) throw new Error(`no proportional share of memory of process ${pid}`);
  return megabytes(share);
}

/** Seconds of CPU time, of all threads, that a running process has used. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name of the program, in parentheses, may hold anything; utime and stime are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
}

/** What a whole process took. */
export interface Measured {
  readonly seconds: number;
  /** The most that was resident, in MB, by the kernel's own mark; read every 50 ms, so the last growth may be missed. */
  readonly peak: number;
  readonly stdout: string;
}

/** How a measured command is run. */
export interface CommandOptions {
  readonly cwd: string;
  /** Variables beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /** Takes what it prints as it comes; `stdout` is empty then. */
  readonly take?: (chunk: Buffer) => void;
}

/** Runs a command from start to end; throws when it does not end with 0. */
export async function measureCommand(
  command: string,
  args: readonly string[],
  { cwd, env = {}, take }: CommandOptions,
): Promise<Measured> {
  const start = performance.now();
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let peak = 0;
  const timer = setInterval(() => {
    if (child.pid !== undefined) peak = Math.max(peak, memoryOf(child.pid)?.peak ?? 0);
  }, 50);
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', take ?? ((chunk: Buffer) => out.push(chunk)));
  child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
  try {
    const code = await exitOf(child);
    const seconds = (performance.now() - start) / 1000;
    if (code !== 0) {
      throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${Buffer.concat(err).toString().slice(-2000)}`);
    }
    return { seconds, peak, stdout: Buffer.concat(out).toString() };
  } finally {
    clearInterval(timer);
  }
}

/** Like {@link measureCommand}, a command of carbonation in a project. */
export function measure(directory: string, ...args: readonly string[]): Promise<Measured> {
  return measureCommand(process.execPath, [program.bin, ...args], { cwd: directory });
}

function exitOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? signal));
  });
}

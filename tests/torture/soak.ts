import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { fileActions } from './delivery-model.ts';
import { ModelProject, type ModelKind } from './model-project.ts';
import { wrongsOnceAtRest } from './sequences.ts';

/** A soak in figures. */
export interface SoakReport {
  readonly kills: number;
  /** Deliveries and other things done to files. */
  readonly actions: number;
  /** Contents that had to be in the archive, and were. */
  readonly contents: number;
  readonly problems: readonly string[];
}

const binPath = fileURLToPath(new URL('../../bin/carbonation.js', import.meta.url));
/** All is checked after so many kills. */
const kills = 10;
/** Between two things that are done to files, in ms. */
const pauseMs = 8;
/** How long a service may live, from the start of its process, in ms. */
const shortestMs = 250;
const longestMs = 2500;

/** Random numbers that a seed repeats (mulberry32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % end;
  }
}

/**
 * Runs the real command `carbonation run` under arriving, changing and leaving
 * files, kills it at random moments and starts it again; after each tenth kill
 * everything comes to rest and must be as the model says.
 */
export async function soak(kind: ModelKind, total: number, seed: number): Promise<SoakReport> {
  const project = await ModelProject.create(kind);
  const dice = new Dice(seed);
  let done = 0;
  let actions = 0;
  let stems = 0;
  const report = (problems: readonly string[]): SoakReport => ({
    kills: done,
    actions,
    contents: project.model.demanded,
    problems,
  });
  /** Mostly a new group's file; else something happens to one of the last thirty groups. */
  const act = () => {
    actions += 1;
    if (dice.below(3) > 0) {
      const stem = `g${stems}`;
      project.model.act(dice.below(2) === 0 ? 'create' : 'rename in', `${stem}.json`);
      project.model.act(dice.below(2) === 0 ? 'create' : 'rename in', `${stem}.txt`);
      stems += 1;
      return;
    }
    const action = fileActions[dice.below(fileActions.length)] ?? 'create';
    const stem = `g${Math.max(0, stems - 1 - dice.below(30))}`;
    project.model.act(action, `${stem}.${dice.below(2) === 0 ? 'txt' : 'json'}`);
  };
  try {
    while (done < total) {
      for (let round = 0; round < kills && done < total; round += 1) {
        const service = start(project);
        const end = performance.now() + shortestMs + dice.below(longestMs - shortestMs);
        while (performance.now() < end) {
          act();
          await wait(pauseMs);
        }
        if (service.exitCode !== null) return report([`the service ended by itself with ${service.exitCode}`]);
        const ended = once(service, 'exit');
        service.kill('SIGKILL');
        await ended;
        done += 1;
        const wrongs = project.model.wrongs();
        if (wrongs.length > 0) return report(wrongs.map((wrong) => `after kill ${done}: ${wrong}`));
      }
      const problems = await wrongsOnceAtRest(project);
      if (problems.length > 0) return report(problems.map((problem) => `at rest after kill ${done}: ${problem}`));
    }
    return report([]);
  } finally {
    await project.remove();
  }
}

function start(project: ModelProject): ChildProcess {
  return spawn(process.execPath, [binPath, 'run', '-c', project.configPath], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: project.directory,
      NODE_COMPILE_CACHE: join(tmpdir(), 'carbonation-torture-cache'),
    },
  });
}

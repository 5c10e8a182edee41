import { setTimeout as wait } from 'node:timers/promises';
import type { Line } from '../lib/figures.ts';
import { definePart, runParts } from '../lib/part.ts';
import { measure, proportionalMemoryOf } from '../lib/process.ts';
import { makeProject } from '../lib/project.ts';
import { Service } from '../lib/service.ts';

/** How long commands take that need no database, and what a service takes that has nothing to do. */
export const startup = definePart({
  name: 'startup',
  title: 'commands that need no database; a service that has nothing to do',
  defaults: { rounds: 10, seconds: 60, rest: 10 },
  async measure({ settings: { rounds, seconds, rest }, fresh, say }) {
    const directory = fresh('project');
    makeProject(directory);
    const help: number[] = [];
    const check: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const asked = await measure(directory, '--help');
      if (!asked.stdout.includes('Usage: carbonation')) throw new Error(`no help: ${asked.stdout}`);
      help.push(asked.seconds * 1000);
      check.push((await measure(directory, 'check', 'config')).seconds * 1000);
    }
    const lines: Line[] = [
      { name: 'carbonation --help', unit: 'ms', values: help, goal: { below: 250 } },
      { name: 'carbonation check config', unit: 'ms', values: check, goal: { below: 400 } },
    ];
    await using service = await Service.start(directory);
    // What belongs to its start is over: compiling, the first look at the directories, collecting garbage of it.
    await wait(rest * 1000);
    say(`idle for ${seconds} s`);
    const begun = performance.now();
    const before = service.cpuSeconds;
    await wait(seconds * 1000);
    const share = ((service.cpuSeconds - before) / ((performance.now() - begun) / 1000)) * 100;
    return [
      ...lines,
      { name: 'start of a service to ready', unit: 's', values: [service.readySeconds] },
      { name: 'idle service, CPU of one core', unit: '%', values: [share], goal: { below: 0.5 } },
      { name: 'idle service, resident (RSS)', unit: 'MB', values: [service.memory.resident], goal: { below: 120 } },
      { name: 'idle service, resident (PSS)', unit: 'MB', values: [proportionalMemoryOf(service.pid)] },
    ];
  },
});

if (import.meta.main) await runParts([startup]);

import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { Completions, settleMsOf } from '../lib/completions.ts';
import type { Goal, Line } from '../lib/figures.ts';
import { expectCount } from '../lib/files.ts';
import { definePart, runParts } from '../lib/part.ts';
import { expectArchived, makeProject, sampleJson, sampleText } from '../lib/project.ts';
import { Service, until } from '../lib/service.ts';
import { percentile } from '../lib/stats.ts';

/** Writes a group's two files every so many ms, by the clock: what comes late is not put off further. */
async function deliverSteadily(delivery: string, count: number, everyMs: number): Promise<void> {
  const begun = performance.now();
  for (let i = 0; i < count; i += 1) {
    const early = begun + i * everyMs - performance.now();
    if (early > 0) await wait(early);
    writeFileSync(join(delivery, `g${i}.txt`), sampleText(i));
    writeFileSync(join(delivery, `g${i}.json`), sampleJson(i));
  }
}

/** When the last byte of a group was there, in ms since 1970, by the kernel. */
function lastByteAt(delivery: string, key: string): number {
  const times = ['txt', 'json'].map((extension) => {
    const { mtimeMs, ctimeMs } = statSync(join(delivery, `${key}.${extension}`));
    return Math.max(mtimeMs, ctimeMs);
  });
  return Math.max(...times);
}

function spread(name: string, values: readonly number[], goals: { readonly p50?: Goal; readonly p99?: Goal }): Line[] {
  const line = (share: string, value: number, goal?: Goal): Line => {
    const figure = { name: `${name}, ${share}`, unit: 'ms', values: [value], digits: 1 };
    return goal === undefined ? figure : { ...figure, goal };
  };
  return [
    line('p50', percentile(values, 0.5), goals.p50),
    line('p95', percentile(values, 0.95)),
    line('p99', percentile(values, 0.99), goals.p99),
    line('max', Math.max(...values)),
  ];
}

/**
 * How long a group takes once it is at rest, while others keep coming. It is at rest the settle time after its last byte.
 * Its end is taken from outside: the moment at which another connection is shown the completed group, so that it is
 * committed by then; looking every few ms adds up to that. The times on record are shown beside it but are no end: the
 * service takes them when the copies are made (`completed_at`, `archived_at`), or when it gathers a commit (`modified_at`).
 */
export const latency = definePart({
  name: 'latency',
  title: 'live: from last byte + settle time to archived and committed, at a steady rate',
  defaults: { rate: 100, seconds: 60, look: 3 },
  async measure({ settings: { rate, seconds, look }, fresh, say }) {
    const directory = fresh('project');
    const delivery = join(directory, 'delivery');
    makeProject(directory);
    const settleMs = settleMsOf(directory);
    const count = Math.round(rate * seconds);
    await using service = await Service.start(directory);
    await using completions = await Completions.open(directory);
    const begun = performance.now();
    const delivered = deliverSteadily(delivery, count, 1000 / rate).then(() => (performance.now() - begun) / 1000);
    let looks = 0;
    const seen = until(
      'all groups are archived',
      async () => {
        looks += 1;
        return (await completions.look()) >= count;
      },
      { timeoutMs: seconds * 1000 + settleMs + 60_000, everyMs: look },
    );
    const [deliverSeconds] = await Promise.all([delivered, seen]);
    const lookMs = (performance.now() - begun) / looks;
    const { peak } = service.memory;
    await service.stop();
    expectCount('groups that completed', completions.byKey.size, count);
    expectArchived(directory, count);
    if (deliverSeconds > seconds * 1.02)
      throw new Error(`${count} groups took ${deliverSeconds} s to deliver; no figure`);
    say(`looked every ${lookMs.toFixed(1)} ms`);
    const ends = [...completions.byKey].map(([key, end]) => ({ ...end, restAt: lastByteAt(delivery, key) + settleMs }));
    return [
      { name: 'groups delivered a second', unit: 'groups/s', values: [count / deliverSeconds] },
      ...spread(
        'at rest → committed',
        ends.map(({ seenAt, restAt }) => seenAt - restAt),
        { p50: { below: 25 }, p99: { below: 100 } },
      ),
      ...spread(
        'at rest → completed_at',
        ends.map(({ recordedAt, restAt }) => recordedAt - restAt),
        {},
      ),
      { name: 'peak resident', unit: 'MB', values: [peak] },
    ];
  },
});

if (import.meta.main) await runParts([latency]);

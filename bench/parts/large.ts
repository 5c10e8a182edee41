import { randomFillSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Line } from '../lib/figures.ts';
import { expectCount } from '../lib/files.ts';
import { definePart, runParts } from '../lib/part.ts';
import { inTurns, isInstalled } from '../lib/peers.ts';
import { measure, measureCommand, type Measured } from '../lib/process.ts';
import { archiveOf, edited, makeProject, sampleJson, settled } from '../lib/project.ts';
import { paired, startupApart } from '../lib/stats.ts';

/** Writes groups whose text has so many MiB, no two alike. */
function deliverLarge(delivery: string, count: number, mebibytes: number): void {
  mkdirSync(delivery);
  const piece = randomFillSync(Buffer.alloc(2 ** 20));
  for (let i = 0; i < count; i += 1) {
    const file = openSync(join(delivery, `g${i}.txt`), 'w');
    for (let written = 0; written < mebibytes; written += 1) {
      piece.writeUInt32BE(i, 0);
      piece.writeUInt32BE(written, 4);
      writeSync(file, piece);
    }
    closeSync(file);
    writeFileSync(join(delivery, `g${i}.json`), sampleJson(i));
  }
}

/** Bytes of the files directly in a directory. */
function bytesIn(directory: string): number {
  return readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}

/**
 * Copies the files of `$1` to `$2` and takes their checksums, into `$3`, while they pass, so that each is read once; as many
 * files at a time as there are cores, and on disk at the end.
 */
function onePass(hash: string): string {
  const file = `tee "$2/$4" < "$1/$4" | ${hash} > "$3/$4"`;
  return `mkdir "$2" "$3" && ls "$1" | xargs -P "$(nproc)" -I{} sh -c '${file}' sh "$1" "$2" "$3" {} && sync -f "$2"`;
}

/** Few large files: their bytes count, not their number. */
export const large = definePart({
  name: 'large',
  title: '`run --once` of large files, alternating with copying and hashing them in one pass',
  defaults: { groups: 20, mebibytes: 256, rounds: 3 },
  async measure({ settings: { groups, mebibytes, rounds }, fresh, say }) {
    const [big, little, one] = [fresh('delivery'), fresh('delivery-of-small'), fresh('delivery-of-one')];
    say(`writing ${groups} files of ${mebibytes} MiB`);
    deliverLarge(big, groups, mebibytes);
    deliverLarge(little, groups, 1);
    deliverLarge(one, 1, 1);
    await settled();

    const ours = async (runs: Measured[], delivery: string, workers?: number) => {
      const directory = fresh('project');
      makeProject(directory, {
        delivery,
        config: (toml) => (workers === undefined ? toml : edited(toml, /^(# )?workers = .*$/m, `workers = ${workers}`)),
      });
      runs.push(await measure(directory, 'run', '--once'));
      expectCount('bytes archived', bytesIn(archiveOf(directory)), bytesIn(delivery));
      return directory;
    };
    const theirs = async (seconds: number[], hash: string) => {
      const [copy, sums] = [fresh('copy'), fresh('sums')];
      const measured = await measureCommand('sh', ['-c', onePass(hash), 'sh', big, copy, sums], { cwd: '/' });
      expectCount('bytes copied', bytesIn(copy), bytesIn(big));
      expectCount(
        'checksums',
        readdirSync(sums).filter((name) => statSync(join(sums, name)).size > 64).length,
        groups * 2,
      );
      seconds.push(measured.seconds);
      return copy;
    };
    // The disk would be full of them. A few large files are no harm: it is removing many files that slows down the next.
    const thenRemoved = (work: () => Promise<string>) => async () => rmSync(await work(), { recursive: true });

    const hasOpenssl = isInstalled('openssl');
    const [starts, wholes]: [Measured[], Measured[]] = [[], []];
    // What takes longer has more threads at work, whose memory has nothing to do with the size of files.
    const [littlesOfOne, wholesOfOne]: [Measured[], Measured[]] = [[], []];
    const [sha256sum, openssl]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round += 1) {
      say(`round ${round + 1} of ${rounds}`);
      await inTurns(round, big, [
        thenRemoved(() => theirs(sha256sum, 'sha256sum')),
        thenRemoved(() => ours(wholes, big)),
        ...(hasOpenssl ? [thenRemoved(() => theirs(openssl, 'openssl dgst -sha256'))] : []),
        async () => void (await ours(starts, one)),
        thenRemoved(() => ours(wholesOfOne, big, 1)),
        async () => void (await ours(littlesOfOne, little, 1)),
      ]);
    }

    const seconds = (runs: readonly Measured[]) => runs.map((run) => run.seconds);
    const peaks = (runs: readonly Measured[]) => runs.map(({ peak }) => peak);
    const net = startupApart(seconds(wholes), seconds(starts));
    const megabytes = bytesIn(big) / 1e6;
    const against = (them: readonly number[]) => paired(them, net);
    const rate = (values: readonly number[]) => values.map((value) => megabytes / value);
    const opensslLines: Line[] = hasOpenssl
      ? [
          { name: 'copy and openssl in one pass, sync -f', unit: 'MB/s', values: rate(openssl) },
          { name: 'as fast as copy and openssl', unit: '×', values: against(openssl) },
        ]
      : [{ skipped: 'copy and openssl in one pass', why: 'openssl is not installed' }];
    return [
      { name: 'copy and sha256sum in one pass, sync -f', unit: 'MB/s', values: rate(sha256sum) },
      { name: 'run --once, start-up apart', unit: 'MB/s', values: rate(net) },
      { name: 'as fast as copy and sha256sum', unit: '×', values: against(sha256sum), goal: { atLeast: 0.8 } },
      ...opensslLines,
      { name: 'peak resident', unit: 'MB', values: peaks(wholes) },
      { name: 'peak resident, workers = 1', unit: 'MB', values: peaks(wholesOfOne) },
      { name: 'the same with files of 1 MiB', unit: 'MB', values: peaks(littlesOfOne) },
      {
        name: 'peak against that with files of 1 MiB',
        unit: '×',
        values: paired(peaks(wholesOfOne), peaks(littlesOfOne)),
        goal: { atMost: 1.2 },
      },
    ];
  },
});

if (import.meta.main) await runParts([large]);

/** The value below which a share (0 to 1) of the values lies; of no values it is not a number. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The value in the middle; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[sorted.length >> 1] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[(sorted.length >> 1) - 1] ?? Number.NaN) + upper) / 2;
}

/** `change` of each pair of values of the same round: only what was measured in one round may be compared. */
export function paired(
  ofUs: readonly number[],
  ofThem: readonly number[],
  change: (us: number, them: number) => number = (us, them) => us / them,
): number[] {
  if (ofUs.length !== ofThem.length) throw new Error(`${ofUs.length} rounds beside ${ofThem.length}`);
  return ofUs.map((us, round) => change(us, ofThem[round] ?? Number.NaN));
}

/**
 * Seconds of whole runs without what a run of a single group took in the same round. Throws when nothing is left: the
 * delivery was too small to measure.
 */
export function startupApart(whole: readonly number[], startup: readonly number[]): number[] {
  const net = paired(whole, startup, (all, start) => all - start);
  if (net.some((seconds) => seconds <= 0))
    throw new Error('a run took no longer than its start-up: deliver more groups');
  return net;
}

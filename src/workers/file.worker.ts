/** Entry of the file threads: everything that reads or writes bytes, for many groups a message. */
import { readFiles, removeSources, sweepDirectory, transferGroups } from '../archive/index.ts';
import { toCarbonationError } from '../errors/index.ts';
import { inspectGroup } from './inspect.ts';
import type {
  InspectRequest,
  ReadRequest,
  RemoveRequest,
  SweepRequest,
  TransferredFile,
  TransferRequest,
} from './messages.ts';
import { settled, type Outcome } from './outcome.ts';

/** Inspects the components of each group. */
export function inspect(requests: readonly InspectRequest[]): readonly Outcome<ReturnType<typeof inspectGroup>>[] {
  return requests.map((request) => settled('INSPECT_FAILED', () => inspectGroup(request)));
}

/** Transfers the components of each group. */
export async function transfer(
  requests: readonly TransferRequest[],
): Promise<readonly Outcome<readonly TransferredFile[]>[]> {
  try {
    return (await transferGroups(requests)).map((value) => ({ ok: true, value }));
  } catch (error) {
    const plain = toCarbonationError(error, 'TRANSFER_FAILED').toPlain();
    return requests.map(() => ({ ok: false, error: plain }));
  }
}

/** Reads archived files. */
export function read(requests: readonly ReadRequest[]): readonly Outcome<ReturnType<typeof readFiles>>[] {
  return requests.map((request) => settled('INSPECT_FAILED', () => readFiles(request)));
}

/** Removes the archived sources of each group. */
export function remove(requests: readonly RemoveRequest[]): readonly Outcome<ReturnType<typeof removeSources>>[] {
  return requests.map((request) => settled('TRANSFER_FAILED', () => removeSources(request)));
}

/** Sweeps each directory. */
export function sweep(requests: readonly SweepRequest[]): readonly Outcome<number>[] {
  return requests.map(({ directory, owner }) => settled('TRANSFER_FAILED', () => sweepDirectory(directory, owner)));
}

import { toCarbonationError, type ErrorCode, type PlainError } from '../errors/index.ts';

/** The result of one request of a batch: one that fails does not take the others with it. */
export type Outcome<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: PlainError };

/** Runs one request; what it throws becomes its own failure. */
export function settled<Value>(code: ErrorCode, run: () => Value): Outcome<Value> {
  try {
    return { ok: true, value: run() };
  } catch (error) {
    return { ok: false, error: toCarbonationError(error, code).toPlain() };
  }
}

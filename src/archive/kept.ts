/** Memory for the content of small files; taken once a thread, because memory outside the heap is dear to give back. */
const slabBytes = 4 * 1024 * 1024;
/** A larger file's content is not kept: reading it takes longer than hashing it. */
const largestKept = 64 * 1024;

let slab: Buffer | null = null;
let used = 0;
/** Who keeps something in the slab; it is empty again when nobody does. */
let keepers = 0;

/**
 * What has been written of a small file, kept until its copy has been read back: to compare two contents byte by byte costs a
 * hundredth of what it costs to hash the second one, and says more.
 */
export class KeptContent {
  #content: Buffer | null = null;
  #pieces = 0;

  /** Keeps a piece, if there is room for it and it is the only one. */
  keep(piece: Buffer): void {
    this.#pieces += 1;
    if (this.#pieces > 1 || piece.length > largestKept || used + piece.length > slabBytes) return;
    slab ??= Buffer.allocUnsafeSlow(slabBytes);
    piece.copy(slab, used);
    this.#content = slab.subarray(used, used + piece.length);
    used += piece.length;
    keepers += 1;
  }

  /** All of the content; null: it has not been kept, or not all of it. */
  whole(sizeBytes: number): Buffer | null {
    return this.#pieces === 1 && this.#content?.length === sizeBytes ? this.#content : null;
  }

  /** Gives the memory back. */
  release(): void {
    if (this.#content === null) return;
    this.#content = null;
    keepers -= 1;
    if (keepers === 0) used = 0;
  }
}

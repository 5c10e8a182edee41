/** pino-roll brings no types; this is what we use of it. */
declare module 'pino-roll' {
  import type { EventEmitter } from 'node:events';

  /** A SonicBoom stream that starts a new numbered file when one is full. */
  interface RollingStream extends EventEmitter {
    /** The file that is written at present. */
    readonly file: string;
    /** Its descriptor; -1 until it is open. */
    readonly fd: number;
    write(line: string): boolean;
    flush(done: (error?: Error | null) => void): void;
    /** Goes on in this file, else opens {@link file} anew; makes its directory. */
    reopen(file?: string): void;
  }

  interface RollOptions {
    /** The number goes before the last extension of this path. */
    readonly file: string;
    /** A number and its unit, `b` for bytes. */
    readonly size: string;
    readonly mkdir: boolean;
    readonly minLength: number;
    /** What is written beyond it while nothing can be is dropped; in bytes. */
    readonly maxLength: number;
  }

  export default function open(options: RollOptions): Promise<RollingStream>;
}

import { Worker } from 'node:worker_threads';
import type { WatchConfig } from '../config/types.ts';
import { moduleUrl } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { ListenerCommand, ListenerMessage } from './listener-messages.ts';

/** Whom a watch's events go to. */
export type ListenerHandler = (message: ListenerMessage) => void;

/** File events of all watches, from one thread. */
export class Listener {
  readonly #worker: Worker;
  readonly #handlers = new Map<string, ListenerHandler>();

  #hasFailed = false;

  /** The thread has died; a new listener is needed. */
  get hasFailed(): boolean {
    return this.#hasFailed;
  }

  constructor() {
    this.#worker = new Worker(moduleUrl('watch/listener.worker'), {
      // Its garbage is short-lived; what V8 takes for it by itself it keeps for as long as the service runs.
      resourceLimits: { maxYoungGenerationSizeMb: 4 },
    });
    this.#worker.unref();
    this.#worker.on('message', (message: ListenerMessage) => this.#handlers.get(message.name)?.(message));
    this.#worker.on('error', (error) => {
      this.#hasFailed = true;
      for (const [name, handle] of this.#handlers) {
        handle({ type: 'lost', name, reason: `the listening thread failed: ${messageOf(error)}` });
      }
    });
  }

  /**
   * Starts listening to a watch's directory; the result stops it.
   *
   * @param excluded - directories that links are not followed into
   */
  open(watch: WatchConfig, handle: ListenerHandler, excluded: readonly string[] = []): () => void {
    this.#handlers.set(watch.name, handle);
    const { name, path, recursive, followSymlinks, patterns, ignorePatterns } = watch;
    this.#send({ type: 'open', name, path, recursive, followSymlinks, patterns, ignorePatterns, excluded });
    return () => {
      this.#handlers.delete(name);
      this.#send({ type: 'close', name });
    };
  }

  /** Finds out what no event has told of a watch's directories; the handler is told when it has been. */
  reopen({ name }: WatchConfig): void {
    this.#send({ type: 'reopen', name });
  }

  async close(): Promise<void> {
    this.#handlers.clear();
    await this.#worker.terminate();
  }

  #send(command: ListenerCommand): void {
    this.#worker.postMessage(command);
  }
}

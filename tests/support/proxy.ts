import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { onTestFinished } from 'vitest';
import { listen } from './listen.ts';
import type { TestProject } from './project.ts';

/** A way to a server that can be cut: connections end, and new ones are refused. Or held: nothing comes through any more. */
export class Proxy {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;
  #port = 0;
  #isHeld = false;
  #refused: string | null = null;
  #translated: readonly [string, string] = ['', ''];

  private constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  /** Opens the way; it is closed when the test is over. */
  static async to(target: { readonly host: string; readonly port: number }): Promise<Proxy> {
    const proxy = new Proxy(target);
    await proxy.restore();
    onTestFinished(() => proxy.cut());
    return proxy;
  }

  /** Puts one between a project and its database's server. */
  static async before(project: TestProject): Promise<Proxy> {
    const { host, port } = (await project.open()).config.database;
    const proxy = await Proxy.to({ host: host ?? '', port: port ?? 0 });
    await project.edit('config.toml', (text) => text.replace(/^port = \d+$/m, `port = ${proxy.port}`));
    return proxy;
  }

  /** Where to connect to, on 127.0.0.1. */
  get port(): number {
    return this.#port;
  }

  /** Opens the way again, at the same port. */
  async restore(): Promise<void> {
    this.#server = createServer((socket) => {
      const behind = connect(this.#target);
      for (const one of [socket, behind]) {
        this.#sockets.add(one);
        one.on('close', () => this.#sockets.delete(one)).on('error', () => one.destroy());
      }
      socket.on('data', (part: Buffer) => {
        if (this.#refused === null || !part.includes(this.#refused)) return;
        socket.resetAndDestroy();
        behind.destroy();
      });
      socket.pipe(behind);
      const [said, instead] = this.#translated;
      behind
        .pipe(
          new Transform({
            transform: (part: Buffer, _, done) =>
              done(null, said === '' ? part : Buffer.from(part.toString('latin1').replaceAll(said, instead), 'latin1')),
          }),
        )
        .pipe(socket);
      if (this.#isHeld) for (const one of [socket, behind]) one.pause();
    });
    this.#port = await listen(this.#server, this.#port);
  }

  /** Ends each connection over which this text is sent, as a server that takes no statement so long. */
  refuse(text: string): void {
    this.#refused = text;
  }

  /** Has the server say `instead`, as one that speaks another language; both have the same length. */
  translate(said: string, instead: string): void {
    this.#translated = [said, instead];
  }

  /** Lets nothing through, while connections stay, as when a network fails without a word. */
  hold(): void {
    this.#isHeld = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything through again, what was held first. */
  release(): void {
    this.#isHeld = false;
    for (const socket of this.#sockets) socket.resume();
  }

  async cut(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (server === null) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

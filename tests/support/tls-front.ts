import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { listen } from './listen.ts';

const file = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8');

/** The certificate of the authority that vouches for the fronts. All of them last until 2126. */
export const authority = file('ca.pem');

/** How a driver's server and client come to speak TLS; resolves with the connection inside it. */
type Upgrade = (client: Socket, server: Socket, secure: (socket: Socket) => TLSSocket) => Promise<TLSSocket>;

/** PostgreSQL: a client that wants TLS asks for it first ("SSLRequest" of its protocol); `S` is a yes. */
const upgradePostgresql: Upgrade = async (client, _server, secure) => {
  const request = await read(client, 8);
  if (request.readInt32BE(4) !== 80_877_103) throw new Error('the client does not ask for TLS');
  client.write('S');
  return secure(client);
};

const clientSsl = 0x0800;

/**
 * MariaDB: the server's greeting says whether it speaks TLS, and the client answers with a packet of its own that has no user
 * in it, so that the numbers of the packets of a login are one ahead of those of the server behind.
 */
const upgradeMariadb: Upgrade = async (client, server, secure) => {
  const greeting = await readPacket(server);
  // Header, protocol version, the server's version up to its zero, thread, eight bytes and a filler: then what it can do.
  const capabilities = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1;
  greeting.writeUInt16LE(greeting.readUInt16LE(capabilities) | clientSsl, capabilities);
  client.write(greeting);
  const request = await readPacket(client);
  if ((request.readUInt16LE(4) & clientSsl) === 0) throw new Error('the client does not ask for TLS');
  const inside = secure(client);
  const login = await readPacket(inside);
  login.writeUInt16LE(login.readUInt16LE(4) & ~clientSsl, 4);
  for (let packet = login; ;) {
    server.write(numbered(packet, -1));
    const answer = await readPacket(server);
    inside.write(numbered(answer, 1));
    // Anything but "go on with another method" ends the login.
    if (answer[4] !== 0xfe && answer[4] !== 1) return inside;
    packet = await readPacket(inside);
  }
};

const upgrades = { postgresql: upgradePostgresql, mariadb: upgradeMariadb } as const;

/**
 * The configuration of a database behind a way that speaks TLS with the client, and nothing else.
 *
 * @param name - for whom its certificate is
 */
export async function behindTls(
  config: DatabaseConfig,
  name: 'localhost' | 'elsewhere' = 'localhost',
): Promise<DatabaseConfig> {
  if (config.driver === 'sqlite') throw new Error('SQLite has no connections');
  const upgrade = upgrades[config.driver];
  const secureContext = createSecureContext({ key: file('key.pem'), cert: file(`${name}.pem`) });
  const sockets = new Set<Socket>();
  const front = createServer((client) => {
    const server = connect({ host: config.host ?? '', port: config.port ?? 0 });
    for (const socket of [client, server]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    }
    upgrade(client, server, (socket) => new TLSSocket(socket, { isServer: true, secureContext })).then(
      (inside) => {
        inside.on('error', () => server.destroy()).on('close', () => server.destroy());
        server.on('close', () => inside.destroy());
        inside.pipe(server).pipe(inside);
      },
      () => {
        client.destroy();
        server.destroy();
      },
    );
  });
  const port = await listen(front);
  onTestFinished(() => {
    front.close();
    for (const socket of sockets) socket.destroy();
  });
  return { ...config, host: 'localhost', port };
}

/** So many bytes, and no more: what follows is left in the stream. */
async function read(socket: Socket, size: number): Promise<Buffer> {
  for (;;) {
    const bytes: Buffer | null = socket.read(size);
    if (bytes?.length === size) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('the connection has ended');
    await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
}

/** A packet of MariaDB's protocol: three bytes of length, its number, its content. */
async function readPacket(socket: Socket): Promise<Buffer> {
  const header = await read(socket, 4);
  return Buffer.concat([header, await read(socket, header.readUIntLE(0, 3))]);
}

function numbered(packet: Buffer, by: number): Buffer {
  packet.writeUInt8(packet.readUInt8(3) + by, 3);
  return packet;
}

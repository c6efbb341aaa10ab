import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import { join } from 'node:path';

/** One request as it came, whole. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly atMs: number;
}

export interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * What stands between an agent and the relay does: asks the relay as often and with whatever it likes, and answers as
 * it likes; `undefined` breaks the connection without an answer.
 */
export type Chaos = (
  asked: Asked,
  relay: (asked: Asked) => Promise<Answered>,
) => Promise<Answered | undefined>;

export interface ChaosProxy {
  /** Every request since the start. */
  readonly asked: readonly Asked[];
  /** Lets everything through when it is absent. */
  chaos: Chaos | undefined;
  close(): Promise<void>;
}

/** Listens on `port` with the very TLS key of the relay, which listens on `relayPort`: agents cannot tell the two apart. */
export async function openChaosProxy(
  port: number,
  relayPort: number,
  relayKeys: string,
): Promise<ChaosProxy> {
  const asked: Asked[] = [];
  const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  const proxy = {
    asked,
    chaos: undefined as Chaos | undefined,
    close: async () => {
      agent.destroy();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
  const relay = (what: Asked) => ask(agent, relayPort, what);
  const server = createServer({
    cert: await readFile(join(relayKeys, 'tls.crt')),
    key: await readFile(join(relayKeys, 'tls.key')),
  });
  server.on('request', (incoming, response) => {
    void handle(incoming, response).catch(() => incoming.socket.destroy());
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of incoming as AsyncIterable<Buffer>) pieces.push(piece);
    const what: Asked = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: textHeaders(incoming),
      body: Buffer.concat(pieces),
      atMs: performance.now(),
    };
    asked.push(what);
    if (!proxy.chaos && what.headers['accept'] === 'text/event-stream') {
      passStream(agent, relayPort, what, response);
      return;
    }
    const answer = await (proxy.chaos ? proxy.chaos(what, relay) : relay(what));
    if (answer === undefined) {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.status, { ...answer.headers, 'content-length': answer.body.length });
    response.end(answer.body);
  }

  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return proxy;
}

/** A stream of events has no end to wait for: it goes on piece by piece. */
function passStream(agent: Agent, port: number, what: Asked, response: ServerResponse): void {
  const { method, path, headers } = what;
  const sent = httpsRequest({ host: '127.0.0.1', port, method, path, headers, agent });
  sent.once('error', () => response.destroy());
  sent.once('response', (incoming) => {
    response.writeHead(incoming.statusCode ?? 0, textHeaders(incoming));
    response.flushHeaders();
    incoming.pipe(response);
    incoming.once('error', () => response.destroy());
  });
  response.once('close', () => sent.destroy());
  sent.end();
}

function ask(agent: Agent, port: number, what: Asked): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const { method, path, body } = what;
    const headers = { ...what.headers, 'content-length': String(body.length) };
    const sent = httpsRequest({ host: '127.0.0.1', port, method, path, headers, agent });
    sent.once('error', reject);
    sent.once('response', (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.once('error', reject);
      incoming.once('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: textHeaders(incoming),
          body: Buffer.concat(pieces),
        }),
      );
    });
    sent.end(body);
  });
}

/** Without those that belong to one connection. */
function textHeaders({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const own = ['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host'];
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' && !own.includes(name) ? [[name, value]] : [],
    ),
  );
}

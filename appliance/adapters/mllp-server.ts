import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { utf8 } from '#sync/core/bytes.ts';
import type { Clock } from '#sync/core/clock.ts';
import type { Log } from '#sync/core/log.ts';
import { carryOut, type OrderDesk } from '../orders/desk.ts';
import { type Hl7Message, maxHl7Bytes, parseHl7 } from '../orders/hl7.ts';
import {
  type Acknowledgement,
  acknowledge,
  decodeHl7,
  readOrderMessage,
} from '../orders/hl7-order.ts';
import { createMllpReader, mllpFrame } from '../orders/mllp.ts';
import { wallClockOf } from '../orders/order.ts';

export interface MllpConfig {
  readonly host: string;
  readonly port: number;
  /** Addresses whose messages are taken; others are closed before a byte is read. */
  readonly senders: readonly string[];
  readonly assumedCharacterSet: string;
}

/** What one sender may hold: senders keep a connection open and send one message at a time. */
const mllpLimits = {
  connections: 16,
  /** Between two messages. */
  idleMs: 24 * 3_600_000,
  /** From the first byte of a message to its last. */
  messageMs: 30_000,
} as const;

export interface MllpServer {
  listen(): Promise<{ readonly port: number }>;
  /** Ends every connection; a message that is being written down is answered first. */
  close(): Promise<void>;
}

/** Takes orders as HL7 messages over TCP. "Accept" is said when they are durable; one message at a time a connection. */
export function createMllpServer(
  config: MllpConfig,
  ports: {
    readonly desk: Pick<OrderDesk, 'place' | 'cancelNumber'>;
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly log: Log;
  },
  limits: { readonly messageMs: number } = mllpLimits,
): MllpServer {
  const { senders } = config;
  const sockets = new Map<Socket, Promise<void>>();
  const server = createServer((socket) => {
    const address = (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    if (!senders.includes(address) || sockets.size >= mllpLimits.connections) {
      ports.log.warn('appliance/mllp-refused', { address });
      socket.destroy();
      return;
    }
    const served = serve(socket).finally(() => {
      sockets.delete(socket);
      socket.destroy();
    });
    sockets.set(socket, served);
  });

  /** Ends when the peer does, when it breaks a rule, or when the server closes. Never rejects. */
  async function serve(socket: Socket): Promise<void> {
    const reader = createMllpReader(maxHl7Bytes);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.setTimeout(mllpLimits.idleMs, () => socket.destroy());
    let deadline: ReturnType<typeof setTimeout> | undefined;
    try {
      for await (const bytes of socket) {
        const messages = reader.push(bytes as Uint8Array);
        if (!messages) {
          ports.log.warn('appliance/mllp-garbled');
          return;
        }
        // Bytes that trickle in do not move the end of a message any further.
        if (messages.length > 0 || !reader.isOpen()) {
          clearTimeout(deadline);
          deadline = undefined;
        }
        if (reader.isOpen()) deadline ??= setTimeout(() => socket.destroy(), limits.messageMs);
        for (const message of messages) {
          if (!socket.write(mllpFrame(utf8(await answerTo(message))))) await drained(socket);
        }
      }
    } catch {
      // A reset is as good as an end.
    } finally {
      clearTimeout(deadline);
    }
  }

  async function answerTo(bytes: Uint8Array): Promise<string> {
    const { date, time } = wallClockOf(ports.clock.nowMs());
    const say = (message: Hl7Message | undefined, code: Acknowledgement, reason: string): string =>
      acknowledge(message, code, reason, `${date}${time}`);
    const text = decodeHl7(bytes, config.assumedCharacterSet);
    const message = text.ok ? parseHl7(text.value) : text;
    if (!message.ok) return say(undefined, 'AR', message.fault.message);
    const batch = readOrderMessage(message.value);
    if (!batch.ok) return say(message.value, 'AR', batch.fault.message);
    try {
      const done = await carryOut(ports.desk, batch.value);
      if (done.ok) return say(message.value, 'AA', '');
      const mayPass = done.fault.retry !== 'never';
      return say(message.value, mayPass ? 'AE' : 'AR', done.fault.message);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown';
      ports.log.error('appliance/mllp-failed', { reason });
      return say(message.value, 'AE', 'The box cannot take the order now');
    }
  }

  return {
    listen: async () => {
      server.listen(config.port, config.host);
      await once(server, 'listening');
      return { port: (server.address() as AddressInfo).port };
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets.keys()) socket.end();
      const all = Promise.all([closed, ...sockets.values()]);
      const late = setTimeout(() => {
        for (const socket of sockets.keys()) socket.destroy();
      }, 2_000);
      await all;
      clearTimeout(late);
    },
  };
}

async function drained(socket: Socket): Promise<void> {
  await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
}

import { Agent } from 'node:https';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type TLSSocket } from 'node:tls';
import type { Endpoint } from '../agent/ports.ts';
import { base64url } from '../core/bytes.ts';
import { spkiSha256Of } from './certificate-x509.ts';

/** One connection to a relay, made anew when a request needs it and it is gone. */
export interface Lane {
  /** Carries one request at a time. */
  readonly agent: Agent;
  /** Its connection stood before the request. */
  isOpen(): boolean;
  wasReset(): boolean;
  /** Ends the TCP connection with a RST, so that nothing of it stays in the kernel and competes. */
  reset(): void;
}

/** What a lane is for: bulk may fill and reset its lanes without holding up anything else. */
type LaneUse = 'bulk' | 'small';

/** Connections to one relay. */
export interface Lanes {
  /**
   * A lane for one request, until `giveBack`. The open one that worked last comes first: its congestion window has
   * grown, and those that rest can be used at once after a cut. A small request takes one of bulk before it makes a
   * new one, and bulk leaves some for that. A fresh one is made anew.
   */
  take(use: LaneUse | 'fresh'): Lane;
  /** The open one that rested longest; undefined when none rests. */
  takeKept(): Lane | undefined;
  giveBack(lane: Lane): void;
  /** Opens a connection and checks its pin; it then rests as a lane for bulk. `onReached` says that TCP is through. */
  open(onReached: () => void, signal: AbortSignal): Promise<void>;
  /** Resets the lanes that carry a request, or are being opened. */
  resetBusy(): void;
  /** The lanes whose connection stands now; calling it resets those that still have it. */
  standing(): () => void;
  resetAll(): void;
}

/** Open lanes that bulk leaves alone, so that STAT and questions need not wait for a new one. */
const keptForSmall = 2;

/** More open lanes than uploads and questions use at a time only hold sockets, here and at the relay. */
const mostResting = 24;

/**
 * By default TCP would ask every second whether the peer of a resting connection is there: 7 MB a day each, and after ten
 * seconds of a cut none would be left to go on with. Who needs a connection pings over it.
 */
const probeAfterMs = 2 * 3_600_000;

interface OwnLane extends Lane {
  readonly use: LaneUse;
  isBusy: boolean;
  isReset: boolean;
  socket: TLSSocket | undefined;
  raw: Socket | undefined;
  /** An open connection that no request has used yet. */
  unused: TLSSocket | undefined;
}

/** The peer holds another key than the one that is pinned. */
export class WrongPin extends Error {}

export function createLanes(endpoint: Endpoint): Lanes {
  /** In the order in which they were given back. */
  const lanes = new Set<OwnLane>();

  const createLane = (use: LaneUse): OwnLane => {
    const agent = new Agent({
      ...{ keepAlive: true, keepAliveMsecs: probeAfterMs, maxSockets: 1, maxCachedSessions: 0 },
    });
    const lane: OwnLane = {
      ...{ use, agent, isBusy: true, isReset: false },
      ...{ socket: undefined, raw: undefined, unused: undefined },
      isOpen: () => lane.socket?.destroyed === false,
      wasReset: () => lane.isReset,
      reset() {
        const { socket, raw } = lane;
        lane.isReset = true;
        // In a turn of its own: with the raw handle gone, Node frees the TLS state at once, and inside a read callback
        // of the same socket that state is still in use (a segmentation fault of Node 24).
        setImmediate(() => {
          raw?.resetAndDestroy();
          socket?.destroy();
        });
      },
    };
    agent.createConnection = (_options, callback = () => undefined) => {
      const { unused } = lane;
      lane.unused = undefined;
      if (unused?.destroyed === false) {
        callback(null, unused);
        return undefined;
      }
      lane.isReset = false;
      const made = connectPinnedTls(endpoint, (cause) => callback(cause, made.socket));
      Object.assign(lane, made);
      return undefined;
    };
    lanes.add(lane);
    return lane;
  };

  const rest = (lane: OwnLane): void => {
    lane.isBusy = false;
    // Anew at the end: the set is in the order of rest.
    lanes.delete(lane);
    if (!lane.isOpen() || lane.isReset) return;
    lanes.add(lane);
    const [longest, ...others] = resting();
    if (others.length >= mostResting) longest?.reset();
  };

  /** Open and free, the one that rested longest first; lanes whose connection ended meanwhile are forgotten. */
  const resting = (): readonly OwnLane[] => {
    for (const lane of lanes) if (!lane.isBusy && !lane.isOpen()) lanes.delete(lane);
    return [...lanes].filter((lane) => !lane.isBusy && !lane.isReset);
  };

  return {
    take(use) {
      const free = resting();
      if (use === 'fresh') return createLane('bulk');
      const own = free.filter((lane) => lane.use === use);
      const found = use === 'small' ? (own[0] ?? free[0]) : own.slice(keptForSmall).at(-1);
      const lane = found || createLane(use);
      lane.isBusy = true;
      return lane;
    },
    takeKept() {
      const [longest] = resting();
      if (longest !== undefined) longest.isBusy = true;
      return longest;
    },
    giveBack(given) {
      const lane = [...lanes].find((each) => each === given);
      if (lane !== undefined) rest(lane);
    },
    async open(onReached, signal) {
      const lane = createLane('bulk');
      try {
        await new Promise<void>((resolve, reject) => {
          const giveUp = (): void => {
            lane.reset();
            reject(new Error('given up'));
          };
          const made = connectPinnedTls(endpoint, (cause) => {
            signal.removeEventListener('abort', giveUp);
            if (cause) reject(cause);
            else resolve();
          });
          made.raw.once('connect', onReached);
          Object.assign(lane, made, { unused: made.socket });
          signal.addEventListener('abort', giveUp, { once: true });
          if (signal.aborted) giveUp();
        });
      } finally {
        rest(lane);
      }
    },
    resetBusy() {
      for (const lane of lanes) if (lane.isBusy) lane.reset();
    },
    standing() {
      const now = [...lanes].map((lane) => [lane, lane.socket] as const);
      return () => {
        for (const [lane, socket] of now) {
          if (socket !== undefined && lane.socket === socket) lane.reset();
        }
      };
    },
    resetAll() {
      for (const lane of lanes) lane.reset();
    },
  };
}

/** One for all connections: each of its own would hold some 15 KB of memory that only a collection of garbage returns. */
const secureContext = createSecureContext({ minVersion: 'TLSv1.3' });

/**
 * TCP, then TLS 1.3 over it, since only the raw socket can be reset. The key exchange is X25519 alone: one against
 * quantum computers costs 1.2 KB a handshake on the uplink, and what is worth keeping for one is sealed with ML-KEM
 * already. `onEnd` is called once: without a cause when the pin is right, before a byte of HTTP is sent.
 */
function connectPinnedTls(
  { url, spki }: Endpoint,
  onEnd: (cause: Error | null) => void,
): { readonly raw: Socket; readonly socket: TLSSocket } {
  const { hostname, port } = new URL(url);
  const raw = connectTcp({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 443) });
  raw.setNoDelay(true);
  const socket = connectTls({
    socket: raw,
    secureContext,
    ecdhCurve: 'X25519',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: false,
  });
  let hasEnded = false;
  const end = (cause: Error | null): void => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(cause);
  };
  raw.on('error', (cause) => socket.destroy(cause));
  // The raw socket and TLS may both report one broken connection; the second report must not end the process.
  socket.on('error', end);
  // A connection that is reset while it is made ends without an error.
  socket.once('close', () => end(new Error('The connection was reset')));
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerX509Certificate();
    const isRight = certificate && base64url(spkiSha256Of(certificate)) === spki;
    if (isRight) end(null);
    else socket.destroy(new WrongPin());
  });
  return { raw, socket };
}

import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { GuardEvent } from '../dimse/events.ts';
import { createGuard } from '../dimse/guard.ts';
import type { DimseLimits } from '../dimse/limits.ts';
import { type AbortReason, abortReason, encodeAbort } from '../dimse/pdu.ts';

/** One connection behind its guard. Bytes reach the handler only as legal events, one at a time. */
export interface GuardedConnection {
  /** Nothing more is handled, and soon nothing more read, until as many `release` calls follow. */
  hold(): void;
  release(): void;
  /** The association is accepted with these contexts. */
  open(contexts: { has(contextId: number): boolean }): void;
  write(bytes: Uint8Array): void;
  /** Resolves when the peer has read enough for more to be written, or is gone. */
  drained(): Promise<void>;
  /** Sends `last`, handles nothing more, and closes when the peer does, or after the close timeout. */
  end(last?: Uint8Array): void;
  abort(reason: AbortReason): void;
  destroy(): void;
  isClosed(): boolean;
}

export interface GuardHandler {
  /** Every event but `refuse`, which the connection answers with an A-ABORT by itself. Must not throw. */
  handle(event: Exclude<GuardEvent, { type: 'refuse' }>): void;
  /** The guard ended the connection, and why (no word of the peer is in it). */
  refused(why: string): void;
  /** The socket is gone; called once. */
  closed(): void;
}

/** Answers that a peer may leave unread before it is held back. */
const unreadAnswersSizeBytes = 256 * 1024;
/** Bytes that a peer may still send after our last PDU. */
const lateBytesSizeBytes = 256 * 1024;

/** Puts a guard on `socket`. The deadlines start now and are the guard's alone: no byte of a PDU extends its own. */
export function guardConnection(
  socket: Socket,
  limits: DimseLimits,
  handler: GuardHandler,
): GuardedConnection {
  const guard = createGuard(limits);
  const deadline = createDeadline(() => refuse('deadline', abortReason.notSpecified));
  let holds = 0;
  let isPulling = false;
  let isEnding = false;
  /** The peer has left too many answers unread. */
  let isUnread = false;
  let lateSizeBytes = 0;
  let pduOfDeadline = 0;

  const connection: GuardedConnection = {
    hold() {
      holds++;
    },
    release() {
      holds--;
      pull();
    },
    open(contexts) {
      guard.open(contexts);
    },
    write(bytes) {
      if (!isEnding && !socket.destroyed) socket.write(bytes);
    },
    drained() {
      if (connection.isClosed() || socket.writableLength <= unreadAnswersSizeBytes) {
        return Promise.resolve();
      }
      return new Promise((resolve) => {
        const done = (): void => {
          socket.off('drain', done);
          socket.off('close', done);
          resolve();
        };
        socket.once('drain', done);
        socket.once('close', done);
      });
    },
    end(last) {
      if (isEnding || socket.destroyed) return;
      isEnding = true;
      if (last) socket.end(last);
      else socket.end();
      socket.resume();
      deadline.set(limits.closeTimeoutMs);
    },
    abort: (reason) => connection.end(encodeAbort(reason)),
    destroy: () => void socket.destroy(),
    isClosed: () => isEnding || socket.destroyed,
  };

  function refuse(why: string, reason: AbortReason): void {
    if (isEnding) {
      socket.destroy();
      return;
    }
    handler.refused(why);
    connection.abort(reason);
  }

  function pull(): void {
    if (isPulling) return;
    isPulling = true;
    while (holds === 0 && !connection.isClosed()) {
      const event = guard.next();
      if (!event) break;
      if (event.type === 'refuse') refuse(event.why, event.reason);
      else handler.handle(event);
      if (socket.writableLength > unreadAnswersSizeBytes && !isUnread) waitForReader();
    }
    isPulling = false;
    if (holds === 0 && socket.isPaused()) socket.resume();
    settleDeadline();
  }

  function waitForReader(): void {
    isUnread = true;
    connection.hold();
    socket.once('drain', () => {
      isUnread = false;
      connection.release();
    });
  }

  function settleDeadline(): void {
    const { state, pdusStarted, isMidPdu, isMidMessage } = guard.progress();
    if (connection.isClosed() || state === 'idle' || state === 'requested') return;
    if (isUnread) {
      deadline.set(limits.pduTimeoutMs);
    } else if (holds > 0) {
      // The peer waits for us, not we for it.
      pduOfDeadline = 0;
      deadline.clear();
    } else if (!isMidPdu) {
      pduOfDeadline = 0;
      deadline.set(isMidMessage ? limits.messageTimeoutMs : limits.idleTimeoutMs);
    } else if (pduOfDeadline !== pdusStarted) {
      pduOfDeadline = pdusStarted;
      deadline.set(limits.pduTimeoutMs);
    }
  }

  deadline.set(limits.associationTimeoutMs);
  socket.setNoDelay(true);
  socket.on('data', (bytes) => {
    if (isEnding) {
      lateSizeBytes += bytes.length;
      if (lateSizeBytes > lateBytesSizeBytes) socket.destroy();
      return;
    }
    guard.push(bytes);
    pull();
    // What was not pulled lies in the memory that the next read would fill.
    if (holds > 0) socket.pause();
  });
  // What went wrong on the wire is told by `close`; without a listener it would end the process.
  socket.on('error', () => {});
  socket.on('close', () => {
    deadline.stop();
    handler.closed();
  });
  return connection;
}

/** A deadline that is moved at every PDU: it keeps one timer, and only an earlier time makes a new one. */
function createDeadline(onDue: () => void): {
  set(ms: number): void;
  clear(): void;
  /** Clears it for good. */
  stop(): void;
} {
  let timer: NodeJS.Timeout | undefined;
  let timerAtMs = 0;
  let dueAtMs = Number.POSITIVE_INFINITY;
  const wake = (): void => {
    timer = undefined;
    if (dueAtMs === Number.POSITIVE_INFINITY) return;
    const leftMs = dueAtMs - performance.now();
    if (leftMs <= 0) onDue();
    else start(leftMs);
  };
  const start = (ms: number): void => {
    clearTimeout(timer);
    timerAtMs = performance.now() + ms;
    timer = setTimeout(wake, Math.ceil(ms));
  };
  return {
    set(ms) {
      dueAtMs = performance.now() + ms;
      if (timer === undefined || dueAtMs < timerAtMs) start(ms);
    },
    clear() {
      dueAtMs = Number.POSITIVE_INFINITY;
    },
    stop() {
      dueAtMs = Number.POSITIVE_INFINITY;
      clearTimeout(timer);
    },
  };
}

import { Buffer } from 'node:buffer';
import { type OnReadOpts, Socket } from 'node:net';

/** Four of the read buffers that Node would make anew for each read, and two PDUs of the length we announce. */
const bufferSizeBytes = 256 * 1024;

/**
 * The same accepted connection with one buffer for all that is read, in place of 64 KiB of new memory a read: most of
 * what receiving cost beside the digest, and of the memory a box needed under load. The bytes of a `data` event are
 * good until the listener returns, or until `resume` when it paused the socket.
 *
 * Node has this (`onread`) for sockets it opens, not for those a server accepts, so the handle changes hands; where it
 * cannot, the socket itself comes back, whose bytes are good for longer.
 */
export function readIntoOneBuffer(accepted: Socket): Socket {
  const holder: { _handle?: unknown } = accepted as unknown as { _handle?: unknown };
  const handle = holder._handle;
  if (accepted.constructor !== Socket || typeof handle !== 'object' || handle === null) {
    return accepted;
  }
  const onread: OnReadOpts = {
    buffer: Buffer.allocUnsafeSlow(bufferSizeBytes),
    callback(length, buffer) {
      socket.emit('data', buffer.subarray(0, length));
      return true;
    },
  };
  holder._handle = null;
  const given: object = { handle, onread };
  const socket = new Socket(given);
  // The server counts the one that it made.
  socket.on('close', () => accepted.destroy());
  return socket;
}

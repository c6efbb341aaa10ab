import { type CommandSet, commandField } from './command.ts';
import { defaultDimseLimits } from './limits.ts';
import { MessageReader } from './message.ts';
import { fragment, pduHeaderSizeBytes, pduType, pdvHeaderSizeBytes } from './pdu.ts';
import { unpadded } from './text.ts';

/** What came back on an association that we asked for. `broken` is the last one: the peer left the protocol. */
export type RequestorEvent =
  | {
      readonly type: 'accepted';
      /** Transfer syntax by context id, of the accepted contexts. */
      readonly contexts: ReadonlyMap<number, string>;
      /** 0 = no limit; undefined: the peer does not say. */
      readonly pduLengthBytes: number | undefined;
    }
  | {
      readonly type: 'rejected';
      readonly result: number;
      readonly source: number;
      readonly reason: number;
    }
  | { readonly type: 'response'; readonly command: CommandSet }
  | { readonly type: 'released' }
  | { readonly type: 'aborted' }
  | { readonly type: 'broken'; readonly why: string };

/** The requestor's side of one association, as a reader without I/O: bytes in, what they say out. */
export interface Requestor {
  push(bytes: Uint8Array): readonly RequestorEvent[];
}

/** Longest PDU that a peer may send: our announced length and its headers. */
const longestPduBytes = defaultDimseLimits.pduLengthBytes + pduHeaderSizeBytes + pdvHeaderSizeBytes;

export function createRequestor(): Requestor {
  const header = new Uint8Array(pduHeaderSizeBytes);
  const message = new MessageReader(defaultDimseLimits);
  let body: Uint8Array | undefined;
  let filled = 0;
  let isOpen = false;
  let isBroken = false;

  /** The events of one whole PDU. */
  function read(type: number, bytes: Uint8Array): readonly RequestorEvent[] {
    if (type === pduType.abort) return [{ type: 'aborted' }];
    if (type === pduType.data && isOpen) return readData(message, bytes);
    if (type === pduType.releaseResponse && isOpen) return [{ type: 'released' }];
    if (isOpen) return [broken('PDU out of order')];
    if (type === pduType.associateReject) {
      const [, result = 0, source = 0, reason = 0] = bytes;
      return [{ type: 'rejected', result, source, reason }];
    }
    if (type !== pduType.associateAccept) return [broken('PDU out of order')];
    isOpen = true;
    return [readAccept(bytes)];
  }

  return {
    push(bytes) {
      const events: RequestorEvent[] = [];
      for (let at = 0; at < bytes.length && !isBroken; ) {
        const into = body ?? header;
        const part = bytes.subarray(at, at + into.length - filled);
        into.set(part, filled);
        filled += part.length;
        at += part.length;
        if (filled < into.length) continue;
        filled = 0;
        const view = new DataView(header.buffer);
        if (body === undefined) {
          const length = view.getUint32(2);
          if (length > longestPduBytes) events.push(broken('PDU length'));
          else if (length > 0) body = new Uint8Array(length);
          else events.push(...read(view.getUint8(0), header.subarray(0, 0)));
        } else {
          const whole = body;
          body = undefined;
          events.push(...read(view.getUint8(0), whole));
        }
        isBroken = events.some(({ type }) => type === 'broken');
      }
      return events;
    },
  };
}

function broken(why: string): RequestorEvent {
  return { type: 'broken', why };
}

/** Only responses may come: a request on our association is none that we could answer. */
function readData(message: MessageReader, body: Uint8Array): readonly RequestorEvent[] {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const events: RequestorEvent[] = [];
  for (let at = 0; at < body.length; ) {
    if (at + pdvHeaderSizeBytes > body.length) return [...events, broken('PDV cut off')];
    const length = view.getUint32(at);
    const control = view.getUint8(at + 5);
    const end = at + 4 + length;
    if (length < 2 || end > body.length) return [...events, broken('PDV length')];
    const why = message.start(view.getUint8(at + 4), control);
    if (why) return [...events, broken(why)];
    const value = body.subarray(at + pdvHeaderSizeBytes, end);
    const happened = [
      value.length > 0 ? message.add(value) : undefined,
      control & fragment.last ? message.end() : undefined,
    ];
    for (const event of happened) {
      if (event === undefined) continue;
      const isResponse =
        event.type === 'message' && event.command.commandField >= commandField.response;
      if (!isResponse) return [...events, broken('no response')];
      events.push({ type: 'response', command: event.command });
    }
    at = end;
  }
  return events;
}

const itemType = { acceptedContext: 0x21, transferSyntax: 0x40, userInformation: 0x50 } as const;
const maximumLengthItem = 0x51;
/** Where the items of an A-ASSOCIATE-AC start (PS3.8 9.3.3). */
const fixedSizeBytes = 68;

function readAccept(body: Uint8Array): RequestorEvent {
  const contexts = new Map<number, string>();
  let pduLengthBytes: number | undefined;
  if (body.length < fixedSizeBytes) return broken('accept cut off');
  const items = itemsOf(body.subarray(fixedSizeBytes));
  if (!items) return broken('accept cut off');
  for (const item of items) {
    const inside = itemsOf(item.body.subarray(item.type === itemType.acceptedContext ? 4 : 0));
    if (item.type === itemType.acceptedContext && item.body[2] === 0) {
      const syntax = inside?.find(({ type }) => type === itemType.transferSyntax);
      if (syntax) contexts.set(item.body[0] ?? 0, unpadded(syntax.body));
    }
    if (item.type === itemType.userInformation) {
      const length = inside?.find(({ type }) => type === maximumLengthItem)?.body;
      if (length?.length === 4) {
        pduLengthBytes = new DataView(length.buffer, length.byteOffset, 4).getUint32(0);
      }
    }
  }
  return { type: 'accepted', contexts, pduLengthBytes };
}

/** Undefined when they do not fit. */
function itemsOf(
  bytes: Uint8Array,
): readonly { readonly type: number; readonly body: Uint8Array }[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const items = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 > bytes.length ? Number.NaN : at + 4 + view.getUint16(at + 2);
    if (!(end <= bytes.length)) return undefined;
    items.push({ type: view.getUint8(at), body: bytes.subarray(at + 4, end) });
    at = end;
  }
  return items;
}

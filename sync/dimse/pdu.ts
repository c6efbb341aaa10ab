import { latin1 } from './text.ts';

/** PDU types of the upper layer protocol (PS3.8 9.3). */
export const pduType = {
  associateRequest: 0x01,
  associateAccept: 0x02,
  associateReject: 0x03,
  data: 0x04,
  releaseRequest: 0x05,
  releaseResponse: 0x06,
  abort: 0x07,
} as const;

/** Reasons of an A-ABORT by the provider (PS3.8 9.3.8). */
export const abortReason = {
  notSpecified: 0,
  unrecognizedPdu: 1,
  unexpectedPdu: 2,
  invalidParameter: 6,
} as const;
export type AbortReason = (typeof abortReason)[keyof typeof abortReason];

/** Length of a PDU header: type, reserved, 32-bit length of what follows. */
export const pduHeaderSizeBytes = 6;
/** Length of a PDV header: 32-bit length of what follows, context id, message control header. */
export const pdvHeaderSizeBytes = 6;

/** Bits of the message control header (PS3.8 E.2). */
export const fragment = { command: 1, last: 2 } as const;

/** Why an association is rejected, as its three numbers (PS3.8 9.3.4). */
export type Rejection = keyof typeof rejections;

export const rejections = {
  'calling-ae': { result: 1, source: 1, reason: 3 },
  'called-ae': { result: 1, source: 1, reason: 7 },
  'application-context': { result: 1, source: 1, reason: 2 },
  'protocol-version': { result: 1, source: 2, reason: 2 },
  'pdu-length': { result: 1, source: 1, reason: 1 },
  /** Transient: ask again later. */
  busy: { result: 2, source: 3, reason: 2 },
} as const;

/** One PDU around `body`. */
export function encodePdu(type: number, body: Uint8Array): Uint8Array {
  const pdu = new Uint8Array(pduHeaderSizeBytes + body.length);
  const view = new DataView(pdu.buffer);
  view.setUint8(0, type);
  view.setUint32(2, body.length);
  pdu.set(body, pduHeaderSizeBytes);
  return pdu;
}

/** One P-DATA-TF with the one PDV `value`; `header` is made of the bits of `fragment`. */
export function encodeData(contextId: number, header: number, value: Uint8Array): Uint8Array {
  const at = pduHeaderSizeBytes + pdvHeaderSizeBytes;
  const pdu = new Uint8Array(at + value.length);
  const view = new DataView(pdu.buffer);
  view.setUint8(0, pduType.data);
  view.setUint32(2, pdvHeaderSizeBytes + value.length);
  view.setUint32(6, 2 + value.length);
  view.setUint8(10, contextId);
  view.setUint8(11, header);
  pdu.set(value, at);
  return pdu;
}

/** Bytes of a full fragment: even, as every fragment but an odd dataset's last has to be (PS3.8 E.1). */
function fragmentSizeBytes(pduLengthBytes: number): number {
  const most = pduLengthBytes - pdvHeaderSizeBytes;
  return most - (most % 2);
}

/** The P-DATA-TF PDUs of one dataset, none longer than `pduLengthBytes` behind its header; one even of no bytes. */
export function* encodeFragments(
  contextId: number,
  dataset: Uint8Array,
  pduLengthBytes: number,
): Generator<Uint8Array> {
  const most = fragmentSizeBytes(pduLengthBytes);
  for (let at = 0; at === 0 || at < dataset.length; at += most) {
    const isLast = at + most >= dataset.length;
    yield encodeData(contextId, isLast ? fragment.last : 0, dataset.subarray(at, at + most));
  }
}

/** The PDUs of a dataset that comes in pieces of any length: full ones, and a last one that is marked so. */
export async function* encodeStream(
  contextId: number,
  dataset: AsyncIterable<Uint8Array>,
  pduLengthBytes: number,
): AsyncGenerator<Uint8Array> {
  const fragmentBytes = new Uint8Array(fragmentSizeBytes(pduLengthBytes));
  let filled = 0;
  for await (const piece of dataset) {
    for (let at = 0; at < piece.length; ) {
      if (filled === fragmentBytes.length) {
        yield encodeData(contextId, 0, fragmentBytes);
        filled = 0;
      }
      const part = piece.subarray(at, at + fragmentBytes.length - filled);
      fragmentBytes.set(part, filled);
      filled += part.length;
      at += part.length;
    }
  }
  yield encodeData(contextId, fragment.last, fragmentBytes.subarray(0, filled));
}

/** An A-ABORT of the service provider. */
export function encodeAbort(reason: AbortReason): Uint8Array {
  return encodePdu(pduType.abort, Uint8Array.of(0, 0, 2, reason));
}

/** An A-ASSOCIATE-RJ. */
export function encodeReject(rejection: Rejection): Uint8Array {
  const { result, source, reason } = rejections[rejection];
  return encodePdu(pduType.associateReject, Uint8Array.of(0, result, source, reason));
}

/** An A-RELEASE-RQ or A-RELEASE-RP. */
export function encodeRelease(type: 'request' | 'response'): Uint8Array {
  const code = type === 'request' ? pduType.releaseRequest : pduType.releaseResponse;
  return encodePdu(code, new Uint8Array(4));
}

/** An item of an association PDU: type, reserved, 16-bit length, `body` (PS3.8 9.3.2). */
export function encodeItem(type: number, body: Uint8Array | string): Uint8Array {
  const bytes = typeof body === 'string' ? latin1(body) : body;
  const item = new Uint8Array(4 + bytes.length);
  const view = new DataView(item.buffer);
  view.setUint8(0, type);
  view.setUint16(2, bytes.length);
  item.set(bytes, 4);
  return item;
}

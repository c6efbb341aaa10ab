import { connect } from 'node:net';

const verificationUid = '1.2.840.10008.1.1';
const implicitLittleEndianUid = '1.2.840.10008.1.2';
const applicationContextUid = '1.2.840.10008.3.1.1.1';
const implementationUid = '1.2.826.0.1.3680043.10.1.1';
const timeoutMs = 5_000;
/** Longest answer that a verification needs; more is not read. */
const mostAnswerSizeBytes = 64 * 1024;

export interface EchoTarget {
  readonly host: string;
  readonly port: number;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
}

export type EchoOutcome =
  | 'answered'
  | 'unreachable'
  | 'rejected'
  | 'not accepted'
  | 'no answer'
  | 'bad status';

/**
 * One C-ECHO (PS3.7 9.1.5) as a modality would send it. Written out here because setup stands apart from the DICOM
 * code that it checks. Never rejects.
 */
export async function echo(target: EchoTarget): Promise<EchoOutcome> {
  const socket = connect({ host: target.host, port: target.port });
  socket.setTimeout(timeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  const isConnected = await new Promise<boolean>((resolve) => {
    socket.once('connect', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
  if (!isConnected) return 'unreachable';
  socket.write(associateRequest(target));
  let outcome: EchoOutcome = 'no answer';
  let received = Buffer.alloc(0);
  for await (const data of socket as AsyncIterable<Buffer>) {
    received = Buffer.concat([received, data]);
    if (received.length > mostAnswerSizeBytes) break;
    for (let pdu = nextPdu(received); pdu !== undefined; pdu = nextPdu(received)) {
      received = received.subarray(pdu.length);
      if (pdu[0] === 0x02 && isContextAccepted(pdu)) socket.write(echoRequest());
      else if (pdu[0] === 0x02) outcome = 'not accepted';
      else if (pdu[0] === 0x03) outcome = 'rejected';
      else if (pdu[0] === 0x04) outcome = statusIn(pdu) === 0 ? 'answered' : 'bad status';
      if (pdu[0] !== 0x02 || outcome !== 'no answer') {
        socket.end(item(0x05, Buffer.alloc(4), 4));
        return outcome;
      }
    }
  }
  return outcome;
}

/** A-ASSOCIATE-RQ with one context for Verification (PS3.8 9.3.2). */
function associateRequest({ calledAeTitle, callingAeTitle }: EchoTarget): Buffer {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(1, 0);
  fixed.write(calledAeTitle.padEnd(16), 4, 'latin1');
  fixed.write(callingAeTitle.padEnd(16), 20, 'latin1');
  const context = Buffer.concat([
    Buffer.from([1, 0, 0, 0]),
    item(0x30, Buffer.from(verificationUid)),
    item(0x40, Buffer.from(implicitLittleEndianUid)),
  ]);
  const longest = Buffer.alloc(4);
  longest.writeUInt32BE(16_384);
  const user = Buffer.concat([item(0x51, longest), item(0x52, Buffer.from(implementationUid))]);
  const items = [
    item(0x10, Buffer.from(applicationContextUid)),
    item(0x20, context),
    item(0x50, user),
  ];
  return item(0x01, Buffer.concat([fixed, ...items]), 4);
}

/** P-DATA-TF with a C-ECHO-RQ in Implicit VR Little Endian (PS3.7 9.3.5.1). */
function echoRequest(): Buffer {
  const elements = Buffer.concat([
    element(0x0002, Buffer.from(`${verificationUid}\0`)),
    element(0x0100, uint16(0x0030)),
    element(0x0110, uint16(1)),
    element(0x0800, uint16(0x0101)),
  ]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(elements.length);
  const command = Buffer.concat([element(0x0000, size), elements]);
  const head = Buffer.alloc(6);
  head.writeUInt32BE(command.length + 2);
  head[4] = 1;
  head[5] = 0x03;
  return item(0x04, Buffer.concat([head, command]), 4);
}

/** A PDU or item: type, reserved byte, length in two or four bytes. */
function item(type: number, body: Buffer, lengthSize: 2 | 4 = 2): Buffer {
  const head = Buffer.alloc(2 + lengthSize);
  head[0] = type;
  head.writeUIntBE(body.length, 2, lengthSize);
  return Buffer.concat([head, body]);
}

function element(number: number, value: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16LE(number, 2);
  head.writeUInt32LE(value.length, 4);
  return Buffer.concat([head, value]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

function nextPdu(bytes: Buffer): Buffer | undefined {
  if (bytes.length < 6) return undefined;
  const end = 6 + bytes.readUInt32BE(2);
  return bytes.length < end ? undefined : bytes.subarray(0, end);
}

/** The result of the one context in an A-ASSOCIATE-AC (PS3.8 9.3.3.2). */
function isContextAccepted(pdu: Buffer): boolean {
  for (let at = 74; at + 8 <= pdu.length; at += 4 + pdu.readUInt16BE(at + 2)) {
    if (pdu[at] === 0x21) return pdu[at + 6] === 0;
  }
  return false;
}

/** Status (0000,0900) of the answer; undefined when it has none. */
function statusIn(pdu: Buffer): number | undefined {
  for (let at = 12; at + 10 <= pdu.length; at += 8 + pdu.readUInt32LE(at + 4)) {
    if (pdu.readUInt16LE(at + 2) === 0x0900) return pdu.readUInt16LE(at + 8);
  }
  return undefined;
}

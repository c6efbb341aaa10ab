import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { concat } from '#sync/core/bytes.ts';
import { encodeContext, type ProposedContext } from '#sync/dimse/associate.ts';
import {
  type CommandSet,
  commandField,
  encodeRequest,
  parseCommandSet,
} from '#sync/dimse/command.ts';
import { encodeData, encodeItem, encodePdu, encodeRelease, pduType } from '#sync/dimse/pdu.ts';
import {
  applicationContextUid,
  explicitLittleEndianUid,
  implicitLittleEndianUid,
  verificationUid,
} from '#sync/dimse/uids.ts';

/** CT Image Storage. */
export const ctClassUid = '1.2.840.10008.5.1.4.1.1.2';

/** Context 1 is Verification, 3 is CT in explicit little endian. */
export const usualContexts: readonly ProposedContext[] = [
  { id: 1, abstractSyntaxUid: verificationUid, transferSyntaxUids: [implicitLittleEndianUid] },
  { id: 3, abstractSyntaxUid: ctClassUid, transferSyntaxUids: [explicitLittleEndianUid] },
];

export interface AssociateOptions {
  readonly callingAeTitle?: string;
  readonly calledAeTitle?: string;
  readonly contexts?: readonly ProposedContext[];
  readonly pduLengthBytes?: number;
  readonly protocolVersion?: number;
  readonly applicationContext?: string;
  /** Items behind the user information. */
  readonly extraItems?: Uint8Array;
  /** Items inside the user information. */
  readonly userItems?: Uint8Array;
}

/** An A-ASSOCIATE-RQ as the wire has it. */
export function associateRequest(options: AssociateOptions = {}): Uint8Array {
  const fixed = Buffer.alloc(68);
  fixed.writeUInt16BE(options.protocolVersion ?? 1);
  fixed.write((options.calledAeTitle ?? 'OUTPOST').padEnd(16), 4, 'latin1');
  fixed.write((options.callingAeTitle ?? 'MODALITY').padEnd(16), 20, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(options.pduLengthBytes ?? 16_384);
  const user = concat(
    encodeItem(0x51, length),
    encodeItem(0x52, '1.2.3'),
    options.userItems ?? new Uint8Array(),
    encodeItem(0x55, 'PEER'),
  );
  return encodePdu(
    pduType.associateRequest,
    concat(
      fixed,
      encodeItem(0x10, options.applicationContext ?? applicationContextUid),
      ...(options.contexts ?? usualContexts).map(encodeContext),
      encodeItem(0x50, user),
      options.extraItems ?? new Uint8Array(),
    ),
  );
}

/** The P-DATA-TF of a C-STORE command. */
export function storeCommand(
  sopInstanceUid: string,
  options: {
    readonly messageId?: number;
    readonly sopClassUid?: string;
    readonly hasDataset?: boolean;
    readonly contextId?: number;
  } = {},
): Uint8Array {
  const command = encodeRequest({
    commandField: commandField.store,
    messageId: options.messageId ?? 1,
    affectedSopClassUid: options.sopClassUid ?? ctClassUid,
    affectedSopInstanceUid: sopInstanceUid,
    hasDataset: options.hasDataset ?? true,
  });
  return encodeData(options.contextId ?? 3, 3, command);
}

/** The P-DATA-TF of a C-ECHO command. */
export function echoCommand(messageId = 1, contextId = 1): Uint8Array {
  return plainCommand(commandField.echo, messageId, contextId);
}

/** The P-DATA-TF of a command without a dataset on the Verification context. */
export function plainCommand(field: number, messageId = 1, contextId = 1): Uint8Array {
  const command = encodeRequest({
    commandField: field,
    messageId,
    affectedSopClassUid: verificationUid,
    hasDataset: false,
  });
  return encodeData(contextId, 3, command);
}

/** The P-DATA-TF PDUs of a dataset, cut at `fragmentSizeBytes`. */
export function datasetPdus(dataset: Uint8Array, fragmentSizeBytes = 16_000): Uint8Array {
  const pdus: Uint8Array[] = [];
  for (let at = 0; at < dataset.length || at === 0; at += fragmentSizeBytes) {
    const isLast = at + fragmentSizeBytes >= dataset.length;
    pdus.push(encodeData(3, isLast ? 2 : 0, dataset.subarray(at, at + fragmentSizeBytes)));
  }
  return concat(...pdus);
}

/** One P-DATA-TF with several PDVs: `[contextId, header, value]`. */
export function dataOfSeveral(...pdvs: readonly [number, number, Uint8Array][]): Uint8Array {
  const parts = pdvs.map(([id, header, value]) => encodeData(id, header, value).subarray(6));
  return encodePdu(pduType.data, concat(...parts));
}

/** A PDU that came, or how the connection went. */
export type Received = { readonly type: number; readonly body: Buffer } | 'closed';

/** A peer on a raw socket: it sends any bytes and reads whole PDUs. */
export class RawPeer {
  readonly socket: Socket;
  readonly #pdus: AsyncGenerator<Exclude<Received, 'closed'>, undefined>;

  constructor(socket: Socket) {
    this.socket = socket;
    this.#pdus = pdusOf(socket);
  }

  /** From `localAddress` (any of 127.0.0.0/8) when it matters. */
  static async connect(port: number, localAddress?: string): Promise<RawPeer> {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port, host: '127.0.0.1', noDelay: true, ...from });
    socket.on('error', () => {});
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  send(...bytes: readonly Uint8Array[]): void {
    this.socket.write(concat(...bytes));
  }

  async receive(): Promise<Received> {
    return (await this.#pdus.next()).value ?? 'closed';
  }

  /** Associates and returns the answer. */
  associate(options: AssociateOptions = {}): Promise<Received> {
    this.send(associateRequest(options));
    return this.receive();
  }

  /** The command set of the next response. */
  async response(): Promise<CommandSet & { readonly comment: string }> {
    const received = await this.receive();
    if (received === 'closed' || received.type !== pduType.data) {
      throw new Error(`Cannot read a response: ${outcomeOf(received)}`);
    }
    const parsed = parseCommandSet(received.body.subarray(6));
    if (!parsed.ok) throw new Error(parsed.fault.message);
    const at = received.body.indexOf(Buffer.from([0, 0, 0x02, 0x09]));
    const comment =
      at < 0
        ? ''
        : received.body.toString('latin1', at + 8, at + 8 + received.body.readUInt32LE(at + 4));
    return { ...parsed.value, comment };
  }

  async release(): Promise<Received> {
    this.send(encodeRelease('request'));
    return this.receive();
  }

  close(): void {
    this.socket.destroy();
  }
}

/** One word for what came: `accepted`, `rejected 1/1/3`, `aborted`, `released`, `data`, `closed`. */
export function outcomeOf(received: Received): string {
  if (received === 'closed') return 'closed';
  switch (received.type) {
    case pduType.associateAccept:
      return 'accepted';
    case pduType.associateReject:
      return `rejected ${received.body[1]}/${received.body[2]}/${received.body[3]}`;
    case pduType.abort:
      return 'aborted';
    case pduType.releaseResponse:
      return 'released';
    default:
      return 'data';
  }
}

/** Result and transfer syntax by context id, and the maximum length, of an A-ASSOCIATE-AC. */
export function readAccept(received: Received): {
  readonly contexts: Readonly<Record<number, readonly [number, string]>>;
  readonly pduLengthBytes: number;
} {
  if (received === 'closed') throw new Error('Cannot read an accept: the connection closed');
  const contexts: Record<number, readonly [number, string]> = {};
  let pduLengthBytes = -1;
  const { body } = received;
  for (let at = 68; at < body.length; ) {
    const length = body.readUInt16BE(at + 2);
    if (body[at] === 0x21) {
      const syntax = body.toString('latin1', at + 12, at + 4 + length);
      contexts[body[at + 4] ?? 0] = [body[at + 6] ?? -1, syntax];
    }
    if (body[at] === 0x50) pduLengthBytes = body.readUInt32BE(at + 8);
    at += 4 + length;
  }
  return { contexts, pduLengthBytes };
}

async function* pdusOf(socket: Socket): AsyncGenerator<Exclude<Received, 'closed'>, undefined> {
  let bytes = Buffer.alloc(0);
  try {
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      while (bytes.length >= 6 && bytes.length >= 6 + bytes.readUInt32BE(2)) {
        const end = 6 + bytes.readUInt32BE(2);
        yield { type: bytes[0] ?? 0, body: bytes.subarray(6, end) };
        bytes = bytes.subarray(end);
      }
    }
  } catch {
    // A reset is as good as a close.
  }
  return undefined;
}

import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { sanitize } from '../core/sanitize.ts';
import { encodeData, fragment } from './pdu.ts';
import { latin1, unpadded } from './text.ts';
import { isUid } from './uids.ts';

/** Command Field values (PS3.7 E.1). A response is its request with the top bit set. */
export const commandField = {
  store: 0x0001,
  get: 0x0010,
  find: 0x0020,
  move: 0x0021,
  echo: 0x0030,
  eventReport: 0x0100,
  nGet: 0x0110,
  nSet: 0x0120,
  action: 0x0130,
  nCreate: 0x0140,
  cancel: 0x0fff,
  response: 0x8000,
} as const;

/** Statuses of responses (PS3.7 C, PS3.4 B.2.3, C.4). */
export const dimseStatus = {
  success: 0x0000,
  invalidAttributeValue: 0x0106,
  processingFailure: 0x0110,
  duplicateSopInstance: 0x0111,
  noSuchObjectInstance: 0x0112,
  invalidArgumentValue: 0x0115,
  invalidObjectInstance: 0x0117,
  missingAttribute: 0x0120,
  missingAttributeValue: 0x0121,
  sopClassNotSupported: 0x0122,
  noSuchAction: 0x0123,
  notAuthorized: 0x0124,
  unrecognizedOperation: 0x0211,
  resourceLimitation: 0x0213,
  outOfResources: 0xa700,
  subOperationsImpossible: 0xa702,
  moveDestinationUnknown: 0xa801,
  mismatch: 0xa900,
  subOperationsFailed: 0xb000,
  cannotUnderstand: 0xc000,
  cancelled: 0xfe00,
  pending: 0xff00,
  /** Pending, and an optional key was not matched. */
  pendingUnmatched: 0xff01,
} as const;

/** A command set as far as this project reads it; an absent element is undefined. */
export interface CommandSet {
  readonly commandField: number;
  readonly hasDataset: boolean;
  readonly messageId: number | undefined;
  readonly messageIdBeingRespondedTo: number | undefined;
  readonly affectedSopClassUid: string | undefined;
  readonly affectedSopInstanceUid: string | undefined;
  /** N-SET, N-GET, N-ACTION: the object that is asked for. */
  readonly requestedSopClassUid: string | undefined;
  readonly requestedSopInstanceUid: string | undefined;
  /** C-MOVE: an AE title of up to 16 characters from outside. */
  readonly moveDestination: string | undefined;
  readonly actionTypeId: number | undefined;
  readonly eventTypeId: number | undefined;
  readonly status: number | undefined;
  /** A response: text of the peer, as it came but for its padding. */
  readonly errorComment: string | undefined;
}

/** Counts of the C-STOREs that a C-MOVE or C-GET makes (PS3.4 C.4.2.1.6). */
export interface SubOperations {
  /** Undefined in the last response, unless it was cancelled. */
  readonly remaining: number | undefined;
  readonly completed: number;
  readonly failed: number;
  readonly warning: number;
}

/** What a response says beside what it answers. */
export interface Answer {
  readonly status: number;
  /** Goes out as Error Comment (LO): cut to 64 characters of printable ASCII. */
  readonly comment?: string | undefined;
  /** A dataset follows. */
  readonly hasDataset?: boolean;
  readonly subOperations?: SubOperations;
  /** N-CREATE: the UID that was given to the object. */
  readonly affectedSopInstanceUid?: string | undefined;
  /** Error ID (0000,0903): a code of the service class, e.g. A710H of a procedure step. */
  readonly errorId?: number | undefined;
}

export type CommandFault = Fault<'dimse/malformed-command'>;

/** Elements of group 0000 (PS3.7 E.1). */
const element = {
  groupLength: 0x0000,
  affectedSopClassUid: 0x0002,
  requestedSopClassUid: 0x0003,
  commandField: 0x0100,
  messageId: 0x0110,
  messageIdBeingRespondedTo: 0x0120,
  moveDestination: 0x0600,
  priority: 0x0700,
  dataSetType: 0x0800,
  status: 0x0900,
  errorComment: 0x0902,
  errorId: 0x0903,
  affectedSopInstanceUid: 0x1000,
  requestedSopInstanceUid: 0x1001,
  eventTypeId: 0x1002,
  actionTypeId: 0x1008,
  remaining: 0x1020,
  completed: 0x1021,
  failed: 0x1022,
  warning: 0x1023,
  moveOriginatorAeTitle: 0x1030,
  moveOriginatorMessageId: 0x1031,
} as const;

const noDataset = 0x0101;

/**
 * Parses one command set: implicit VR little endian, group 0000 only, elements ascending, lengths that fit, a
 * command field and a data set type present, and a message id unless it is a response or a C-CANCEL (PS3.7 6.3).
 */
export function parseCommandSet(bytes: Uint8Array): Result<CommandSet, CommandFault> {
  const elements = readElements(bytes);
  if (typeof elements === 'string') return malformed(elements);
  const field = readUint16(elements.get(element.commandField));
  const dataSetType = readUint16(elements.get(element.dataSetType));
  if (field === undefined || dataSetType === undefined) return malformed('it does not say what');
  const messageId = readUint16(elements.get(element.messageId));
  const isRequest = field < commandField.response && field !== commandField.cancel;
  if (isRequest && messageId === undefined) return malformed('it has no message id');
  const uid = (number: number): string | undefined => readUid(elements.get(number));
  const destination = elements.get(element.moveDestination);
  const comment = elements.get(element.errorComment);
  return ok({
    commandField: field,
    hasDataset: dataSetType !== noDataset,
    messageId,
    messageIdBeingRespondedTo: readUint16(elements.get(element.messageIdBeingRespondedTo)),
    affectedSopClassUid: uid(element.affectedSopClassUid),
    affectedSopInstanceUid: uid(element.affectedSopInstanceUid),
    requestedSopClassUid: uid(element.requestedSopClassUid),
    requestedSopInstanceUid: uid(element.requestedSopInstanceUid),
    moveDestination: destination && unpadded(destination.subarray(0, 16)).trimStart(),
    actionTypeId: readUint16(elements.get(element.actionTypeId)),
    eventTypeId: readUint16(elements.get(element.eventTypeId)),
    status: readUint16(elements.get(element.status)),
    errorComment: comment && unpadded(comment),
  });
}

/**
 * The whole P-DATA-TF PDU that answers `request`. Shorter than the smallest PDU a peer may ask for (1,024 bytes).
 * Objects that were asked for by number (N-SET, N-ACTION…) come back as the affected ones (PS3.7 10.1).
 */
export function encodeResponse(
  contextId: number,
  request: CommandSet,
  { status, comment, hasDataset = false, subOperations, affectedSopInstanceUid, errorId }: Answer,
): Uint8Array {
  const sopClassUid = request.affectedSopClassUid ?? request.requestedSopClassUid;
  const sopInstanceUid =
    affectedSopInstanceUid ?? request.affectedSopInstanceUid ?? request.requestedSopInstanceUid;
  const body = encodeElements([
    ...uidElement(element.affectedSopClassUid, sopClassUid),
    [element.commandField, uint16(request.commandField | commandField.response)],
    [element.messageIdBeingRespondedTo, uint16(request.messageId ?? 0)],
    [element.dataSetType, uint16(hasDataset ? 0 : noDataset)],
    [element.status, uint16(status)],
    ...(comment ? [[element.errorComment, commentBytes(comment)] as const] : []),
    ...numberElement(element.errorId, errorId),
    ...uidElement(element.affectedSopInstanceUid, sopInstanceUid),
    ...numberElement(element.eventTypeId, request.eventTypeId),
    ...numberElement(element.actionTypeId, request.actionTypeId),
    ...numberElement(element.remaining, subOperations?.remaining),
    ...numberElement(element.completed, subOperations?.completed),
    ...numberElement(element.failed, subOperations?.failed),
    ...numberElement(element.warning, subOperations?.warning),
  ]);
  return encodeData(contextId, fragment.command | fragment.last, body);
}

/** A request that this side makes: C-ECHO, C-STORE, N-EVENT-REPORT. */
export interface OutgoingCommand {
  readonly commandField: number;
  readonly messageId: number;
  readonly affectedSopClassUid: string;
  readonly affectedSopInstanceUid?: string;
  readonly hasDataset: boolean;
  readonly eventTypeId?: number;
  /** C-STORE on behalf of a C-MOVE: who asked, and the message id of the C-MOVE (PS3.7 9.3.1.1). */
  readonly moveOriginator?: { readonly aeTitle: string; readonly messageId: number };
}

/** The command set of a request, without PDU around it. */
export function encodeRequest(request: OutgoingCommand): Uint8Array {
  const isStore = request.commandField === commandField.store;
  const { moveOriginator } = request;
  return encodeElements([
    ...uidElement(element.affectedSopClassUid, request.affectedSopClassUid),
    [element.commandField, uint16(request.commandField)],
    [element.messageId, uint16(request.messageId)],
    ...(isStore ? [[element.priority, uint16(0)] as const] : []),
    [element.dataSetType, uint16(request.hasDataset ? 0 : noDataset)],
    ...uidElement(element.affectedSopInstanceUid, request.affectedSopInstanceUid),
    ...numberElement(element.eventTypeId, request.eventTypeId),
    ...(moveOriginator
      ? [[element.moveOriginatorAeTitle, latin1(moveOriginator.aeTitle.padEnd(16))] as const]
      : []),
    ...numberElement(element.moveOriginatorMessageId, moveOriginator?.messageId),
  ]);
}

type Element = readonly [number, Uint8Array];

function readElements(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const elements = new Map<number, Uint8Array>();
  let at = 0;
  let last = -1;
  while (at < bytes.length) {
    if (at + 8 > bytes.length) return 'an element is cut off';
    const number = view.getUint16(at + 2, true);
    const end = at + 8 + view.getUint32(at + 4, true);
    if (view.getUint16(at, true) !== 0) return 'an element is not of group 0000';
    if (number <= last) return 'its elements are not in order';
    if (end > bytes.length) return 'an element is longer than the command';
    elements.set(number, bytes.subarray(at + 8, end));
    last = number;
    at = end;
  }
  return elements;
}

function readUint16(value: Uint8Array | undefined): number | undefined {
  if (value?.length !== 2) return undefined;
  return new DataView(value.buffer, value.byteOffset, 2).getUint16(0, true);
}

function readUid(value: Uint8Array | undefined): string | undefined {
  const text = value && unpadded(value);
  return text !== undefined && isUid(text) ? text : undefined;
}

function malformed(reason: string): Result<never, CommandFault> {
  return fail(
    fault(
      'dimse/malformed-command',
      `Cannot read a command set: ${reason}`,
      'Check the sending device: its DIMSE command is not legal',
    ),
  );
}

function encodeElements(elements: readonly Element[]): Uint8Array {
  const length = elements.reduce((sum, [, value]) => sum + 8 + value.length, 0);
  const bytes = new Uint8Array(12 + length);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [number, value] of [[element.groupLength, uint32(length)] as const, ...elements]) {
    view.setUint16(at + 2, number, true);
    view.setUint32(at + 4, value.length, true);
    bytes.set(value, at + 8);
    at += 8 + value.length;
  }
  return bytes;
}

function uidElement(number: number, uid: string | undefined): readonly Element[] {
  return uid === undefined ? [] : [[number, latin1(uid.length % 2 ? `${uid}\0` : uid)]];
}

function numberElement(number: number, value: number | undefined): readonly Element[] {
  return value === undefined ? [] : [[number, uint16(value)]];
}

function commentBytes(comment: string): Uint8Array {
  const text = sanitize(comment, 64).replace(/[^ -[\]-~]/g, '?');
  return latin1(text.length % 2 ? `${text} ` : text);
}

function uint16(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, value >> 8);
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

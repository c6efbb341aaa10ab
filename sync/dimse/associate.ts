import { concat } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { DimseLimits } from './limits.ts';
import { encodeItem, encodePdu, pduType } from './pdu.ts';
import { latin1, unpadded } from './text.ts';
import { applicationContextUid, isUid } from './uids.ts';

/** A presentation context as the caller proposes it (PS3.8 9.3.2.2). */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntaxUid: string;
  /** In the caller's order; what is no UID is left out, so it can be empty. */
  readonly transferSyntaxUids: readonly string[];
}

/** A caller's role for an abstract syntax (PS3.7 D.3.3.4). */
export interface ProposedRole {
  readonly abstractSyntaxUid: string;
  readonly isScu: boolean;
  readonly isScp: boolean;
}

/** What an A-ASSOCIATE-RQ says, as far as this project cares. */
export interface AssociateRequest {
  /** Bit 0 is version 1, the only one there is. */
  readonly protocolVersion: number;
  readonly applicationContextUid: string;
  readonly calledAeTitle: string;
  readonly callingAeTitle: string;
  /** Ascending by id, whatever the order on the wire was. */
  readonly contexts: readonly ProposedContext[];
  /** Longest PDU that the caller takes, 0 = no limit; undefined when it does not say. */
  readonly pduLengthBytes: number | undefined;
  readonly roles: readonly ProposedRole[];
  /** Who made it; of requests of our own only, where the standard wants it (PS3.7 D.3.3.2). */
  readonly implementation?: { readonly classUid: string; readonly versionName: string };
}

export type AssociateFault = Fault<'dimse/malformed-associate'>;

/** Where the items start: version, reserved, two AE titles, 32 reserved bytes (PS3.8 9.3.2). */
const fixedSizeBytes = 68;

const itemType = {
  applicationContext: 0x10,
  context: 0x20,
  abstractSyntax: 0x30,
  transferSyntax: 0x40,
  userInformation: 0x50,
  maximumLength: 0x51,
  implementationClassUid: 0x52,
  role: 0x54,
  implementationVersionName: 0x55,
} as const;

/**
 * Reads the body of an A-ASSOCIATE-RQ (what follows the PDU header) in linear time. Unknown items are skipped;
 * asynchronous operations, user identity and extended negotiation are left out on purpose: they are not served,
 * so the answer is the default (one operation at a time). Contexts may come in any order (H17).
 */
export function readAssociateRequest(
  body: Uint8Array,
  limits: Pick<DimseLimits, 'presentationContexts'>,
): Result<AssociateRequest, AssociateFault> {
  try {
    return ok(readBody(body, limits.presentationContexts));
  } catch (cause) {
    if (!(cause instanceof Malformed)) throw cause;
    return fail(
      fault(
        'dimse/malformed-associate',
        `Cannot read an association request: ${cause.message}`,
        'Check what called: it does not speak DICOM as the standard has it',
      ),
    );
  }
}

/**
 * The whole A-ASSOCIATE-RQ PDU again, holding only what was read: contexts ascending, and of each only the
 * transfer syntax that `transferSyntaxOf` names. So a library behind it never meets an odd request, and never
 * does more work than one syntax a context.
 */
export function encodeAssociateRequest(
  request: AssociateRequest,
  transferSyntaxOf: (context: ProposedContext) => string,
): Uint8Array {
  const fixed = new Uint8Array(fixedSizeBytes);
  new DataView(fixed.buffer).setUint16(0, request.protocolVersion);
  fixed.set(latin1(request.calledAeTitle.padEnd(16)), 4);
  fixed.set(latin1(request.callingAeTitle.padEnd(16)), 20);
  const contexts = request.contexts.map((context) =>
    encodeContext({ ...context, transferSyntaxUids: [transferSyntaxOf(context)] }),
  );
  return encodePdu(
    pduType.associateRequest,
    concat(
      fixed,
      encodeItem(itemType.applicationContext, request.applicationContextUid),
      ...contexts,
      encodeUserInformation(request),
    ),
  );
}

/** The presentation context item of a request. */
export function encodeContext(context: ProposedContext): Uint8Array {
  return encodeItem(
    itemType.context,
    concat(
      Uint8Array.of(context.id, 0, 0, 0),
      encodeItem(itemType.abstractSyntax, context.abstractSyntaxUid),
      ...context.transferSyntaxUids.map((uid) => encodeItem(itemType.transferSyntax, uid)),
    ),
  );
}

function encodeUserInformation(request: AssociateRequest): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, request.pduLengthBytes ?? 0);
  const roles = request.roles.map((role) => {
    const uid = latin1(role.abstractSyntaxUid);
    const flags = Uint8Array.of(Number(role.isScu), Number(role.isScp));
    return encodeItem(itemType.role, concat(Uint8Array.of(0, uid.length), uid, flags));
  });
  const { classUid, versionName } = request.implementation ?? {};
  return encodeItem(
    itemType.userInformation,
    concat(
      encodeItem(itemType.maximumLength, length),
      ...(classUid ? [encodeItem(itemType.implementationClassUid, classUid)] : []),
      ...roles,
      ...(versionName ? [encodeItem(itemType.implementationVersionName, versionName)] : []),
    ),
  );
}

class Malformed extends Error {}

function readBody(body: Uint8Array, mostContexts: number): AssociateRequest {
  if (body.length < fixedSizeBytes) throw new Malformed('it is too short');
  const view = viewOf(body);
  const contexts = new Map<number, ProposedContext>();
  let applicationContext = '';
  let user: UserInformation | undefined;
  for (const item of itemsOf(body.subarray(fixedSizeBytes))) {
    if (item.type === itemType.applicationContext) applicationContext = unpadded(item.body);
    if (item.type === itemType.context) {
      const context = readContext(item.body);
      if (contexts.has(context.id)) throw new Malformed('a context id comes twice');
      if (contexts.size === mostContexts) throw new Malformed('it has too many contexts');
      contexts.set(context.id, context);
    }
    if (item.type === itemType.userInformation) {
      if (user) throw new Malformed('it has user information twice');
      user = readUserInformation(item.body);
    }
  }
  if (contexts.size === 0) throw new Malformed('it proposes nothing');
  return {
    protocolVersion: view.getUint16(0),
    applicationContextUid: applicationContext,
    calledAeTitle: readAeTitle(body.subarray(4, 20)),
    callingAeTitle: readAeTitle(body.subarray(20, 36)),
    contexts: [...contexts.values()].sort((a, b) => a.id - b.id),
    pduLengthBytes: user?.pduLengthBytes,
    roles: (user?.roles ?? []).filter(isFirstOfItsSyntax()),
  };
}

function readContext(body: Uint8Array): ProposedContext {
  const id = body[0] ?? 0;
  if (body.length < 4 || id % 2 === 0) throw new Malformed('a context id is not odd');
  const abstractSyntaxUids: string[] = [];
  const transferSyntaxUids: string[] = [];
  for (const item of itemsOf(body.subarray(4))) {
    if (item.type === itemType.abstractSyntax) abstractSyntaxUids.push(readUid(item.body));
    if (item.type === itemType.transferSyntax) {
      const uid = unpadded(item.body);
      if (isUid(uid)) transferSyntaxUids.push(uid);
    }
  }
  const [abstractSyntaxUid] = abstractSyntaxUids;
  if (abstractSyntaxUid === undefined || abstractSyntaxUids.length > 1) {
    throw new Malformed('a context does not name one abstract syntax');
  }
  return { id, abstractSyntaxUid, transferSyntaxUids };
}

interface UserInformation {
  readonly pduLengthBytes: number | undefined;
  readonly roles: readonly ProposedRole[];
}

function readUserInformation(body: Uint8Array): UserInformation {
  let pduLengthBytes: number | undefined;
  const roles: ProposedRole[] = [];
  for (const item of itemsOf(body)) {
    if (item.type === itemType.maximumLength) {
      if (item.body.length !== 4) throw new Malformed('its maximum length is not a number');
      pduLengthBytes = viewOf(item.body).getUint32(0);
    }
    if (item.type === itemType.role) roles.push(readRole(item.body));
  }
  return { pduLengthBytes, roles };
}

function readRole(body: Uint8Array): ProposedRole {
  const uidLength = body.length < 4 ? -1 : viewOf(body).getUint16(0);
  if (body.length !== uidLength + 4) throw new Malformed('a role does not fit its item');
  return {
    abstractSyntaxUid: readUid(body.subarray(2, 2 + uidLength)),
    isScu: body[2 + uidLength] === 1,
    isScp: body[3 + uidLength] === 1,
  };
}

interface Item {
  readonly type: number;
  readonly body: Uint8Array;
}

function* itemsOf(bytes: Uint8Array): Generator<Item> {
  const view = viewOf(bytes);
  let at = 0;
  while (at < bytes.length) {
    if (at + 4 > bytes.length) throw new Malformed('an item is cut off');
    const end = at + 4 + view.getUint16(at + 2);
    if (end > bytes.length) throw new Malformed('an item is longer than what holds it');
    yield { type: view.getUint8(at), body: bytes.subarray(at + 4, end) };
    at = end;
  }
}

function readUid(bytes: Uint8Array): string {
  const text = unpadded(bytes);
  if (!isUid(text)) throw new Malformed('a UID is not one');
  return text;
}

/** AE: up to 16 characters, no control character, no backslash, blanks around it ignored (PS3.5 6.2). */
function readAeTitle(bytes: Uint8Array): string {
  const text = unpadded(bytes).trimStart();
  if (!/^[^\p{Cc}\\]*$/u.test(text)) throw new Malformed('an AE title has illegal characters');
  return text;
}

/** The library answers every role item it reads, so one a syntax is passed on. */
function isFirstOfItsSyntax(): (role: ProposedRole) => boolean {
  const seen = new Set<string>();
  return ({ abstractSyntaxUid }) => {
    const isFirst = !seen.has(abstractSyntaxUid);
    seen.add(abstractSyntaxUid);
    return isFirst;
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether the request speaks the one protocol version and the one application context there are. */
export function speaksDicom(
  request: Pick<AssociateRequest, 'protocolVersion' | 'applicationContextUid'>,
): 'yes' | 'protocol-version' | 'application-context' {
  if ((request.protocolVersion & 1) === 0) return 'protocol-version';
  return request.applicationContextUid === applicationContextUid ? 'yes' : 'application-context';
}

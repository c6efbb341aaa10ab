import { z } from 'zod';
import { hex } from '../core/bytes.ts';
import { canonicalJson, type JsonObject } from '../core/canonical-json.ts';
import { ok, type Result } from '../core/result.ts';
import { bytesOfHex, complaint, hexBinary, packIdField, textOfHex } from './fields.ts';
import type { KeyList } from './key-list.ts';
import { isSoundPublicKey, type SigningKey } from './signature.ts';
import { damaged, openSignedFile, type SignedFileFault, signFile } from './signed-file.ts';

const mailboxSchema = z.strictObject({ id: hexBinary(16), owner: hexBinary(16) });

const handleSchema = z.strictObject({
  handle: hexBinary(16),
  transport: hexBinary(32).refine((key) => isSoundPublicKey(bytesOfHex(key))),
  state: z.enum(['provisional', 'active', 'retired']),
  write: z.array(hexBinary(16)),
  read: z.array(hexBinary(16)),
  bytesPerDay: z.int().nonnegative(),
  openPacks: z.int().nonnegative(),
});

const ticketSchema = z.strictObject({
  id: hexBinary(16),
  until: z.iso.date(),
  grant: packIdField.exactOptional(),
});

const accessListSchema = z.strictObject({
  v: z.literal(1),
  center: hexBinary(32),
  version: z.int().min(1),
  mailboxes: z.array(mailboxSchema),
  handles: z.array(handleSchema),
  tickets: z.array(ticketSchema),
});

/**
 * What a center tells its relays (pairing design, admission): who may write and read which mailbox, and which
 * tickets are open. Names and keys are lower-case hex here and base64url in the file: `center` is the root public
 * key, `owner` a handle, `transport` the Ed25519 key of a handle's sessions, `until` the last day YYYY-MM-DD of the
 * card, `grant` the pack that answers a claimed ticket. A ticket is good while it is listed.
 */
export type AccessList = z.infer<typeof accessListSchema>;

/** The signed text of an access list, by a current identity key of the center. */
export function signAccessList(list: AccessList, identity: SigningKey): string {
  return signFile(identity, label, encode(list));
}

/** The access list in `text`, signed by an identity key that is current in `keyList`, for that center. */
export function openAccessList(
  text: string | Uint8Array,
  keyList: KeyList,
): Result<AccessList, SignedFileFault> {
  const signers = keyList.identity.filter(({ state }) => state === 'current');
  const opened = openSignedFile(
    text,
    label,
    signers.map(({ key }) => key),
  );
  if (!opened.ok) return opened;
  const parsed = accessListSchema.safeParse(opened.value);
  if (!parsed.success) return damaged(complaint(parsed.error));
  return parsed.data.center === hex(keyList.root)
    ? ok(parsed.data)
    : damaged('it is of another center');
}

/** What an opened list means to a relay that holds `known`, as `acceptKeyList` does for key lists. */
export function acceptAccessList(
  known: AccessList,
  incoming: AccessList,
): 'higher' | 'same' | 'lower' | 'alarm' {
  if (incoming.version !== known.version) {
    return incoming.version > known.version ? 'higher' : 'lower';
  }
  return canonicalJson(encode(incoming)) === canonicalJson(encode(known)) ? 'same' : 'alarm';
}

function encode(list: AccessList): JsonObject {
  return {
    v: list.v,
    center: textOfHex(list.center),
    version: list.version,
    mailboxes: list.mailboxes.map(({ id, owner }) => ({
      id: textOfHex(id),
      owner: textOfHex(owner),
    })),
    handles: list.handles.map((entry) => ({
      ...entry,
      handle: textOfHex(entry.handle),
      transport: textOfHex(entry.transport),
      write: entry.write.map(textOfHex),
      read: entry.read.map(textOfHex),
    })),
    tickets: list.tickets.map(({ id, until, grant }) => ({
      id: textOfHex(id),
      until,
      ...(grant !== undefined && { grant }),
    })),
  };
}

const label = 'outpost/v1/access';

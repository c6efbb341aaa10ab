import { mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { fromHex, hex } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import type { KeyList } from '../seal/key-list.ts';
import { openKeyListChain } from '../seal/key-list-chain.ts';
import {
  type BoxPeer,
  boxPeerSchema,
  type CenterTicket,
  centerTicketSchema,
} from '../seal/peers.ts';
import { type ReceivingSecret, receivingSecretOf } from '../seal/receiving-key.ts';
import { type SigningKey, signingKeyOf } from '../seal/signature.ts';
import { namesIn } from './center-disk.ts';
import { writeDurably } from './durable-file.ts';

export type KeysFault = Fault<'keys/missing' | 'keys/damaged' | 'keys/exposed'>;

/** A party's own keys: one to sign packs with, the secrets that open what arrives. */
export interface BoxKeys {
  readonly identity: SigningKey;
  readonly receive: ReceivingSecret;
}

export interface CenterKeys {
  readonly identity: SigningKey;
  /** Of every epoch whose seed is here, newest or not. */
  readonly secrets: readonly ReceivingSecret[];
  readonly keyList: KeyList;
  /** Every root of this center so far, the one of `keyList` last: packs may be sealed to any of them. */
  readonly roots: readonly Uint8Array[];
  /** The signed text, as it is published; hand-overs of the root before the newest list. */
  readonly keyListText: string;
  /** Session handle of the center at its relays, hex, 16 bytes. */
  readonly handle: string;
  /** Public transport key of the center's agent, hex: relays admit the handle by it. */
  readonly transport: string;
}

const centerFileSchema = z.strictObject({
  format: z.literal(1),
  handle: z.string().regex(/^[0-9a-f]{32}$/),
  transport: z.string().regex(/^[0-9a-f]{64}$/),
});

/** Reads a 32-byte seed (64 hex digits and a newline); a file that others may read is refused. */
export async function readSeed(path: string): Promise<Result<Uint8Array, KeysFault>> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      return fail(
        fault(
          'keys/exposed',
          `Cannot use the key file "${path}": other users may read it (mode ${(mode & 0o777).toString(8)})`,
          `Run chmod 600 "${path}", and replace the key if the machine is shared`,
        ),
      );
    }
    text = await readFile(path, 'utf8');
  } catch (cause) {
    return fail(
      fault(
        'keys/missing',
        `Cannot read the key file "${path}"`,
        'Run setup or pairing first',
        'never',
        cause,
      ),
    );
  }
  const seed = fromHex(text.trim());
  return seed?.length === 32 ? ok(seed) : fail(damaged(path));
}

/** Writes a seed durably with mode 0600; replaces what was there. */
export async function writeSeed(path: string, seed: Uint8Array): Promise<void> {
  await writeDurably(path, `${hex(seed)}\n`, { as: 'key-seed' });
}

/** The box's identity and receiving key; `keys/missing` before the first request was made. */
export async function readBoxKeys(dataDir: string): Promise<Result<BoxKeys, KeysFault>> {
  const identity = await readSeed(join(dataDir, 'keys', 'identity.seed'));
  if (!identity.ok) return identity;
  const receive = await readSeed(join(dataDir, 'keys', 'receive.seed'));
  if (!receive.ok) return receive;
  return ok({ identity: signingKeyOf(identity.value), receive: receivingSecretOf(receive.value) });
}

/** The box's keys, made where they are missing; a key that exists is never replaced. */
export async function makeBoxKeys(
  dataDir: string,
  random: Pick<Random, 'bytes'>,
): Promise<Result<BoxKeys, KeysFault>> {
  const folder = join(dataDir, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of ['identity.seed', 'receive.seed']) {
    const known = await readSeed(join(folder, name));
    if (known.ok) continue;
    if (known.fault.kind !== 'keys/missing') return known;
    await writeSeed(join(folder, name), random.bytes(32));
  }
  return readBoxKeys(dataDir);
}

/** The center's identity, receiving secrets and signed key list. */
export async function readCenterKeys(dataDir: string): Promise<Result<CenterKeys, KeysFault>> {
  const folder = join(dataDir, 'keys');
  const identity = await readSeed(join(folder, 'identity.seed'));
  if (!identity.ok) return identity;
  const secrets: ReceivingSecret[] = [];
  for (const name of (await readdir(folder)).filter((name) => /^receive-.*\.seed$/.test(name))) {
    const seed = await readSeed(join(folder, name));
    if (!seed.ok) return seed;
    secrets.push(receivingSecretOf(seed.value));
  }
  const listPath = join(folder, 'center.keys');
  const centerPath = join(folder, 'center.json');
  try {
    const keyListText = await readFile(listPath, 'utf8');
    const chain = openKeyListChain(keyListText, {});
    if (!chain.ok) return fail(damaged(listPath));
    const center = centerFileSchema.safeParse(JSON.parse(await readFile(centerPath, 'utf8')));
    if (!center.success) return fail(damaged(centerPath));
    return ok({
      identity: signingKeyOf(identity.value),
      secrets,
      keyList: chain.value.list,
      roots: chain.value.roots,
      keyListText,
      handle: center.data.handle,
      transport: center.data.transport,
    });
  } catch (cause) {
    return fail(
      fault(
        'keys/missing',
        `Cannot read "${listPath}" and "${centerPath}"`,
        'Run: outpost keys init',
        'never',
        cause,
      ),
    );
  }
}

/** The box's records of its centers; a file that does not parse is left out. Rejects when they cannot be read. */
export function readBoxPeers(dataDir: string): Promise<readonly BoxPeer[]> {
  return readRecords(join(dataDir, 'peers'), boxPeerSchema);
}

/** The center's tickets and boxes; a file that does not parse is left out. Rejects when they cannot be read. */
export function readCenterTickets(dataDir: string): Promise<readonly CenterTicket[]> {
  return readRecords(join(dataDir, 'peers'), centerTicketSchema);
}

/** Writes one peer record durably as `<dataDir>/peers/<name>.json`, before the step it describes acts. */
export async function writePeerRecord(
  dataDir: string,
  name: string,
  record: BoxPeer | CenterTicket,
): Promise<void> {
  await mkdir(join(dataDir, 'peers'), { recursive: true, mode: 0o700 });
  await writeDurably(
    join(dataDir, 'peers', `${name}.json`),
    `${JSON.stringify(record, null, 2)}\n`,
    { as: 'pairing-record' },
  );
}

async function readRecords<T>(folder: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const records: T[] = [];
  // None at all would shut every box out of the relays, so only a folder that was never made says so.
  for (const name of (await namesIn(folder)).filter((name) => name.endsWith('.json'))) {
    const parsed = schema.safeParse(parseJson(await readFile(join(folder, name), 'utf8')));
    if (parsed.success) records.push(parsed.data);
  }
  return records;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function damaged(path: string): KeysFault {
  return fault(
    'keys/damaged',
    `Cannot use the file "${path}": its content is damaged`,
    'Restore it from a backup, or pair again',
  );
}

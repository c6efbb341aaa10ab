import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { codingMax } from '../coding/coding.ts';
import { fromHex, hex, sameBytes } from '../core/bytes.ts';
import { type Clock, isoOf } from '../core/clock.ts';
import { type Fault, fault } from '../core/fault.ts';
import type { Random } from '../core/random.ts';
import { fail, ok, type Result } from '../core/result.ts';
import {
  addEpochs,
  addIdentity,
  datesFor,
  type EpochDates,
  endEpoch,
  nextEpoch,
  revokeIdentity,
} from '../seal/epochs.ts';
import { type KeyList, signKeyList } from '../seal/key-list.ts';
import { type KeyListChain, openKeyListChain } from '../seal/key-list-chain.ts';
import { receivingSecretOf } from '../seal/receiving-key.ts';
import { type SigningKey, signingKeyOf } from '../seal/signature.ts';
import { readIfThere } from './center-disk.ts';
import { writeDurably } from './durable-file.ts';
import { readSeed, writeSeed } from './keys-file.ts';

/** Where the keys of a center are. */
export interface KeysPlace {
  /** Data folder of the center program. */
  readonly dataDir: string;
  /** The stick with `root.seed`, and with the seeds of epochs that are still to come. */
  readonly rootDir: string;
}

export interface KeysPorts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly random: Pick<Random, 'bytes'>;
}

type ClockPort = Pick<KeysPorts, 'clock'>;
export type Changed = Promise<Result<KeyList, Fault>>;

/** Makes `count` receiving keys for later and lists them as `future`; their seeds stay on the stick. */
export async function makeEpochs(place: KeysPlace, count: number, ports: KeysPorts): Changed {
  const { random } = ports;
  const seeds = Array.from({ length: count }, () => random.bytes(32));
  const secrets = seeds.map(receivingSecretOf);
  for (const [at, secret] of secrets.entries()) {
    const path = join(place.rootDir, `receive-${hex(secret.kid)}.seed`);
    await writeSeed(path, seeds[at] ?? new Uint8Array());
  }
  return changeKeyList(place, (list) => ok(addEpochs(list, secrets)), ports);
}

/**
 * The next epoch begins: its seed is copied to the center first, then the list says so, so that what is sealed to it
 * can always be opened. The epoch before is `accept`: what was sealed to it still opens.
 */
export async function beginNextEpoch(place: KeysPlace, { clock }: ClockPort): Changed {
  const known = await readChain(place.dataDir);
  if (!known.ok) return known;
  const next = nextEpoch(known.value.list);
  if (!next.ok) return next;
  const { kid } = next.value;
  const seed = await readSeed(join(place.rootDir, `receive-${hex(kid)}.seed`));
  if (!seed.ok) return seed;
  if (!sameBytes(receivingSecretOf(seed.value).kid, kid)) return fail(otherSeed(hex(kid)));
  await writeSeed(join(place.dataDir, 'keys', `receive-${hex(kid)}.seed`), seed.value);
  const rootSeed = await readSeed(join(place.rootDir, 'root.seed'));
  if (!rootSeed.ok) return rootSeed;
  // Noted first: the list says when the epoch is to be followed. What is noted of one that did not begin counts nothing.
  const at = isoOf(clock.nowMs());
  const before = known.value.list.receive.find(({ state }) => state === 'current');
  await noteDates(place.dataDir, {
    [hex(kid)]: { currentAt: at },
    ...(before && { [hex(before.kid)]: { acceptAt: at } }),
  });
  return changeKeyList(place, () => ok(next.value.list), { clock });
}

/**
 * An epoch is over: `gone` in the list, so that boxes seal anew what they still hold for it. Its seed stays until a
 * person removes the file: what the list says is undone by nothing, what is deleted neither.
 */
export async function endOldEpoch(
  place: KeysPlace,
  kidText: string,
  isForced: boolean,
  { clock }: ClockPort,
): Changed {
  const kid = fromHex(kidText);
  const dates = await readEpochDates(place.dataDir);
  return changeKeyList(
    place,
    (list) => endEpoch(list, kid ?? new Uint8Array(), { dates, nowMs: clock.nowMs(), isForced }),
    { clock },
  );
}

/** A new identity key signs from now on; the one before stays `old`, for what is under way. */
export async function replaceIdentity(place: KeysPlace, ports: KeysPorts): Changed {
  const { random } = ports;
  const path = join(place.dataDir, 'keys', 'identity.seed');
  const known = await readChain(place.dataDir);
  if (!known.ok) return known;
  const seed = await nextIdentity(place, known.value.list, { random });
  // Listed first: nobody may believe a key before, and the old one still counts.
  const changed = await changeKeyList(
    place,
    (list) => ok(addIdentity(list, signingKeyOf(seed).publicKey)),
    ports,
  );
  if (changed.ok) await writeSeed(path, seed);
  return changed;
}

/**
 * The seed of the next identity key, durable before any list names it: a command that broke off finds it again. One that
 * is in use, or that `list` calls old or revoked, is of a change that is over.
 */
export async function nextIdentity(
  { dataDir }: Pick<KeysPlace, 'dataDir'>,
  list: KeyList,
  { random }: Pick<KeysPorts, 'random'>,
): Promise<Uint8Array> {
  const path = join(dataDir, 'keys', 'identity.next.seed');
  const prepared = await readSeed(path);
  const used = await readSeed(join(dataDir, 'keys', 'identity.seed'));
  if (prepared.ok && !(used.ok && sameBytes(used.value, prepared.value))) {
    const { publicKey } = signingKeyOf(prepared.value);
    const listed = list.identity.find(({ key }) => sameBytes(key, publicKey));
    if (listed === undefined || listed.state === 'current') return prepared.value;
  }
  const seed = random.bytes(32);
  await writeSeed(path, seed);
  return seed;
}

/** A stolen identity key: nothing that it signed is believed any more, and no access list either. */
export function revokeOldIdentity(place: KeysPlace, key: Uint8Array, ports: ClockPort): Changed {
  return changeKeyList(place, (list) => revokeIdentity(list, key), ports);
}

/** Other relays: boxes and the center's own agent move as soon as the list reaches them. */
export function setRelays(place: KeysPlace, relays: KeyList['relays'], ports: ClockPort): Changed {
  return changeKeyList(place, (list) => ok({ ...list, relays }), ports);
}

/**
 * Hands over to a new root: a last list of the old one names it, and the next is signed by it. Both stay in
 * `center.keys`, so whoever slept over the hand-over, or several, follows them in order. Typed again after a crash it
 * goes on where it was.
 */
export async function handOver(place: KeysPlace, nextDir: string, ports: KeysPorts): Changed {
  const { random } = ports;
  const path = join(nextDir, 'root.seed');
  const prepared = await readSeed(path);
  if (!prepared.ok && prepared.fault.kind !== 'keys/missing') return prepared;
  const seed = prepared.ok ? prepared.value : random.bytes(32);
  if (!prepared.ok) await writeSeed(path, seed);
  const nextRoot = signingKeyOf(seed).publicKey;
  const known = await readChain(place.dataDir);
  if (!known.ok) return known;
  if (sameBytes(known.value.list.root, nextRoot)) return ok(known.value.list);
  const named = known.value.list.nextRoot;
  if (named === undefined || !sameBytes(named, nextRoot)) {
    const last = await changeKeyList(place, (list) => ok({ ...list, nextRoot }), ports);
    if (!last.ok) return last;
  }
  return changeKeyList(
    { ...place, rootDir: nextDir },
    ({ nextRoot: root, ...list }) => ok(root === undefined ? list : { ...list, root }),
    ports,
  );
}

/** Dates of the epochs of a center, by its own clock; none where nobody noted any. Rejects when the disk fails. */
export async function readEpochDates(dataDir: string): Promise<EpochDates> {
  const bytes = await readIfThere(join(dataDir, 'keys', 'epochs.json'));
  const parsed = datesSchema.safeParse(parseJson(new TextDecoder().decode(bytes)));
  return parsed.success ? parsed.data : {};
}

async function noteDates(dataDir: string, news: EpochDates): Promise<void> {
  const known = await readEpochDates(dataDir);
  const merged: Record<string, EpochDates[string]> = { ...known };
  for (const [kid, dates] of Object.entries(news)) merged[kid] = { ...merged[kid], ...dates };
  await writeDurably(join(dataDir, 'keys', 'epochs.json'), `${JSON.stringify(merged)}\n`, {
    as: 'key-facts',
  });
}

/** Nothing but what every change brings: after an update, boxes hear which coding this program can decode now. */
export function renewKeyList(place: KeysPlace, ports: ClockPort): Changed {
  return changeKeyList(place, ok, ports);
}

/**
 * The next list: one number up, signed by the root on the stick, behind the hand-overs before it. It announces the
 * highest coding of this program, and never less than before: packs in that coding may be under way. It says when the
 * current epoch is to be followed, so that boxes can warn too.
 */
async function changeKeyList(
  place: KeysPlace,
  change: (list: KeyList) => Result<KeyList, Fault>,
  ports: ClockPort,
): Changed {
  const known = await readChain(place.dataDir);
  if (!known.ok) return known;
  const changed = change(known.value.list);
  return changed.ok ? putNext(place, known.value, changed.value, ports) : changed;
}

/** `changed` as the list after `known`; see above. */
export async function putNext(
  { dataDir, rootDir }: KeysPlace,
  known: KeyListChain,
  changed: KeyList,
  { clock }: ClockPort,
): Changed {
  const seed = await readSeed(join(rootDir, 'root.seed'));
  if (!seed.ok) return seed;
  const root = signingKeyOf(seed.value);
  const { dates: _before, ...kept } = changed;
  const dates = datesFor(kept, await readEpochDates(dataDir), clock.nowMs());
  const list: KeyList = {
    ...kept,
    ...(dates && { dates }),
    list: known.list.list + 1,
    codingMax: Math.max(known.list.codingMax, codingMax),
  };
  if (!sameBytes(list.root, root.publicKey)) return fail(otherRoot(rootDir));
  await writeDurably(join(dataDir, 'keys', 'center.keys'), textOf(known, list, root), {
    as: 'key-list',
    mode: 0o644,
  });
  return ok(list);
}

/** Lists that handed over stay; of each root only the last one is needed. */
function textOf(known: KeyListChain, list: KeyList, root: SigningKey): string {
  const isHandOver = !sameBytes(known.list.root, list.root);
  const kept = isHandOver ? [...known.handovers, known.text] : known.handovers;
  return `${kept.join('')}${signKeyList(list, root)}`;
}

/** The newest list of a center, and what led to it. */
export async function readChain(dataDir: string): Promise<Result<KeyListChain, Fault>> {
  const path = join(dataDir, 'keys', 'center.keys');
  const text = await readFile(path, 'utf8').catch(() => '');
  return openKeyListChain(text, {});
}

function otherRoot(rootDir: string): Fault {
  return fault(
    'keys/other-root',
    `Cannot sign the key list: "${rootDir}" holds another root than the one that signs for this center`,
    'Take the stick with the root of the newest key list',
  );
}

function otherSeed(kid: string): Fault {
  return fault(
    'keys/damaged',
    `Cannot begin the epoch ${kid}: the seed on the stick is another one`,
    'Take the stick that these epochs were made on',
  );
}

const datesSchema = z.record(
  z.string(),
  z.strictObject({ currentAt: z.string().exactOptional(), acceptAt: z.string().exactOptional() }),
);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

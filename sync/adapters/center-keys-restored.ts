import { join } from 'node:path';
import { hex, sameBytes } from '../core/bytes.ts';
import { type Fault, fault } from '../core/fault.ts';
import { fail, ok, type Result } from '../core/result.ts';
import { addIdentity } from '../seal/epochs.ts';
import type { KeyList } from '../seal/key-list.ts';
import { followKeyList, type KeyListChain, openKeyListChain } from '../seal/key-list-chain.ts';
import { signingKeyOf } from '../seal/signature.ts';
import {
  type Changed,
  type KeysPlace,
  type KeysPorts,
  nextIdentity,
  putNext,
  readChain,
} from './center-keys-change.ts';
import { readSeed, writeSeed } from './keys-file.ts';

/**
 * This center was put back from a backup: the next list has another ledger id, so boxes offer again all that they still
 * have. It goes on from the highest of the lists in `known`, which the relays, a box or a stick have, since boxes take
 * none below theirs and what was changed after the backup, above all what was revoked, must stand. Its current epoch
 * must open here; an identity key that was lost with the machine is followed by a new one. `isForced`: it also goes on
 * from another list under the same number, where this was done once without knowing that one.
 */
export async function noteRestored(
  place: KeysPlace,
  known: readonly (string | Uint8Array)[],
  ports: KeysPorts,
  isForced = false,
): Changed {
  const own = await readChain(place.dataDir);
  if (!own.ok) return own;
  let newest = own.value;
  let isWitnessed = false;
  for (const text of known) {
    const followed = followKeyList(newest.list, text);
    const { verdict } = followed;
    const other =
      verdict === 'alarm' ? openKeyListChain(text, { root: newest.list.root }) : undefined;
    if (verdict === 'alarm' && !(isForced && other?.ok)) return fail(twoLists(newest.list.list));
    if (followed.verdict === 'higher') newest = joined(newest, followed.chain);
    if (other?.ok) newest = joined(newest, other.value);
    isWitnessed ||= verdict !== 'strange' && (verdict !== 'lower' || isForced);
  }
  if (!isWitnessed) return fail(noWitness());
  const epoch = await bringEpoch(place, newest.list);
  if (!epoch.ok) return epoch;
  const path = join(place.dataDir, 'keys', 'identity.seed');
  const identity = await readSeed(path);
  if (!identity.ok && identity.fault.kind !== 'keys/missing') return identity;
  const current = newest.list.identity.find(({ state }) => state === 'current');
  const isOurs =
    identity.ok && current && sameBytes(signingKeyOf(identity.value).publicKey, current.key);
  const seed = isOurs ? undefined : await nextIdentity(place, newest.list, ports);
  const ledger = ports.random.bytes(16);
  const changed = await putNext(
    place,
    newest,
    {
      ...(seed ? addIdentity(newest.list, signingKeyOf(seed).publicKey) : newest.list),
      ledger,
    },
    ports,
  );
  if (changed.ok && seed) await writeSeed(path, seed);
  return changed;
}

/** The seed of the current epoch, from the stick where the backup is older than the epoch. */
async function bringEpoch(
  { dataDir, rootDir }: KeysPlace,
  list: KeyList,
): Promise<Result<void, Fault>> {
  const current = list.receive.find(({ state }) => state === 'current');
  const name = `receive-${hex(current?.kid ?? new Uint8Array())}.seed`;
  const here = await readSeed(join(dataDir, 'keys', name));
  if (here.ok) return ok(undefined);
  if (here.fault.kind !== 'keys/missing') return here;
  const brought = await readSeed(join(rootDir, name));
  if (!brought.ok) return brought;
  await writeSeed(join(dataDir, 'keys', name), brought.value);
  return ok(undefined);
}

/** The chain of `known`, gone on by what `further` adds. */
function joined(known: KeyListChain, further: KeyListChain): KeyListChain {
  return {
    ...further,
    handovers: [
      ...known.handovers,
      // The line that handed over may be the one that is here.
      ...further.handovers.map((line) => line || known.text),
    ],
    roots: [...known.roots, ...further.roots.slice(1)],
  };
}

function noWitness(): Fault {
  return fault(
    'keys/no-witness',
    'Cannot say which key list the boxes have: no relay told the agent one since it was put back',
    'Let the agent reach a relay, or name a copy: --known FILE, the center.keys of a box, a relay or a stick; --force takes one that is older than the one here',
  );
}

function twoLists(list: number): Fault {
  return fault(
    'keys/two-lists',
    `Cannot go on from the key list ${list}: another one has the same number`,
    'Find out who made the other one: only who holds the root can. If it was this center before its restore, add --force',
  );
}

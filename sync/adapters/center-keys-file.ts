import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { hex } from '../core/bytes.ts';
import { isoOf } from '../core/clock.ts';
import type { Random } from '../core/random.ts';
import { datesFor } from '../seal/epochs.ts';
import { type KeyList, signKeyList } from '../seal/key-list.ts';
import { receivingSecretOf } from '../seal/receiving-key.ts';
import { signingKeyOf } from '../seal/signature.ts';
import { writeDurably } from './durable-file.ts';
import { writeSeed } from './keys-file.ts';

export interface NewCenter {
  readonly name: string;
  readonly phone: string;
  readonly relays: KeyList['relays'];
  /** Highest transport coding the center accepts. */
  readonly codingMax: number;
  /** Data folder of the center program. */
  readonly dataDir: string;
  /** Data folder of the center's agent: its transport key goes there and nowhere else. */
  readonly agentDataDir: string;
  /** Where the root seed goes: a stick that is then taken away. */
  readonly rootDir: string;
  /** The center's clock, for the age of its first epoch; absent: nobody is warned of that one. */
  readonly nowMs?: number;
}

/**
 * Makes the keys of a center and its first key list. Each key has one use and one place; the key list is written
 * last, so that a ceremony that broke off is seen as not done.
 */
export async function makeCenterKeys(center: NewCenter, random: Random): Promise<KeyList> {
  const folder = join(center.dataDir, 'keys');
  const agentFolder = join(center.agentDataDir, 'keys');
  for (const each of [folder, agentFolder, center.rootDir]) {
    await mkdir(each, { recursive: true, mode: 0o700 });
  }
  const rootSeed = random.bytes(32);
  const identitySeed = random.bytes(32);
  const receiveSeed = random.bytes(32);
  const receive = receivingSecretOf(receiveSeed);
  const root = signingKeyOf(rootSeed);
  const epochs = {
    ...(center.nowMs !== undefined && { [hex(receive.kid)]: { currentAt: isoOf(center.nowMs) } }),
  };
  const bare: KeyList = {
    v: 1,
    name: center.name,
    root: root.publicKey,
    list: 1,
    ledger: random.bytes(16),
    mailbox: random.bytes(16),
    phone: center.phone,
    identity: [{ key: signingKeyOf(identitySeed).publicKey, state: 'current' }],
    receive: [{ kid: receive.kid, key: receive.publicKey, state: 'current' }],
    relays: center.relays,
    codingMax: center.codingMax,
  };
  const dates = center.nowMs === undefined ? undefined : datesFor(bare, epochs, center.nowMs);
  const list: KeyList = dates ? { ...bare, dates } : bare;
  await writeSeed(join(center.rootDir, 'root.seed'), rootSeed);
  await writeSeed(join(folder, 'identity.seed'), identitySeed);
  await writeSeed(join(folder, `receive-${hex(receive.kid)}.seed`), receiveSeed);
  const transportSeed = random.bytes(32);
  await writeSeed(join(agentFolder, 'transport.seed'), transportSeed);
  const facts = {
    format: 1,
    handle: hex(random.bytes(16)),
    transport: hex(signingKeyOf(transportSeed).publicKey),
  };
  await writeDurably(join(folder, 'center.json'), `${JSON.stringify(facts)}\n`, {
    as: 'key-facts',
  });
  if (center.nowMs !== undefined) {
    await writeDurably(join(folder, 'epochs.json'), `${JSON.stringify(epochs)}\n`, {
      as: 'key-facts',
    });
  }
  await writeDurably(join(folder, 'center.keys'), signKeyList(list, root), {
    as: 'key-list',
    mode: 0o644,
  });
  return list;
}

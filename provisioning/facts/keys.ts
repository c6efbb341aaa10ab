import { createHash, X509Certificate } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { base64url, fromHex, hex } from '#sync/core/bytes.ts';
import { openKeyList } from '#sync/seal/key-list.ts';
import { type BoxPeer, boxPeerSchema } from '#sync/seal/peers.ts';
import { signingKeyOf } from '#sync/seal/signature.ts';
import { type Answers, boxOf } from '../plan/answers.ts';
import type { KeyFacts } from '../plan/machine.ts';
import { below } from '../plan/paths.ts';
import { dataDir } from '../plan/programs.ts';

/** What keys and pairing have left below `root`, and what lies in the pairing folder. Secrets do not leave it. */
export async function readKeyFacts(root: string, answers: Answers): Promise<KeyFacts> {
  const folder = boxOf(answers)?.pairing?.folder;
  const peer = newest(await peersIn(below(root, `${dataDir}/appliance/peers`)));
  const names = folder === undefined ? [] : await readdir(folder).catch(() => []);
  const listText = peer?.keyList ?? (folder && (await textOf(join(folder, 'center.keys')))) ?? '';
  const keyList = openKeyList(listText, {});
  return {
    relay: await relayFacts(below(root, `${dataDir}/relay/keys`)),
    centerRoot: await centerRoot(below(root, `${dataDir}/center/keys/center.keys`)),
    pairing: peer && { state: peer.state, hasGrant: peer.grant !== undefined },
    // Written last, and known by its name alone: nobody needs to read it here.
    hasDicomTls: await isThere(below(root, `${dataDir}/appliance/keys/dicom-tls.key`)),
    relayUrls: keyList.ok ? keyList.value.relays.flatMap(({ urls }) => urls) : [],
    hasCard: names.includes('card.txt') && names.includes('center.keys'),
    grantFile: grantIn(folder, names, peer),
  };
}

async function relayFacts(folder: string): Promise<KeyFacts['relay']> {
  const certificate = await textOf(join(folder, 'tls.crt'));
  // Written last, so that a making that broke off is seen as not done.
  const seed = fromHex((await textOf(join(folder, 'receipt.seed')))?.trim() ?? '');
  if (certificate === undefined || seed?.length !== 32) return undefined;
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return {
    spki: base64url(createHash('sha256').update(spki).digest()),
    receipt: base64url(signingKeyOf(seed).publicKey),
  };
}

async function centerRoot(path: string): Promise<string | undefined> {
  const keyList = openKeyList((await textOf(path)) ?? '', {});
  return keyList.ok ? hex(keyList.value.root) : undefined;
}

async function peersIn(folder: string): Promise<readonly BoxPeer[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) =>
    /^[^.].*\.json$/.test(name),
  );
  const peers: BoxPeer[] = [];
  for (const name of names.sort()) {
    const peer = boxPeerSchema.safeParse(parseJson((await textOf(join(folder, name))) ?? ''));
    if (peer.success) peers.push(peer.data);
  }
  return peers;
}

/** A box has one center as far as setup goes: an open or a standing record wins over an ended one. */
function newest(peers: readonly BoxPeer[]): BoxPeer | undefined {
  const isEnded = ({ state }: BoxPeer) => /^(refused|revoked|closed)$/.test(state);
  return peers.find((peer) => !isEnded(peer)) ?? peers[0];
}

function grantIn(
  folder: string | undefined,
  names: readonly string[],
  peer: BoxPeer | undefined,
): string | undefined {
  const name = peer && `grant-${peer.ticket}.spk`;
  return folder && name && names.includes(name) ? join(folder, name) : undefined;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

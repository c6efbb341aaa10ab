import { hex, utf8 } from '#sync/core/bytes.ts';
import { buildCard, cardText } from '#sync/seal/card.ts';
import { signCustody } from '#sync/seal/custody.ts';
import { openPack } from '#sync/seal/open.ts';
import { type PackKind, packKinds, sealPack } from '#sync/seal/pack.ts';
import { receivingSecretOf } from '#sync/seal/receiving-key.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { boxOf, centerOf, openedRequest, requestOf } from './parties.ts';
import { seeded, shake } from './shake-random.ts';

const kinds = Object.keys(packKinds) as readonly PackKind[];

/**
 * Everything of `sync/seal` that two runtimes must do alike from one seed, one line a step: packs of each kind,
 * sealed, opened, damaged and refused; a request with its words; signed files. Lines hold digests and verdicts.
 */
export function transcript(seed: string): readonly string[] {
  const center = centerOf(seed);
  const box = boxOf(seed);
  const lines = kinds.flatMap((kind, index) => packLines(`${seed} ${kind}`, kind, index));
  const m1 = requestOf(box, center, { nonce: shake(`${seed}/nonce`, 16) });
  const opened = openedRequest(m1.bytes, center, {});
  const card = buildCard({
    kind: 'enrol',
    lastDay: '2027-01-31',
    site: 'DEMO-CLINIC',
    root: center.root.publicKey,
    secret: shake(`${seed}/secret`, 16),
  });
  const custody = signCustody(center.identity, {
    relay: 'relay-1',
    at: '2026-01-15T12:00:00.000Z',
    packs: [{ packId: m1.packId, sizeBytes: m1.bytes.length }],
  });
  return [
    ...lines,
    `request ${m1.packId} ${m1.words.join(' ')}`,
    `request without a ticket: ${opened.ok ? 'opened' : opened.fault.reason}`,
    `card ${cardText(card)}`,
    `key list ${hex(sha256(utf8(center.text)))}`,
    `custody ${hex(sha256(utf8(custody)))}`,
  ];
}

function packLines(seed: string, kind: PackKind, index: number): readonly string[] {
  const signer = boxOf(seed).identity;
  const recipients = [0, 1, 2, 3]
    .slice(0, (index % 4) + 1)
    .map((at) => receivingSecretOf(shake(`${seed}/recipient ${at}`, 32)));
  const [mailbox, party] = [shake(`${seed}/mailbox`, 16), shake(`${seed}/party`, 32)];
  const payload = shake(`${seed}/payload`, 10 ** (index % 5));
  const sealed = sealPack(
    {
      class: 1,
      mailbox,
      kind,
      meta: { v: 1, text: 'é \u2028 \ud83d\ude00', numbers: [0.1, 1e21, -5] },
      payload,
      sealedAtMs: 1_767_225_600_000 + index,
      stream: shake(`${seed}/stream`, 16),
      sequence: BigInt(index) << 56n,
      recipients,
      recipientParty: party,
      signer,
    },
    seeded(seed),
  );
  const at = Number(BigInt(`0x${sealed.packId.slice(0, 12)}`) % BigInt(sealed.bytes.length));
  const damaged = sealed.bytes.map((byte, offset) => (offset === at ? byte ^ 1 : byte));
  const open = (bytes: Uint8Array, secret: (typeof recipients)[number]): string => {
    const opened = openPack(bytes, {
      mailbox,
      secrets: [secret],
      partyId: party,
      hasPackId: () => false,
      maySign: () => true,
      packIdOfUid: () => undefined,
    });
    if (!opened.ok) return `check ${opened.fault.check}: ${opened.fault.reason}`;
    return `opened ${JSON.stringify(opened.value.meta)} ${hex(sha256(opened.value.payload))}`;
  };
  return [
    `${kind} ${sealed.packId}`,
    ...recipients.map((secret) => `${kind} ${open(sealed.bytes, secret)}`),
    ...recipients.map((secret) => `${kind} with byte ${at} damaged: ${open(damaged, secret)}`),
  ];
}

import { hex } from '#sync/core/bytes.ts';
import { canonicalJson } from '#sync/core/canonical-json.ts';
import type { PackKind } from '#sync/seal/kind.ts';
import { sha256 } from '#sync/seal/sha256.ts';
import { forge } from '../forge.ts';
import type { Vector, Vectors } from '../refusal-vector.ts';
import { type Entry, refusedAt } from './entry.ts';
import { headerRefusals } from './header.ts';
import { contentRefusals, innerRefusals, signatureRefusals } from './inner.ts';
import { letters } from './letters.ts';
import { meaningRefusals } from './meaning.ts';
import { stanzaRefusals } from './stanza.ts';

const role = refusedAt(8, 'role', 'the signer may not send this kind here');

/** What each end takes by check 8; enrolment comes in by pairing alone. */
const taken: Readonly<Record<'center' | 'clinic', readonly PackKind[]>> = {
  center: ['data', 'manifest', 'receipt', 'control'],
  clinic: ['report', 'receipt', 'control'],
};

/** Check 8: a kind in the wrong direction is refused before its signature is looked at. */
const roleRefusals: readonly Entry[] = [
  role('signer unknown', { inner: [[56, `${'00'.repeat(31)}03`]] }),
  role('signer of small order, unknown', { inner: [[56, `01${'00'.repeat(31)}`]] }),
  role('kind that the signer may not send', { kind: 'report' }),
  ...(['data', 'manifest', 'enrol'] as const).map((kind) =>
    role(`${kind} at a clinic`, { kind }, { takes: taken.clinic }),
  ),
  ...(['report', 'enrol'] as const).map((kind) =>
    role(`${kind} at a center`, { kind }, { takes: taken.center }),
  ),
];

const refusals: readonly Entry[] = [
  ...headerRefusals,
  ...stanzaRefusals,
  ...innerRefusals,
  ...roleRefusals,
  ...signatureRefusals,
  ...contentRefusals,
  ...meaningRefusals,
];

const opens: readonly Omit<Vector, 'packId'>[] = [
  { name: 'the base: vector 2 for recipients 1 and 2' },
  {
    name: 'the other pack, whose uid, keys and encapsulations are others',
    forgery: { splice: [['other', 0, 0, 4552]] },
  },
  {
    name: 'inner part of exactly 16 MiB',
    forgery: { kind: 'data', payload: { length: 16_777_216 - 248 - 18 } },
  },
  { name: 'meta of exactly 256 KiB', forgery: { kind: 'data', meta: { length: 262_144 } } },
  { name: 'meta that nests eight deep', forgery: { meta: '{"v":[[[[[[[1]]]]]]]}' } },
  { name: 'empty object, no payload', forgery: { meta: '{}', payload: '' } },
  { name: 'time of sealing 1970', forgery: { inner: [[24, '00'.repeat(8)]], isSignedAnew: true } },
  {
    name: 'the last time of any calendar',
    forgery: { inner: [[24, '001eb208c2dc0000']], isSignedAnew: true },
  },
  { name: 'a box without a mailbox', receiver: { mailbox: null } },
  { name: 'the other recipient', receiver: { seeds: [2] } },
  ...Object.entries(letters).map(([name, { kind, direction, meta, payload }]) => ({
    name: `letter: ${name}`,
    forgery: { kind, meta: canonicalJson(meta), payload },
    receiver: { takes: [kind], reads: direction },
  })),
];

/** All vectors as the fixture holds them. */
export function allVectors(): Vectors {
  return { refusals: refusals.map(withId), opens: opens.map(withId) };
}

function withId<V extends Omit<Vector, 'packId'>>(vector: V): V & Pick<Vector, 'packId'> {
  return { ...vector, packId: hex(sha256(forge(vector.forgery))) };
}

import { Buffer } from 'node:buffer';
import { hex } from '#sync/core/bytes.ts';
import { forge } from '../forge.ts';
import { big, type Entry, refusedAt } from './entry.ts';
import { identityPoint, malleated, signatureOf, smallOrderPoints } from './signatures.ts';

const inner = (reason: string) => refusedAt(7, 'inner', reason);
const zero = inner('a reserved inner byte is not zero');
const kind = inner('the kind is unknown');
const metaLong = inner('the meta is too long');
const noFit = inner('meta and payload do not fit');
const padded = inner('the padded length is wrong');
const padding = inner('the padding is not zero');
const signature = refusedAt(9, 'signature', 'the signature does not verify');
const party = refusedAt(10, 'not-for-us', 'the pack is for another party');
const metaHash = refusedAt(10, 'inner', 'the meta does not fit its hash');
const payloadHash = refusedAt(10, 'inner', 'the payload does not fit its hash');
const notCanonical = refusedAt(10, 'inner', 'the meta is not an object in canonical JSON');
const replay = refusedAt(11, 'replay', 'the signer sealed another pack under this uid');

/** Lengths of the base: meta 18, payload 17, padded to 2,048. */
const [metaAt, payloadAt, padAt] = [248, 248 + 18, 248 + 18 + 17];
const zeros = '00'.repeat(32);

/** Check 7. */
export const innerRefusals: readonly Entry[] = [
  inner('the inner magic is wrong')('inner magic', { inner: [[0, '73']] }),
  kind('kind 0', { inner: [[8, '00']] }),
  kind('kind 7', { inner: [[8, '07']] }),
  ...[9, 10, 11].map((at) => zero(`reserved inner byte ${at} is 1`, { inner: [[at, '01']] })),
  metaLong('meta of 256 KiB and one byte', { kind: 'data', meta: { length: 262_145 } }),
  metaLong('meta length of 2^32 - 1', { inner: [[12, 'ffffffff']] }),
  noFit('meta length beyond the end', { inner: [[12, big(2000, 4)]] }),
  noFit('payload length beyond the end', { inner: [[16, big(2000, 8)]] }),
  noFit('payload length one more than fits', { inner: [[16, big(2048 - payloadAt + 1, 8)]] }),
  inner('the payload is longer than all')('payload length of 2^64 - 1', {
    inner: [[16, 'f'.repeat(16)]],
  }),
  padding('payload length one less: the padding begins with its last byte', {
    inner: [[16, big(16, 8)]],
  }),
  padding('meta length one less', { inner: [[12, big(17, 4)]] }),
  inner('the time of sealing is out of range')('time of sealing beyond any calendar', {
    inner: [[24, big(8_640_000_000_000_001n, 8)]],
  }),
  inner('the time of sealing is out of range')('time of sealing before 1970', {
    inner: [[24, 'f'.repeat(16)]],
  }),
  padded('one byte of padding too many', { padBytes: 1 }),
  padded('one byte of padding too few', { padBytes: -1 }),
  padded('padding of the next power of two', { padBytes: 2048 }),
  padded('no padding at all', { padBytes: padAt - 2048 }),
  padded('an inner part of its head alone', { meta: '', payload: '', padBytes: 248 - 2048 }),
  padded('data in the padding of other kinds', { inner: [[8, '01']], isSignedAnew: true }),
  padded('data padded to the next power of two', {
    kind: 'data',
    payload: { length: 33_000 },
    padBytes: 65_536 - 33_792,
  }),
  padding('first byte of padding is 1', { inner: [[padAt, '01']] }),
  padding('last byte of padding is 1', { inner: [[2047, '01']] }),
];

/** Check 9; all of them by somebody who has the content key, as each recipient has. */
export const signatureRefusals: readonly Entry[] = [
  signature('signature of zero bytes', { inner: [[184, '00'.repeat(64)]] }),
  signature('S + L: another encoding of a good signature', {
    inner: [[184, malleated(signatureOf(forge()))]],
  }),
  signature('S = L', { inner: [[216, malleated('00'.repeat(64)).slice(64)]] }),
  signature('R changed by a recipient', { inner: [[184, '00']] }),
  ...Object.entries(smallOrderPoints).map(([name, point]) =>
    signature(
      `signer of small order: ${name}`,
      {
        inner: [
          [56, point],
          [184, identityPoint + zeros],
        ],
      },
      { trusts: [point] },
    ),
  ),
  signature('signature over the header of another pack', {
    inner: [[184, signatureOf(forge({}, 'other '))]],
  }),
  signature(
    'a recipient passes the letter on to another mailbox',
    { fixed: [[48, '07'.repeat(16)]], inner: [[184, signatureOf(forge())]] },
    { mailbox: '07'.repeat(16) },
  ),
  signature('signature under another label', {
    inner: [[184, signatureOf(forge(), 'spk/v1/sig2')]],
  }),
  signature('sequence changed by a recipient', { inner: [[48, '00']] }),
  signature('stream changed by a recipient', { inner: [[32, '00']] }),
  signature('time of sealing changed by a recipient', { inner: [[31, '01']] }),
  signature('party changed by a recipient', { inner: [[88, '00']] }),
  signature('meta length one more by a recipient', { inner: [[12, big(19, 4)]] }),
  signature('payload length one more by a recipient', { inner: [[16, big(18, 8)]] }),
  signature('kind changed by a recipient', { inner: [[8, '05']] }, { takes: ['control'] }),
];

/** Checks 10 and 11. */
export const contentRefusals: readonly Entry[] = [
  party('party of somebody else, signed', { inner: [[88, zeros]], isSignedAnew: true }),
  party('a receiver of another party', undefined, { party: zeros }),
  metaHash('meta changed by a recipient', { inner: [[metaAt, '5b']] }),
  payloadHash('payload changed by a recipient', { inner: [[payloadAt, '48']] }),
  metaHash('meta hash of other bytes, signed', { inner: [[120, zeros]], isSignedAnew: true }),
  payloadHash('payload hash of other bytes, signed', {
    inner: [[152, zeros]],
    isSignedAnew: true,
  }),
  payloadHash('payload length one more, signed', { inner: [[16, big(18, 8)]], isSignedAnew: true }),
  payloadHash('border of meta and payload moved, signed', {
    inner: [
      [12, big(19, 4)],
      [16, big(16, 8)],
    ],
    isSignedAnew: true,
  }),
  notCanonical('meta with a space', { meta: '{"type": "x","v":1}' }),
  notCanonical('meta with a line end behind it', { meta: '{"type":"x","v":1}\n' }),
  notCanonical('meta with keys out of order', { meta: '{"v":1,"type":"x"}' }),
  notCanonical('meta with a key twice', { meta: '{"v":1,"v":1}' }),
  notCanonical('meta with a key twice, deep inside', { meta: '{"v":[{"a":1,"a":2}]}' }),
  notCanonical('meta with another spelling of a number', { meta: '{"v":1.0}' }),
  notCanonical('meta with an exponent', { meta: '{"v":1e0}' }),
  notCanonical('meta with minus zero', { meta: '{"v":-0}' }),
  notCanonical('meta with another spelling of a letter', { meta: '{"type":"\\u0078","v":1}' }),
  notCanonical('meta with a lone surrogate', { meta: '{"type":"\\ud800","v":1}' }),
  notCanonical('meta that is not UTF-8', {
    meta: { hex: hex(Buffer.from('{"v":"\xff"}', 'latin1')) },
  }),
  notCanonical('meta that nests nine deep', { meta: '{"v":[[[[[[[[1]]]]]]]]}' }),
  notCanonical('meta that is an array', { meta: '[1]' }),
  notCanonical('meta that is null', { meta: 'null' }),
  notCanonical('meta that is cut', { meta: '{"v":1' }),
  notCanonical('meta that is empty', { meta: '' }),
  notCanonical('meta with a byte-order mark', { meta: '\ufeff{"v":1}' }),
  replay('uid that the signer used for another pack', undefined, { usedBy: 'ab'.repeat(32) }),
  replay(
    'uid used again for other content',
    { payload: 'another payload' },
    { usedBy: 'cd7d484666586454ecfeedaee6ad0d270dbe30dde86f66e287db31249379f72e' },
  ),
];

import { big, type Entry, refusedAt } from './entry.ts';

const kem = refusedAt(1, 'header', 'the KEM of a stanza is unknown');
const length = refusedAt(1, 'header', 'the length of a stanza is wrong');
const order = refusedAt(1, 'header', 'the key ids are not strictly ascending');
const mailbox = refusedAt(2, 'not-for-us', 'the mailbox is not ours');
const seen = refusedAt(3, 'replay', 'the pack id is known');
const wrap = refusedAt(4, 'wrap', 'the content key does not unwrap');
const lowOrder = refusedAt(4, 'wrap', 'the X25519 share is all zero');
const noKey = refusedAt(4, 'not-for-us', 'no stanza is for a key of ours');
const commitment = refusedAt(5, 'commitment', 'the commitment is of another key');
const body = refusedAt(6, 'body', 'the body does not verify');

/** Key id of recipient 2, whose stanza is at 128; that of the receiver (recipient 1) is at 1308. */
const firstKid = '09ca2e50f4fba19f';
/** The X25519 share of the receiver's stanza, its last 32 bytes before the wrapped key. */
const share = 1308 + 12 + 1088;
const other = '07'.repeat(16);

/** The u coordinates of X25519 that give an all-zero share, reduced and not, and with the bit that is masked. */
export const lowOrderShares = {
  '0': '00'.repeat(32),
  '1': `01${'00'.repeat(31)}`,
  'order 8': 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
  'order 8, the other': '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  'p - 1': `ec${'ff'.repeat(30)}7f`,
  'p, which is 0': `ed${'ff'.repeat(30)}7f`,
  'p + 1, which is 1': `ee${'ff'.repeat(30)}7f`,
  '0 with the masked bit set': `${'00'.repeat(31)}80`,
  'p with the masked bit set': `ed${'ff'.repeat(31)}`,
};

/** Checks 1 (stanzas) to 6. */
export const stanzaRefusals: readonly Entry[] = [
  kem('KEM id of another KEM in the first stanza', { pack: [[128, '0020']] }),
  kem('KEM id of another KEM in the second stanza', { pack: [[1308, '647b']] }),
  ...[128, 1308].flatMap((at) => [
    length(`stanza length one less at ${at}`, { pack: [[at + 2, big(1175, 2)]] }),
    length(`stanza length one more at ${at}`, { pack: [[at + 2, big(1177, 2)]] }),
  ]),
  order('equal key ids', { pack: [[1312, firstKid]] }),
  order('descending key ids', { pack: [[132, 'adb2aad7aa539a77']] }),
  order('swapped stanzas', {
    splice: [
      ['self', 1308, 128, 1180],
      ['self', 128, 1308, 1180],
    ],
  }),
  order('the stanza of the receiver twice', { splice: [['self', 1308, 128, 1180]] }),
  mailbox('mailbox of somebody else', { pack: [[48, '00']] }),
  mailbox('mailbox of somebody else by the sealer himself', { fixed: [[48, other]] }),
  seen('the same pack again', undefined, { isKnown: true }),
  wrap('re-targeted mailbox, where it lands', { pack: [[48, other]] }, { mailbox: other }),
  wrap('re-targeted mailbox, at a box without one', { pack: [[48, other]] }, { mailbox: null }),
  wrap('class changed on the way', { pack: [[10, '00']] }),
  wrap('uid changed on the way', { pack: [[32, '00']] }),
  wrap('commitment changed on the way', { pack: [[80, '00']] }),
  noKey('key id of ours changed on the way', { pack: [[1319, '77']] }),
  noKey('a receiver whose key is gone', undefined, { seeds: [] }),
  wrap('key id of the receiver over the encapsulation to another', {
    splice: [
      ['self', 128 + 12, 1308 + 12, 1168],
      ['self', 1308 + 12, 128 + 12, 1168],
    ],
  }),
  ...Object.entries(lowOrderShares).map(([name, point]) =>
    lowOrder(`X25519 share of low order: ${name}`, { pack: [[share, point]] }),
  ),
  wrap('lattice part of the encapsulation changed on the way', { pack: [[1320, 'ffff']] }),
  wrap('X25519 part of the encapsulation changed on the way', { pack: [[share, 'ffff']] }),
  wrap('wrapped key changed on the way', { pack: [[2440, 'ffff']] }),
  wrap('tag of the wrapped key changed on the way', { pack: [[2487, '00']] }),
  wrap('stanza of another pack for the same key', { splice: [['other', 1308, 1308, 1180]] }),
  wrap('fixed header of another pack', { splice: [['other', 0, 0, 128]] }),
  commitment('commitment of zero bytes, wrapped as it stands', { fixed: [[80, '00'.repeat(32)]] }),
  commitment('the stanzas wrap another content key', { isWrapOfOther: true }),
  commitment('uid of another pack, wrapped as it stands', { fixed: [[32, '00'.repeat(16)]] }),
  body('stanza of the other recipient changed on the way', { pack: [[140, 'ffff']] }),
  body('stanza of the other recipient out of another pack', {
    splice: [['other', 128, 128, 1180]],
  }),
  body('header of another pack over this body', { splice: [['other', 0, 0, 2488]] }),
  body('body of another pack under this header', { splice: [['other', 2488, 2488, 2064]] }),
  body('first half of the body out of another pack', { splice: [['other', 2488, 2488, 1024]] }),
  body('tag of another pack', { splice: [['other', 4536, 4536, 16]] }),
  body('two blocks of the body swapped', {
    splice: [
      ['self', 2488, 2552, 64],
      ['self', 2552, 2488, 64],
    ],
  }),
  body('body changed on the way', { pack: [[2488, 'ffff']] }),
  body('last byte of the padding changed on the way', { pack: [[4535, 'ff']] }),
  body('tag changed on the way', { pack: [[4536, 'ffff']] }),
];

import { big, type Entry, range, refusedAt } from './entry.ts';

const header = (reason: string) => refusedAt(1, 'header', reason);

const zero = header('a reserved byte is not zero');
const magic = header('the magic is wrong');
const version = header('the version is unknown');
const suite = header('the suite is unknown');
const packClass = header('the class is unknown');
const count = header('the number of recipients is not 1 to 4');
const length = header('the header length does not fit the number of recipients');
const bodyRange = header('the body length is out of range');
const size = header('the size is not that of header and body');
const cut = header('the fixed header is cut');

const reserved = [
  ...range(11, 12),
  ...range(14, 16),
  ...range(20, 24),
  ...range(64, 80),
  ...range(112, 128),
];

/** Check 1 without the stanzas. The base is 4,552 bytes: H 2,488, B 2,064. */
export const headerRefusals: readonly Entry[] = [
  ...reserved.map((at) => zero(`reserved byte ${at} is 1`, { pack: [[at, '01']] })),
  zero('last reserved byte has its highest bit set', { pack: [[127, '80']] }),
  zero('reserved byte set by the sealer himself', { fixed: [[64, '01']] }),
  magic('first byte of the magic', { pack: [[0, '88']] }),
  magic('line end of the magic turned into LF LF', { pack: [[4, '0a0a']] }),
  version('version 0', { pack: [[8, '00']] }),
  version('version 2', { pack: [[8, '02']] }),
  version('version 2 by the sealer himself', { fixed: [[8, '02']] }),
  suite('suite 0', { pack: [[9, '00']] }),
  suite('suite 2', { pack: [[9, '02']] }),
  packClass('class 4', { pack: [[10, '04']] }),
  packClass('class 255', { pack: [[10, 'ff']] }),
  count('no recipient, header length to match', {
    pack: [
      [12, big(0, 2)],
      [16, big(128, 4)],
    ],
  }),
  count('five recipients, header length to match', {
    pack: [
      [12, big(5, 2)],
      [16, big(128 + 1180 * 5, 4)],
    ],
  }),
  count('258 recipients: the high byte counts', { pack: [[12, big(258, 2)]] }),
  length('one recipient under the header length of two', { pack: [[12, big(1, 2)]] }),
  length('three recipients under the header length of two', { pack: [[12, big(3, 2)]] }),
  length('header length one more', { pack: [[16, big(2489, 4)]] }),
  length('header length one less', { pack: [[16, big(2487, 4)]] }),
  size('one recipient, header length to match, but the bytes of two', {
    pack: [
      [12, big(1, 2)],
      [16, big(1308, 4)],
    ],
  }),
  size('body length one more than there is', { pack: [[24, big(2065, 8)]] }),
  size('body length one less than there is', { pack: [[24, big(2063, 8)]] }),
  bodyRange('body length 0', { pack: [[24, big(0, 8)]] }),
  bodyRange('body length one below the least', { pack: [[24, big(263, 8)]] }),
  bodyRange('body length one above the most', { pack: [[24, big(16_777_233, 8)]] }),
  bodyRange('body length of 2^63', { pack: [[24, big(2n ** 63n, 8)]] }),
  bodyRange('body length that is right in its low 32 bits', { pack: [[24, big(1, 4)]] }),
  bodyRange('inner part of 16 MiB and one byte', {
    kind: 'data',
    payload: { length: 16_777_216 - 248 - 18 },
    padBytes: 1,
  }),
  bodyRange('payload of one byte more than 16 MiB hold, padded by the rule', {
    kind: 'data',
    payload: { length: 16_777_216 - 248 - 18 + 1 },
  }),
  size('trailing byte', { append: '00' }),
  size('a second pack behind the first', { append: '8953504b0d0a1a0a' }),
  size('last byte cut', { cut: 1 }),
  size('body cut away', { cut: 2064 }),
  size('second stanza and body cut away', { cut: 2064 + 1180 }),
  size('fixed header alone', { cut: 4424 }),
  cut('fixed header cut by one byte', { cut: 4425 }),
  cut('empty file', { cut: 4552 }),
];

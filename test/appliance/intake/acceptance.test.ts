import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAbilityBook } from '#appliance/intake/abilities.ts';
import {
  acceptanceOf,
  type CenterAbilities,
  type DeviceAcceptance,
} from '#appliance/intake/acceptance.ts';
import type { Center } from '#appliance/ports-pairing.ts';
import { fromHex } from '#sync/core/bytes.ts';
import { silentLog } from '#sync/core/log.ts';
import { buildControlToClinic } from '#sync/letters/control.ts';

const [ct, mr, enhancedCt] = [
  '1.2.840.10008.5.1.4.1.1.2',
  '1.2.840.10008.5.1.4.1.1.4',
  '1.2.840.10008.5.1.4.1.1.2.1',
];
const hangingProtocol = '1.2.840.10008.5.1.4.38.1';
const palette = '1.2.840.10008.5.1.4.39.1';
const ownClass = '1.3.6.1.4.1.99999.1';
const [implicit, explicit, jpegLossless, baseline, j2k, ownSyntax] = [
  '1.2.840.10008.1.2',
  '1.2.840.10008.1.2.1',
  '1.2.840.10008.1.2.4.70',
  '1.2.840.10008.1.2.4.50',
  '1.2.840.10008.1.2.4.90',
  '1.3.6.1.4.1.99999.2',
];
const jpip = '1.2.840.10008.1.2.4.94';

function policy(
  center?: Partial<CenterAbilities>,
  device?: Partial<DeviceAcceptance>,
  privateSopClasses: readonly string[] = [],
) {
  const abilities = center && { sopClasses: [], transferSyntaxes: [], ...center };
  const exception = device && { also: [], not: [], lossy: 'sole' as const, ...device };
  const rules = {
    privateSopClasses,
    deviceOf: (title: string) => (title === 'US1' ? exception : undefined),
  };
  return acceptanceOf(rules, abilities, 'US1');
}

const storedBy = (p: ReturnType<typeof policy>) =>
  [ct, mr, enhancedCt, ownClass, hangingProtocol, palette].map((uid) => p.isStored(uid));

test('until the center says something every standard storage class is taken, private ones by list', () => {
  assert.deepEqual(storedBy(policy()), [true, true, true, false, false, false]);
  assert.deepEqual(storedBy(policy({}, undefined, [ownClass])), [
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('what the center cannot deliver is refused, so that the device falls back by itself', () => {
  const center = { sopClasses: [ct, ownClass, hangingProtocol] };
  assert.deepEqual(storedBy(policy(center)), [true, false, false, true, false, false]);
  const device = { also: [enhancedCt], not: [ct] };
  assert.deepEqual(storedBy(policy(center, device)), [false, false, true, true, false, false]);
});

test('in one context: lossless as offered, then explicit, then implicit, lossy only alone', () => {
  const { chooseTransferSyntax: choose } = policy();
  assert.equal(choose([baseline, implicit, explicit, j2k, jpegLossless]), j2k);
  assert.equal(choose([baseline, implicit, explicit]), explicit);
  assert.equal(choose([baseline, implicit]), implicit);
  assert.equal(choose([baseline]), baseline);
  assert.equal(choose([jpip, baseline]), baseline);
  assert.equal(choose([jpip]), undefined);
  assert.equal(choose([]), undefined);
});

test('the center, and an exception for the device, narrow the choice', () => {
  const center = policy({ transferSyntaxes: [explicit, baseline, jpip] });
  assert.equal(center.chooseTransferSyntax([j2k, implicit, explicit]), explicit);
  assert.equal(center.chooseTransferSyntax([j2k, implicit]), undefined);
  assert.equal(center.chooseTransferSyntax([jpip]), undefined, 'no list makes this one acceptable');
  const never = policy(undefined, { lossy: 'never' });
  assert.equal(never.chooseTransferSyntax([baseline]), undefined);
  assert.equal(never.chooseTransferSyntax([ownSyntax]), undefined);
  const first = policy(undefined, { lossy: 'first' });
  assert.equal(first.chooseTransferSyntax([explicit, baseline]), baseline);
  assert.equal(first.chooseTransferSyntax([explicit]), explicit);
  assert.equal(policy(undefined, { not: [j2k] }).chooseTransferSyntax([j2k, explicit]), explicit);
});

const register = (
  signer: string,
  version: number,
  sopClasses: readonly string[],
  transferSyntaxes: readonly string[] = [],
) => ({
  signer,
  body: JSON.stringify(
    buildControlToClinic({
      ...{ v: 1, register: 'capabilities', version, list: 1, sopClasses: [...sopClasses] },
      ...{ transferSyntaxes: [...transferSyntaxes], codingMax: 1, countries: [] },
    }).meta,
  ),
});

test('the newest register of any signer counts, and what cannot be read changes nothing', async () => {
  let registers = async (): Promise<readonly ReturnType<typeof register>[]> => [];
  const book = createAbilityBook(() => registers(), silentLog);
  await book.refresh();
  assert.equal(book.current(), undefined);
  registers = async () => [register('a', 3, [mr]), register('b', 7, [ct]), register('c', 5, [])];
  await book.refresh();
  assert.deepEqual(book.current()?.sopClasses, [ct]);
  registers = () => Promise.reject(new Error('the disk failed'));
  await book.refresh();
  assert.deepEqual(book.current()?.sopClasses, [ct]);
});

test('of several centers a class is taken that any of them can use, in a syntax that all of them can', async () => {
  const signed = (...keys: readonly string[]) =>
    ({ keyList: { identity: keys.map((key) => ({ key: fromHex(key) })) } }) as unknown as Center;
  const [a, older, b, c] = ['aa', 'a0', 'bb', 'cc'].map((digits) => digits.repeat(32));
  const told = [
    register(a ?? '', 3, [ct], [explicit, j2k]),
    register(older ?? '', 1, [mr]),
    register(b ?? '', 9, [mr], [explicit]),
    register('dd'.repeat(32), 99, []),
  ];
  let centers = [signed(a ?? '', older ?? ''), signed(b ?? '')];
  const book = createAbilityBook(
    async () => told,
    silentLog,
    () => centers,
  );
  await book.refresh();
  assert.deepEqual(book.current(), { sopClasses: [ct, mr], transferSyntaxes: [explicit] });
  // A third one is linked and has said nothing yet: it takes every class.
  centers = [...centers, signed(c ?? '')];
  assert.deepEqual(book.current(), { sopClasses: [], transferSyntaxes: [explicit] });
});

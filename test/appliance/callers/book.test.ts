import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCallerBook } from '#appliance/callers/book.ts';
import type { CallerDecision, Standing } from '#appliance/callers/ports.ts';

const from = (callingAeTitle: string, address: string, certificateSha256?: string) => ({
  ...{ callingAeTitle, calledAeTitle: 'OUTPOST', address },
  ...(certificateSha256 !== undefined && { certificateSha256 }),
});
const decision = (
  verdict: CallerDecision['verdict'],
  aeTitle: string,
  address: string,
): CallerDecision => ({ aeTitle, address, verdict, by: 'TEST^ALPHA', atMs: 1 });

const certificate = 'a'.repeat(64);
const listed = [
  { aeTitle: 'CT1', address: '192.0.2.7' },
  { aeTitle: 'US1' },
  { aeTitle: 'XA1', certificateSha256: certificate },
];

test('the config knows titles; an address in it is a hint', () => {
  const book = createCallerBook(listed);
  const standings: readonly (readonly [Parameters<typeof from>, Standing])[] = [
    [['CT1', '192.0.2.7'], 'known'],
    [['CT1', '::ffff:192.0.2.7'], 'known'],
    [['CT1', '192.0.2.8'], 'moved'],
    [['US1', '192.0.2.99'], 'known'],
    [['NOBODY', '192.0.2.7'], 'unknown'],
    [['XA1', '192.0.2.7', certificate], 'known'],
    [['XA1', '192.0.2.7', 'b'.repeat(64)], 'uncertified'],
    [['XA1', '192.0.2.7'], 'uncertified'],
  ];
  for (const [caller, standing] of standings) {
    assert.equal(book.standingOf(from(...caller)), standing, caller.join(' '));
  }
});

test('a move is asked about once: the word of a person holds for that address', () => {
  const book = createCallerBook(listed, [decision('accepted', 'CT1', '192.0.2.8')]);
  assert.equal(book.standingOf(from('CT1', '192.0.2.8')), 'known');
  assert.equal(book.standingOf(from('CT1', '192.0.2.7')), 'known');
  assert.equal(book.standingOf(from('CT1', '192.0.2.9')), 'moved');
  book.decide(decision('refused', 'CT1', '192.0.2.9'));
  assert.equal(book.standingOf(from('CT1', '192.0.2.9')), 'refused');
});

test('a stranger who was accepted is known there, and has moved elsewhere; refused again, it is out', () => {
  const book = createCallerBook([]);
  book.decide(decision('accepted', 'NEW', '192.0.2.30'));
  assert.equal(book.standingOf(from('NEW', '192.0.2.30')), 'known');
  assert.equal(book.standingOf(from('NEW', '192.0.2.31')), 'moved');
  book.decide(decision('refused', 'NEW', '192.0.2.30'));
  assert.equal(book.standingOf(from('NEW', '192.0.2.30')), 'refused');
  assert.equal(book.standingOf(from('NEW', '192.0.2.31')), 'unknown');
});

test('a certificate cannot be talked away, and a refusal holds even with "any"', () => {
  const book = createCallerBook(listed, [decision('accepted', 'XA1', '192.0.2.7')]);
  assert.equal(book.standingOf(from('XA1', '192.0.2.7')), 'uncertified');
  const open = createCallerBook('any', [decision('refused', 'EVIL', '192.0.2.66')]);
  assert.equal(open.standingOf(from('EVIL', '192.0.2.66')), 'refused');
  assert.equal(open.standingOf(from('EVIL', '192.0.2.67')), 'known');
});

test('nobody is let in whom neither the config nor a person named', () => {
  const title = fc.constantFrom('CT1', 'US1', 'XA1', 'NEW', 'EVIL');
  const address = fc.constantFrom('192.0.2.7', '192.0.2.8', '::ffff:192.0.2.9');
  const verdict = fc.constantFrom<CallerDecision['verdict']>('accepted', 'refused');
  fc.assert(
    fc.property(
      fc.array(fc.tuple(verdict, title, address)),
      title,
      address,
      (decisions, aeTitle, at) => {
        const book = createCallerBook(
          listed,
          decisions.map((each) => decision(...each)),
        );
        const standing = book.standingOf(from(aeTitle, at));
        const isNamed =
          aeTitle === 'CT1' ||
          aeTitle === 'US1' ||
          decisions.some(([what, who]) => what === 'accepted' && who === aeTitle);
        if (standing === 'known' || standing === 'moved') assert.ok(isNamed);
        const last = decisions.findLast(([, who, where]) => who === aeTitle && where === at);
        if (last?.[0] === 'refused') assert.equal(standing, 'refused');
      },
    ),
  );
});

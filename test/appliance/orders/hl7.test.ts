import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Message } from 'node-hl7-client';
import { hl7Escape, hl7Text, parseHl7, segmentsOf } from '#appliance/orders/hl7.ts';
import { acknowledge, decodeHl7, readOrderMessage } from '#appliance/orders/hl7-order.ts';
import { expectOk } from '#sync/core/result.ts';

const order = [
  'MSH|^~\\&|HIS|DISTRICT|OUTPOST|CLINIC|20260131083000||ORM^O01^ORM_O01|M-1|P|2.3.1',
  'PID|1||DEMO-1^^^DISTRICT^MR~9^^^X||TEST^ALPHA^B^JR^DR||19700102|F',
  'AL1|1||^iodine\\T\\latex',
  'ORC|NW|P-1||||||^^^^^S||||77^BRAVO^TEST^^^DR||+000 1',
  'OBR|1|P-1||CT1^CT \\S\\ head|||||||||diabetic\\.br\\smoker|||||A-1||||||CT|||^^^20260201091500^^S||||^fell',
  'DG1|1||S00^bruise',
  'ORC|CA|P-0',
  'ZDS|1.2.3.4^DISTRICT^Application^DICOM',
].join('\r');

test('an ORM^O01 becomes orders, field by field', () => {
  const batch = expectOk(readOrderMessage(expectOk(parseHl7(order))));
  assert.equal(batch.source, 'hl7 DISTRICT');
  const [first, second] = batch.actions;
  assert.deepEqual(second, { do: 'cancel', orderNumber: 'P-0' });
  assert.equal(first?.do, 'place');
  assert.deepEqual(first.request, {
    ...{ orderNumber: 'P-1', studyInstanceUid: '1.2.3.4', accessionNumber: 'A-1' },
    ...{ patientId: 'DEMO-1', issuerOfPatientId: 'DISTRICT', patientName: 'TEST^ALPHA^B^DR^JR' },
    ...{ patientBirthDate: '19700102', patientSex: 'F', modality: 'CT', stationAeTitle: '' },
    ...{ scheduledDate: '20260201', scheduledTime: '091500', description: 'CT ^ head' },
    ...{ priority: 'STAT', referringPhysicianName: 'BRAVO^TEST^^DR', contact: '+000 1' },
    ...{ indication: 'fell; bruise', history: 'diabetic\nsmoker', allergies: 'iodine&latex' },
    consent: 'unknown',
  });
});

test('what is no order is refused with the reason', () => {
  const reasonOf = (text: string): string => {
    const message = parseHl7(text);
    const batch = message.ok ? readOrderMessage(message.value) : message;
    return batch.ok ? 'taken' : batch.fault.message;
  };
  const cases: readonly (readonly [string, RegExp])[] = [
    ['', /MSH/],
    ['PID|1', /MSH/],
    ['MSH|^~^&|A', /MSH/],
    ['MSHA^~\\&A', /MSH/],
    [`${order}\r${order}`, /more than one/],
    [order.replace('PID', 'pid'), /segment 2 has no legal name/],
    [order.replace('diabetic', 'dia\u001bbetic'), /segment 5 has control/],
    [order.replace('ORM^O01', 'ADT^A01'), /no ORM/],
    [order.replaceAll('ORC|', 'ZZZ|'), /no ORC/],
    [order.replace('ORC|NW|P-1', 'ORC|NW|').replace('OBR|1|P-1', 'OBR|1|'), /placer order number/],
    [order.replace('ORC|NW', 'ORC|??'), /ORC-1/],
    [order.replace('DEMO-1^', '^'), /patientId must be there/],
    [order.replace('19700102', '19709902'), /patientBirthDate must be a date/],
    [order.replace('||||||CT|', '||||||c t|'), /modality must be/],
    [order, /taken/],
    [order.replaceAll('\r', '\n'), /taken/],
    [order.replace('ORC|NW', 'ORC|SC'), /taken/],
  ];
  for (const [text, reason] of cases) assert.match(reasonOf(text), reason, text.slice(0, 200));
});

test('text that is escaped reads back as it was, here and in a library nobody here wrote', () => {
  const text = fc.string({ unit: fc.constantFrom(...'aZ |^~\\&0é'), maxLength: 20 });
  fc.assert(
    fc.property(text, text, (value, other) => {
      const line = `MSH|^~\\&|A|B\rOBR|1|${hl7Escape(other)}|x^${hl7Escape(value)}&y~z`;
      const message = expectOk(parseHl7(line));
      const [segment] = segmentsOf(message, 'OBR');
      assert.equal(hl7Text(message, segment, 3, 2), value.trim());
      assert.equal(hl7Text(message, segment, 2), other.trim());
      const theirs = new Message({ text: line }).get('OBR.3.2.1').toString();
      if (value.trim() !== '') assert.equal(theirs.trim(), value.trim());
    }),
  );
});

test('any text is a message or a refusal, and every component of it is plain text', () => {
  const unit = fc.constantFrom(
    '\r',
    '\n',
    '|',
    '^',
    '~',
    '\\',
    '&',
    'X',
    '0',
    'A',
    '""',
    '\u0000',
    'MSH',
  );
  fc.assert(
    fc.property(fc.string({ unit, maxLength: 60 }), (noise) => {
      for (const text of [noise, `MSH|^~\\&|${noise}`, order.replace('diabetic', noise)]) {
        const message = parseHl7(text);
        if (!message.ok) continue;
        for (const segment of message.value.segments)
          for (let field = 1; field <= segment.fields.length + 1; field++)
            assert.doesNotMatch(hl7Text(message.value, segment, field, 2), /[^\P{Cc}\n\t]/u);
        readOrderMessage(message.value);
        assert.doesNotMatch(acknowledge(message.value, 'AR', noise, ''), /[^\P{Cc}\r]/u);
      }
    }),
    { numRuns: 500 },
  );
});

test('bytes are read in the set that the message names, else in the assumed one', () => {
  const named = (set: string) =>
    order.replace('|2.3.1', `|2.3.1||||||${set}`).replace('ALPHA', 'MÜLLER');
  const latin = (text: string) => Uint8Array.from(text, (each) => each.charCodeAt(0));
  const utf8 = (text: string) => new TextEncoder().encode(text);
  for (const [bytes, assumed] of [
    [latin(named('8859/1')), ''],
    [utf8(named('UNICODE UTF-8')), 'ISO_IR 100'],
    [utf8(named('')), 'ISO_IR 100'],
    [latin(named('')), 'ISO_IR 100'],
  ] as const)
    assert.match(expectOk(decodeHl7(bytes, assumed)), /MÜLLER/);
  assert.match(expectOk(decodeHl7(latin(named('')), 'ISO_IR 144')), /MмLLER/);
  assert.equal(decodeHl7(latin(named('EBCDIC')), '').ok, false);
});

test('an acknowledgement names the message and goes back to who sent it', () => {
  const [header, answer] = acknowledge(expectOk(parseHl7(order)), 'AA', 'a|b', '20260131').split(
    '\r',
  );
  assert.equal(header, 'MSH|^~\\&|OUTPOST|CLINIC|HIS|DISTRICT|20260131||ACK|M-1|P|2.3.1');
  assert.equal(answer, 'MSA|AA|M-1|a\\F\\b');
});

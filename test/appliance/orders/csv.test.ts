import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCsv } from '#appliance/orders/csv.ts';
import { readOrderFile } from '#appliance/orders/order-file.ts';
import { expectOk } from '#sync/core/result.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

test('what a spreadsheet writes comes out as it was', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', 'é', ' ', ',', ';', '\t', '"', '\n', '\r\n'),
    maxLength: 10,
  });
  const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const table = fc.integer({ min: 2, max: 4 }).chain((width) =>
    fc.array(fc.array(value, { minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 4,
    }),
  );
  fc.assert(
    fc.property(
      table,
      fc.constantFrom(',', ';', '\t'),
      fc.constantFrom('\n', '\r\n'),
      (rows, separator, end) => {
        const names = (rows[0] ?? []).map((_, index) => `c${index}`);
        const text = [
          names.join(separator),
          ...rows.map((row) => row.map(quote).join(separator)),
        ].join(end);
        const expected = rows.map((row) =>
          Object.fromEntries(row.map((each, index) => [`c${index}`, each])),
        );
        assert.deepEqual(expectOk(parseCsv(`\ufeff${text}${end}`)), expected);
      },
    ),
  );
});

test('any text is a table or a refusal that names the line', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ';'), maxLength: 30 }),
      (text) => {
        const records = parseCsv(text);
        if (!records.ok) assert.match(records.fault.message, /line \d+ /);
        else for (const each of records.value) assert.ok(Object.keys(each).length > 0);
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a table that is not straight is refused, with the line', () => {
  const reasonOf = (text: string): string => {
    const records = parseCsv(text);
    return records.ok ? 'taken' : records.fault.message;
  };
  assert.match(reasonOf(''), /line 1 is missing/);
  assert.match(reasonOf('a,b\n1,2\n3'), /line 3 has 1 values for 2 columns/);
  assert.match(reasonOf('a,a\n1,2'), /line 1 names a column twice/);
  assert.match(reasonOf('a,b\n"1\n2",x"y'), /line 3 has a quote/);
  assert.match(reasonOf('a,b\n"1,2'), /line 2 has a quote/);
  assert.equal(reasonOf('a,b\n\n1,2\n\n'), 'taken');
});

test('a file of orders is read by the end of its name, and its bytes give the numbers that it leaves out', () => {
  const csv =
    'patientId;patientName;modality;scheduledDate\nDEMO-1;MÜLLER^A;ct;2026-01-31\nDEMO-2;B;MR;\n';
  const latin = Uint8Array.from(csv, (each) => each.charCodeAt(0));
  const batch = expectOk(readOrderFile('list.CSV', latin, 'ISO_IR 100'));
  const again = expectOk(readOrderFile('again.csv', latin, 'ISO_IR 100'));
  assert.deepEqual(batch, again);
  const requests = batch.actions.map((each) => (each.do === 'place' ? each.request : undefined));
  assert.deepEqual(
    requests.map((each) => [each?.patientName, each?.modality, each?.scheduledDate]),
    [
      ['MÜLLER^A', 'CT', '20260131'],
      ['B', 'MR', ''],
    ],
  );
  assert.notEqual(requests[0]?.orderNumber, requests[1]?.orderNumber);
  const json = utf8(
    JSON.stringify({ patientId: 'D', patientName: 'N', modality: 'CT', orderNumber: 'P1' }),
  );
  const [one] = expectOk(readOrderFile('a.json', json, '')).actions;
  assert.equal(one?.do === 'place' && one.request.orderNumber, 'P1');
  for (const [name, text, reason] of [
    ['a.json', '{', /JSON/],
    ['a.json', '{"patientId":1}', /patientId/],
    [
      'a.json',
      '{"patientId":"D","patientName":"N","modality":"CT","nonsense":1}',
      /fields that no order has/,
    ],
    ['a.csv', 'patientId\nDEMO-1', /patientName/],
    ['a.txt', 'x', /ends neither/],
    ['a.hl7', 'x', /MSH/],
  ] as const) {
    const read = readOrderFile(name, utf8(text), '');
    assert.ok(!read.ok && reason.test(read.fault.message), `${name} ${text}`);
  }
  assert.equal(readOrderFile('a.json', new Uint8Array(1024 * 1024 + 1), '').ok, false);
});

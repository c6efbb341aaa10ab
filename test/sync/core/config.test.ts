import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { parseConfig } from '#sync/core/config.ts';

const schema = z.strictObject({
  format: z.literal(1),
  dicom: z.strictObject({ port: z.int().min(1) }),
});

test('a good config is what its schema says', () => {
  const parsed = parseConfig('demo', schema, '{"format": 1, "dicom": {"port": 11112}}');
  assert.deepEqual(parsed, { ok: true, value: { format: 1, dicom: { port: 11_112 } } });
});

test('all faults are listed at once, a line each, with the path of the key', () => {
  const parsed = parseConfig(
    'demo',
    schema,
    '{"format": 2, "dicom": {"port": 0, "prot": 1}, "x": 1}',
  );
  assert.equal(parsed.ok, false);
  assert.equal(parsed.fault.kind, 'config/refused');
  const lines = parsed.fault.message.split('\n');
  assert.equal(lines[0], 'Cannot use the config of demo:');
  assert.deepEqual(
    lines
      .slice(1)
      .map((line) => line.split(':')[0]?.trim())
      .sort(),
    ['(top level)', 'dicom', 'dicom.port', 'format'],
  );
  assert.match(parsed.fault.message, /"x"/);
  assert.match(parsed.fault.message, /"prot"/);
});

test('a config that is not JSON is refused with the reason', () => {
  for (const text of ['', '{', '{"format": 1,}', 'format: 1']) {
    const parsed = parseConfig('demo', schema, text);
    assert.equal(parsed.ok ? 'ok' : parsed.fault.kind, 'config/not-json', text);
  }
});

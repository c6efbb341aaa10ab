import assert from 'node:assert/strict';
import { test } from 'node:test';
import { centerConfigSchema } from '#sync/center/config.ts';
import { parseConfig } from '#sync/core/config.ts';

const config = {
  format: 1,
  dataDir: '/var/lib/outpost/center',
  spoolDir: '/var/lib/outpost/spool',
  socket: '/run/outpost/center.sock',
  delivery: { host: '192.0.2.7', port: 104, calledAeTitle: 'PACS' },
  reportFolder: '/srv/reports',
  reader: { name: 'DR TEST', registerNo: 'R-100' },
};
const parse = (value: object) => parseConfig('center', centerConfigSchema, JSON.stringify(value));

test('a config says where to deliver; what it leaves out has its default', () => {
  const parsed = parse(config);
  assert.equal(parsed.ok && parsed.value.zones, 'enforced');
  assert.equal(parsed.ok && parsed.value.delivery?.callingAeTitle, 'OUTPOST');
});

test('all faults of a config are listed at once', () => {
  const parsed = parse({
    ...config,
    dataDir: 'center',
    delivery: { ...config.delivery, host: 'pacs.example' },
    reader: { name: '', registerNo: 'R' },
    relay: true,
  });
  assert.equal(parsed.ok, false);
  const message = parsed.ok ? '' : parsed.fault.message;
  for (const part of ['dataDir', 'delivery.host', 'reader.name', 'relay']) {
    assert.match(message, new RegExp(part.replace('.', '\\.')));
  }
});

test('one destination, no less and no more', () => {
  const { delivery, ...without } = config;
  assert.equal(parse(without).ok, false);
  assert.equal(parse({ ...without, deliveryFolder: '/srv/images' }).ok, true);
  assert.equal(parse({ ...config, deliveryFolder: '/srv/images' }).ok, false);
  assert.equal(delivery.port, 104);
});

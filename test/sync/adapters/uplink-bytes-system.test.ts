import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uplinkBytes } from '#sync/adapters/uplink-bytes-system.ts';

const routes = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
  'lan0\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
  'wwan0\t00000000\t010A000A\t0003\t0\t0\t700\t00000000\t0\t0\t0',
].join('\n');
const devices = [
  'Inter-|   Receive                                                |  Transmit',
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs',
  '    lo:  900 9 0 0 0 0 0 0 900 9 0 0 0 0 0 0',
  ' wwan0:  100 2 0 0 0 0 0 0 2000 3 0 0 0 0 0 0',
  '  lan0:  7 2 0 0 0 0 0 0 7 3 0 0 0 0 0 0',
].join('\n');

const system = (route: string, dev: string) => async (path: string) =>
  path === '/proc/self/net/route' ? route : dev;

test('what went and came over the default route is counted', async () => {
  assert.equal(await uplinkBytes(system(routes, devices)), 2_100);
});

test('without a default route or its counters nobody can tell', async () => {
  assert.equal(await uplinkBytes(system('', devices)), undefined);
  assert.equal(await uplinkBytes(system(routes, '')), undefined);
  assert.equal(await uplinkBytes(system(routes, ' wwan0: x y z')), undefined);
});

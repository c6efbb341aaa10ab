import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Acknowledged, firstAcknowledgedMs, parseSocket } from './link-sockets.ts';

const at = (atMs: number, connection: string, bytes: number): Acknowledged => ({
  atMs,
  connection,
  bytes,
});

test('a line of ss tells the connection and what was acknowledged on it', () => {
  const line =
    'ESTAB 0      120        10.77.0.1:40218   10.77.0.2:7443  bbr wscale:7,7 rto:801 bytes_sent:9000 bytes_acked:8881 segs_out:12';
  assert.deepEqual(parseSocket(line), { connection: '10.77.0.1:40218', bytes: 8_881 });
  assert.equal(parseSocket('SYN-SENT 0 1 10.77.0.1:40220 10.77.0.2:7443 bbr rto:1000'), undefined);
});

test('the first bytes count that a quiet connection gets through', () => {
  const seen = [
    at(0, 'busy', 0),
    at(0, 'quiet', 20_000),
    at(9_000, 'busy', 900_000),
    at(9_000, 'quiet', 20_300),
    at(10_000, 'busy', 1_000_000),
    at(10_000, 'quiet', 20_300),
    at(10_100, 'busy', 1_030_000),
    at(10_400, 'quiet', 21_000),
    at(10_700, 'quiet', 24_500),
    at(11_000, 'quiet', 90_000),
  ];
  assert.equal(firstAcknowledgedMs(seen, 10_050), 10_700);
});

test('a new connection counts when it carried more than its handshake', () => {
  const seen = [at(10_600, 'new', 1_900), at(11_300, 'new', 6_100)];
  assert.equal(firstAcknowledgedMs(seen, 10_000), 11_300);
});

test('busy connections tell nothing', () => {
  const seen = [at(9_000, 'busy', 0), at(9_900, 'busy', 50_000), at(10_100, 'busy', 90_000)];
  assert.equal(firstAcknowledgedMs(seen, 10_000), undefined);
});

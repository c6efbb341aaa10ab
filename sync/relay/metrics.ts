import type { Measure } from '../core/metrics.ts';
import type { PackStore } from './ports.ts';
import type { Relay } from './relay.ts';

/** The measures of a relay. Nothing in them tells one center, box or pack from another. */
export function relayMeasures(
  relay: Relay,
  store: Pick<PackStore, 'freeBytes'>,
): readonly Measure[] {
  const { tallies, sessions, uploads, mailboxes } = relay;
  const counter = (name: string, help: string, read: Measure['read']): Measure => ({
    ...{ name, help, kind: 'counter', read },
  });
  const gauge = (name: string, help: string, read: Measure['read']): Measure => ({
    ...{ name, help, kind: 'gauge', read },
  });
  return [
    counter('outpost_relay_answers_total', 'Answers by class of status', () =>
      tallies.answers.samples('status'),
    ),
    counter('outpost_relay_refusals_total', 'Refused requests by code', () =>
      tallies.refusals.samples('code'),
    ),
    counter('outpost_relay_received_bytes_total', 'New bytes of packs written', () =>
      tallies.bytes.of('received'),
    ),
    counter('outpost_relay_sent_bytes_total', 'Bytes of packs fetched', () =>
      tallies.bytes.of('sent'),
    ),
    counter('outpost_relay_packs_kept_total', 'Packs taken into custody', () =>
      tallies.packs.of('kept'),
    ),
    counter('outpost_relay_packs_taken_total', 'Packs acknowledged and let go', () =>
      tallies.packs.of('taken'),
    ),
    gauge('outpost_relay_parts', 'Unfinished packs', () => uploads.count().parts),
    gauge('outpost_relay_parts_bytes', 'Bytes of unfinished packs', () => uploads.count().bytes),
    gauge('outpost_relay_sessions', 'Sessions that are not over', () => sessions.count()),
    gauge('outpost_relay_listeners', 'Requests and streams that wait for mail', () =>
      mailboxes.waiting(),
    ),
    gauge(
      'outpost_relay_two_holders',
      'Transport keys that two machines used in the last hours',
      () => sessions.doubled().length,
    ),
    gauge('outpost_disk_free_bytes', 'Bytes that may still be written', () => store.freeBytes()),
  ];
}

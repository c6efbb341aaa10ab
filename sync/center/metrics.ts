import type { Measure, Sample } from '../core/metrics.ts';
import type { CenterStatus } from './status.ts';

/** The measures of a center, all from one status a scrape. Boxes are counted by state, not named. */
export function centerMeasures(status: () => Promise<CenterStatus>): readonly Measure[] {
  let asked: Promise<CenterStatus> | undefined;
  /** The first measure of a scrape asks, the others read what it heard. */
  const ask = (isFirst: boolean): Promise<CenterStatus> => {
    if (isFirst || asked === undefined) asked = status();
    return asked;
  };
  const gauge = (
    name: string,
    help: string,
    read: (status: CenterStatus) => readonly Sample[] | number,
    isFirst = false,
  ): Measure => ({ name, help, kind: 'gauge', read: async () => read(await ask(isFirst)) });
  return [
    gauge(
      'outpost_center_instances',
      'Instances in the ledger by state',
      ({ counts }) =>
        Object.entries(counts.instances).map(([state, value]) => ({ labels: { state }, value })),
      true,
    ),
    gauge(
      'outpost_center_held_packs',
      'Packs that wait for something before they can be opened',
      ({ counts }) => counts.heldPacks,
    ),
    gauge(
      'outpost_center_quarantined_packs',
      'Packs that could not be believed',
      ({ counts }) => counts.quarantinedPacks,
    ),
    gauge(
      'outpost_center_resends',
      'Studies that were asked for again and are not delivered yet, and those that wait for a person to ask',
      ({ counts }) => [
        { labels: { state: 'asked' }, value: counts.askedAgain },
        { labels: { state: 'to-ask' }, value: counts.toAskAgain },
      ],
    ),
    gauge('outpost_center_boxes', 'Boxes by state of their ticket', ({ boxes }) =>
      countedBy(
        'state',
        boxes.map(({ state }) => state),
      ),
    ),
    gauge('outpost_center_alarms', 'Alarms that a person must look at, by code', ({ alarms }) =>
      countedBy(
        'code',
        alarms.map(({ code }) => code),
      ),
    ),
    gauge(
      'outpost_center_epoch_left_days',
      'Days until the current receiving key is to be followed',
      ({ epochLeftDays }) => (epochLeftDays === null ? [] : epochLeftDays),
    ),
    gauge('outpost_center_destination_up', '1 while the destination takes images', (now) =>
      now.destination.state === 'down' ? 0 : 1,
    ),
    gauge('outpost_link_up', '1 while the agent reaches a relay', ({ link }) =>
      link.state === 'up' ? 1 : 0,
    ),
  ];
}

function countedBy(label: string, kinds: readonly string[]): readonly Sample[] {
  return [...new Set(kinds)].map((kind) => ({
    labels: { [label]: kind },
    value: kinds.filter((each) => each === kind).length,
  }));
}

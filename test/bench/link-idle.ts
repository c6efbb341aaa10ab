import { setTimeout } from 'node:timers/promises';
import type { BadLink } from './bad-link.ts';
import { present } from './link-figures.ts';
import { openLinkSite } from './link-site.ts';
import { atMost, type Measured } from './measured.ts';

export const idle = 'idle: outpost';

/** The agent lets its warm connections go ten minutes after the last work; pairing is the work here. */
const windows = [
  { name: 'the first 10 minutes after work', minutes: 10 },
  { name: 'at rest', minutes: 5 },
] as const;
const betweenMs = 60_000;
const targetMB = 2;

/** What a link costs that carries nothing: all programs run, and nobody sends. */
export async function measureIdle(link: BadLink, root: string): Promise<Measured> {
  await openLinkSite(link, root);
  const rows = [];
  let restMBPerDay = Number.NaN;
  for (const [index, { name, minutes }] of windows.entries()) {
    if (index > 0) await setTimeout(betweenMs);
    const before = await link.interfaceBytes();
    const startedMs = performance.now();
    await setTimeout(minutes * 60_000);
    const after = await link.interfaceBytes();
    const days = (performance.now() - startedMs) / 86_400_000;
    const [up, down] = [after.up - before.up, after.down - before.down];
    restMBPerDay = (up + down) / 1e6 / days;
    rows.push(
      present({
        case: `idle, ${name}`,
        subject: 'outpost',
        congestion: link.congestion,
        measuredS: days * 86_400,
        upKB: up / 1e3,
        downKB: down / 1e3,
        upAndDownMBPerDay: restMBPerDay,
      }),
    );
  }
  return {
    rows,
    targets: [
      atMost(
        'idle traffic at rest, up and down, MB a day (from 5 minutes)',
        restMBPerDay,
        targetMB,
      ),
    ],
    notes: [
      'Idle: nothing is sent or fetched; the day is extrapolated from the minutes that were measured',
    ],
  };
}

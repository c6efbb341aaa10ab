import { join } from 'node:path';
import { makeMultiFrame, makeSlices, type SentStudy } from './intake-studies.ts';
import type { Command } from './process.ts';
import { calledAeTitle } from './receivers.ts';

/** What is sent, by whom, and how many at once. */
export interface IntakeCase {
  readonly name: string;
  readonly sender: 'storescu' | 'dcmsend';
  /** One, or as many as a study has shares. */
  readonly associations: number;
  /** Whether a device asks C-ECHO meanwhile. */
  readonly hasEchoes: boolean;
  /** Most memory that we may need for it, MB; the other cases have no such promise. */
  readonly mostRssMB?: number;
  /** A speed that is promised; measured every round, the others in the first one only. */
  readonly isPromised: boolean;
  make(root: string): Promise<SentStudy>;
}

const mebibyte = 1024 * 1024;
const ct = (root: string): Promise<SentStudy> =>
  makeSlices(join(root, 'ct'), { seed: 2, slices: 500 });
const usual = { sender: 'storescu', associations: 1, hasEchoes: false, isPromised: false } as const;

export const intakeCases: readonly IntakeCase[] = [
  { ...usual, name: '1 association, 500 CT of 525 KB', isPromised: true, make: ct },
  {
    ...usual,
    name: '4 associations, 500 CT of 525 KB',
    isPromised: true,
    associations: 4,
    make: ct,
  },
  {
    ...usual,
    name: '4 associations, 500 CT of 525 KB, and C-ECHO beside them',
    associations: 4,
    hasEchoes: true,
    make: ct,
  },
  { ...usual, name: 'dcmsend, 1 association, 500 CT of 525 KB', sender: 'dcmsend', make: ct },
  {
    ...usual,
    name: 'dcmsend, 4 associations, 500 CT of 525 KB',
    sender: 'dcmsend',
    associations: 4,
    make: ct,
  },
  {
    ...usual,
    name: '1 association, 10000 MR of 10 KB',
    make: (root) =>
      makeSlices(join(root, 'mr'), { seed: 5, slices: 10_000, rows: 64, modality: 'MR' }),
  },
  {
    ...usual,
    name: 'one multi-frame of 300 MiB',
    mostRssMB: 200,
    make: (root) => makeMultiFrame(join(root, '300'), 300 * mebibyte),
  },
  {
    ...usual,
    name: 'one multi-frame of 2 GiB',
    mostRssMB: 200,
    make: (root) => makeMultiFrame(join(root, '2048'), 2_047 * mebibyte),
  },
];

/**
 * The sender of one association. Without TCP_NODELAY a stock DCMTK measures its own Nagle algorithm (10 MB/s), whatever
 * the receiver.
 */
export function senderCommand(
  sender: IntakeCase['sender'],
  port: number,
  folder: string,
  callingAeTitle = 'BENCH',
): Command {
  const titles = ['-aet', callingAeTitle, '-aec', calledAeTitle];
  const args = ['+sd', '+r', ...titles, '127.0.0.1', String(port), folder];
  return { command: sender, args, env: { TCP_NODELAY: '1' } };
}

import { buildControlToClinic } from '../letters/control.ts';
import type { Ledger } from './ports-ledger.ts';
import type { Resends } from './resends.ts';
import type { OutgoingRow } from './rows.ts';

/** A letter `please-resend` that is due, with the row that it gets once it is sealed. */
export interface ResendLetter {
  readonly study: string;
  readonly row: Pick<OutgoingRow, 'kind' | 'subject' | 'class'>;
  /** `list` is the number of the center's newest key list. */
  letterOf(list: number): ReturnType<typeof buildControlToClinic>;
}

/** The letters that no pack of ours says yet. One that was lost before custody has no row, so it is sealed again. */
export async function dueResends(
  resends: Pick<Resends, 'due'>,
  ledger: Pick<Ledger, 'outgoing'>,
): Promise<readonly ResendLetter[]> {
  let sent: ReadonlySet<string> | undefined;
  const due = await resends.due(async (study, version) => {
    const rows = sent ?? (await ledger.outgoing()).map((row) => nameOf(row.studyInstanceUid, row));
    sent = new Set(rows);
    return sent.has(nameOf(study, { subject: subjectOf(version) }));
  });
  return due.map(({ version, study, reason, packs, instances }) => ({
    study,
    row: { kind: 'control', subject: subjectOf(version), class: 1 },
    letterOf: (list) =>
      buildControlToClinic({
        ...{ v: 1, register: 'please-resend', version, list, reason, study },
        ...{ packs: [...packs], instances: [...instances] },
      }),
  }));
}

function subjectOf(version: number): string {
  return `please-resend/${version}`;
}

function nameOf(study: string, { subject }: Pick<OutgoingRow, 'subject'>): string {
  return `${study} ${subject}`;
}

import { buildControlToClinic } from '../letters/control.ts';
import { answeredBox, type Box } from './boxes.ts';
import type { Ledger } from './ports-ledger.ts';
import type { Party } from './ports-party.ts';
import type { Resends } from './resends.ts';
import type { OutgoingRow, StudyRow } from './rows.ts';

/** A letter `please-resend` that is due, with the row that it gets once it is sealed. */
export interface ResendLetter {
  readonly box: Box;
  readonly study: StudyRow;
  readonly row: Pick<OutgoingRow, 'kind' | 'subject' | 'class'>;
  readonly letter: ReturnType<typeof buildControlToClinic>;
}

/**
 * The letters that no pack of ours says yet, `most` of them at a time. One that was lost before custody has no row, so
 * it is sealed again; a study of a box that is not confirmed waits.
 */
export async function dueResends(
  resends: Pick<Resends, 'due'>,
  ledger: Pick<Ledger, 'outgoing'>,
  { tickets, keyList: { list } }: Pick<Party, 'tickets' | 'keyList'>,
  most: number,
): Promise<readonly ResendLetter[]> {
  const sealed = new Set((await ledger.outgoing()).map((row) => nameOf(row.studyInstanceUid, row)));
  const boxOf = ({ box }: StudyRow): Box | undefined => {
    const answered = answeredBox(tickets, box);
    return answered?.standing === 'confirmed' ? answered : undefined;
  };
  const due = await resends.due({
    most,
    mayReach: (study) => boxOf(study) !== undefined,
    isSealed: (study, version) => sealed.has(nameOf(study, { subject: subjectOf(version) })),
  });
  return due.flatMap(({ study, request: { packs, instances, ...request } }) => {
    const box = boxOf(study);
    if (box === undefined) return [];
    const letter = buildControlToClinic({
      ...{ v: 1, register: 'please-resend', list, ...request, study: study.studyInstanceUid },
      ...{ packs: [...packs], instances: [...instances] },
    });
    const row = { kind: 'control', subject: subjectOf(request.version), class: 1 } as const;
    return [{ box, study, row, letter }];
  });
}

function subjectOf(version: number): string {
  return `please-resend/${version}`;
}

function nameOf(study: string, { subject }: Pick<OutgoingRow, 'subject'>): string {
  return `${study} ${subject}`;
}

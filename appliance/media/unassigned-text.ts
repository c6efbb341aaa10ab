import { sanitize } from '#sync/core/sanitize.ts';
import type { Imports, UnassignedList } from '../api/contract-media.ts';

type Unassigned = UnassignedList['studies'][number];

/** The studies that a person has to do with, in lines that cannot act on the terminal. */
export function unassignedText(studies: readonly Unassigned[], isOutside: boolean): string {
  if (studies.length === 0) {
    return isOutside ? 'No study came from a medium.\n' : 'Every study says whose it is.\n';
  }
  return studies.map((study) => `${linesOf(study).join('\n')}\n`).join('\n');
}

/** What the hot folder did, and what it set aside with the reasons. */
export function importsText({
  isOn,
  takenFiles,
  waitingFiles,
  rejectedFiles,
  rejected,
}: Imports): string {
  if (!isOn) return 'The box has no import folder (importFolder in its config).\n';
  const lines = [
    `Since the start: ${takenFiles} taken, ${rejectedFiles} set aside; ${waitingFiles} waiting`,
    `In the folder "rejected": ${rejected.count}`,
    ...rejected.newest.map(
      ({ name, reason, at }) => `  ${at}  ${sanitize(name, 60)}\n    ${sanitize(reason)}`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function linesOf(study: Unassigned): readonly string[] {
  const { assigned, releasedAt } = study;
  const from = study.callingAeTitle === '' ? 'a file' : sanitize(study.callingAeTitle);
  const what = [study.modality, study.studyDescription].map((text) => sanitize(text)).join(' ');
  return [
    sanitize(study.studyInstanceUid),
    `  Patient  ${sanitize(study.patientName) || '(no name)'}  ${sanitize(study.patientId) || '(no ID)'}  ${sanitize(study.patientBirthDate)}`.trimEnd(),
    `  Study    ${what.trim()}, ${study.instanceCount} image(s), taken ${sanitize(study.takenAt)}, from ${from}`,
    ...(assigned
      ? [`  Whose    said by ${sanitize(assigned.by)} at ${sanitize(assigned.at)}`]
      : []),
    ...(releasedAt ? [`  Sent     asked for at ${sanitize(releasedAt)}`] : []),
  ];
}

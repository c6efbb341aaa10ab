import { createCommitmentReporter } from '#appliance/adapters/commitment-reporter-dimse.ts';
import type { DataFolder } from '#appliance/adapters/data-folder.ts';
import { type Answering, createAnswering } from '#appliance/commitment/answering.ts';
import { createCommitmentService } from '#appliance/commitment/service.ts';
import { createWholeExams } from '#appliance/commitment/whole-exam.ts';
import type { ApplianceConfig } from '#appliance/config.ts';
import { systemClock } from '#sync/adapters/clock-system.ts';
import { openAssociation } from '#sync/adapters/dimse-scu.ts';
import { systemRandom } from '#sync/adapters/random-system.ts';
import type { Log } from '#sync/core/log.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import type { Box } from './box.ts';

/** The port at which devices usually wait for an answer. */
const usualPort = 104;

/** Storage commitment: the service of the door, and the work that answers behind it. */
export function commitmentOf(ground: {
  readonly config: ApplianceConfig;
  readonly folder: Pick<DataFolder, 'commitments'>;
  readonly box: Pick<Box, 'recorder' | 'caughtUp' | 'quiet' | 'revisions' | 'desk'>;
  readonly log: Log;
}): { readonly services: readonly DimseService[]; readonly answering: Answering } {
  const { config, folder, box, log } = ground;
  const { callers } = config.dicom;
  const ofTitle = (aeTitle: string) =>
    callers === 'any' ? undefined : callers.find((each) => each.aeTitle === aeTitle);
  const { recorder } = box;
  const clock = systemClock;
  const answering = createAnswering({
    ...{ catalog: folder.commitments, recorder, clock, random: systemRandom, log },
    reporter: createCommitmentReporter(
      openAssociation,
      (aeTitle) => ofTitle(aeTitle)?.port ?? usualPort,
      log,
    ),
    policyOf: (aeTitle) => ofTitle(aeTitle)?.commitment ?? 'delivered',
    catalogued: box.caughtUp,
  });
  const onAsked = createWholeExams({
    ...{ catalog: folder.commitments, catalogued: box.caughtUp, log },
    onWhole: (studies) => {
      for (const study of studies) box.quiet.finished(study);
      box.revisions.bump();
      box.desk.wake();
    },
  });
  const service = createCommitmentService(
    { recorder, answering, onAsked, clock },
    { answersHere: (aeTitle) => ofTitle(aeTitle)?.commitmentAnswer === 'same-association' },
  );
  return { services: [service], answering };
}

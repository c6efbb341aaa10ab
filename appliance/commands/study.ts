import { type StudyDetail, studyDetailSchema } from '#appliance/api/contract.ts';
import {
  type Deed,
  type DeedDone,
  deedDoneSchema,
  deedSchema,
  type StudyInstances,
  studyInstancesSchema,
} from '#appliance/api/contract-housekeeping.ts';
import { causeText, waitText } from '#appliance/intake/queue.ts';
import type { StudyPriority } from '#appliance/store/facts-priority.ts';
import { askingOptions, misused, runAsking, understood } from '#appliance/wiring/asking.ts';
import { parseCommandLine } from '#sync/core/command-line.ts';
import { fail, ok } from '#sync/core/result.ts';
import { sanitize } from '#sync/core/sanitize.ts';

const usage = `outpost study ACTION STUDY --by NAME --reason TEXT [--instance UID]... [--digest SHA256]

What a named person decides about a stored study (its Study Instance UID). Name and reason are kept for good.

  show            how soon it travels, what it waits for, states of its images; needs no name
  reject          take all that is not delivered (or each --instance) out of sending; it is kept
  restore         take a rejection back, or the decision to keep only the first
  discard         let what is rejected go for good: asked by one person, done when a second one says it too
  stat, urgent, routine, bulk
                  how soon it travels, over rules and orders; STAT stops what is being sent and goes at once
  by-rule         as rules and the order say, again
  address         send all of it to another center (--center CODE, see outpost status), and to no other
  resend          send once more what the center did not confirm, beyond the two times and the tenth of the monthly
                  budget that a box sends again by itself
  pin, unpin      keep the study on this box however old it is, or no longer
  archived        the archive of record (a third party) has all of it
  keep-first      of two images under one number (--instance) only the first is sent; the second is kept
  send-second     the second one is sent as well
  reject-second   the second one is rejected

  --socket PATH   the Unix socket of the appliance, default /run/outpost/appliance.sock
  --json          print the answer as JSON

Exit codes: 0 done, 1 not done and why, 64 usage, 69 the appliance does not answer.
`;

const priorities: Readonly<Record<string, StudyPriority | null>> = {
  ...{ stat: 'stat', urgent: 'urgent', routine: 'routine', bulk: 'bulk' },
  'by-rule': null,
};
const simple = ['pin', 'unpin', 'resend', 'archived', 'restore', 'discard'] as const;
const verdicts = ['keep-first', 'send-second', 'reject-second'] as const;

const options = {
  ...askingOptions,
  by: { type: 'string' },
  reason: { type: 'string' },
  instance: { type: 'string', multiple: true },
  digest: { type: 'string' },
  center: { type: 'string' },
} as const;

/** The `outpost study` command. */
export function main(args: readonly string[]): Promise<number> {
  const line = parseCommandLine('study', { args: [...args], allowPositionals: true, options });
  return runAsking(usage, line, async ({ values, positionals }, ask) => {
    const [action = '', study, ...more] = positionals;
    const deed = action === 'show' ? 'show' : deedOf(action, values);
    if (study === undefined || more.length > 0 || deed === undefined) {
      const message =
        'Cannot tell what is to be done: action, study, --by NAME and --reason TEXT are needed';
      return fail(misused(message, 'Run outpost study --help'));
    }
    const path = `/v1/studies/${encodeURIComponent(study)}`;
    if (deed === 'show') {
      const shown = understood(await ask(`${path}/instances`), studyInstancesSchema);
      if (!shown.ok) return shown;
      const row = understood(await ask(path), studyDetailSchema);
      if (!row.ok) return row;
      const { priority, turn } = row.value;
      const text = turnLines(row.value).join('') + listText(shown.value);
      return ok({ text, value: { ...shown.value, priority, turn } });
    }
    const done = understood(await ask(`${path}/deeds`, deed), deedDoneSchema);
    return done.ok ? ok({ text: doneText(done.value), value: done.value }) : done;
  });
}

/** The deed of a command line, or undefined when something of it is missing. */
function deedOf(
  action: string,
  values: {
    readonly by?: string | undefined;
    readonly reason?: string | undefined;
    readonly instance?: readonly string[] | undefined;
    readonly digest?: string | undefined;
    readonly center?: string | undefined;
  },
): Deed | undefined {
  const person = { by: values.by, reason: values.reason };
  const [sopInstanceUid, ...others] = values.instance ?? [];
  const verdict = verdicts.find((each) => each === action);
  const datasetSha256 = values.digest === undefined ? {} : { datasetSha256: values.digest };
  const deed = simple.find((each) => each === action);
  const priority = Object.hasOwn(priorities, action) ? priorities[action] : undefined;
  const body = verdict
    ? { deed: 'decide', verdict, sopInstanceUid, ...datasetSha256, ...person }
    : action === 'address'
      ? { deed: 'address', center: values.center, ...person }
      : action === 'reject'
        ? {
            deed: 'reject',
            ...(values.instance && { sopInstanceUids: values.instance }),
            ...person,
          }
        : priority !== undefined
          ? { deed: 'priority', priority, ...person }
          : { deed, ...person };
  const parsed = deedSchema.safeParse(body);
  return parsed.success && !(verdict && others.length > 0) ? parsed.data : undefined;
}

const sentences: Readonly<Record<DeedDone['did'], string>> = {
  pinned: 'The study stays on this box however old it is',
  unpinned: 'The study is no longer pinned',
  archived: 'Noted: the archive of record has it',
  rejected: 'Rejected: kept on this box and not sent',
  restored: 'Taken back: it goes on as before',
  asked: 'Asked for. It goes for good when a second person runs the same command',
  discarded: 'Gone for good, by two people',
  decided: 'Decided',
  prioritised: 'Done: the order of sending is made anew',
  resending: 'Done: it is sealed anew and sent once more within a minute',
  addressed: 'Done: it is sealed anew for that center',
};

function doneText({ did, instances, alreadyOut }: DeedDone): string {
  const count = instances > 0 ? ` (${instances} image(s))` : '';
  const out =
    alreadyOut > 0 && (did === 'rejected' || did === 'addressed')
      ? `\n${alreadyOut} of them are at the relay already and cannot be called back: call the reading center${did === 'addressed' ? ' of before' : ''}`
      : '';
  return `${sentences[did]}${count}.${out}\n`;
}

/** How soon it travels, its place in the order, and what it waits for. */
function turnLines({ center, priority, turn }: StudyDetail): readonly string[] {
  const level = priority?.level ?? 'routine';
  const why = (priority && causeText(priority)) ?? level;
  const waits = turn && waitText(turn);
  return [
    ...(center ? [`center    ${sanitize(center.name)} (${sanitize(center.code)})\n`] : []),
    `priority  ${sanitize(why)}\n`,
    ...(turn ? [`place     ${turn.place} in the order of sending\n`] : []),
    ...(waits === undefined ? [] : [`          ${sanitize(waits)}\n`]),
  ];
}

function listText({ isPinned, discardAskedBy, instances, next }: StudyInstances): string {
  const lines = [
    ...(isPinned ? ['pinned'] : []),
    ...(discardAskedBy === null
      ? []
      : [`${sanitize(discardAskedBy)} asks to discard what is rejected; a second person decides`]),
    ...instances.map(
      ({ sopInstanceUid, datasetSha256, state, isOut }) =>
        `${state.padEnd(9)} ${isOut ? 'at relay' : '        '} ${sanitize(sopInstanceUid)} ${datasetSha256}`,
    ),
    ...(next !== null ? ['...'] : []),
  ];
  return `${lines.join('\n')}\n`;
}

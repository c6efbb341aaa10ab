import type { StudyDetail, StudyRow } from '#appliance/api/contract.ts';
import { words } from '../words/en.ts';
import { type Line, line, type Tone } from './line.ts';
import { reportsOf } from './reports.ts';
import { ended, labelled, personName, shown, sizeText, stateOf, statusOf } from './shown.ts';
import type { State } from './state.ts';
import { cut, padEnd, spread, wrap } from './text-width.ts';
import { aboutText, ageText, dateAndTime, nearTime, timeOfDay } from './time.ts';

/** What is known of the study that is open: its row of the list is the newest, its detail has the steps. */
export function openStudy(state: State): {
  readonly row: StudyRow | undefined;
  readonly detail: StudyDetail | undefined;
} {
  const { place } = state;
  if (place.name !== 'study' && place.name !== 'report')
    return { row: undefined, detail: undefined };
  const isIt = (row: StudyRow): boolean => row.studyInstanceUid === place.studyInstanceUid;
  const detail = state.detail && isIt(state.detail) ? state.detail : undefined;
  return { row: state.studies.find(isIt) ?? detail, detail };
}

/** Name for the title line. */
export function openName(state: State): string {
  const { row } = openStudy(state);
  if (!row) return '';
  if (state.areNamesHidden) return words.list.hiddenName;
  return row.isNotHere ? words.list.notHere(shown(row.patientId)) : personName(row.patientName);
}

/** The state and what it means; for a study that needs help also why, what to do and the code for support. */
export function studyHead(state: State, row: StudyRow): readonly Line[] {
  const width = state.size.columns;
  const headOf = (of: StudyRow, sentence: string): Line => {
    const { glyph, word, tone } = statusOf(of);
    return line(cut(` ${glyph} ${word}  ${sentence}`, width), tone);
  };
  const own = row.isCritical || !row.help ? [headOf(row, stateSentence(row))] : [];
  if (!row.help) return own;
  const { code, message, next } = row.help;
  const known = words.codes[code];
  const why = known === undefined || known.hasMore ? [ended(shown(message))] : [];
  const part = (label: string, text: string): readonly Line[] =>
    labelled(`    ${padEnd(label, 6)}`, wrap(text, width - 11), 'plain');
  const safe = known?.isLoss ? '' : `    ${words.study.safe}`;
  return [
    ...own,
    headOf({ ...row, isCritical: false }, helpSentence(row.help)),
    ...why.flatMap((text) => part(words.study.why, text)),
    ...part(words.study.do, known?.next ?? ended(shown(next))),
    line(spread(safe, `${words.study.code} ${shown(code)}`, width - 2)),
  ];
}

/** Who, what, when, from where, how much, and the report. */
export function studyFacts(state: State, row: StudyRow): readonly Line[] {
  const { labels } = words.study;
  const hide = (text: string): string => (state.areNamesHidden ? words.study.hidden : text);
  const taken = state.calendar(row.takenAt);
  const age = ageText(row.patientBirthDate, taken);
  const person = [personName(row.patientName), row.patientSex.trim(), age].filter(Boolean);
  const what = [row.modality.replaceAll('\\', ' '), row.studyDescription.trim()].filter(Boolean);
  const sender = row.callingAeTitle.trim();
  const source = sender === '' ? words.study.fromFile : words.study.fromAeTitle(shown(sender));
  const from = row.isLossy ? words.study.lossy(source) : source;
  const size = sizeText(row.sizeBytes);
  return [
    fact(state, labels.patient, hide(person.join('  ')), labels.patientId, hide(row.patientId)),
    fact(state, labels.study, what.join(' '), labels.accession, row.accessionNumber),
    fact(state, labels.taken, dateAndTime(taken), labels.from, from),
    fact(
      state,
      labels.size,
      words.study.counts(row.seriesCount, row.instanceCount, size),
      labels.priority,
      priorityText(row),
    ),
    reportFact(state),
    ...(row.center ? [fact(state, labels.center, shown(row.center.name), '', '')] : []),
    ...orderFacts(state, row),
  ];
}

/** Head and lines of the steps; the lines may be more than the screen has. */
export function studySteps(state: State): { readonly head: Line; readonly lines: readonly Line[] } {
  const { detail } = openStudy(state);
  const now = state.calendar(state.status?.nowAt ?? '');
  const steps = (detail?.steps ?? []).map((step) => {
    const time = state.calendar(step.at);
    const isToday = now && time && nearTime(time, now).startsWith(words.today);
    const when = time && now ? (isToday ? timeOfDay(time) : nearTime(time, now)) : '-';
    return { ...step, when };
  });
  const timeWidth = Math.max(5, ...steps.map((step) => step.when.length));
  const head = line(` ${padEnd(words.study.time, timeWidth)}  ${words.study.step}`);
  if (!detail) return { head, lines: [line(` ${words.study.asking}`)] };
  const lines = steps.flatMap(({ when, glyph, text }) =>
    labelled(
      ` ${padEnd(when, timeWidth)}  ${glyph}  `,
      wrap(shown(text), state.size.columns - timeWidth - 8),
      stepTones[glyph],
    ),
  );
  return { head, lines };
}

const stepTones = {
  ok: 'plain',
  '..': 'plain',
  '>>': 'motion',
  '!!': 'trouble',
} as const satisfies Record<string, Tone>;

function helpSentence(help: NonNullable<StudyRow['help']>): string {
  return words.codes[help.code]?.sentence ?? words.stateSentences['needs help'];
}

/** How soon it travels, and who says so. */
function priorityText({ isStat, priority }: StudyRow): string {
  const { levels, causes } = words.study;
  const level = levels[priority?.level ?? (isStat ? 'stat' : 'routine')];
  const cause = priority?.cause;
  return cause ? causes[cause.kind](level, shown(cause.name)) : level;
}

/** What a study waits for, with what a person can do; undefined when it is simply the next one. */
function turnSentence({ turn, secondsLeft }: StudyRow): string | undefined {
  if (!turn) return undefined;
  const { holds, until, behind, before, levels } = words.study;
  const { hold, ahead } = turn;
  if (hold) return holds[hold.by](hold.until === null ? '' : until(shown(hold.until)));
  const studies = (['stat', 'urgent', 'routine', 'bulk'] as const).flatMap((level) =>
    ahead[level] > 0 ? [before(ahead[level], levels[level])] : [],
  );
  if (studies.length === 0) return undefined;
  return behind(studies.join(', '), secondsLeft === null ? '' : aboutText(secondsLeft));
}

function stateSentence(row: StudyRow): string {
  if (row.isCritical) return words.critical.sentence;
  const { secondsLeft } = row;
  const state = stateOf(row);
  const turn = state === 'waiting' ? turnSentence(row) : undefined;
  if (turn !== undefined) return turn;
  if (secondsLeft === null) return words.stateSentences[state];
  if (state === 'sending') return words.study.sent(aboutText(secondsLeft));
  if (state === 'waiting') return words.study.turn(aboutText(secondsLeft));
  return words.stateSentences[state];
}

function fact(
  state: State,
  label: string,
  value: string,
  otherLabel: string,
  otherValue: string,
): Line {
  const left = ` ${padEnd(label, 11)} ${padEnd(shown(value), 30)} ${padEnd(otherLabel, 11)} `;
  if (otherLabel === '') return line(left.trimEnd());
  return line(left + cut(shown(otherValue), state.size.columns - 57));
}

/** Only what is not as it should be. */
function orderFacts(
  state: State,
  { isUnordered, isAskedAgain, missingCount = 0 }: StudyRow,
): readonly Line[] {
  const { labels, noOrder, missing, askedAgain } = words.study;
  const told = (label: string, text: string): Line =>
    line(cut(` ${padEnd(label, 11)} ${text}`, state.size.columns), 'trouble');
  return [
    ...(isAskedAgain ? [told(labels.center, askedAgain)] : []),
    ...(isUnordered ? [told(labels.order, noOrder)] : []),
    ...(missingCount > 0 ? [told(labels.missing, missing(missingCount))] : []),
  ];
}

function reportFact(state: State): Line {
  const report = reportsOf(state)[0];
  const label = ` ${padEnd(words.study.labels.report, 11)} `;
  if (!report) return line(label + words.study.noReport);
  const text = report.refusal ?? reportSummary(state, report);
  const isTrouble =
    report.refusal !== null || report.status === 'withdrawn' || report.critical !== undefined;
  return line(cut(label + shown(text), state.size.columns), isTrouble ? 'trouble' : 'title');
}

/** Status, version and time of a report. */
export function reportSummary(state: State, report: StudyDetail['reports'][number]): string {
  const status = words.report.statuses[report.status];
  return words.report.summary(
    report.critical === undefined ? status : `${words.critical.word}, ${status}`,
    report.version,
    dateAndTime(state.calendar(report.signedOffAt)),
  );
}

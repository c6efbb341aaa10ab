import type { AgentState } from '#sync/wire/agent-state.ts';
import type { Sending, ShownPriority, StudyTurn } from '../api/contract-sending.ts';
import type { OpenPack, WaitingStudy } from '../ports-waiting.ts';
import { type StudyPriority, studyPriorities } from '../store/facts-priority.ts';
import { agedClass } from './order.ts';

/** Each study that waits to be sent, with its place in the order and what it waits for. */
export type Queue = ReadonlyMap<string, StudyTurn>;

type Agent = Pick<AgentState, 'link' | 'rateBytesPerS' | 'offsets' | 'limits'>;

/**
 * The queue as the agent will send it. Classes share the link, so what is said of the time is true when nothing more
 * urgent comes, and too long for a study with few of its class before it.
 */
export function queueOf(
  waiting: readonly WaitingStudy[],
  open: readonly OpenPack[],
  agent: Agent | undefined,
  nowMs: number,
): Queue {
  const sealedBytes = new Map<string, number>();
  for (const { packId, study, sizeBytes } of open) {
    if (study === null) continue;
    const left = Math.max(0, sizeBytes - (agent?.offsets[packId] ?? 0));
    sealedBytes.set(study, (sealedBytes.get(study) ?? 0) + left);
  }
  const inOrder = waiting
    .map((each) => ({ ...each, sends: agedClass(each, nowMs) }))
    .sort(
      (a, b) =>
        a.sends - b.sends || a.waitingSinceMs - b.waitingSinceMs || (a.study < b.study ? -1 : 1),
    );
  const rate = agent?.link === 'up' ? agent.rateBytesPerS : 0;
  const ahead = { stat: 0, urgent: 0, routine: 0, bulk: 0 };
  let bytes = 0;
  const queue = new Map<string, StudyTurn>();
  for (const [index, { study, sends, unsealedBytes }] of inOrder.entries()) {
    bytes += (sealedBytes.get(study) ?? 0) + unsealedBytes;
    queue.set(study, {
      place: index + 1,
      level: levelOf(sends),
      ahead: { ...ahead },
      secondsLeft: rate > 0 && bytes > 0 ? Math.ceil(bytes / rate) : null,
      hold: holdOf(agent, sends),
    });
    ahead[levelOf(sends)]++;
  }
  return queue;
}

/** What keeps a class from being sent at all now; null: nothing but its turn. */
function holdOf(agent: Agent | undefined, sends: WaitingStudy['class']): StudyTurn['hold'] {
  if (agent?.link !== 'up') return { by: 'link', until: null };
  const { limits } = agent;
  if (!limits?.heldBy || !limits.heldClasses.includes(sends)) return null;
  const until =
    limits.heldBy === 'timetable'
      ? clockText(limits.capUntilMinuteOfDay)
      : (limits.budget?.renewsOn ?? null);
  return { by: limits.heldBy, until };
}

/** `20:00` of a minute of the day. */
export function clockText(minuteOfDay: number | null): string | null {
  if (minuteOfDay === null) return null;
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
}

function levelOf(at: WaitingStudy['class']): StudyPriority {
  return studyPriorities[at] ?? 'routine';
}

/** Why a study waits and what a person can do, in one line; undefined when it is the next one. */
export function waitText({ ahead, secondsLeft, hold }: StudyTurn): string | undefined {
  if (hold?.by === 'link') return 'Waiting for the link, which is down or not known yet';
  const until = hold?.until ? ` until ${hold.until}` : '';
  const asStat = 'make it STAT to send it now';
  if (hold?.by === 'timetable') return `The timetable lets only STAT leave${until}: ${asStat}`;
  if (hold?.by === 'budget') return `The data budget is short${until}: ${asStat}`;
  const before = studyPriorities.flatMap((level) =>
    ahead[level] > 0 ? [`${ahead[level]} ${level === 'stat' ? 'STAT' : level}`] : [],
  );
  if (before.length === 0) return undefined;
  const time = secondsLeft === null ? '' : `, ${aboutText(secondsLeft)}`;
  return `Waiting behind ${before.join(', ')}${time}`;
}

function aboutText(seconds: number): string {
  if (seconds < 90) return 'about a minute';
  if (seconds < 5_400) return `about ${Math.round(seconds / 60)} min`;
  return `about ${Math.round(seconds / 3_600)} h`;
}

/** Who made a study travel sooner or later than others: `STAT by rule CT-ER`; undefined for the usual. */
export function causeText({ level, cause }: ShownPriority): string | undefined {
  const name = level === 'stat' ? 'STAT' : level;
  if (cause === null) return level === 'routine' ? undefined : name;
  if (cause.kind === 'order') return `${name} by the order (${cause.name})`;
  return cause.kind === 'rule' ? `${name} by rule ${cause.name}` : `${name} by ${cause.name}`;
}

/** What waits and what the link allows, for the status. */
export function sendingOf({
  agent,
  queue,
}: {
  readonly agent: Agent | undefined;
  readonly queue: Queue;
}): Sending {
  const waiting = { stat: 0, urgent: 0, routine: 0, bulk: 0 };
  for (const { level } of queue.values()) waiting[level]++;
  const limits = agent?.limits;
  return {
    waiting,
    capBytesPerS: limits?.capBytesPerS ?? null,
    capUntil: clockText(limits?.capUntilMinuteOfDay ?? null),
    held: (limits?.heldClasses ?? []).map(levelOf),
    heldBy: limits?.heldBy ?? null,
    budget: limits?.budget ?? null,
  };
}

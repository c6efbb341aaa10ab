import type { Connection } from './context.ts';
import type { Pacing } from './ports.ts';
import type { Beat } from './pulse.ts';
import { isHush, lateMs, patienceMs } from './silence.ts';

/** What it takes of a connection. */
type HoldingConnection = Pick<Connection, 'board' | 'clock' | 'pulse' | 'running' | 'valve'>;

/**
 * How the body of one upload leaves: at the pace of the valve, noted by its beat, and not while the link is dark or its
 * answers have stopped, since a cut costs what leaves until it is known. STAT goes on until it is.
 */
export function pacingOf(
  connection: HoldingConnection,
  beat: Beat,
  { isStat, length }: { readonly isStat: boolean; readonly length: number },
): Pacing {
  const { pulse, valve } = connection;
  const isHeld = (): boolean => pulse.isDark || (!isStat && hasHushed(connection, length));
  const pace = valve.pacing(isStat, isHeld);
  return async (wantedBytes, signal) => {
    const sizeBytes = await pace(wantedBytes, signal);
    if (sizeBytes > 0) beat.left();
    if (sizeBytes === wantedBytes) beat.whole();
    return sizeBytes;
  };
}

function hasHushed({ board, clock, pulse, running, valve }: HoldingConnection, length: number) {
  const nowMs = clock.monotonicMs();
  const underWayBytes = [...running].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return isHush({
    quietMs: nowMs - pulse.lastAnswerMs(),
    overdue: () => pulse.overdue(nowMs, lateMs),
    everyMs: (length * 1000) / valve.pace().bytesPerS,
    patienceMs: patienceMs(board.roundTripMs(), board.rate(), underWayBytes),
  });
}

import type { Clock } from '#sync/core/clock.ts';
import type {
  CallerBook,
  CallerCatalog,
  CallerDecision,
  CallerDesk,
  FactWriter,
  KnownCaller,
} from './ports.ts';

/** The desk over what was seen and the book; `onChange` hears of each decision. */
export function createCallerDesk(ports: {
  readonly callers: Pick<CallerCatalog, 'seen'>;
  readonly book: CallerBook;
  readonly recorder: FactWriter;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onChange: () => void;
}): CallerDesk {
  const list = async (): Promise<readonly KnownCaller[]> => {
    const seen = await ports.callers.seen();
    return seen.map((caller) => ({
      ...caller,
      standing: ports.book.standingOf(caller),
      decision: ports.book.decisionOf(caller.callingAeTitle, caller.address),
    }));
  };
  return {
    list,
    questions: async () => {
      const waiting = (await list()).flatMap(({ callingAeTitle: aeTitle, address, standing }) =>
        standing === 'unknown' || standing === 'moved' ? [{ aeTitle, address, standing }] : [],
      );
      // One device may have called by several titles of the box.
      return waiting.filter(
        ({ aeTitle, address }, index) =>
          waiting.findIndex((each) => each.aeTitle === aeTitle && each.address === address) ===
          index,
      );
    },
    decide: async (wanted) => {
      const decision: CallerDecision = { ...wanted, atMs: ports.clock.nowMs() };
      const recorded = await ports.recorder.record([{ fact: 'caller', ...decision }]);
      if (!recorded.ok) return recorded;
      ports.book.decide(decision);
      ports.onChange();
      return recorded;
    },
  };
}

import { dimseStatus } from '#sync/dimse/command.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#sync/dimse/service.ts';
import type { Caller } from '#sync/dimse/storage.ts';
import type { Root } from './levels.ts';
import type { Turns } from './turns.ts';

/** What holds for every query and retrieval. */
export interface QueryRules {
  /** Whether a caller may look at images; storing them is another permission. */
  readonly mayQuery: (caller: Caller) => boolean;
  readonly turns: Turns;
}

/** A service that answers one command for callers who may, so many at a time. */
export function guarded(
  classes: Readonly<Record<string, Root>>,
  field: number,
  rules: QueryRules,
  serve: (request: ServiceRequest, root: Root) => AsyncIterable<ServiceAnswer>,
): DimseService {
  return {
    sopClassUids: Object.keys(classes),
    onlyReads: true,
    async *serve(request) {
      const root = classes[request.abstractSyntaxUid];
      if (request.command.commandField !== field || root === undefined) {
        yield { status: dimseStatus.unrecognizedOperation, comment: 'Not served on this context' };
        return;
      }
      if (!rules.mayQuery(request.caller)) {
        yield {
          status: dimseStatus.notAuthorized,
          comment: 'This AE title may not query: mayQuery in dicom.callers',
        };
        return;
      }
      const leave = rules.turns.enter(request.caller.address);
      if (!leave) {
        yield {
          status: dimseStatus.outOfResources,
          comment: 'Too many queries at a time: ask again when one has ended',
        };
        return;
      }
      try {
        yield* serve(request, root);
      } finally {
        leave();
      }
    },
  };
}

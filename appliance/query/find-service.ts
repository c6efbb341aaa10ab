import type { Log } from '#sync/core/log.ts';
import { encodeDataSet } from '#sync/dicom/dataset.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import { answerOf, type FindPorts, find } from './find.ts';
import { guarded, type QueryRules } from './guarded.ts';
import { parseQuery } from './identifier.ts';
import { findClasses } from './sop-classes.ts';

/**
 * C-FIND of both roots (PS3.4 C.4.1). At most `mostAnswers` matches go out; when there are more, the last answer says
 * so by A700, so that nobody takes a part for the whole.
 */
export function createFindService(
  ports: FindPorts & { readonly log: Log },
  rules: QueryRules & { readonly mostAnswers: number },
): DimseService {
  return guarded(findClasses, commandField.find, rules, async function* (request, root) {
    const { caller, signal, transferSyntaxUid } = request;
    const query = parseQuery(request.dataset, transferSyntaxUid, root);
    if (!query.ok) {
      ports.log.warn('query/refused', { reason: query.fault.comment });
      yield query.fault;
      return;
    }
    const status = query.value.hasUnsupported ? dimseStatus.pendingUnmatched : dimseStatus.pending;
    let answers = 0;
    for await (const entry of find(query.value, ports, signal)) {
      if (answers === rules.mostAnswers) {
        ports.log.warn('query/too-many-matches', { answers });
        const comment = `More than ${answers} matches: narrow the query`;
        yield { status: dimseStatus.outOfResources, comment };
        return;
      }
      answers++;
      const dataset = answerOf(query.value, entry, caller.calledAeTitle);
      yield { status, dataset: encodeDataSet(dataset, transferSyntaxUid) };
    }
    ports.log.info('query/answered', { level: query.value.level, answers });
    yield { status: signal.aborted ? dimseStatus.cancelled : dimseStatus.success };
  });
}

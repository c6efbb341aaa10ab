import type { Log } from '#sync/core/log.ts';
import { transferSyntax } from '#sync/dicom/transfer-syntaxes.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import type { DimseService, Reverse, ServiceAnswer } from '#sync/dimse/service.ts';
import { guarded, type QueryRules } from './guarded.ts';
import { parseRetrieval } from './identifier.ts';
import { narrowingOfSelection } from './narrow.ts';
import type {
  ClassInSyntax,
  MoveDestination,
  QueryCatalog,
  StorageScu,
  StorageWay,
} from './ports.ts';
import { type RetrievePorts, retrieve } from './retrieve.ts';
import { getClasses, moveClasses } from './sop-classes.ts';

/** C-GET of both roots: instances come back on the association of the asker (PS3.4 C.4.3). */
export function createGetService(
  ports: RetrievePorts & { readonly log: Log },
  rules: QueryRules,
): DimseService {
  const service = guarded(getClasses, commandField.get, rules, async function* (request, root) {
    const { signal, transferSyntaxUid, reverse } = request;
    const selection = parseRetrieval(request.dataset, transferSyntaxUid, root);
    if (!selection.ok) {
      yield selection.fault;
      return;
    }
    const narrowing = narrowingOfSelection(selection.value);
    const openWay = (): Promise<StorageWay> => Promise.resolve(wayBack(reverse));
    const shipment = { narrowing, openWay, transferSyntaxUid };
    yield* told(retrieve(shipment, ports, signal), ports.log, 'query/got');
  });
  return { ...service, sendsInstances: true };
}

/** C-MOVE of both roots, to destinations of the config alone (PS3.4 C.4.2). */
export function createMoveService(
  ports: RetrievePorts & {
    readonly catalog: Pick<QueryCatalog, 'classes'>;
    readonly scu: StorageScu;
    readonly log: Log;
  },
  rules: QueryRules & { readonly destinations: readonly MoveDestination[] },
): DimseService {
  return guarded(moveClasses, commandField.move, rules, async function* (request, root) {
    const { signal, transferSyntaxUid, caller, command } = request;
    const destination = rules.destinations.find(
      ({ aeTitle }) => aeTitle === command.moveDestination,
    );
    if (!destination) {
      const comment = 'The move destination is not in dicom.destinations';
      yield { status: dimseStatus.moveDestinationUnknown, comment };
      return;
    }
    const selection = parseRetrieval(request.dataset, transferSyntaxUid, root);
    if (!selection.ok) {
      yield selection.fault;
      return;
    }
    const narrowing = narrowingOfSelection(selection.value);
    const pairs = proposalOf(await ports.catalog.classes(narrowing));
    let close: (() => Promise<void>) | undefined;
    const openWay = async (): Promise<StorageWay | undefined> => {
      const opened = await ports.scu.open(destination, pairs, {
        signal,
        callingAeTitle: caller.calledAeTitle,
        moveOriginator: { aeTitle: caller.callingAeTitle, messageId: command.messageId ?? 0 },
      });
      if (typeof opened === 'string') {
        ports.log.warn('query/no-way', { destination: destination.name, reason: opened });
        return undefined;
      }
      close = () => opened.close();
      return opened;
    };
    const { modalities } = destination;
    const shipment = { narrowing, openWay, modalities, transferSyntaxUid };
    try {
      yield* told(retrieve(shipment, ports, signal), ports.log, 'query/moved');
    } finally {
      await close?.();
    }
  });
}

/** The counts of a retrieval in the log, without a word of what was sent. */
async function* told(
  answers: AsyncIterable<ServiceAnswer>,
  log: Log,
  event: string,
): AsyncGenerator<ServiceAnswer> {
  for await (const answer of answers) {
    if (answer.status !== dimseStatus.pending) {
      const { completed = 0, failed = 0, warning = 0 } = answer.subOperations ?? {};
      log.info(event, { status: answer.status, completed, failed, warning });
    }
    yield answer;
  }
}

/** The contexts that the asker opened for instances, and on which it said that it receives. */
function wayBack(reverse: Reverse): StorageWay {
  return {
    contextOf: ({ sopClassUid, transferSyntaxUid }) =>
      reverse.contextOf(sopClassUid, { transferSyntaxUid, asScp: true }),
    store: async (contextId, { sopClassUid, sopInstanceUid }, dataset) => {
      const answer = await reverse.request(
        contextId,
        {
          commandField: commandField.store,
          affectedSopClassUid: sopClassUid,
          affectedSopInstanceUid: sopInstanceUid,
        },
        dataset,
      );
      return answer?.status;
    },
  };
}

/** Contexts in one association. */
const mostContexts = 128;

/** Every pair as it is stored, and each class in the two plain syntaxes, for what the peer does not take so. */
function proposalOf(stored: readonly ClassInSyntax[]): readonly ClassInSyntax[] {
  const classes = [...new Set(stored.map(({ sopClassUid }) => sopClassUid))];
  const plain = [transferSyntax.implicitLittleEndian, transferSyntax.explicitLittleEndian].flatMap(
    (transferSyntaxUid) => classes.map((sopClassUid) => ({ sopClassUid, transferSyntaxUid })),
  );
  const pairs = new Map(
    [...stored, ...plain].map((pair) => [`${pair.sopClassUid} ${pair.transferSyntaxUid}`, pair]),
  );
  return [...pairs.values()].slice(0, mostContexts);
}

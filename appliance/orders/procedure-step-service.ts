import type { Clock } from '#sync/core/clock.ts';
import type { Random } from '#sync/core/random.ts';
import type { Result } from '#sync/core/result.ts';
import { type DataSet, parseDataSet } from '#sync/dicom/dataset.ts';
import { commandField, dimseStatus } from '#sync/dimse/command.ts';
import type { DimseService, ServiceAnswer, ServiceRequest } from '#sync/dimse/service.ts';
import type { ProcedureStep } from '../store/facts-orders.ts';
import { mintUid } from './order.ts';
import type { OrderCatalog, OrderRecorder } from './ports.ts';
import { changedStep, createdStep, type StepRefusal } from './procedure-step.ts';
import type { DeviceRules } from './worklist.ts';

/** Modality Performed Procedure Step SOP Class (PS3.4 F.7). */
const performedStepUid = '1.2.840.10008.3.1.2.3.3';

/** The MPPS SCP. Success is said when the step is durable. */
export function createProcedureStepService(
  ports: {
    readonly catalog: Pick<OrderCatalog, 'procedureStep'>;
    readonly recorder: OrderRecorder;
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly random: Pick<Random, 'bytes'>;
    /** A step is durable. */
    readonly onStep: (step: ProcedureStep) => void;
  },
  config: { readonly rulesOf: (aeTitle: string) => DeviceRules },
): DimseService {
  let last: Promise<unknown> = Promise.resolve();

  /** Two requests for one step, on two associations, must not both see it as it was before. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  }

  async function keep(decided: Result<ProcedureStep, StepRefusal>): Promise<ServiceAnswer> {
    if (!decided.ok) return decided.fault;
    const step = decided.value;
    const atMs = ports.clock.nowMs();
    const recorded = await ports.recorder.record([{ fact: 'procedure-step', atMs, step }]);
    if (!recorded.ok) {
      return { status: dimseStatus.resourceLimitation, comment: 'The box cannot write this now' };
    }
    ports.onStep(step);
    return { status: dimseStatus.success, affectedSopInstanceUid: step.sopInstanceUid };
  }

  async function create(request: ServiceRequest, given: DataSet): Promise<ServiceAnswer> {
    const { callingAeTitle } = request.caller;
    const { assumedCharacterSet } = config.rulesOf(callingAeTitle);
    const uid = request.command.affectedSopInstanceUid ?? mintUid(ports.random.bytes(16));
    const existing = await ports.catalog.procedureStep(uid);
    return keep(createdStep(existing, uid, given, { callingAeTitle, assumedCharacterSet }));
  }

  async function change(request: ServiceRequest, given: DataSet): Promise<ServiceAnswer> {
    const uid = request.command.requestedSopInstanceUid;
    return keep(changedStep(uid ? await ports.catalog.procedureStep(uid) : undefined, given));
  }

  return {
    sopClassUids: [performedStepUid],
    async *serve(request) {
      const { commandField: field } = request.command;
      if (field !== commandField.nCreate && field !== commandField.nSet) {
        const comment = 'Procedure steps are created and set';
        yield { status: dimseStatus.unrecognizedOperation, comment };
        return;
      }
      const bytes = request.dataset ?? new Uint8Array();
      const given = parseDataSet(bytes, request.transferSyntaxUid);
      if (!given.ok) {
        const comment = 'The attributes cannot be read';
        yield { status: dimseStatus.invalidArgumentValue, comment };
        return;
      }
      const work = field === commandField.nCreate ? create : change;
      yield await alone(() => work(request, given.value));
    },
  };
}

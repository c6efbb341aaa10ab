import type { Fault } from '#sync/core/fault.ts';
import type { Result } from '#sync/core/result.ts';
import type { BoxFact } from '../store/facts.ts';
import type { Order, ProcedureStep } from '../store/facts-orders.ts';

/** An order as the catalog knows it. */
export interface KnownOrder {
  readonly order: Order;
  /** Its study did not come, and nobody cancelled it: the worklist shows it. */
  readonly isWaiting: boolean;
  readonly isCancelled: boolean;
}

/** Attributes by which orders are looked up. */
export type OrderKey = 'orderId' | 'accessionNumber' | 'studyInstanceUid' | 'patientId';

/** What the catalog knows of orders and procedure steps. */
export interface OrderCatalog {
  /** At most `limit` orders that wait for their study, by schedule. */
  waitingOrders(limit: number): Promise<readonly Order[]>;
  waitingCount(): Promise<number>;
  /** All orders, newest first, at most `limit`. */
  orders(limit: number): Promise<readonly KnownOrder[]>;
  ordersBy(key: OrderKey, value: string): Promise<readonly KnownOrder[]>;
  orderOfNumber(source: string, orderNumber: string): Promise<KnownOrder | undefined>;
  procedureStep(sopInstanceUid: string): Promise<ProcedureStep | undefined>;
  /** Whether a final step says what it made of this study, and how much of that is not here. */
  evidenceOf(study: string): Promise<StudyEvidence>;
  hasStudy(study: string): Promise<boolean>;
}

/** What procedure steps prove of a study. */
export interface StudyEvidence {
  /** Steps that are COMPLETED or DISCONTINUED, and steps still in progress. */
  readonly finalSteps: number;
  readonly openSteps: number;
  /** Instances that final steps name. */
  readonly named: number;
  /** Of these, the ones that the box has never received. */
  readonly missing: number;
}

export type OrderFault = Fault<
  | 'orders/unusable'
  | 'orders/accession-taken'
  | 'orders/study-taken'
  | 'orders/reserved-id'
  | 'orders/unknown'
  | 'orders/cancelled'
>;

/** Why a fact could not be made durable (`StoreFault` of the box). */
export type RecordFault = Fault<
  'store/full' | 'store/io' | 'store/closed' | 'store/damaged' | 'store/too-large'
>;

/** Writes facts where they last; the recorder of the box. */
export interface OrderRecorder {
  record(facts: readonly BoxFact[]): Promise<Result<void, RecordFault>>;
}

import type { Clock } from '../core/clock.ts';
import type { Fault } from '../core/fault.ts';
import type { Log } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import type { Result } from '../core/result.ts';
import type { CenterEvent } from '../seal/center-ceremony.ts';
import type { CeremonyFault, Step } from '../seal/ceremony.ts';
import type { PairingReturn } from '../seal/pairing.ts';
import type { CenterTicket } from '../seal/peers.ts';
import type { ClinicalSpool } from '../wire/spool.ts';
import type { Decoder } from './ports-decoder.ts';
import type { Delivery } from './ports-delivery.ts';
import type { Ledger } from './ports-ledger.ts';
import type { AbilityFile, CenterAbilities, Party, SequencePort } from './ports-party.ts';
import type { ReportArchive, ReportDoor } from './ports-reports.ts';
import type { ResendFiles } from './ports-resends.ts';
import type { StudyStore } from './ports-store.ts';

/** Everything outside the decisions of the center. */
export interface CenterPorts {
  readonly spool: ClinicalSpool;
  readonly store: StudyStore;
  readonly archive: ReportArchive;
  readonly door: ReportDoor;
  readonly ledger: Ledger;
  readonly resendFiles: ResendFiles;
  readonly delivery: Delivery;
  readonly decoder: Decoder;
  readonly sequence: SequencePort;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Reads keys and boxes anew; the last good ones are used while a read fails. */
  readParty(): Promise<Result<Party, Fault>>;
  /** One arrow of a ticket, durable on return; undefined when there is no such ticket. */
  stepTicket(
    ticket: string,
    event: CenterEvent,
  ): Promise<Result<Step<CenterTicket>, CeremonyFault> | undefined>;
  /** Takes a box back that proved its grant, durably; the record that it has now, or why not. */
  takeBack(returned: PairingReturn): Promise<Result<CenterTicket, CeremonyFault>>;
  /** The access list that was published last, as signed text; undefined before the first. */
  readAccessList(): Promise<string | undefined>;
  /** Keeps the signed access list before it is published, so that its version can only rise. */
  writeAccessList(text: string): Promise<void>;
  /** What the boxes are told of the destination; absent: nothing. */
  readonly abilities?: { readonly told: CenterAbilities; readonly file: AbilityFile };
}

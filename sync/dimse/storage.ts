import type { Result } from '../core/result.ts';
import { dimseStatus } from './command.ts';
import type { Rejection } from './pdu.ts';

/** Who asks for an association. */
export interface Caller {
  /** Without padding; up to 16 characters from outside: sanitise before showing. */
  readonly callingAeTitle: string;
  readonly calledAeTitle: string;
  /** IP address; IPv4 in its short form. */
  readonly address: string;
  /** SHA-256 (hex) of the certificate that it proved over TLS, of whatever origin; absent without one. */
  readonly certificateSha256?: string;
}

/** Who sends what, known when the command set of a C-STORE has come. */
export interface StoreArrival {
  readonly callingAeTitle: string;
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly transferSyntaxUid: string;
  readonly messageId: number;
}

/** An outcome that becomes a C-STORE response: the status (PS3.4 B.2.3) and its Error Comment. */
export interface StoreStatus {
  readonly status: number;
  /** Goes to the sender: plain ASCII, at most 64 characters arrive; no patient data. */
  readonly comment?: string;
}

/** The answer to an object of more than `limitBytes`: it will be too large the next time as well. */
export function objectTooLarge(limitBytes: number): StoreStatus {
  const comment = `Object is larger than ${limitBytes} bytes`;
  return { status: dimseStatus.outOfResources, comment };
}

/** Why an instance is not taken. */
export type StatusFault = StoreStatus;

/** Takes the dataset of one C-STORE. Exactly one of `finish` and `abort` is called, once. */
export interface StoreSink {
  /**
   * The next dataset bytes, as they came, good until the call returns. False: nothing more is read from the
   * sender until `drained` resolves. A fault inside is kept and told by `finish`.
   */
  write(bytes: Uint8Array): boolean;
  /** Resolves when the sink takes more; also when it failed. */
  drained(): Promise<void>;
  /** All bytes were written. Success (0000H, Bxxx) means durable: it is what the sender is told. */
  finish(): Promise<StoreStatus>;
  /** The sender went away or broke the protocol, or sent an empty dataset: forget the bytes. */
  abort(): void;
}

/** What a storage SCP asks of the program it serves. */
export interface StorageScpPorts {
  /**
   * Decides about a caller of a known called AE title; called once an association request, before anything is accepted.
   * `busy`: nothing is taken now; who only wants to look is let in all the same. An unknown caller is answered `{
   * reject: 'calling-ae' }`, and this is the place to report it: the SCP itself only logs. Must not throw.
   */
  admit(
    caller: Caller,
  ): 'accept' | { readonly reject: Extract<Rejection, 'calling-ae' | 'called-ae' | 'busy'> };
  /** Opens the sink of one C-STORE. A fault is answered after the dataset was read and dropped. */
  begin(arrival: StoreArrival): Promise<Result<StoreSink, StatusFault>>;
}

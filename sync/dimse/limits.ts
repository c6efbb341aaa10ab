/**
 * What the DIMSE door allows a caller: the one table of limits of the intake design. A config overrides single
 * values; nothing else in the code repeats a number of it.
 */
export interface DimseLimits {
  /** Longest A-ASSOCIATE-RQ: 128 contexts of 45 transfer syntaxes need 155 KB, and are legal. */
  readonly associateRequestSizeBytes: number;
  /** Context ids are the odd numbers of one byte, so more than 128 is never legal (PS3.8 9.3.2.2). */
  readonly presentationContexts: number;
  /** Announced as our maximum length, and the longest P-DATA-TF taken (PS3.8 D.1). */
  readonly pduLengthBytes: number;
  /** Longest command set, and longest identifier of a query. */
  readonly commandSizeBytes: number;
  /** Longest dataset of N-ACTION, N-CREATE and N-SET: they name every image of an exam, in 150 bytes each. */
  readonly actionSizeBytes: number;
  /** Longest dataset of one C-STORE: a longer one is read to its end, dropped and answered A700H, */
  readonly objectSizeBytes: number;
  /** unless it goes on for more than this, when its sender is cut off. */
  readonly droppedSizeBytes: number;
  /** From connecting to the accepted association; bytes that trickle in do not extend it (ARTIM, PS3.8 9.1.5). */
  readonly associationTimeoutMs: number;
  /** From the first byte of a PDU to its last, while we are reading. */
  readonly pduTimeoutMs: number;
  /** Between two PDUs of one message: a stalled sender must not keep a place in the store for long. */
  readonly messageTimeoutMs: number;
  /** Between two messages: modalities hold an association open between exposures. */
  readonly idleTimeoutMs: number;
  /** Between our last PDU and the peer's close. */
  readonly closeTimeoutMs: number;
  readonly associationsPerAddress: number;
  readonly associations: number;
  readonly connectionsPerAddressPerS: number;
}

export const defaultDimseLimits: DimseLimits = {
  associateRequestSizeBytes: 256 * 1024,
  presentationContexts: 128,
  pduLengthBytes: 128 * 1024,
  commandSizeBytes: 64 * 1024,
  actionSizeBytes: 2 * 1024 ** 2,
  objectSizeBytes: 4 * 1024 ** 3,
  droppedSizeBytes: 64 * 1024 ** 3,
  associationTimeoutMs: 15_000,
  pduTimeoutMs: 30_000,
  messageTimeoutMs: 120_000,
  idleTimeoutMs: 600_000,
  closeTimeoutMs: 2_000,
  associationsPerAddress: 8,
  associations: 32,
  connectionsPerAddressPerS: 20,
};

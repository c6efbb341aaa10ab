/** Randomness as a port: the platform's generator in mains, a seeded stream in tests and vectors. */
export interface Random {
  /** `length` fresh bytes that the caller owns. */
  bytes(length: number): Uint8Array;
  /** A number in `[0, 1)`; for jitter, never for keys. */
  fraction(): number;
}

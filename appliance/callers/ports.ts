import type { Result } from '#sync/core/result.ts';
import type { Caller } from '#sync/dimse/storage.ts';
import type { StoreFault } from '../ports-store.ts';
import type { BoxFact } from '../store/facts.ts';

/** What a person decided about an AE title at an address. */
export interface CallerDecision {
  readonly aeTitle: string;
  readonly address: string;
  readonly verdict: 'accepted' | 'refused';
  /** Name of the person. */
  readonly by: string;
  readonly atMs: number;
}

/** A caller as it was last seen. */
export interface SeenCaller extends Caller {
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Who called, and what was decided about it. */
export interface CallerCatalog {
  /** Notes a call. What cannot be noted is lost; strangers beyond the newest 200 are forgotten. */
  note(caller: Caller, isKnown: boolean, atMs: number): Promise<void>;
  /** Callers that were noted, strangers first, then the newest; at most 500. */
  seen(): Promise<readonly SeenCaller[]>;
  /** The newest decision about each title at each address, the oldest first. */
  decisions(): Promise<readonly CallerDecision[]>;
}

/** Writes facts where they last; durable and in the catalog on `ok`. */
export interface FactWriter {
  record(facts: readonly BoxFact[]): Promise<Result<void, StoreFault>>;
}

/**
 * How a caller stands: `known`; `moved` = a known title from an address that nobody confirmed; `unknown` = nobody
 * knows the title; `refused` by a person; `uncertified` = it came without the certificate that it has to bring.
 */
export type Standing = 'known' | 'moved' | 'unknown' | 'refused' | 'uncertified';

/** The callers of the config and what persons decided on top of them, in memory. */
export interface CallerBook {
  standingOf(caller: Caller): Standing;
  /** The newest decision about this title at this address. */
  decisionOf(aeTitle: string, address: string): CallerDecision | undefined;
  /** A decision is durable and holds from now on. */
  decide(decision: CallerDecision): void;
}

/** A device that called, and how it stands now. */
export interface KnownCaller extends SeenCaller {
  readonly standing: Standing;
  readonly decision: CallerDecision | undefined;
}

/** A device that waits for a person's word. */
export interface CallerQuestion {
  readonly aeTitle: string;
  readonly address: string;
  readonly standing: 'unknown' | 'moved';
}

/** Where persons see the devices that called, and decide about them. */
export interface CallerDesk {
  list(): Promise<readonly KnownCaller[]>;
  /** Those nobody decided about, newest first. */
  questions(): Promise<readonly CallerQuestion[]>;
  /** Durable on `ok`, and in force from then on. */
  decide(decision: Omit<CallerDecision, 'atMs'>): Promise<Result<void, StoreFault>>;
}

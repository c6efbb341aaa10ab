import { hex } from '#sync/core/bytes.ts';
import type { Log } from '#sync/core/log.ts';
import { parseControl } from '#sync/letters/control.ts';
import type { Pairing } from '../ports-pairing.ts';
import type { CenterAbilities } from './acceptance.ts';

/** A register as its signer (identity key, hex) last wrote it; `body` is JSON. */
export interface KnownRegister {
  readonly signer: string;
  readonly body: string;
}

/** What the centers can deliver, as they last said. */
export interface AbilityBook {
  /** Undefined until a center said anything. */
  current(): CenterAbilities | undefined;
  /** Reads the registers again; after each fact of one, and at the start. */
  refresh(): Promise<void>;
}

interface Told extends CenterAbilities {
  readonly signer: string;
  readonly version: number;
}

/** `registers` answers with all registers `capabilities` that are known, `centers` with those of the moment. */
export function createAbilityBook(
  registers: () => Promise<readonly KnownRegister[]>,
  log: Log,
  centers: () => Pairing['centers'] = () => [],
): AbilityBook {
  let told: readonly Told[] = [];
  return {
    current: () => abilitiesOf(told, centers()),
    refresh: async () => {
      try {
        told = toldBy(await registers());
      } catch (cause) {
        // The list that was known goes on; the next register or start reads it again.
        log.error('appliance/abilities', {
          reason: cause instanceof Error ? cause.name : 'unknown',
        });
      }
    },
  };
}

/**
 * Of one center what it said last. Which of several reads a study is not known while it arrives: a class that any of
 * them can deliver is taken, in a transfer syntax that all of them can. Who said nothing takes everything.
 */
function abilitiesOf(
  told: readonly Told[],
  centers: Pairing['centers'],
): CenterAbilities | undefined {
  if (centers.length < 2) return newest(told);
  const each = centers.map(({ keyList }) => {
    const signers = new Set(keyList.identity.map(({ key }) => hex(key)));
    return newest(told.filter(({ signer }) => signers.has(signer)));
  });
  const classes = each.map((one) => one?.sopClasses ?? []);
  const limits = each.map((one) => one?.transferSyntaxes ?? []).filter((list) => list.length > 0);
  const isFree = classes.some((list) => list.length === 0);
  return {
    sopClasses: isFree ? [] : [...new Set(classes.flat())],
    transferSyntaxes: (limits[0] ?? []).filter((uid) => limits.every((list) => list.includes(uid))),
  };
}

/** The one of the highest version: a center that changed its identity goes on counting. */
function newest(told: readonly Told[]): Told | undefined {
  return told.toSorted((a, b) => b.version - a.version)[0];
}

function toldBy(registers: readonly KnownRegister[]): readonly Told[] {
  return registers.flatMap(({ signer, body }) => {
    const control = parseControl(JSON.parse(body), new Uint8Array(), 'to-clinic');
    if (!control.ok || control.value.register !== 'capabilities') return [];
    const { version, sopClasses, transferSyntaxes } = control.value;
    return [{ signer, version, sopClasses, transferSyntaxes }];
  });
}

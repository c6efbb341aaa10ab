import type { Log } from '#sync/core/log.ts';
import { parseControl } from '#sync/letters/control.ts';
import type { CenterAbilities } from './acceptance.ts';

/** What the center can deliver, as it last said. */
export interface AbilityBook {
  /** Undefined until a center said anything. */
  current(): CenterAbilities | undefined;
  /** Reads the registers again; after each fact of one, and at the start. */
  refresh(): Promise<void>;
}

/** `registers` answers with the bodies of all registers `capabilities` that are known, one a signer. */
export function createAbilityBook(
  registers: () => Promise<readonly string[]>,
  log: Log,
): AbilityBook {
  let current: CenterAbilities | undefined;
  return {
    current: () => current,
    refresh: async () => {
      try {
        current = newest(await registers());
      } catch (cause) {
        // The list that was known goes on; the next register or start reads it again.
        log.error('appliance/abilities', {
          reason: cause instanceof Error ? cause.name : 'unknown',
        });
      }
    },
  };
}

/** The one of the highest version: a center that changed its identity goes on counting. */
function newest(bodies: readonly string[]): CenterAbilities | undefined {
  return bodies
    .flatMap((body) => {
      const control = parseControl(JSON.parse(body), new Uint8Array(), 'to-clinic');
      return control.ok && control.value.register === 'capabilities' ? [control.value] : [];
    })
    .sort((a, b) => b.version - a.version)[0];
}

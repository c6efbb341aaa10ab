import { z } from 'zod';
import { hex } from '../core/bytes.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Random } from '../core/random.ts';
import { buildControlToClinic } from '../letters/control.ts';
import type { Box } from './boxes.ts';
import type { AbilityFile, CenterAbilities, Party } from './ports-party.ts';
import type { OutgoingRow } from './rows.ts';

const kept = z.strictObject({
  format: z.literal(1),
  version: z.int().positive(),
  said: z.string(),
});

/** A control for one box, with the row that it gets once it is sealed. */
export interface AbilityLetter {
  readonly box: Box;
  readonly letter: ReturnType<typeof buildControlToClinic>;
  readonly row: Pick<OutgoingRow, 'kind' | 'subject' | 'class' | 'studyInstanceUid' | 'group'>;
}

/**
 * Tells each confirmed box what this center can deliver: the register `capabilities`, once a version. The version
 * rises with every change of the config or of the coding that the keys promise. It is kept in a file; where that is
 * lost it goes on from the rows or the clock, so that boxes never take a new list for an old one.
 */
export function createAbilities(
  ports: {
    readonly clock: Pick<Clock, 'nowMs'>;
    readonly random: Pick<Random, 'bytes'>;
    readonly log: Log;
  },
  abilities: CenterAbilities,
  file: AbilityFile,
) {
  async function versionOf(said: string, outgoing: readonly OutgoingRow[]): Promise<number> {
    const text = await file.read();
    const known = kept.safeParse(text === undefined ? undefined : jsonOf(text));
    if (known.success && known.data.said === said) return known.data.version;
    const told = outgoing.map(({ subject }) =>
      Number(/^capabilities\/(\d+)\//.exec(subject)?.[1] ?? 0),
    );
    const before = Math.max(0, ...told, known.success ? known.data.version : 0);
    const version = Math.max(before + 1, Math.floor(ports.clock.nowMs() / 1_000));
    await file.write(JSON.stringify({ format: 1, version, said }));
    ports.log.info('center/abilities', { version });
    return version;
  }

  return {
    /** The letters that are due; `outgoing` are the rows of what was sealed. */
    async due(
      party: Party,
      boxes: readonly Box[],
      outgoing: readonly OutgoingRow[],
    ): Promise<readonly AbilityLetter[]> {
      const body = {
        sopClasses: [...abilities.sopClasses],
        transferSyntaxes: [...abilities.transferSyntaxes],
        codingMax: party.keyList.codingMax,
        countries: [...abilities.countries],
      };
      const version = await versionOf(JSON.stringify(body), outgoing);
      const sealed = new Set(outgoing.map(({ subject }) => subject));
      return boxes.flatMap((box) => {
        const subject = `capabilities/${version}/${box.identity}`;
        if (sealed.has(subject)) return [];
        const { list } = party.keyList;
        return {
          box,
          letter: buildControlToClinic({ v: 1, register: 'capabilities', version, list, ...body }),
          row: {
            ...{ kind: 'control', subject, class: 1, studyInstanceUid: '' },
            group: hex(ports.random.bytes(16)),
          },
        };
      });
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { hex } from '../core/bytes.ts';
import type { Random } from '../core/random.ts';
import { buildControlToClinic } from '../letters/control.ts';
import type { AbilityLetter } from './abilities.ts';
import type { Box } from './boxes.ts';
import type { Party } from './ports-party.ts';
import type { QuarantineReason, StudyStore } from './ports-store.ts';
import { mostNamed } from './resend-causes.ts';
import type { OutgoingRow } from './rows.ts';

/**
 * Packs that are sealed to a receiving key that is gone. Nobody can tell whose they are, so every confirmed box hears
 * their names, the newest ones: the register `please-resend` of no study. A box knows its own and seals what they held
 * anew; most do so before, by the key list alone.
 */
export function createEpochGone(
  store: Pick<StudyStore, 'quarantined'>,
  random: Pick<Random, 'bytes'>,
) {
  let loading: Promise<readonly QuarantineReason[]> | undefined;

  function known(): Promise<readonly QuarantineReason[]> {
    loading ??= store
      .quarantined(Number.MAX_SAFE_INTEGER)
      .then(({ newest }) => newest.filter(({ kind }) => kind === 'center/epoch-gone'));
    return loading;
  }

  return {
    /** One more was put aside: what is known is read anew. */
    changed: (): void => {
      loading = undefined;
    },
    /** The letters that no pack of ours says yet. */
    due: async (
      party: Party,
      boxes: readonly Box[],
      outgoing: () => Promise<readonly OutgoingRow[]>,
    ): Promise<readonly AbilityLetter[]> => {
      const packs = await known();
      if (packs.length === 0) return [];
      const version = versionOf(packs);
      const sealed = new Set((await outgoing()).map(({ subject }) => subject));
      return boxes.flatMap((box) => {
        const subject = `epoch-gone/${version}/${box.identity}`;
        if (sealed.has(subject)) return [];
        const letter = buildControlToClinic({
          ...{ v: 1, register: 'please-resend', version, list: party.keyList.list },
          ...{ reason: 'epoch-gone', study: null, instances: [] },
          packs: newestOf(packs).map(({ packId }) => packId),
        });
        const group = hex(random.bytes(16));
        return {
          box,
          letter,
          row: { kind: 'control', subject, class: 1, studyInstanceUid: '', group },
        };
      });
    },
  };
}

export type EpochGone = ReturnType<typeof createEpochGone>;

/** Rises with every pack, whatever the clock does, and is the same after a restart: the reasons are files. */
function versionOf(packs: readonly QuarantineReason[]): number {
  const times = packs.map(({ at }) => Date.parse(at) || 0).sort((a, b) => a - b);
  return times.reduce((version, ms) => Math.max(version + 1, ms), 0);
}

function newestOf(packs: readonly QuarantineReason[]): readonly QuarantineReason[] {
  return packs.toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, mostNamed);
}

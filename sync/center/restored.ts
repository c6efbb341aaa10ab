import { utf8Text } from '../core/bytes.ts';
import { followKeyList } from '../seal/key-list-chain.ts';
import type { CenterPorts } from './ports.ts';
import type { Party } from './ports-party.ts';

/** A relay has a key list of this center that this center does not know. */
export interface OtherList {
  /** Number of the one that is here. */
  readonly list: number;
  /** Higher: it was put back from a backup. Alarm: another list has the number, so somebody else signs with the root. */
  readonly verdict: 'higher' | 'alarm';
}

/**
 * Whether this center was put back from a backup: the agent brings the newest list that its relays have, and only the
 * root signs one. Nothing is changed by it: which machine is right is for a person to say.
 */
export function createRestoredWatch({ spool, log }: Pick<CenterPorts, 'spool' | 'log'>) {
  let judged = '';
  let found: OtherList | undefined;
  return {
    look: async ({ keyList, keyListText }: Party): Promise<void> => {
      const brought = utf8Text((await spool.readPublic('center.keys')) ?? new Uint8Array()) ?? '';
      const ground = `${keyListText} ${brought}`;
      if (ground === judged) return;
      judged = ground;
      const { verdict } = followKeyList(keyList, brought);
      const isOther = verdict === 'higher' || verdict === 'alarm';
      found = isOther ? { list: keyList.list, verdict } : undefined;
      if (found) log.error('center/other-key-list', { ...found });
    },
    found: (): OtherList | undefined => found,
  };
}

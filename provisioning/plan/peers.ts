import { type Answers, boxOf } from './answers.ts';

/** Where a device takes the answers of storage commitment unless the answers say otherwise; the box's own default. */
const usualPort = 104;

/** A device that a person let in (`outpost modality accept`), at the address that it was accepted for. */
export interface AcceptedDevice {
  readonly aeTitle: string;
  readonly address: string;
}

/** Where the box calls by itself, over what a modality or a machine of its own accord opens. */
export interface Peers {
  /** Address and port of the machines that the answers name, as nft writes pairs: `192.0.2.9 . 104`. */
  readonly named: readonly string[];
  /** Of devices that were accepted since. */
  readonly accepted: readonly string[];
  /** Ports of the modalities that may be anywhere in the LAN. */
  readonly anywhere: readonly number[];
}

/** Whom the box calls: destinations, viewers, and the devices that hear of it what they may delete. */
export function peersOf(answers: Answers, accepted: readonly AcceptedDevice[]): Peers {
  const box = boxOf(answers);
  if (!box) return { named: [], accepted: [], anywhere: [] };
  const callers = [...box.viewers, ...box.modalities];
  const fixed = [...box.destinations, ...callers].flatMap(({ address, port = usualPort }) =>
    address === undefined ? [] : [`${address} . ${port}`],
  );
  const named = new Set(fixed);
  const ports = new Map(callers.map(({ aeTitle, port }) => [aeTitle, port]));
  const pairs = accepted.map(
    ({ aeTitle, address }) => `${address} . ${ports.get(aeTitle) ?? usualPort}`,
  );
  const roaming = box.modalities.filter(({ address }) => address === undefined);
  return {
    named: [...named].sort(),
    accepted: [...new Set(pairs)].filter((pair) => !named.has(pair)).sort(),
    anywhere: [...new Set(roaming.map(({ port = usualPort }) => port))].sort((a, b) => a - b),
  };
}

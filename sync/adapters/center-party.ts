import { join } from 'node:path';
import type { CenterPorts } from '../center/ports.ts';
import type { AbilityFile, Party } from '../center/ports-party.ts';
import { utf8Text } from '../core/bytes.ts';
import type { Fault } from '../core/fault.ts';
import { ok, type Result } from '../core/result.ts';
import { epochLeftDays, epochWarnings } from '../seal/epochs.ts';
import { onDisk, readIfThere } from './center-disk.ts';
import { readEpochDates } from './center-keys-change.ts';
import { writeDurably } from './durable-file.ts';
import { readCenterKeys } from './keys-file.ts';
import { takeBackBox } from './pairing-center-request.ts';
import { type PairingPorts, stepTicket, sweepTickets } from './pairing-center-ticket.ts';
import { withProcessLock } from './process-lock.ts';
import { openSequence } from './sequence-file.ts';

type PartyPorts = Pick<
  CenterPorts,
  'sequence' | 'readParty' | 'stepTicket' | 'takeBack' | 'readAccessList' | 'writeAccessList'
>;

/**
 * Keys, boxes, numbers and access list of the center as files below `dataDir`. A disk that fails is a `DiskError`, as
 * under every other port of the center: a full one pauses the work.
 */
export async function createCenterParty(dataDir: string, ports: PairingPorts): Promise<PartyPorts> {
  const sequence = await openSequence(join(dataDir, 'keys'), ports.random, withProcessLock);
  const accessPath = join(dataDir, 'access.json');
  return {
    sequence: { stream: sequence.stream, next: () => onDisk(() => sequence.next()) },
    readParty: () => onDisk(() => readParty(dataDir, ports)),
    stepTicket: (ticket, event) => onDisk(() => stepTicket(dataDir, ticket, event)),
    takeBack: (returned) => onDisk(() => takeBackBox(dataDir, returned, ports)),
    readAccessList: () => readText(accessPath),
    writeAccessList: (text) =>
      onDisk(() => writeDurably(accessPath, text, { as: 'center-access' })),
  };
}

/** `abilities.json` below `dataDir`. */
export function createAbilityFile(dataDir: string): AbilityFile {
  const path = join(dataDir, 'abilities.json');
  return {
    read: () => readText(path),
    write: (text) => onDisk(() => writeDurably(path, text, { as: 'center-abilities' })),
  };
}

async function readParty(
  dataDir: string,
  { clock }: Pick<PairingPorts, 'clock'>,
): Promise<Result<Party, Fault>> {
  const keys = await readCenterKeys(dataDir);
  if (!keys.ok) return keys;
  const tickets = await sweepTickets(dataDir, { clock });
  const dates = await readEpochDates(dataDir);
  const ground = [keys.value.keyList, dates, clock.nowMs()] as const;
  const leftDays = epochLeftDays(...ground);
  return ok({
    ...keys.value,
    tickets,
    epochWarnings: epochWarnings(...ground),
    ...(leftDays !== undefined && { epochLeftDays: leftDays }),
  });
}

async function readText(path: string): Promise<string | undefined> {
  const bytes = await onDisk(() => readIfThere(path));
  return bytes === undefined ? undefined : utf8Text(bytes);
}

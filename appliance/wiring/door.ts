import type { ApplianceConfig } from '#appliance/config.ts';
import { readTlsDoor, type TlsDoorFault } from '#sync/adapters/dimse-tls.ts';
import {
  createStorageScp,
  type ScpDoor,
  type StorageScp,
} from '#sync/adapters/storage-scp-dimse.ts';
import type { Log } from '#sync/core/log.ts';
import { ok, type Result } from '#sync/core/result.ts';
import type { StoragePolicy } from '#sync/dimse/negotiate.ts';
import type { DimseService } from '#sync/dimse/service.ts';
import type { StorageScpPorts } from '#sync/dimse/storage.ts';

/** The box's DICOM door with all its ports, not listening yet. */
export async function dicomDoor(
  { dicom }: ApplianceConfig,
  reception: StorageScpPorts,
  services: readonly DimseService[],
  storagePolicyOf: ((callingAeTitle: string) => StoragePolicy) | undefined,
  log: Log,
): Promise<Result<StorageScp, TlsDoorFault>> {
  const { host, port, aeTitles, limits } = dicom;
  const doors: ScpDoor[] = [];
  for (const { tls: files, ...door } of dicom.doors) {
    const tls = files && (await readTlsDoor(files));
    if (tls && !tls.ok) return tls;
    doors.push(tls ? { ...door, tls: tls.value } : door);
  }
  const config = { host, port, doors, aeTitles, services, limits };
  const policy = storagePolicyOf && { storagePolicyOf };
  return ok(createStorageScp(reception, { ...config, ...policy }, log));
}

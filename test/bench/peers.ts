import { isInstalled } from './process.ts';

/** What is measured beside us, and the one line that brings it on Debian. */
export const installPeers = 'apt-get install -y --no-install-recommends dcmtk orthanc curl';

/** Commands of `wanted` that are not installed here. */
export function missingPeers(wanted: readonly string[]): readonly string[] {
  return wanted.filter((command) => !isInstalled(command));
}

/** The sentence about what is missing. */
export function missingNote(missing: readonly string[]): string {
  return `Not installed here: ${missing.join(', ')}. Install with: ${installPeers}`;
}

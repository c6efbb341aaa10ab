import type { NoAssociation } from '#sync/dimse/scu.ts';
import type { Destination } from './ports.ts';

/** What is wrong with a peer that was called, and what to do. */
export interface PeerTrouble {
  readonly message: string;
  readonly next: string;
}

/** Why there is no association, in words for the one who stands beside the device. */
export function troubleOf(peer: Destination, boxTitle: string, why: NoAssociation): PeerTrouble {
  const at = `"${peer.name}" at ${peer.address} port ${peer.port}`;
  switch (why.kind) {
    case 'unreachable':
      return why.code === 'ECONNREFUSED'
        ? {
            message: `Cannot reach ${at}: the machine is there, and nothing listens at this port`,
            next: 'Check the port, and that its DICOM program runs',
          }
        : {
            message: `Cannot reach ${at}: there is no answer (${why.code})`,
            next: 'Check that it is on, its cable, its address, and its firewall',
          };
    case 'aborted':
      return {
        message: `Cannot talk to ${at}: it broke off or said nothing that is DICOM`,
        next: 'Check that this is its DICOM port, and that it takes plain connections',
      };
    case 'rejected':
      return rejectionOf(at, peer, boxTitle, why);
  }
}

function rejectionOf(
  at: string,
  peer: Destination,
  boxTitle: string,
  { result, source, reason }: Extract<NoAssociation, { kind: 'rejected' }>,
): PeerTrouble {
  if (source === 1 && reason === 3) {
    return {
      message: `${at} does not know this box: it rejects the calling AE title "${boxTitle}"`,
      next: `Add this box there: AE title "${boxTitle}", its address and its port`,
    };
  }
  if (source === 1 && reason === 7) {
    return {
      message: `${at} has another AE title than "${peer.aeTitle}"`,
      next: 'Read its AE title there and correct it in the config of this box',
    };
  }
  const numbers = `${result}/${source}/${reason}`;
  return result === 2
    ? {
        message: `${at} is busy (rejection ${numbers})`,
        next: 'Try again in a minute; if it stays so, look at its limits',
      }
    : {
        message: `${at} rejects the association (${numbers})`,
        next: 'Ask the service of the device what these three numbers mean there',
      };
}

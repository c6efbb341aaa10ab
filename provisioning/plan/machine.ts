import type { AcceptedDevice } from './peers.ts';

/** What setup knows of the machine before it decides; read by `facts/`, never guessed. */
export interface Machine {
  /** `/`, or the folder that is treated as the top of a file system. */
  readonly root: string;
  readonly isRoot: boolean;
  /** Debian's version number; undefined on any other system. */
  readonly debianVersion: number | undefined;
  /** systemd is process 1, so services can be started. */
  readonly hasSystemd: boolean;
  /** Commands that setup needs and the machine lacks, with the Debian package that has them. */
  readonly missingPackages: readonly string[];
  /** Node and checkout that the units start. */
  readonly node: string;
  readonly checkout: string;
  /** Why the accounts of the units could not run the checkout, or could change it. */
  readonly checkoutFault: string | undefined;
  /** Users and groups below `root`, with their ids. */
  readonly users: ReadonlyMap<string, number>;
  readonly groups: ReadonlyMap<string, number>;
  /** Setup itself runs in an SSH session. */
  readonly isOverSsh: boolean;
  readonly keys: KeyFacts;
  /** Devices that persons let in since, as the box's data has them. */
  readonly acceptedDevices: readonly AcceptedDevice[];
}

/** What keys and pairing have left on the disk; nothing of it is secret. */
export interface KeyFacts {
  /** Of a relay on this machine, base64url. */
  readonly relay: { readonly spki: string; readonly receipt: string } | undefined;
  /** Root public key of the center on this machine, hex. */
  readonly centerRoot: string | undefined;
  readonly pairing: PairingFacts | undefined;
  /** The key that setup makes for the TLS door of the box is there. */
  readonly hasDicomTls: boolean;
  /** Addresses of the relays in the key list of this box's center, as URLs. */
  readonly relayUrls: readonly string[];
  /** In the pairing folder: `card.txt` and `center.keys` are there. */
  readonly hasCard: boolean;
  /** In the pairing folder: the answer of the center to the open request. */
  readonly grantFile: string | undefined;
}

export interface PairingFacts {
  readonly state: string;
  readonly hasGrant: boolean;
}

/** What stands at a path; ids are undefined where they do not count (setup without root). */
export type Found =
  | { readonly kind: 'absent' }
  | { readonly kind: 'folder'; readonly mode: number; readonly uid: number; readonly gid: number }
  | {
      readonly kind: 'file';
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      readonly text: string;
    }
  | { readonly kind: 'link'; readonly target: string }
  /** A parent folder below the root is a link, so the path may be outside of it. */
  | { readonly kind: 'behind a link'; readonly parent: string }
  | { readonly kind: 'other' };

/** A service as the manager sees it. */
export interface FoundService {
  readonly isActive: boolean;
  /** It runs with an older unit, config or program than the files on the disk. */
  readonly isStale: boolean;
}

/** The state of everything that a plan wants, by path, by tree and by unit. */
export interface Observed {
  readonly paths: ReadonlyMap<string, Found>;
  /** Entries below the path that do not belong to the wanted owner. */
  readonly strangers: ReadonlyMap<string, number>;
  readonly services: ReadonlyMap<string, FoundService>;
}

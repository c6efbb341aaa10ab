import { isPrivateUid, isStorageSopClass } from '#sync/dicom/storage-classes.ts';
import { chooseTransferSyntax, mayLose, transferSyntaxes } from '#sync/dicom/transfer-syntaxes.ts';
import type { StoragePolicy } from '#sync/dimse/negotiate.ts';

/** What the center can deliver, by its newest register; an empty list says nothing. */
export interface CenterAbilities {
  readonly sopClasses: readonly string[];
  readonly transferSyntaxes: readonly string[];
}

/** An exception for one device. */
export interface DeviceAcceptance {
  /** Classes taken from it whatever the center's list says. */
  readonly also: readonly string[];
  /** Classes and transfer syntaxes not taken from it. */
  readonly not: readonly string[];
  /** Coding that may lose: only as the sole offer, never, or before all else. */
  readonly lossy: 'sole' | 'never' | 'first';
}

export interface AcceptanceRules {
  /** Private SOP classes that are taken. */
  readonly privateSopClasses: readonly string[];
  /** Undefined: no exception for this device. */
  readonly deviceOf: (callingAeTitle: string) => DeviceAcceptance | undefined;
}

/**
 * What is taken from a device (clinical design, negotiation): what the center can use, else every standard storage
 * class; private ones by list; exceptions by device. What the box would take and nobody can deliver, a device would
 * never offer in another form, so such an offer is refused here.
 */
export function acceptanceOf(
  rules: AcceptanceRules,
  center: CenterAbilities | undefined,
  callingAeTitle: string,
): StoragePolicy {
  const device = rules.deviceOf(callingAeTitle);
  const classes = setOf(center?.sopClasses);
  const syntaxes = setOf(center?.transferSyntaxes);
  const privates = new Set([...rules.privateSopClasses, ...(device?.also ?? [])]);
  const not = new Set(device?.not);
  const isAcceptable = (syntax: string): boolean =>
    !not.has(syntax) &&
    (syntaxes === undefined || syntaxes.has(syntax)) &&
    !(device?.lossy === 'never' && losesOrHides(syntax));
  return {
    isStored: (uid) => {
      if (not.has(uid)) return false;
      if (privates.has(uid)) return true;
      if (!isStorageSopClass(uid) && !isPrivateUid(uid)) return false;
      return classes === undefined ? isStorageSopClass(uid) : classes.has(uid);
    },
    chooseTransferSyntax: (offered) => {
      const acceptable = offered.filter(isAcceptable);
      const lossy = device?.lossy === 'first' ? acceptable.find(mayLose) : undefined;
      return lossy ?? chooseTransferSyntax(acceptable);
    },
  };
}

/** A private syntax does not tell whether it loses. */
function losesOrHides(transferSyntaxUid: string): boolean {
  return mayLose(transferSyntaxUid) || !transferSyntaxes.has(transferSyntaxUid);
}

function setOf(list: readonly string[] | undefined): ReadonlySet<string> | undefined {
  return list === undefined || list.length === 0 ? undefined : new Set(list);
}

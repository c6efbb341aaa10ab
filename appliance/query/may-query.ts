import type { Caller } from '#sync/dimse/storage.ts';

/** Who may look at images, from config; `any` is for taking images in, and lets nobody look. */
export type ViewerList =
  | 'any'
  | readonly {
      readonly aeTitle: string;
      readonly address?: string | undefined;
      readonly certificateSha256?: string | undefined;
      readonly mayQuery: boolean;
    }[];

/**
 * Whether the caller may query and retrieve. An address in the list has to fit: from another one a device may still
 * send, but nobody sees an image there before the config says so. A certificate in the list takes the address's place.
 */
export function mayQuery(caller: Caller, callers: ViewerList): boolean {
  if (callers === 'any') return false;
  const address = caller.address.replace(/^::ffff:/i, '');
  return callers.some(
    (known) =>
      known.mayQuery &&
      known.aeTitle === caller.callingAeTitle &&
      (known.certificateSha256 === undefined
        ? known.address === undefined || known.address === address
        : known.certificateSha256 === caller.certificateSha256),
  );
}

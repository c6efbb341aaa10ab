/** C-STORE response statuses that the box answers with (PS3.4 B.2.3, PS3.7 9.1.1.1.9 and C). */
export const storeStatus = {
  success: 0x0000,
  sopClassNotSupported: 0x0122,
  notAuthorized: 0x0124,
  /** Refused: no space, or the disk fails. */
  outOfResources: 0xa700,
  /** The dataset is of another SOP class or instance than the request says. */
  mismatch: 0xa900,
  /** The dataset cannot be understood. */
  cannotUnderstand: 0xc000,
} as const;
export type StoreStatus = (typeof storeStatus)[keyof typeof storeStatus];

/** The longest Error Comment (0000,0902), characters (PS3.7 C). */
export const maxErrorCommentLength = 64;

export type StatusOutcome = 'success' | 'warning' | 'failure';

/** What a status that another system answered means to a sender. */
export interface StatusMeaning {
  /** A warning means stored. */
  readonly outcome: StatusOutcome;
  readonly text: string;
  /** Whether the same object may be taken later without anybody changing it. */
  readonly mayPass: boolean;
}

/** The meaning of any C-STORE status; ranges as in PS3.4 table B.2-1, other codes by PS3.7 C. */
export function storeStatusMeaning(status: number): StatusMeaning {
  const known = exact.get(status);
  if (known !== undefined) return known;
  const range = ranges.find(({ from, to }) => status >= from && status <= to);
  return range ?? { outcome: 'failure', text: 'unknown status', mayPass: true };
}

/** A status as four hexadecimal digits and its meaning, e.g. `A700 out of resources`. */
export function describeStoreStatus(status: number): string {
  const digits = status.toString(16).toUpperCase().padStart(4, '0');
  return `${digits} ${storeStatusMeaning(status).text}`;
}

/** The status for a fault of `readAttributes` or of the header. */
export function storeStatusOfFault(kind: string): StoreStatus {
  return kind === 'dicom/mismatch' ? storeStatus.mismatch : storeStatus.cannotUnderstand;
}

const exact: ReadonlyMap<number, StatusMeaning> = new Map<number, StatusMeaning>([
  [0x0000, { outcome: 'success', text: 'success', mayPass: false }],
  [
    0x0001,
    { outcome: 'warning', text: 'requested optional attributes are not supported', mayPass: false },
  ],
  [0x0105, { outcome: 'failure', text: 'no such attribute', mayPass: false }],
  [0x0106, { outcome: 'failure', text: 'invalid attribute value', mayPass: false }],
  [0x0107, { outcome: 'warning', text: 'attribute list error', mayPass: false }],
  [0x0110, { outcome: 'failure', text: 'processing failure', mayPass: true }],
  [0x0111, { outcome: 'failure', text: 'duplicate SOP instance', mayPass: false }],
  [0x0112, { outcome: 'failure', text: 'no such SOP instance', mayPass: false }],
  [0x0115, { outcome: 'failure', text: 'invalid argument value', mayPass: false }],
  [0x0116, { outcome: 'warning', text: 'attribute value out of range', mayPass: false }],
  [0x0117, { outcome: 'failure', text: 'invalid SOP instance', mayPass: false }],
  [0x0122, { outcome: 'failure', text: 'SOP class not supported', mayPass: false }],
  [0x0124, { outcome: 'failure', text: 'not authorized', mayPass: true }],
  [0x0210, { outcome: 'failure', text: 'duplicate invocation', mayPass: true }],
  [0x0211, { outcome: 'failure', text: 'unrecognized operation', mayPass: false }],
  [0x0212, { outcome: 'failure', text: 'mistyped argument', mayPass: false }],
  [0x0213, { outcome: 'failure', text: 'resource limitation', mayPass: true }],
  [0xb000, { outcome: 'warning', text: 'coercion of data elements', mayPass: false }],
  [0xb006, { outcome: 'warning', text: 'elements discarded', mayPass: false }],
  [0xb007, { outcome: 'warning', text: 'dataset does not match SOP class', mayPass: false }],
  [0xfe00, { outcome: 'failure', text: 'cancelled', mayPass: true }],
]);

const ranges: readonly (StatusMeaning & { readonly from: number; readonly to: number })[] = [
  { from: 0xa700, to: 0xa7ff, outcome: 'failure', text: 'out of resources', mayPass: true },
  {
    from: 0xa900,
    to: 0xa9ff,
    outcome: 'failure',
    text: 'dataset does not match SOP class',
    mayPass: false,
  },
  { from: 0xb000, to: 0xbfff, outcome: 'warning', text: 'stored with a warning', mayPass: false },
  { from: 0xc000, to: 0xcfff, outcome: 'failure', text: 'cannot understand', mayPass: false },
];

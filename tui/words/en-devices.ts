/** What the screen says of devices that call. */
export const devices = {
  columns: {
    status: 'STATUS',
    title: 'AE TITLE',
    address: 'ADDRESS',
    last: 'LAST CALL',
    by: 'DECIDED BY',
  },
  standings: {
    known: 'LET IN',
    moved: 'MOVED',
    unknown: 'UNKNOWN',
    refused: 'KEPT OUT',
    uncertified: 'NO PROOF',
  },
  sentences: {
    known: 'This device is let in.',
    moved:
      'A device you know sends from a new address. Its images are taken. Did it move? Press y. If it is not yours, press x.',
    unknown:
      'Nobody knows this device, and it is kept out. If it is yours and may send here, press y. If not, press x.',
    refused: 'This device is kept out. Press y to let it in.',
    uncertified:
      'This device must prove itself with its certificate and did not. Call the field engineer.',
  },
  asking: 'Asking the box for the devices ...',
  none: 'No device has called yet.',
  question: (aeTitle: string, address: string, verdict: 'accepted' | 'refused') =>
    verdict === 'accepted'
      ? `Let in "${aeTitle}" at ${address}? Type your name, then Enter.`
      : `Keep out "${aeTitle}" at ${address}? Type your name, then Enter.`,
  name: 'Your name:',
  decide: 'decide',
  leave: 'leave as it is',
  noName: 'Nothing was decided: type your name first.',
  deciding: 'Writing it down ...',
  decided: (aeTitle: string, verdict: 'accepted' | 'refused') =>
    verdict === 'accepted' ? `"${aeTitle}" is let in.` : `"${aeTitle}" is kept out.`,
} as const;

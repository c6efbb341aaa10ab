/** UIDs that the protocol itself needs (PS3.4 A, PS3.5 A, PS3.7 A.2.1, PS3.8 7.1.1.2). */
export const applicationContextUid = '1.2.840.10008.3.1.1.1';
export const verificationUid = '1.2.840.10008.1.1';
export const implicitLittleEndianUid = '1.2.840.10008.1.2';
export const explicitLittleEndianUid = '1.2.840.10008.1.2.1';

/** Whether `text` can be a UID as devices really write them: leading zeros in a component are let through. */
export function isUid(text: string): boolean {
  return text.length <= 64 && /^\d+(\.\d+)*$/.test(text);
}

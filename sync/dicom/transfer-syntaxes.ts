/** The transfer syntaxes that code refers to by name (PS3.6 A.1). */
export const transferSyntax = {
  implicitLittleEndian: '1.2.840.10008.1.2',
  explicitLittleEndian: '1.2.840.10008.1.2.1',
  deflated: '1.2.840.10008.1.2.1.99',
  explicitBigEndian: '1.2.840.10008.1.2.2',
} as const;

/** How the pixels come: as they are, coded without loss, or coded in a way that may lose (or a video stream). */
export type Fidelity = 'native' | 'lossless' | 'may-lose';

/** Standard transfer syntaxes that are accepted, by name and fidelity. Private ones count as `may-lose`. */
export const transferSyntaxes: ReadonlyMap<
  string,
  { readonly name: string; readonly fidelity: Fidelity }
> = new Map(
  (
    [
      ['1.2.840.10008.1.2', 'Implicit VR Little Endian', 'native'],
      ['1.2.840.10008.1.2.1', 'Explicit VR Little Endian', 'native'],
      ['1.2.840.10008.1.2.1.98', 'Encapsulated Uncompressed Explicit VR Little Endian', 'lossless'],
      ['1.2.840.10008.1.2.1.99', 'Deflated Explicit VR Little Endian', 'lossless'],
      ['1.2.840.10008.1.2.2', 'Explicit VR Big Endian', 'native'],
      ['1.2.840.10008.1.2.4.50', 'JPEG Baseline', 'may-lose'],
      ['1.2.840.10008.1.2.4.51', 'JPEG Extended', 'may-lose'],
      ['1.2.840.10008.1.2.4.53', 'JPEG Spectral Selection', 'may-lose'],
      ['1.2.840.10008.1.2.4.55', 'JPEG Full Progression', 'may-lose'],
      ['1.2.840.10008.1.2.4.57', 'JPEG Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.70', 'JPEG Lossless, First-Order Prediction', 'lossless'],
      ['1.2.840.10008.1.2.4.80', 'JPEG-LS Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.81', 'JPEG-LS Near-Lossless', 'may-lose'],
      ['1.2.840.10008.1.2.4.90', 'JPEG 2000 Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.91', 'JPEG 2000', 'may-lose'],
      ['1.2.840.10008.1.2.4.92', 'JPEG 2000 Part 2 Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.93', 'JPEG 2000 Part 2', 'may-lose'],
      ['1.2.840.10008.1.2.4.100', 'MPEG2 Main Profile, Main Level', 'may-lose'],
      ['1.2.840.10008.1.2.4.100.1', 'Fragmentable MPEG2 Main Profile, Main Level', 'may-lose'],
      ['1.2.840.10008.1.2.4.101', 'MPEG2 Main Profile, High Level', 'may-lose'],
      ['1.2.840.10008.1.2.4.101.1', 'Fragmentable MPEG2 Main Profile, High Level', 'may-lose'],
      ['1.2.840.10008.1.2.4.102', 'MPEG-4 AVC/H.264 High Profile, Level 4.1', 'may-lose'],
      ['1.2.840.10008.1.2.4.102.1', 'Fragmentable MPEG-4 AVC/H.264 Level 4.1', 'may-lose'],
      ['1.2.840.10008.1.2.4.103', 'MPEG-4 AVC/H.264 BD-compatible', 'may-lose'],
      ['1.2.840.10008.1.2.4.103.1', 'Fragmentable MPEG-4 AVC/H.264 BD-compatible', 'may-lose'],
      ['1.2.840.10008.1.2.4.104', 'MPEG-4 AVC/H.264 Level 4.2, 2D Video', 'may-lose'],
      ['1.2.840.10008.1.2.4.104.1', 'Fragmentable MPEG-4 AVC/H.264 Level 4.2, 2D', 'may-lose'],
      ['1.2.840.10008.1.2.4.105', 'MPEG-4 AVC/H.264 Level 4.2, 3D Video', 'may-lose'],
      ['1.2.840.10008.1.2.4.105.1', 'Fragmentable MPEG-4 AVC/H.264 Level 4.2, 3D', 'may-lose'],
      ['1.2.840.10008.1.2.4.106', 'MPEG-4 AVC/H.264 Stereo High Profile', 'may-lose'],
      ['1.2.840.10008.1.2.4.106.1', 'Fragmentable MPEG-4 AVC/H.264 Stereo High', 'may-lose'],
      ['1.2.840.10008.1.2.4.107', 'HEVC/H.265 Main Profile, Level 5.1', 'may-lose'],
      ['1.2.840.10008.1.2.4.108', 'HEVC/H.265 Main 10 Profile, Level 5.1', 'may-lose'],
      ['1.2.840.10008.1.2.4.110', 'JPEG XL Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.111', 'JPEG XL JPEG Recompression', 'may-lose'],
      ['1.2.840.10008.1.2.4.112', 'JPEG XL', 'may-lose'],
      ['1.2.840.10008.1.2.4.201', 'High-Throughput JPEG 2000 Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.202', 'High-Throughput JPEG 2000 RPCL Lossless', 'lossless'],
      ['1.2.840.10008.1.2.4.203', 'High-Throughput JPEG 2000', 'may-lose'],
      ['1.2.840.10008.1.2.5', 'RLE Lossless', 'lossless'],
      ['1.2.840.10008.1.2.8.1', 'Deflated Image Frame Compression', 'lossless'],
    ] as const
  ).map(([uid, name, fidelity]) => [uid, { name, fidelity }]),
);

/**
 * Transfer syntaxes that are never accepted: JPIP (the pixels would be a URL on the modality), SMPTE ST 2110 (a live
 * stream), and the retired MIME and XML encodings.
 */
export const refusedTransferSyntaxes: ReadonlyMap<string, string> = new Map([
  ['1.2.840.10008.1.2.4.94', 'JPIP Referenced'],
  ['1.2.840.10008.1.2.4.95', 'JPIP Referenced Deflate'],
  ['1.2.840.10008.1.2.4.204', 'JPIP HTJ2K Referenced'],
  ['1.2.840.10008.1.2.4.205', 'JPIP HTJ2K Referenced Deflate'],
  ['1.2.840.10008.1.2.6.1', 'RFC 2557 MIME Encapsulation (Retired)'],
  ['1.2.840.10008.1.2.6.2', 'XML Encoding (Retired)'],
  ['1.2.840.10008.1.2.7.1', 'SMPTE ST 2110-20 Uncompressed Progressive Active Video'],
  ['1.2.840.10008.1.2.7.2', 'SMPTE ST 2110-20 Uncompressed Interlaced Active Video'],
  ['1.2.840.10008.1.2.7.3', 'SMPTE ST 2110-30 PCM Digital Audio'],
]);

/** Whether pixels in this transfer syntax may have lost something; false for one that nobody here knows. */
export function mayLose(transferSyntaxUid: string): boolean {
  return transferSyntaxes.get(transferSyntaxUid)?.fidelity === 'may-lose';
}

/** Whether an object in this transfer syntax can never be taken, from the network or from a folder. */
export function isRefusedTransferSyntax(transferSyntaxUid: string): boolean {
  return refusedTransferSyntaxes.has(transferSyntaxUid);
}

/**
 * The transfer syntax to accept for one presentation context, or undefined to refuse the context: the first offered
 * that is coded without loss, else explicit, else implicit little endian, else explicit big endian; one that may lose
 * only when nothing else is offered, since choosing it would make the sender lose (clinical design, negotiation).
 */
export function chooseTransferSyntax(offered: readonly string[]): string | undefined {
  const acceptable = offered.filter((syntax) => !isRefusedTransferSyntax(syntax));
  const lossless = acceptable.find(
    (syntax) => transferSyntaxes.get(syntax)?.fidelity === 'lossless',
  );
  return lossless ?? native.find((syntax) => acceptable.includes(syntax)) ?? acceptable[0];
}

const native: readonly string[] = [
  transferSyntax.explicitLittleEndian,
  transferSyntax.implicitLittleEndian,
  transferSyntax.explicitBigEndian,
];

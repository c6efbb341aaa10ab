/** A view of `bytes` that counts how often it is read: a measure of work that no machine's speed changes. */
export function countingView(bytes: Uint8Array): {
  readonly view: DataView;
  reads(): number;
} {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const plain = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let count = 0;
  view.getUint8 = (at) => {
    count++;
    return plain.getUint8(at);
  };
  view.getUint16 = (at, isLittleEndian) => {
    count++;
    return plain.getUint16(at, isLittleEndian);
  };
  view.getUint32 = (at, isLittleEndian) => {
    count++;
    return plain.getUint32(at, isLittleEndian);
  };
  return { view, reads: () => count };
}

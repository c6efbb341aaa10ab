import { type Area, rowBytes } from './areas.ts';

/** The frames of an area, the last perhaps with fewer rows; each is a view of the area's bytes. */
export function* framesOf(area: Area, whole: Uint8Array): Generator<Uint8Array> {
  const frame = rowBytes(area.shape) * area.rows;
  for (let at = area.from; at < area.to; at += frame) {
    yield whole.subarray(at, Math.min(at + frame, area.to));
  }
}

/** The samples of `frame` as numbers from 0 up: the sign bit of signed ones is turned. */
export function takeSamples(frame: Uint8Array, { shape }: Area, into: Uint16Array): void {
  const { bytesPerSample, isBigEndian, isSigned } = shape;
  if (bytesPerSample === 1) {
    const turn = isSigned ? 0x80 : 0;
    for (let i = 0; i < frame.length; i++) into[i] = (frame[i] as number) ^ turn;
    return;
  }
  const turn = isSigned ? 0x8000 : 0;
  if (isAsHere(frame, isBigEndian)) {
    into.set(wordsOf(frame));
    if (turn > 0) for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) ^ turn;
    return;
  }
  const low = isBigEndian ? 1 : 0;
  for (let i = 0, at = 0; at < frame.length; i++, at += 2) {
    into[i] = ((frame[at + low] as number) | ((frame[at + 1 - low] as number) << 8)) ^ turn;
  }
}

/** The other way: `frame` receives the bytes of `samples`. */
export function putSamples(samples: Uint16Array, { shape }: Area, frame: Uint8Array): void {
  const { bytesPerSample, isBigEndian, isSigned } = shape;
  if (bytesPerSample === 1) {
    const turn = isSigned ? 0x80 : 0;
    for (let i = 0; i < frame.length; i++) frame[i] = (samples[i] as number) ^ turn;
    return;
  }
  const turn = isSigned ? 0x8000 : 0;
  if (isAsHere(frame, isBigEndian)) {
    const words = wordsOf(frame);
    for (let i = 0; i < words.length; i++) words[i] = (samples[i] as number) ^ turn;
    return;
  }
  const low = isBigEndian ? 1 : 0;
  for (let i = 0, at = 0; at < frame.length; i++, at += 2) {
    const sample = (samples[i] as number) ^ turn;
    frame[at + low] = sample;
    frame[at + 1 - low] = sample >> 8;
  }
}

/** Bits of the largest sample. */
export function topBitsOf(samples: Uint16Array): number {
  let all = 0;
  for (let i = 0; i < samples.length; i++) all |= samples[i] as number;
  return 32 - Math.clz32(all);
}

/** Whether the two-byte samples of `frame` lie as this machine has its numbers. */
function isAsHere(frame: Uint8Array, isBigEndian: boolean): boolean {
  return frame.byteOffset % 2 === 0 && isBigEndian === isBigEndianHere;
}

function wordsOf({ buffer, byteOffset, length }: Uint8Array): Uint16Array {
  return new Uint16Array(buffer, byteOffset, length / 2);
}

const isBigEndianHere = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

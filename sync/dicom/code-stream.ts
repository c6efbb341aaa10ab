/**
 * The size that a compressed frame claims for itself: from the frame header of JPEG and JPEG-LS, or the SIZ marker of
 * JPEG 2000. Undefined when it is none of these or does not say.
 */
export function claimedSizeOf(
  frame: Uint8Array,
): { readonly height: number; readonly width: number } | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (view.byteLength < 4 || view.getUint8(0) !== 0xff) return undefined;
  if (view.getUint8(1) === 0xd8) return jpegSize(view);
  return view.getUint32(0) === startOfCodeStream ? jpeg2000Size(view) : undefined;
}

/** SOC and SIZ (ISO 15444-1 A.5.1): the reference grid less the offset of the image in it. */
const startOfCodeStream = 0xff4fff51;

function jpeg2000Size(view: DataView): { height: number; width: number } | undefined {
  if (view.byteLength < 24) return undefined;
  const [right = 0, bottom = 0, left = 0, top = 0] = [8, 12, 16, 20].map((at) =>
    view.getUint32(at),
  );
  return { width: right - left, height: bottom - top };
}

function jpegSize(view: DataView): { height: number; width: number } | undefined {
  for (let at = 2; at + 9 <= view.byteLength; ) {
    if (view.getUint8(at) !== 0xff) return undefined;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
    } else if (isFrameHeader(marker)) {
      return { height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    } else {
      at += 2 + view.getUint16(at + 2);
    }
  }
  return undefined;
}

/** SOF0 to SOF15 but DHT, JPG and DAC, and the one of JPEG-LS (ITU-T T.81 B.1, T.87 C.1). */
function isFrameHeader(marker: number): boolean {
  const isOne = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
  return isOne || marker === 0xf7;
}

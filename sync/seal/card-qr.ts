import encodeQr from 'qr';
import { cardQrText } from './card.ts';

/**
 * The card's QR code as rows of dark (true) and light modules, with the quiet zone of four modules that ISO/IEC 18004
 * asks for. Alphanumeric mode and error correction M: 41 modules a side, so that it fits a terminal of 24 lines.
 */
export function cardQrModules(card: Uint8Array): readonly (readonly boolean[])[] {
  return encodeQr(cardQrText(card), 'raw', {
    ecc: 'medium',
    encoding: 'alphanumeric',
    border: quietZone,
  });
}

/** For a terminal of any size and colour: two rows of modules a line, dark on light whatever the colours are. */
export function cardQrForTerminal(card: Uint8Array): string {
  const rows = cardQrModules(card);
  const lines: string[] = [];
  for (let at = 0; at < rows.length; at += 2) {
    const upper = rows[at] ?? [];
    const lower = rows[at + 1];
    const line = upper.map((isDark, column) => halves(isDark, lower?.[column] ?? false)).join('');
    lines.push(`${blackOnWhite}${line}${asBefore}`);
  }
  return `${lines.join('\n')}\n`;
}

/** For a printer: a picture of black squares on white, with no script, font or link in it. */
export function cardQrSvg(card: Uint8Array): string {
  const rows = cardQrModules(card);
  const path = rows
    .flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : [])))
    .join('');
  const size = rows.length;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="60mm" height="60mm" shape-rendering="crispEdges">`,
    `<rect width="${size}" height="${size}" fill="#fff"/><path d="${path}" fill="#000"/></svg>\n`,
  ].join('');
}

function halves(isUpperDark: boolean, isLowerDark: boolean): string {
  if (isUpperDark) return isLowerDark ? '\u2588' : '\u2580';
  return isLowerDark ? '\u2584' : ' ';
}

const quietZone = 4;
const blackOnWhite = '\u001b[30;47m';
const asBefore = '\u001b[0m';

/** Longest text that is compared line by line; a longer one is shown as replaced. */
const mostLines = 600;

/** The lines that go (`- `) and come (`+ `) between two short texts, in order; equal lines are left out. */
export function diffLines(before: string, after: string): readonly string[] {
  const old = linesOf(before);
  const fresh = linesOf(after);
  if (old.length > mostLines || fresh.length > mostLines) {
    return [`- ${old.length} lines`, `+ ${fresh.length} lines`];
  }
  const common = commonTable(old, fresh);
  const at = (i: number, j: number): number => common[i * (fresh.length + 1) + j] ?? 0;
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < fresh.length) {
    if (i < old.length && j < fresh.length && old[i] === fresh[j]) {
      i++;
      j++;
    } else if (j >= fresh.length || (i < old.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${old[i++]}`);
    } else {
      lines.push(`+ ${fresh[j++]}`);
    }
  }
  return lines;
}

/** Length of the longest common subsequence of the tails that start at (i, j), row by row. */
function commonTable(old: readonly string[], fresh: readonly string[]): Uint16Array {
  const width = fresh.length + 1;
  const table = new Uint16Array((old.length + 1) * width);
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = fresh.length - 1; j >= 0; j--) {
      const isSame = old[i] === fresh[j];
      const down = table[(i + 1) * width + j] ?? 0;
      const right = table[i * width + j + 1] ?? 0;
      const diagonal = table[(i + 1) * width + j + 1] ?? 0;
      table[i * width + j] = isSame ? diagonal + 1 : Math.max(down, right);
    }
  }
  return table;
}

function linesOf(text: string): readonly string[] {
  if (text === '') return [];
  return (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
}

import { readIfThere } from './center-disk.ts';

/** The file of that name; undefined where there is none, or half of one. */
export async function readJson<T>(path: string): Promise<T | undefined> {
  const bytes = await readIfThere(path);
  return bytes === undefined ? undefined : parse<T>(new TextDecoder().decode(bytes));
}

/** Our own files, written whole by `JSON.stringify` of the same type. */
export function parse<T>(text: string): T | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

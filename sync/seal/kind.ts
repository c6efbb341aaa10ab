/** Kinds of pack and the byte that says so inside the seal. */
export const packKinds = {
  data: 1,
  manifest: 2,
  report: 3,
  receipt: 4,
  control: 5,
  enrol: 6,
} as const;

/** The name of a kind. */
export type PackKind = keyof typeof packKinds;

/** The kind of byte `code`, or undefined when there is none. */
export function packKindOf(code: number): PackKind | undefined {
  return kinds.find((kind) => packKinds[kind] === code);
}

const kinds = Object.keys(packKinds) as readonly PackKind[];

import type { Root } from './levels.ts';

type Classes = Readonly<Record<string, Root>>;

/** The query and retrieve SOP classes that are served, each with its root (PS3.4 C.6). */
export const findClasses: Classes = {
  '1.2.840.10008.5.1.4.1.2.1.1': 'patient',
  '1.2.840.10008.5.1.4.1.2.2.1': 'study',
};
export const moveClasses: Classes = {
  '1.2.840.10008.5.1.4.1.2.1.2': 'patient',
  '1.2.840.10008.5.1.4.1.2.2.2': 'study',
};
export const getClasses: Classes = {
  '1.2.840.10008.5.1.4.1.2.1.3': 'patient',
  '1.2.840.10008.5.1.4.1.2.2.3': 'study',
};

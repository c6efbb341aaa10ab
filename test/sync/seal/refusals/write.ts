import { writeFileSync } from 'node:fs';
import { refusalsUrl, textOf } from '../refusal-vector.ts';
import { allVectors } from './all.ts';

/** `node test/sync/seal/refusals/write.ts` writes the fixture anew after a vector was added. */
writeFileSync(refusalsUrl, textOf(allVectors()));

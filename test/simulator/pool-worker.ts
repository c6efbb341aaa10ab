import './cheap-seals.ts';
import './virtual-files.ts';
import { parentPort } from 'node:worker_threads';
import type { WorldWish } from './world.ts';

// Every abort makes an error with a stack, and there are many thousand: short ones are a tenth of the time.
Error.stackTraceLimit = 3;

const { simulate } = await import('./simulate.ts');

parentPort?.on('message', (wish: WorldWish) => {
  void simulate(wish.seed, wish).then((outcome) => parentPort?.postMessage(outcome));
});

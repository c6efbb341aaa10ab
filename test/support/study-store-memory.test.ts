import { studyStoreContract } from '../contract/study-store.ts';
import { createMemoryStudyStore } from './study-store-memory.ts';

studyStoreContract('study store in memory', async () => createMemoryStudyStore());

import { ledgerContract } from '../contract/ledger.ts';
import { createMemoryLedger } from './ledger-memory.ts';

ledgerContract('ledger in memory', async () => createMemoryLedger());

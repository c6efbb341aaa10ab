import { databaseContract } from '#test/contract/database.ts';
import { openNodeSqlite } from '#test/support/database-node-sqlite.ts';

databaseContract('node:sqlite', openNodeSqlite);

export { openAgentSpool } from './spool-folder-agent.ts';
export { openClinicalSpool } from './spool-folder-clinical.ts';
export { partiesIn } from './spool-folder-files.ts';

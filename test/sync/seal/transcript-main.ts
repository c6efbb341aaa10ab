import process from 'node:process';
import { transcript } from './transcript.ts';

/** Writes the transcript of the seed that was given, for a runtime to be compared with another. */
process.stdout.write(transcript(process.argv[2] ?? '').join('\n'));

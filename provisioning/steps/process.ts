import { spawn } from 'node:child_process';
import type { Ran, Run } from '../ports.ts';

const defaultTimeoutMs = 60_000;
/** More output than this is cut: it is shown to a person. */
const mostOutputCharacters = 1024 * 1024;

/** Runs a command as it is named, without a shell. */
export const runProcess: Run = (command, { timeoutMs = defaultTimeoutMs } = {}) =>
  new Promise<Ran>((resolve) => {
    const [name = '', ...args] = command;
    const child = spawn(name, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (data: Buffer) => {
      if (output.length < mostOutputCharacters) output += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      if (complaint.length < mostOutputCharacters) complaint += data.toString();
    });
    child.once('error', (cause) => resolve({ code: 127, output, complaint: cause.message }));
    child.once('close', (code) => resolve({ code: code ?? 128, output, complaint }));
  });

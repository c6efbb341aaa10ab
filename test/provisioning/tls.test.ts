import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, chown, lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { applianceConfigSchema } from '#appliance/config.ts';
import { planOf } from '#provisioning/plan/plan.ts';
import { programsOf } from '#provisioning/plan/programs.ts';
import { probeTlsFiles } from '#provisioning/verify/tls.ts';
import { freePort } from '../support/free-port.ts';
import { newInstallation, reasonToSkip } from './installation.ts';
import { freshMachine, nothing, parsedAnswers } from './machines.ts';

const skip = await reasonToSkip(true);

test('setup makes key and certificate of the TLS door once, for the appliance alone, and check knows when they cannot be read', {
  skip,
}, async (t) => {
  const box = await newInstallation('box', { tls: { port: await freePort() } });
  t.after(box.remove);
  const first = await box.setup('run');
  assert.equal(first.code, 10, first.output + first.complaint);
  // The program starts with them.
  assert.match(first.output, /ok +C-ECHO to the box, started by hand/);
  const keyPath = join(box.root, 'var/lib/outpost/appliance/keys/dicom-tls.key');
  const key = await readFile(keyPath, 'utf8');
  const certificate = new X509Certificate(await readFile(keyPath.replace(/key$/, 'crt')));
  assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
  const { mode, uid } = await lstat(keyPath);
  assert.deepEqual([mode & 0o777, uid], [0o600, 961]);

  const second = await box.setup('run');
  assert.match(second.output, /Nothing was changed\./);
  assert.equal(await readFile(keyPath, 'utf8'), key);
  const well = await box.setup('check');
  assert.match(well.output, /ok +key and certificate of the DICOM TLS door/);

  await chown(keyPath, 0, 0);
  await chmod(keyPath, 0o600);
  const check = await box.setup('check');
  assert.equal(check.code, 30);
  assert.match(
    check.output,
    /failed +key and certificate .*cannot read .*dicom-tls\.key \(Permission/,
  );
});

const pair = { keyFile: '/etc/outpost/own.key', certificateFile: '/etc/outpost/own.crt' };

test('files that the answers name are used, and no key is made', () => {
  const steps = (tls: object) => {
    const answers = parsedAnswers('box', { dicom: { aeTitle: 'DEMOBOX', tls } });
    return planOf(answers, freshMachine(), nothing).map(({ what }) => what);
  };
  const isMade = (what: string): boolean => what.includes('DICOM TLS key');
  assert.ok(steps({}).some(isMade));
  assert.ok(!steps(pair).some(isMade));
  const answers = parsedAnswers('box', { dicom: { aeTitle: 'DEMOBOX', tls: pair } });
  const appliance = programsOf(answers, undefined).find(({ command }) => command === 'appliance');
  const { doors } = applianceConfigSchema.parse(appliance?.config).dicom;
  assert.deepEqual(doors, [{ host: '0.0.0.0', port: 2762, tls: pair }]);
  assert.throws(() => steps({ keyFile: '/etc/outpost/own.key' }), /both keyFile/);
});

test('a file in a folder that the service does not see is told, whatever its mode', async () => {
  const identity = { uid: 961, gid: 961, groups: [] };
  const files = { ...pair, certificateFile: '/home/demo/own.crt' };
  const ran = async () => ({ code: 0, output: 'x', complaint: '' });
  const found = await probeTlsFiles(files, identity, '/', ran);
  assert.equal(found.outcome, 'failed');
  assert.match(found.text, /does not see \/home\/demo\/own\.crt/);
  assert.equal((await probeTlsFiles(pair, identity, '/', ran)).outcome, 'ok');
});

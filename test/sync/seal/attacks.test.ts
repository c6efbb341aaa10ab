import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readVectors } from './refusal-vector.ts';

/** Attacks on format, opener, spool and zones (sealed-pack format), and the tests that try them, under `test/`. */
const rows: readonly (readonly [attack: string, file: string, sentences: readonly string[]])[] = [
  [
    'S + L on the inner signature by a recipient',
    'sync/seal/opening.test.ts',
    ['a recipient cannot pass on a malleated signature (S + L) as a new pack'],
  ],
  [
    'one uid, two pack ids, at the box',
    'appliance/road-attacks.test.ts',
    ['a second pack of the center under one uid is refused, also after a restart of the box'],
  ],
  [
    'one uid, two pack ids, at the center',
    'sync/center/attacks.test.ts',
    ['a second pack of a box under one uid is put aside, and the first one stands'],
  ],
  [
    'a kind in the wrong direction',
    'sync/center/take-senders.test.ts',
    ['a control is taken and noted; a kind that may not come from a box is refused'],
  ],
  [
    'receipt of an earlier round',
    'appliance/road-attacks.test.ts',
    ['a receipt of an earlier round delivers nothing of a later one'],
  ],
  [
    'report or receipt from a second center',
    'appliance/road-attacks.test.ts',
    [
      'a report from a second center of the box, which was not sent this study, is not shown',
      'a key of the first center opens nothing in the mailbox of the second',
    ],
  ],
  [
    'patient mismatch',
    'appliance/road-back.test.ts',
    ['a report for another patient is kept, never shown, and not acknowledged'],
  ],
  [
    'acknowledgement of an old version',
    'sync/center/attacks.test.ts',
    ['a receipt for an old version of a report acknowledges nothing of the new one'],
  ],
  [
    'list of the same number with another hash',
    'sync/seal/key-list.test.ts',
    ['a higher number replaces, a lower one is ignored, the same number with other content alarms'],
  ],
  [
    'epoch gone',
    'appliance/intake/reseal.test.ts',
    ['what is sealed to an epoch that is gone is sealed anew to the current one'],
  ],
  [
    'clock of 1970 or 2099',
    'appliance/road-attacks.test.ts',
    ['stores, seals and counts receipts as ever'],
  ],
  ['clock of 1970 or 2099', 'sync/center/attacks.test.ts', ['takes, delivers and answers as ever']],
  [
    'the agent swaps a spool file between stat and read',
    'sync/adapters/spool-attacks.test.ts',
    [
      'a file that the agent swaps without end is read as one of its forms, whole, or refused',
      'a pack that the agent writes over while it is read opens as itself or not at all',
    ],
  ],
  [
    'symlink, FIFO, file of 20 GB',
    'sync/adapters/spool-attacks.test.ts',
    [
      'a symlink to a file of the clinical zone',
      'a FIFO that nobody writes',
      'a sparse file of 20 GB',
    ],
  ],
  [
    'the agent opens the clinical folder',
    'provisioning/zones.test.ts',
    ['an all-in-one machine is paired from files, and each service runs by hand in its zone'],
  ],
  [
    'the appliance resolves a name or finds a way out; the kernel does not hold it back',
    'provisioning/zones.test.ts',
    [
      'with the firewall loaded the clinical user reaches itself and whom it may call, and the agent the relay',
    ],
  ],
  [
    'a way out that a probe found',
    'appliance/intake/letter-work.test.ts',
    ['nothing is sealed or offered while there is a way out of the zone'],
  ],
  [
    'StudyInstanceUID of another site',
    'sync/center/take-senders.test.ts',
    ['a box may not claim the study of another site'],
  ],
  [
    'a relay that lies with 422',
    'sync/agent/hostile.test.ts',
    ['a relay that calls a good pack damaged is shown, and the pack stays'],
  ],
  [
    'a relay that lies with 422',
    'appliance/intake/reseal.test.ts',
    ['a relay or an agent that lies about a good pack never causes a re-seal'],
  ],
  [
    'a relay that lies with 422',
    'sync/center/attacks.test.ts',
    ['a relay or an agent that lies about a good pack never causes a re-seal'],
  ],
];

for (const [attack, file, sentences] of rows) {
  test(`${attack}: tried in ${file}`, () => {
    const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
    for (const sentence of sentences) assert.ok(text.includes(sentence), sentence);
  });
}

/** Attacks that are one pack each: words of their names among the refusals, and how many there are. */
const packs: readonly (readonly [attack: string, name: RegExp, count: number])[] = [
  ['descending and equal key ids, swapped stanzas', /^(descending|equal) key ids|^swapped/, 3],
  ['no recipient and five', /^no recipient|^five recipients/, 2],
  ['each reserved byte of header and inner head', /^reserved (inner )?byte \d+ is 1/, 42],
  ['trailing byte', /^trailing byte/, 1],
  ['inner part of 16 MiB and one byte', /^inner part of 16 MiB and one byte/, 1],
  ['S + L and keys of small order', /^S \+ L|^signer of small order: /, 9],
  ['every kind in the wrong direction', / (at|from) a (clinic|center)$/, 13],
];

for (const [attack, name, count] of packs) {
  test(`${attack}: among the refusals`, () => {
    const found = readVectors().refusals.filter((vector) => name.test(vector.name));
    assert.equal(found.length, count);
  });
}

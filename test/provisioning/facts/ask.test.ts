import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { askAnswers, askYes } from '#provisioning/facts/ask.ts';

/** A person who answers each question by its text, and reads what is written. */
function person(answer: (question: string, round: number) => string | undefined) {
  const desk = { input: new PassThrough(), output: new PassThrough() };
  const asked: string[] = [];
  const told: string[] = [];
  const rounds = new Map<string, number>();
  desk.output.on('data', (data: Buffer) => {
    const text = data.toString();
    const question = /([^\n]+): $/.exec(text)?.[1];
    if (question === undefined) {
      told.push(text);
      return;
    }
    asked.push(question);
    const name = question.replace(/ \[.*\]$/, '');
    const round = (rounds.get(name) ?? 0) + 1;
    rounds.set(name, round);
    // A person whose answers are never right leaves, so that a test ends.
    const line = round > 3 ? undefined : answer(name, round);
    if (line === undefined) desk.input.end();
    else desk.input.write(`${line}\n`);
  });
  return { desk, asked, told };
}

const typed: Readonly<Record<string, string>> = {
  'Name of the clinic': 'DEMO CLINIC',
  'Site code, as on the card': 'XX-DEM-01',
  'First modality: name': 'CR room 1',
  'First modality: AE title': 'CR1',
};
const lan = 'Subnet of the local network, as 192.0.2.0/24';

test('a slip at the last question costs one line: what was typed is offered again', async () => {
  const { desk, asked, told } = person((question, round) => {
    if (question === lan) return round === 1 ? '192.0.2' : '192.0.2.0/24';
    return round === 1 ? (typed[question] ?? '') : '';
  });
  const answers = await askAnswers(desk);
  assert.ok(answers?.role === 'box');
  assert.equal(answers.site.name, 'DEMO CLINIC');
  assert.deepEqual(answers.network.lan, ['192.0.2.0/24']);
  assert.match(told.join(''), /network\.lan[\s\S]*Once more/);
  assert.ok(asked.includes('Name of the clinic [DEMO CLINIC]'));
});

test('who leaves at a question has answered nothing, and has not said yes', async () => {
  const leaves = person((question) => (question === lan ? undefined : typed[question]));
  assert.equal(await askAnswers(leaves.desk), undefined);
  assert.equal(await askYes('Apply?', person(() => undefined).desk), false);
  assert.equal(await askYes('Apply?', person(() => 'yes').desk), true);
  assert.equal(await askYes('Apply?', person(() => 'maybe').desk), false);
});

import { runUnassigned } from '#appliance/wiring/unassigned.ts';

const usage = `outpost outside list [--json]
outpost outside bind STUDY --patient ID --by "YOUR NAME" [--name "FAMILY^GIVEN"] [--birth YYYYMMDD] [--sex M|F|O] [--send]
outpost outside send STUDY --by "YOUR NAME"

Studies from a CD, a stick or another medium with a DICOMDIR are kept and not sent. list shows them; bind says which
patient of the clinic one belongs to; send asks that it goes to the reading center. The images stay as they came.

  --patient ID     the Patient ID at this clinic; when nobody here has it, --name is needed
  --issuer TEXT    who gave the ID, where the same ID stands for several people
  --by NAME        the person who says so
  --send           send it, too
  --socket PATH    the Unix socket of the appliance (default: /run/outpost/appliance.sock)

Exit codes: 0 done, 1 refused, 64 usage, 69 the appliance does not answer.
`;

/** The `outpost outside` command. */
export function main(args: readonly string[]): Promise<number> {
  return runUnassigned('outside', usage, args);
}

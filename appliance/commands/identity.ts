import { runUnassigned } from '#appliance/wiring/unassigned.ts';

const usage = `outpost identity list [--json]
outpost identity assign STUDY --patient ID --by "YOUR NAME" [--name "FAMILY^GIVEN"] [--birth YYYYMMDD] [--sex M|F|O]

Images that came without a Patient ID or a legal study number are kept and not sent. list shows them; assign says
whose a study is. The images stay as they came; the reading center is told what you said, and that you said it.

  --patient ID     the Patient ID; when nobody here has it, --name is needed
  --issuer TEXT    who gave the ID, where the same ID stands for several people
  --by NAME        the person who says so
  --socket PATH    the Unix socket of the appliance (default: /run/outpost/appliance.sock)

Exit codes: 0 done, 1 refused, 64 usage, 69 the appliance does not answer.
`;

/** The `outpost identity` command. */
export function main(args: readonly string[]): Promise<number> {
  return runUnassigned('identity', usage, args);
}

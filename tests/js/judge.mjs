/** How the browser's side judges cases of one file: `node judge.mjs CASES`, "accepted" or [reason, field, cause] each. */

import { readFileSync } from "node:fs";
import { Refused } from "../../bidroom/web/ui/refused.mjs";
import { READERS } from "./readers.mjs";

const { file, shared, cases } = JSON.parse(readFileSync(process.argv[2], "utf8"));

async function judged(one) {
  try {
    await READERS[file](one, shared);
    return "accepted";
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    return [fault.reason, fault.field, fault.details.cause ?? null];
  }
}

const verdicts = [];
for (const one of cases) verdicts.push(await judged(one));
process.stdout.write(JSON.stringify(verdicts));

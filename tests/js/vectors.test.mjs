/** Every vector: accepted with the values it names, or refused with the reason and at the place it names. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Refused } from "../../bidroom/web/ui/refused.mjs";
import { READERS } from "./readers.mjs";

const FOLDER = new URL("../vectors/", import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith(".json")).map((name) => name.slice(0, -5));

it("has a reader for every file", () => assert.deepEqual(Object.keys(READERS).sort(), NAMES.sort()));

for (const name of NAMES) {
  const file = JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
  describe(name, () => {
    for (const one of file.cases) it(one.name, () => check(READERS[name], one, file));
  });
}

async function check(read, one, file) {
  const run = async () => read(one, file);
  if (one.accept) {
    assert.deepEqual(plain(await run()), one.accept);
    return;
  }
  const { reason, field = null, ...details } = one.refuse;
  const refused = await run().then(() => assert.fail("accepted"), (fault) => fault);
  if (!(refused instanceof Refused)) throw refused;
  const said = Object.fromEntries(Object.keys(details).map((key) => [key, refused.details[key]]));
  assert.deepEqual({ reason: refused.reason, field: refused.field, ...said }, { reason, field, ...details });
}

/** Without the missing prototypes of parsed objects. */
const plain = (value) => JSON.parse(JSON.stringify(value));

/** In a page: every case of a file of vectors, judged as the Node tests judge it. Bundled by esbuild for the test. */

import { READERS } from "../js/readers.mjs";
import { Refused } from "../../bidroom/web/ui/refused.mjs";

/** @returns {Promise<{name: string, wrong: string}[]>} what was judged otherwise than the file says */
globalThis.judge = async (name, file) => {
  const wrong = [];
  for (const one of file.cases) {
    const said = await verdict(READERS[name], one, file);
    const expected = one.accept ? { accept: one.accept } : { refuse: refusalOf(one.refuse) };
    if (ordered(narrowed(said, expected)) !== ordered(expected)) wrong.push({ name: one.name, wrong: ordered(said) });
  }
  return wrong;
};

globalThis.readers = Object.keys(READERS);

async function verdict(read, one, file) {
  try {
    return { accept: JSON.parse(JSON.stringify(await read(one, file))) };
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    return { refuse: { reason: fault.reason, field: fault.field ?? null, ...fault.details } };
  }
}

const refusalOf = ({ reason, field = null, ...details }) => ({ reason, field, ...details });

/** A refusal may know more than the file asks for. */
function narrowed(said, expected) {
  if (!said.refuse || !expected.refuse) return said;
  return { refuse: Object.fromEntries(Object.keys(expected.refuse).map((key) => [key, said.refuse[key]])) };
}

const ordered = (value) => JSON.stringify(value, (_, each) => (isObject(each) ? Object.fromEntries(Object.entries(each).sort()) : each));
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

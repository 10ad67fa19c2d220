/** Receipts and refusals: what the platform signs for every upload, withdrawal, release and confirmation. */

import { unhex } from "./bytes.mjs";
import { canonical, signedInput } from "./canonical.mjs";
import { parseVkey, verifyEd25519 } from "./checkpoint.mjs";
import { Refused } from "./refused.mjs";

export { parseVkey, verifyNote } from "./checkpoint.mjs";
export { verifyConsistency, verifyInclusion } from "./tree.mjs";

/**
 * The signed body; Refused: receipt_malformed (field), receipt_signature_wrong.
 * @param {Record<string, any>} receipt {receipt | refusal, signature, proof, token}
 * @param {import("./checkpoint.mjs").VerifierKey | string} vkey
 * @param {"receipt" | "refusal"} [kind]
 */
export async function verifyReceipt(receipt, vkey, kind = "receipt") {
  const key = typeof vkey === "string" ? await parseVkey(vkey) : vkey;
  if (`${Object.keys(receipt).sort()}` !== `${[kind, "signature", "proof", "token"].sort()}`) {
    throw new Refused("receipt_malformed");
  }
  const body = receipt[kind];
  if (body === null || typeof body !== "object" || Array.isArray(body)) throw new Refused("receipt_malformed", kind);
  const signed = signedInput(kind, canonicalBody(body));
  if (!(await verifyEd25519(key, signatureOf(receipt.signature), signed))) {
    throw new Refused("receipt_signature_wrong", "signature");
  }
  return body;
}

function canonicalBody(body) {
  try {
    return canonical(body);
  } catch (fault) {
    if (!(fault instanceof Refused)) throw fault;
    throw new Refused("receipt_malformed", fault.field);
  }
}

function signatureOf(value) {
  if (typeof value !== "string" || !/^[0-9a-f]{128}$/.test(value)) throw new Refused("receipt_malformed", "signature");
  return unhex(value);
}

/**
 * That a verified receipt is for this bid; Refused("receipt_is_not_of_this_bid").
 * @param {Record<string, any>} body
 * @param {import("./header.mjs").Header} header
 */
export function checkReceiptOf(body, header) {
  const named = [body.tender, body.lot, body.digest];
  if (`${named}` !== `${[header.tender, header.lot, header.digest]}`) {
    throw new Refused("receipt_is_not_of_this_bid", "receipt");
  }
}

/** The kit: all pieces of one's own bid, wrapped for one's own keys; it proves, and repairs a stanza in dispute. */

import { base64, hex, sha256, unbase64 } from "./bytes.mjs";
import { parseCanonical } from "./canonical.mjs";
import { Refused } from "./refused.mjs";
import { checkPieces } from "./release.mjs";
import { KIT_SLOT } from "./seal.mjs";
import { Place } from "./shape.mjs";
import { piecesOfHolder } from "./slots.mjs";
import { newStanza, openStanza } from "./wrapping.mjs";

const KIT_LIMIT = 1 << 20;
const MALFORMED = "kit_malformed";

/**
 * All pieces of the bid, each the committed one. Refused: kit_malformed, kit_of_another_bid, key_opens_no_stanza,
 * share_damaged, piece_does_not_match.
 * @param {Uint8Array} data
 * @param {import("./header.mjs").Header} header
 * @param {import("./release.mjs").Agreement} key
 */
export async function openKit(data, header, key) {
  const has = new Place(parseCanonical(data, KIT_LIMIT, MALFORMED), MALFORMED).members(["v", "digest", "stanzas"]);
  has.v.oneOf(1);
  if (has.digest.hexed(32) !== header.digest) throw new Refused("kit_of_another_bid", "digest");
  const digest = await sha256(key.spki);
  const own = has.stanzas.items(1, 8).map(stanzaOf).find((stanza) => stanza.key === hex(digest));
  if (!own) throw new Refused("key_opens_no_stanza", null, { serial: key.serial ?? null });
  const { pieces } = await openStanza(header.B, own, key.pair, digest);
  if (pieces?.size !== header.pieces.length) throw new Refused("share_damaged", `stanzas[${own.index}].ct`);
  await checkPieces(header, pieces);
  return pieces;
}

function stanzaOf(at) {
  const has = at.members(["index", "key", "ct"]);
  const ct = unbase64(has.ct.value);
  if (!ct) throw has.ct.refused("not_base64");
  return { slot: KIT_SLOT, index: has.index.integer(0, 7), key: has.key.hexed(32), ct };
}

/** A fresh stanza for one holder of the terms, as JSON has it; Refused("slot_unknown"). */
export async function repairedStanza(header, terms, slot, index, pieces) {
  const mine = new Map(piecesOfHolder(terms.slots, slot, index).map((j) => [j, pieces.get(j)]));
  const holder = terms.slots.find((one) => one.name === slot).holders[index];
  if (!holder) throw new Refused("slot_unknown", null, { slot, index });
  const { ct, ...stanza } = await newStanza(header.B, slot, index, holder.key, mine);
  return { ...stanza, ct: base64(ct) };
}

/** A sealed bid as this page holds it, and the shapes it goes out in. */

import { base64, utf8 } from "../bytes.mjs";

/**
 * `key` is the digest of the certificate that sealed it, while that is known; `blobs` the parts with their bytes, null
 * where they are gone; `name` the folder on this machine, null where the browser has none.
 * @typedef {Omit<import("./sink.mjs").Kept, "name"> & {name: string | null, key?: string, blobs: any[] | null}} Bid
 */

/** Header, signature and certificate as the server takes them. @param {Bid} bid */
export const asSubmitted = ({ tender, bid, header, cms, certificate }) => ({
  tender, bid, certificate, header: base64(header), cms: base64(cms),
});

/** The digest of the bid whose place it takes, or "". @param {Bid} bid */
export const supersededBy = ({ header }) => JSON.parse(new TextDecoder().decode(header)).supersedes ?? "";

/** A signed document as a file. @param {object} document */
export const asFile = (document) => utf8(`${JSON.stringify(document, null, 1)}\n`);

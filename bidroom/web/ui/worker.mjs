/**
 * The worker's entry: a desk of this origin, whose releases go to this origin's server and nowhere else; below the
 * prefix of a demo's seat, if this script was loaded from there.
 */

import { Desk } from "./desk.mjs";
import { serve } from "./messages.mjs";
import { Shelf } from "./pages/sink.mjs";
import { posting } from "./posting.mjs";
import { BlobSink } from "./seal.mjs";

const { origin, pathname } = globalThis.location;
const base = origin + pathname.slice(0, Math.max(0, pathname.lastIndexOf("/static/")));
const PATIENCE = 15_000;
const sink = async () => (await (await Shelf.open())?.sink()) ?? new BlobSink();

serve(globalThis, new Desk({ origin, sink, post: posting(base, globalThis.fetch.bind(globalThis), PATIENCE) }));

/** The worker's entry: a desk of this origin, whose releases go to this origin's server and nowhere else. */

import { Desk } from "./desk.mjs";
import { serve } from "./messages.mjs";
import { posting } from "./posting.mjs";

const { origin } = globalThis.location;

serve(globalThis, new Desk({ origin, post: posting(origin, globalThis.fetch.bind(globalThis)) }));

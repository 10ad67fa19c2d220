/** node-forge, for PKCS#12 alone and without its own readers of keys and certificates: exact bytes come out. */

import forge from "node-forge/lib/forge.js";

forge.options.usePureJavaScript = true; // the same in Node as in a browser

export default forge;

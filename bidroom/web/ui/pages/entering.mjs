/** The way in: a key that did not fit is forgotten, so that the next try asks for another. */

import "./acting.mjs";
import "./base.mjs";
import { forget } from "./keyring.mjs";
import { way, wayOf } from "./sending.mjs";

const logIn = wayOf("login");

way("login", async (doing) => {
  try {
    return await logIn(doing);
  } catch (fault) {
    await forget();
    throw fault;
  }
});

/** Logging in: with a certificate that answers the server's challenge, or with a password. */

import { caller } from "./keyring.mjs";
import { serverNow } from "./notices.mjs";
import { post } from "./server.mjs";
import { way } from "./sending.mjs";

way("login", async ({ asked, key }) => {
  const { account } = asked.body;
  const { handle } = await key();
  const { bytes } = await post("/login/challenge", { account });
  const at = (await serverNow()).toISOString();
  await post("/login", await caller().call("signLogin", { handle, bytes, account, at }));
  return null;
});

way("password", async ({ asked }) => {
  await post("/login/password", asked.body);
  return null;
});

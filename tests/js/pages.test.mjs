/** What pages say and send: words in places, refusals in sentences, the same bytes again while a line is broken. */

import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { patiently } from "../../bidroom/web/ui/pages/server.mjs";
import { say, sentenceOf, use, wordsOf } from "../../bidroom/web/ui/pages/words.mjs";
import { posting } from "../../bidroom/web/ui/posting.mjs";
import { Refused } from "../../bidroom/web/ui/refused.mjs";

const BROKEN = new TypeError("Failed to fetch");

describe("words", () => {
  afterEach(() => use({ words: {} }));

  it("are the Chinese ones where there are no others, places filled", () => {
    assert.equal(say('还有 {n} 份', { n: 3 }), "还有 3 份");
    assert.equal(say('{a}、{b}', { a: "$1" }), "$1、{b}");
  });

  it("are the catalogue's where it has them", () => {
    use({ words: { "还有 {n} 份": "{n} to come" } });
    assert.equal(say('还有 {n} 份', { n: 3 }), "3 to come");
  });

  it("say why something was refused", () => {
    use({ words: { header_malformed: "投标文件头格式不正确" }, causes: { not_padded: "填充不正确" } });
    const refused = new Refused("header_malformed", "parts[0].length", { cause: "not_padded" });
    assert.equal(sentenceOf(refused), "投标文件头格式不正确（parts[0].length：填充不正确）");
    assert.equal(wordsOf(new Refused("header_malformed")), "投标文件头格式不正确");
  });

  it("fall back to the server's own sentence, then to the name", () => {
    assert.equal(sentenceOf(new Refused("new_reason", null, { title: "The server's words" })), "The server's words");
    assert.equal(sentenceOf(new Refused("new_reason")), "new_reason");
  });

  it("name a fault that is no refusal", () => {
    assert.match(wordsOf(new Error("boom")), /boom/);
  });
});

/** A line that breaks so many times, and then answers. */
function line(breaks, answer = { ok: true, json: async () => ({ done: 1 }) }) {
  const sent = [];
  const send = async (url, request) => {
    sent.push({ url, ...request });
    if (sent.length <= breaks) throw BROKEN;
    return answer;
  };
  return { sent, send };
}

describe("a broken line", () => {
  it("is tried again", async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      if (tries < 3) throw BROKEN;
      return "here";
    };
    assert.equal(await patiently(attempt, 5_000), "here");
    assert.equal(tries, 3);
  });

  it("is told of when it stays broken", async () => {
    const attempt = async () => {
      throw BROKEN;
    };
    await assert.rejects(patiently(attempt, 100), { name: "Refused", reason: "server_unreachable" });
  });

  it("hides no fault of another kind", async () => {
    let tries = 0;
    const attempt = async () => {
      tries += 1;
      throw new RangeError("ours");
    };
    await assert.rejects(patiently(attempt, 5_000), RangeError);
    assert.equal(tries, 1);
  });

  it("gets a worker's command again, byte by byte, below the seat's prefix", async () => {
    const { sent, send } = line(2);
    assert.deepEqual(await posting("http://here/seat/host", send, 5_000)({ bytes: "AA==" }, "token"), { done: 1 });
    assert.deepEqual(new Set(sent.map((each) => each.url)), new Set(["http://here/seat/host/api/v1/commands"]));
    assert.deepEqual(new Set(sent.map((each) => each.body)), new Set(['{"bytes":"AA=="}']));
    assert.equal(sent.length, 3);
  });

  it("is refused at once where nobody asked for patience", async () => {
    const { sent, send } = line(1);
    await assert.rejects(posting("http://here", send)({}, ""), { reason: "server_unreachable", field: "http://here" });
    assert.equal(sent.length, 1);
  });

  it("ends with the server's refusal", async () => {
    const problem = { reason: "suspended", title: "开标已中止", type: "/problems/suspended" };
    const { send } = line(1, { ok: false, json: async () => problem });
    await assert.rejects(posting("http://here", send, 5_000)({}, ""), { reason: "suspended", details: { title: "开标已中止" } });
  });
});

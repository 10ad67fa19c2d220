/** An upload over a server that fails in every way, and still has every byte once. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AT_ONCE, submitHeader, Upload } from "../../bidroom/web/ui/pages/uploading.mjs";
import { Refused } from "../../bidroom/web/ui/refused.mjs";
import { SEGMENT } from "../../bidroom/web/ui/tree.mjs";

const [TENDER, BID] = ["0f".repeat(16), "1e".repeat(16)];
const PATH = /^\/tenders\/(?:0f){16}\/bids\/(?:1e){16}\/parts\/(\d)\/segments\/(\d+)$/;
const unreachable = () => new Refused("server_unreachable");
const soon = async () => new Promise((resolve) => setTimeout(resolve, 1));

/** Bytes of one part, no segment like another. */
const partOf = (id, length) => {
  const bytes = new Uint8Array(length).map((_, n) => (n / SEGMENT) * 37 + id);
  return { id, length, blob: new Blob([bytes]) };
};
const LOAD = { tender: TENDER, bid: BID, parts: [partOf(0, 1000), partOf(1, 6 * SEGMENT + 17)] };

/** A server that keeps segments; `trouble` may throw before it does. */
class Keeping {
  segments = new Map();
  puts = 0;
  now = 0;
  most = 0;

  constructor(trouble = () => {}) {
    this.trouble = trouble;
  }

  get = async (path) => {
    assert.equal(path, `/tenders/${TENDER}/bids/${BID}/segments`);
    await this.trouble("get", this);
    const here = { 0: [], 1: [] };
    for (const name of this.segments.keys()) here[name.split("/")[0]].push(Number(name.split("/")[1]));
    return here;
  };

  put = async (path, bytes) => {
    const [, part, number] = PATH.exec(path);
    this.puts += 1;
    this.now += 1;
    this.most = Math.max(this.most, this.now);
    try {
      await soon();
      await this.trouble("put", this, Number(part), Number(number));
      this.segments.set(`${part}/${number}`, new Uint8Array(await bytes.arrayBuffer()));
    } finally {
      this.now -= 1;
    }
  };

  async check() {
    for (const { id, length, blob } of LOAD.parts) {
      const count = Math.ceil(length / SEGMENT);
      const all = Array.from({ length: count }, (_, n) => this.segments.get(`${id}/${n}`));
      assert.deepEqual(Buffer.concat(all), Buffer.from(await blob.arrayBuffer()));
    }
  }
}

/** No waiting in earnest; how long it would have been. */
function quick(slept = []) {
  const sleep = async (ms) => {
    slept.push(ms);
    await soon();
  };
  return { sleep, chance: () => 0.5, now: () => 0 };
}

describe("an upload", () => {
  it("sends every segment once, a few at a time", async () => {
    const server = new Keeping();
    const told = [];
    assert.equal(await new Upload(server, LOAD, (progress) => told.push(progress), quick()).run(), true);
    await server.check();
    assert.equal(server.puts, 8);
    assert.equal(server.most, AT_ONCE);
    const { total } = told.at(-1);
    assert.deepEqual(told.at(-1), { state: "done", done: total, total, retryAt: null, fault: null });
    assert.equal(total, 1000 + 6 * SEGMENT + 17);
  });

  it("sends only what is not there", async () => {
    const first = new Keeping();
    await new Upload(first, LOAD, () => {}, quick()).run();
    const server = new Keeping();
    for (const name of ["0/0", "1/0", "1/6"]) server.segments.set(name, first.segments.get(name));
    await new Upload(server, LOAD, () => {}, quick()).run();
    await server.check();
    assert.equal(server.puts, 5);
  });

  it("waits ever longer while the network is down, and says so", async () => {
    let left = 30;
    const server = new Keeping((kind) => {
      left -= 1;
      if (left > 0) throw unreachable();
    });
    const [slept, told] = [[], []];
    await new Upload(server, LOAD, (progress) => told.push(progress), quick(slept)).run();
    await server.check();
    assert.deepEqual(slept.slice(0, 7), [1000, 2000, 4000, 8000, 16000, 30000, 30000]);
    const waiting = told.find(({ state }) => state === "waiting");
    assert.equal(waiting.fault.reason, "server_unreachable");
    assert.equal(waiting.retryAt, 1000);
    assert.equal(told.at(-1).state, "done");
  });

  it("goes on with the others while one segment fails", async () => {
    let failures = 3;
    const server = new Keeping((kind, _, part, number) => {
      if (kind === "put" && part === 1 && number === 2 && failures > 0) {
        failures -= 1;
        throw new Refused("server_failed", null, { status: 502 });
      }
    });
    await new Upload(server, LOAD, () => {}, quick()).run();
    await server.check();
    assert.equal(server.puts, 11);
  });

  it("stops at what does not pass by itself, and goes on when it is asked to", async () => {
    let late = true;
    const server = new Keeping((kind, here) => {
      if (kind === "put" && late && here.segments.size >= 3) throw new Refused("not_logged_in");
    });
    const told = [];
    const upload = new Upload(server, LOAD, (progress) => told.push(progress), quick());
    await assert.rejects(upload.run(), { reason: "not_logged_in" });
    assert.deepEqual([upload.state, told.at(-1).state], ["failed", "failed"]);
    late = false;
    assert.equal(await upload.run(), true);
    await server.check();
  });

  it("is paused, loses nothing, and goes on", async () => {
    const server = new Keeping();
    const half = ({ done }) => done > 2 * SEGMENT && upload.state === "running" && upload.pause();
    const upload = new Upload(server, LOAD, half, quick());
    assert.equal(await upload.run(), false);
    assert.equal(upload.state, "paused");
    const sent = server.segments.size;
    assert.ok(sent > 0 && sent < 8, `${sent}`);
    const [first, second] = await Promise.all([resumed(server), resumed(server)]);
    assert.deepEqual([first, second], [true, true]);
    await server.check();
  });

  const resumed = (server) => new Upload(server, LOAD, () => {}, quick()).run();

  it("resumed at once after a pause goes on too", async () => {
    const server = new Keeping();
    const upload = new Upload(server, LOAD, () => {}, quick());
    const first = upload.run();
    upload.pause();
    assert.equal(await upload.run(), true);
    await first;
    await server.check();
  });

  it("is woken out of its wait when the network is back, or when it is paused", async () => {
    for (const wake of ["hurry", "pause"]) {
      let down = true;
      const server = new Keeping(() => {
        if (down) throw unreachable();
      });
      const upload = new Upload(server, LOAD, ({ state }) => {
        if (state !== "waiting") return;
        down = false;
        queueMicrotask(() => setTimeout(() => upload[wake](), 5));
      });
      const begun = performance.now();
      assert.equal(await upload.run(), wake === "hurry");
      assert.ok(performance.now() - begun < 500, "it did not sleep its second");
    }
  });

  it("a sealed file that is gone is no network that is down", async () => {
    const blob = new Blob(["x"]);
    blob.slice = () => ({ arrayBuffer: async () => { throw new DOMException("gone", "NotFoundError"); } });
    const server = new Keeping((kind) => {
      if (kind === "put") throw unreachable();
    });
    const load = { ...LOAD, parts: [{ id: 0, length: 1, blob }] };
    await assert.rejects(new Upload(server, load, () => {}, quick()).run(), { reason: "sealed_file_gone" });
  });
});

describe("the header", () => {
  const bid = { tender: TENDER, bid: BID, header: "aGVhZGVy", cms: "Y21z", certificate: "ab".repeat(32) };

  it("is sent again when an answer got lost, the same bytes each time", async () => {
    const sent = [];
    const post = async (path, document) => {
      sent.push([path, JSON.stringify(document)]);
      if (sent.length < 3) throw unreachable();
      return { receipt: { receipt: {} } };
    };
    const waited = [];
    assert.deepEqual(await submitHeader({ post }, bid, 5, async (ms) => waited.push(ms)), { receipt: {} });
    assert.deepEqual([new Set(sent.map(String)).size, sent.length, waited], [1, 3, [1000, 2000]]);
    assert.deepEqual(sent[0], [`/tenders/${TENDER}/bids/${BID}`,
      JSON.stringify({ header: bid.header, cms: bid.cms, certificate: bid.certificate })]);
  });

  it("refused is refused, and not sent again", async () => {
    let count = 0;
    const post = async () => {
      count += 1;
      throw new Refused("upload_is_in_time", null, { refusal: {} });
    };
    await assert.rejects(submitHeader({ post }, bid), { reason: "upload_is_in_time" });
    assert.equal(count, 1);
  });

  it("gives up after its tries, for the person to decide", async () => {
    let count = 0;
    const post = async () => {
      count += 1;
      throw unreachable();
    };
    await assert.rejects(submitHeader({ post }, bid, 3, async () => {}), { reason: "server_unreachable" });
    assert.equal(count, 3);
  });
});

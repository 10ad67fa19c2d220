/** The documents' archive: read in stretches, whatever they cut; a file that is not what it was is named. */

import assert from "node:assert/strict";
import { mkdtempSync, openAsBlob, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { concat, equal, hex, utf8 } from "../../bidroom/web/ui/bytes.mjs";
import { Archive, zipDocuments } from "../../bidroom/web/ui/zip.mjs";

const bytesOf = async (stretch) => new Uint8Array(await stretch.arrayBuffer());

async function archived(...texts) {
  return zipDocuments(texts.map((text, n) => ({ name: `${n}.txt`, data: new Blob([text]) })));
}

describe("an archive", () => {
  it("gives the same bytes however it is cut", async () => {
    const archive = await archived("a".repeat(1000), "", "方案".repeat(300), "z");
    const whole = await bytesOf(archive.slice(0, archive.size));
    assert.equal(whole.length, archive.size);
    for (const size of [1, 7, 64, 999, archive.size]) {
      const parts = [];
      for (let at = 0; at < archive.size; at += size) parts.push(await bytesOf(archive.slice(at, at + size)));
      assert.ok(equal(concat(...parts), whole), `cut by ${size}`);
    }
  });

  it("is cut off where it ends, as a Blob is", async () => {
    const archive = new Archive();
    archive.append(new Blob(["abc"]));
    archive.append(new Blob(["defg"]));
    const said = async (from, to) => hex(await bytesOf(archive.slice(from, to)));
    assert.equal(await said(2, 5), hex(utf8("cde")));
    assert.equal(await said(6, 100), hex(utf8("g")));
    assert.equal(await said(7, 100), "");
    assert.equal(archive.slice(5, 2).size, 0);
  });

  it("of nothing is empty", async () => {
    assert.equal((await zipDocuments([])).size, 0);
  });

  it("has an end of more than 65,535 files, which this format has no room for", async () => {
    const data = new Blob(["x"]);
    const files = Array.from({ length: 0x10000 }, (_, n) => ({ name: `${n}`, data }));
    await assert.rejects(zipDocuments(files), { name: "Refused", reason: "documents_too_many" });
  });

  it("names the file that changed while it was read", async () => {
    const folder = mkdtempSync(join(tmpdir(), "zip-"));
    try {
      const path = join(folder, "b.bin");
      writeFileSync(path, "before");
      const files = [{ name: "a", data: new Blob(["a"]) }, { name: "标书/b.bin", data: await openAsBlob(path) }];
      const archive = await zipDocuments(files);
      writeFileSync(path, "after, and longer");
      const expected = { name: "Refused", reason: "documents_changed", field: "标书/b.bin" };
      await assert.rejects(archive.slice(0, archive.size).arrayBuffer(), expected);
      await assert.rejects(zipDocuments(files), expected);
      assert.equal((await bytesOf(archive.slice(0, 30))).length, 30);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

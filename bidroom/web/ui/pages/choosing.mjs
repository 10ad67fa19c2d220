/** Choosing the documents: files and folders, picked or dropped, each under a name of its own. */

import { sizeOf } from "./saying.mjs";
import { say } from "./words.mjs";

const MIB = 1 << 20;
const AT_ONCE = 200;
/** Documents are read by others once they are opened; a private key among them would be given away. */
const KEY_FILE = /\.(p12|pfx|key|jks)$/i;

/** The documents of one lot, and their list on the page. */
export class Documents {
  /** @type {Map<string, File>} by the name that each will have */
  #chosen = new Map();
  #section;

  /** @param {HTMLElement} section */
  constructor(section) {
    this.#section = section;
    for (const input of section.querySelectorAll("input[type=file]")) {
      input.addEventListener("change", () => {
        this.add([...input.files].map((file) => ({ name: file.webkitRelativePath || file.name, file })));
        input.value = "";
      });
    }
    this.#takeDrops(section.querySelector("[data-drop]"));
    this.#list.addEventListener("click", ({ target }) => {
      const button = target.closest("[data-remove]");
      if (button) this.#remove(button.dataset.remove);
    });
    this.#show();
  }

  get #list() {
    return this.#section.querySelector("[data-list]");
  }

  /** As the worker takes them. */
  get files() {
    return [...this.#chosen].map(([name, data]) => ({ name, data }));
  }

  get size() {
    return [...this.#chosen.values()].reduce((sum, file) => sum + file.size, 0);
  }

  /** @param {{name: string, file: File}[]} files one of a known name takes the other's place, a key none */
  add(files) {
    const keys = files.filter(({ name }) => KEY_FILE.test(name));
    const others = files.filter((each) => !keys.includes(each));
    for (const { name, file } of others) this.#chosen.set(name.normalize("NFC"), file);
    this.#section.querySelector("[data-fault-for=documents]").textContent = keys.length
      ? say('没有加入 {name}：证书私钥文件不能放进投标文件', { name: keys[0].name })
      : "";
    this.#show();
  }

  clear() {
    this.#chosen.clear();
    this.#show();
  }

  #remove(name) {
    const names = [...this.#chosen.keys()];
    const next = names[names.indexOf(name) + 1] ?? names[names.indexOf(name) - 1];
    this.#chosen.delete(name);
    this.#show();
    const buttons = [...this.#list.querySelectorAll("[data-remove]")];
    (buttons.find((button) => button.dataset.remove === next) ?? this.#section.querySelector("[data-files]")).focus();
  }

  #show() {
    const rows = [...this.#chosen].slice(0, AT_ONCE).map(([name, file]) => rowOf(name, file.size));
    this.#list.replaceChildren(...rows);
    const { size: count } = this.#chosen;
    const total = this.#section.querySelector("[data-total]");
    const more = count > AT_ONCE ? say('（列出前 {n} 个）', { n: AT_ONCE }) : "";
    total.textContent = count
      ? say('共 {n} 个文件，{size}', { n: count, size: sizeOf(this.size) }) + more
      : say('未选择文件：将只递交开标一览表');
  }

  #takeDrops(zone) {
    const over = (is) => (event) => {
      event.preventDefault();
      zone.toggleAttribute("data-over", is);
    };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", async (event) => {
      over(false)(event);
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
      this.add((await Promise.all(entries.map((entry) => filesIn(entry)))).flat());
    });
  }
}

/** The files of a dropped entry, those of a folder under their path in it. */
async function filesIn(entry, path = "") {
  const name = path + entry.name;
  if (entry.isFile) return [{ name, file: await new Promise((resolve, reject) => entry.file(resolve, reject)) }];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return found;
    for (const each of some) found.push(...(await filesIn(each, `${name}/`)));
  }
}

function rowOf(name, size) {
  const row = document.createElement("li");
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "btn btn-quiet btn-sm", textContent: say('移除') });
  button.dataset.remove = name;
  button.setAttribute("aria-label", say('移除 {name}', { name }));
  row.append(span("files-n", name), span("files-s num", sizeOf(size)), button);
  return row;
}

function span(className, textContent) {
  return Object.assign(document.createElement("span"), { className, textContent });
}

/** What a browser's private file system should have room for: all documents, their padding and the form. */
export const roomFor = (documents) => Math.ceil(documents * 1.13) + MIB;

/** The announcement read out: `[data-say]` is a row's sentence, `[data-read-all]` reads all of a section one by one. */

const CHINESE = "zh-CN";

/** Let the page's buttons speak, where the browser has a voice. */
export function readAloud() {
  if (!globalThis.speechSynthesis) return;
  document.documentElement.dataset.voice = "";
  document.addEventListener("click", ({ target }) => {
    const button = target.closest?.("[data-read-all], [data-read-row]");
    if (!button) return;
    const scope = button.closest(button.hasAttribute("data-read-row") ? "[data-say]" : "section") ?? document;
    toggle(button, scope.hasAttribute("data-say") ? [scope] : [...scope.querySelectorAll("[data-say]")]);
  });
}

/** A second press stops. */
function toggle(button, rows) {
  const wasSpeaking = speechSynthesis.speaking;
  speechSynthesis.cancel();
  if (wasSpeaking && button.getAttribute("aria-pressed") === "true") {
    button.setAttribute("aria-pressed", "false");
    return;
  }
  button.setAttribute("aria-pressed", "true");
  for (const row of rows) speechSynthesis.speak(sentence(row));
}

function sentence(row) {
  const said = new SpeechSynthesisUtterance(row.dataset.say);
  said.lang = CHINESE;
  said.rate = 0.95;
  said.onstart = () => row.classList.add("now");
  said.onend = said.onerror = () => row.classList.remove("now");
  return said;
}

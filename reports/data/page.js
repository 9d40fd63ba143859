// What a page on a screen can do beyond paper: copy a code whole, and open what is folded before it is printed.
"use strict";
(() => {
  const says = document.body.dataset;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  let code = null;

  // One button for all codes: a table may hold thousands of them, and a button behind each would be in everybody's way.
  function offer(event) {
    const at = event.target.closest("code") ?? event.target.querySelector(":scope > code");
    if (!at || at === code) return;
    code = at;
    button.textContent = says.copy;
    (at.closest("a") ?? at).after(button);
  }

  function withdraw() {
    button.remove();
    code = null;
  }

  async function copied(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      getSelection().selectAllChildren(code);
      return document.execCommand("copy");
    }
  }

  button.addEventListener("click", async () => {
    if (await copied(code.textContent)) button.textContent = says.copied;
  });
  document.addEventListener("pointerover", offer);
  document.addEventListener("focusin", offer);
  document.addEventListener("keydown", (event) => event.key === "Escape" && withdraw());

  let opened = [];
  addEventListener("beforeprint", () => {
    withdraw();
    opened = [...document.querySelectorAll("details:not([open])")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of opened) one.open = false;
  });
})();

// What every page does with script, and can be without.

const root = document.documentElement;

/** Shows the theme of the cookie: a page that Back brings again was made with the theme of its time. */
function showTheme() {
  const chosen = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1];
  if (chosen) root.dataset.theme = chosen;
  else delete root.dataset.theme;
  for (const choice of document.querySelectorAll(".theme input")) choice.checked = choice.value === (chosen ?? "system");
}
showTheme();
addEventListener("pageshow", showTheme);

// A theme is kept as soon as it is chosen.
const theme = document.querySelector(".theme");
theme?.querySelector("button").setAttribute("hidden", "");
theme?.addEventListener("change", async ({ target }) => {
  await fetch(target.form.action, { method: "POST", body: new URLSearchParams({ theme: target.value }) });
  showTheme();
});

// One box selects all rows of a page.
for (const all of document.querySelectorAll("[data-selects]")) {
  const boxes = [...all.closest("table").querySelectorAll(`input[name="${all.dataset.selects}"]`)];
  const show = () => {
    const selected = boxes.filter((box) => box.checked).length;
    all.checked = boxes.length > 0 && selected === boxes.length;
    all.indeterminate = selected > 0 && selected < boxes.length;
  };
  all.hidden = boxes.length === 0;
  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
  });
  for (const box of boxes) box.addEventListener("change", show);
  addEventListener("pageshow", show);
}

// A form with a draft is kept while it is filled in; its address then leads back to it.
for (const form of document.querySelectorAll("form[data-draft]")) {
  const told = document.querySelector("[data-kept]");
  let changed = false;
  let waiting;
  const keep = async () => {
    clearTimeout(waiting);
    if (!changed) return;
    changed = false;
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.dataset.draft, { method: "POST", body, keepalive: true }).catch(() => undefined);
    changed ||= !answer?.ok;
    told.textContent = answer?.ok ? "What you type is kept in this browser." : "";
    if (answer?.ok) history.replaceState(history.state, "", form.action);
  };
  form.addEventListener("input", () => {
    changed = true;
    clearTimeout(waiting);
    waiting = setTimeout(keep, 1000);
  });
  form.addEventListener("submit", () => clearTimeout(waiting));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") keep();
  });
}

// An activation file that is dropped on the request form, or chosen there, fills in what it names. It is read here and stays here.
const named = document.querySelector("[data-reads-file]");
if (named) {
  const form = named.closest("form");
  const told = named.querySelector("[role=status]");
  /** What a line of the file says, for the lines that are asked for. */
  const read = (text) => {
    const found = { hosts: [] };
    let table = "";
    for (const line of text.split(/\r?\n/)) {
      table = /^\[+([a-z.]+)\]+$/.exec(line)?.[1] ?? table;
      const [, name, value] = /^([a-z_]+) = "([^"\\]{1,100})"$/.exec(line) ?? [];
      if (table === "" && (name === "serial" || name === "product" || name === "product_version")) found[name] = value;
      if (table === "account" && name === "garn") found.garn = value;
      if (table === "binding.server" && name === "host_id") found.hosts.push(value);
    }
    return found;
  };
  const fill = async (file) => {
    const text = file && file.size <= 512 * 1024 ? await file.text() : "";
    const { serial, product, product_version: version, garn, hosts } = read(text);
    if (!text.startsWith("format = ") || !serial) {
      told.textContent = "This is no activation file. Choose one that ends in .I3Lic.";
      return;
    }
    const values = { garn, replaces: serial, primary_host: hosts[0], host: hosts[0], backup_host: hosts[1], subject: `About ${serial}: ${product} ${version}` };
    const filled = Object.entries(values).filter(([name, value]) => value && form.elements[name]?.value === "");
    for (const [name, value] of filled) form.elements[name].value = value;
    form.dispatchEvent(new Event("input"));
    told.textContent = `Filled in from ${serial}, as far as it was empty: account, serial, host ids and product. The file stays here.`;
  };
  named.hidden = false;
  named.querySelector("[type=file]").addEventListener("change", ({ target }) => fill(target.files[0]));
  form.addEventListener("dragover", (event) => event.preventDefault());
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    fill(event.dataTransfer.files[0]);
  });
}

// Files that are uploaded tell how far they are.
function showUploads() {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const input = form.querySelector("[type=file]");
  const button = form.querySelector("button");
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  form.append(told);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const files = [...input.files];
    const large = files.find((file) => file.size > 10 * 1024 * 1024);
    if (files.length === 0 || large) {
      told.textContent = large ? `${large.name} is larger than 10 MB. Send less of it, or pack it.` : "Choose a file first.";
      return;
    }
    const bar = document.createElement("progress");
    bar.setAttribute("aria-label", "Upload");
    told.replaceChildren(`Uploading ${files.length === 1 ? files[0].name : `${files.length} files`} `, bar);
    button.disabled = true;
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      bar.max = total;
      bar.value = loaded;
    });
    request.addEventListener("error", () => {
      told.textContent = "The upload broke off. Files that had arrived whole were kept: reload this page to see them.";
      button.disabled = false;
    });
    request.addEventListener("load", () => {
      if (request.status === 200) {
        location.replace(request.responseURL);
        return;
      }
      // The page that names what was not taken.
      const answer = new DOMParser().parseFromString(request.responseText, "text/html");
      for (const part of ["main", ".sprite"]) document.querySelector(part).replaceWith(answer.querySelector(part));
      document.title = answer.title;
      document.getElementById("problem")?.focus();
      showUploads();
    });
    request.open("POST", form.action);
    request.send(new FormData(form));
  });
}
showUploads();

/** Leads to the line of a list behind the one that has the focus, or before it. */
function step(by) {
  const lines = [...document.querySelectorAll("[data-lines] tbody th a")];
  const at = lines.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : lines.length - 1) : at + by;
  lines[next]?.focus();
  return lines.length > 0;
}

/** What a key does here; false where it does nothing. */
const keys = {
  "/": () => {
    const search = document.querySelector("main [data-lines-search]") ?? document.querySelector("header [type=search]");
    search?.select();
    return Boolean(search);
  },
  j: () => step(1),
  k: () => step(-1),
  c: () => {
    const claim = document.querySelector("button[data-key=c]");
    claim?.click();
    return Boolean(claim);
  },
  r: () => {
    const reply = document.querySelector("textarea[name=reply]");
    reply?.focus();
    return Boolean(reply);
  },
  "?": () => {
    const help = document.querySelector("dialog[data-keys]");
    help?.showModal();
    return Boolean(help);
  },
};
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog, [contenteditable]");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
  if (keys[event.key]()) event.preventDefault();
});
for (const open of document.querySelectorAll("button[data-opens-keys]")) {
  open.hidden = false;
  open.addEventListener("click", keys["?"]);
}

// Whoever reads a request is seen by others who do.
for (const readers of document.querySelectorAll("[data-reading]")) {
  const tell = async () => {
    if (document.visibilityState === "hidden") return;
    const answer = await fetch(readers.dataset.reading, { method: "POST" }).catch(() => undefined);
    const words = answer?.ok ? await answer.text() : readers.textContent;
    if (words !== readers.textContent) readers.textContent = words;
  };
  setInterval(tell, 20_000);
  document.addEventListener("visibilitychange", tell);
}

// A button opens and closes what it controls.
for (const button of document.querySelectorAll("button[aria-expanded]")) {
  button.addEventListener("click", () => button.setAttribute("aria-expanded", String(button.ariaExpanded === "false")));
}

// What was copied is said by the button itself.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const words = button.firstElementChild;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    words.textContent = "Copied";
    setTimeout(() => (words.textContent = "Copy"), 2000);
  });
}

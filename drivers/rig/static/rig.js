// Keeps the page true: asks the rig every second, and at once after every press.
"use strict";

const SHOWN_PAPERS = 40;
const ENDED = {cut: "切下", torn: "撕下", out: "纸用完"};
const byId = (id) => document.getElementById(id);
let asked = 0;
let heard = Date.now();
let said = 0;

function say(text) {
  const line = byId("said");
  line.textContent = text;
  line.hidden = false;
  clearTimeout(said);
  said = setTimeout(() => { line.hidden = true; }, 6000);
}

async function ask(method, path, body) {
  try {
    const answer = await fetch(path, {
      method,
      headers: body === undefined ? {} : {"Content-Type": "application/json"},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const told = await answer.json();
    if (!answer.ok) say(told.error || `设备台没有照办（${answer.status}）`);
  } catch {
    say("设备台没有回答，可能已经停了。");
  }
  await look();
}

function chip(node, kind, text) {
  node.className = `chip ${node.dataset.role || ""} ${kind}`;
  node.textContent = text;
}

function showDevice(device) {
  const panel = document.querySelector(`[data-device="${device.device}"]`);
  if (!panel) return;
  const given = device.faults.filter((fault) => fault.is_given);
  panel.classList.toggle("is-out", !device.is_plugged);
  panel.classList.toggle("is-ill", given.length > 0);
  panel.classList.toggle("has-card", device.laid !== null);
  const [state, faults] = panel.querySelectorAll(".chips .chip");
  if (!device.is_plugged) chip(state, "no", "线已拔下");
  else if (device.is_held) chip(state, "ok", "插着，终端在用");
  else chip(state, "idle", "插着，没有人打开");
  chip(faults, given.length ? "no" : "ok", given.length ? `${given.length} 个故障` : "没有故障");
  panel.querySelector(".port code").textContent = device.port;
  const plug = panel.querySelector("[data-act=plug]");
  plug.textContent = device.is_plugged ? "拔线" : "插回";
  plug.classList.toggle("pri", !device.is_plugged);
  plug.dataset.to = device.is_plugged ? "out" : "in";
  panel.querySelector("[data-act=clear-all]").disabled = given.length === 0;
  const holding = panel.querySelector(".holding");
  for (const [label, value] of Object.entries(device.holding)) {
    const row = [...holding.children].find((child) => child.dataset.label === label);
    if (row) row.lastElementChild.textContent = value;
  }
  const all = panel.querySelector(".all-faults");
  if (given.length > Number(all.dataset.given || 0)) all.open = true;
  all.dataset.given = String(given.length);
  for (const fault of device.faults) {
    panel.querySelector(`[data-fault="${fault.name}"]`)?.classList.toggle("is-given", fault.is_given);
  }
  for (const tile of panel.querySelectorAll("[data-sample]")) {
    const lies = tile.dataset.sample === device.laid;
    tile.setAttribute("aria-pressed", String(lies));
    tile.querySelector(".act").textContent = lies ? "取走" : "放上";
  }
}

function showPapers(papers) {
  const wall = byId("papers");
  const newest = papers.length ? papers[papers.length - 1].number : 0;
  byId("count").textContent = newest ? `共 ${newest} 张，新的在上` : "";
  byId("empty").hidden = papers.length > 0;
  const isFirstLook = wall.dataset.newest === undefined;
  const seen = Number(wall.dataset.newest || 0);
  for (const paper of papers.filter((each) => each.number > seen)) {
    const item = byId("paper").content.cloneNode(true).firstElementChild;
    const at = new Date(paper.at).toLocaleTimeString("zh-CN", {hour12: false});
    const words = `第 ${paper.number} 张，${at}，${Math.round(paper.length_mm)} 毫米，${ENDED[paper.ended] || paper.ended}`;
    item.querySelector("img").src = paper.picture;
    item.querySelector("img").alt = words;
    item.querySelector("b").textContent = `第 ${paper.number} 张`;
    item.querySelector(".q").textContent = `${at} · ${Math.round(paper.length_mm)} 毫米 · ${ENDED[paper.ended] || paper.ended}`;
    item.querySelector("a").href = paper.words;
    item.querySelector("button").addEventListener("click", () => {
      const large = byId("large");
      large.querySelector("img").src = paper.picture;
      large.querySelector("img").alt = words;
      large.querySelector("p").textContent = words;
      large.showModal();
    });
    if (!isFirstLook) {
      item.classList.add("new");
      setTimeout(() => item.classList.remove("new"), 8000);
    }
    wall.prepend(item);
  }
  while (wall.children.length > SHOWN_PAPERS) wall.lastElementChild.remove();
  wall.dataset.newest = String(newest);
}

function showSheets(sheets) {
  const wall = byId("sheets");
  byId("sheets-title").hidden = sheets.length === 0;
  byId("sheets-title").querySelector(".q").textContent = `共 ${sheets.length ? sheets[sheets.length - 1].number : 0} 张`;
  const seen = Number(wall.dataset.newest || 0);
  for (const sheet of sheets.filter((each) => each.number > seen)) {
    const item = byId("paper").content.cloneNode(true).firstElementChild;
    const at = new Date(sheet.at).toLocaleTimeString("zh-CN", {hour12: false});
    const words = `A4 第 ${sheet.number} 张，${at}，任务 ${sheet.job} 第 ${sheet.page} 页`;
    if (sheet.picture) item.querySelector("img").src = sheet.picture;
    item.querySelector("img").alt = words;
    item.querySelector("b").textContent = `第 ${sheet.number} 张`;
    item.querySelector(".q").textContent = `${at} · 任务 ${sheet.job} · 第 ${sheet.page} 页`;
    item.querySelector("a").remove();
    item.querySelector("button").addEventListener("click", () => {
      const large = byId("large");
      large.querySelector("img").src = sheet.picture;
      large.querySelector("img").alt = words;
      large.querySelector("p").textContent = words;
      large.showModal();
    });
    wall.prepend(item);
    wall.dataset.newest = String(sheet.number);
  }
  while (wall.children.length > SHOWN_PAPERS) wall.lastElementChild.remove();
  if (sheets.length) byId("empty").hidden = true;
}

async function look() {
  const mine = ++asked;
  try {
    const answer = await fetch(`/api/bench?newest=${SHOWN_PAPERS}`, {cache: "no-store", signal: AbortSignal.timeout(5000)});
    if (!answer.ok) return;
    const bench = await answer.json();
    if (mine < asked) return;
    heard = Date.now();
    for (const device of bench.devices) showDevice(device);
    showPapers(bench.papers);
    showSheets(bench.sheets);
  } catch {
    // What is shown grows old; age() says so.
  }
}

function age() {
  const seconds = Math.round((Date.now() - heard) / 1000);
  document.body.classList.toggle("stale", seconds > 3);
  byId("fresh").textContent = seconds > 3 ? `设备台 ${seconds} 秒没有回答` : "与设备台相连";
}

for (const panel of document.querySelectorAll("[data-device]")) {
  const path = `/api/devices/${panel.dataset.device}`;
  const plug = panel.querySelector("[data-act=plug]");
  plug.addEventListener("click", () => ask("PUT", `${path}/plug`, {is_plugged: plug.dataset.to === "in"}));
  panel.querySelector("[data-act=clear-all]").addEventListener("click", () => ask("DELETE", `${path}/faults`));
  for (const item of panel.querySelectorAll("[data-fault]")) {
    const fault = `${path}/faults/${item.dataset.fault}`;
    const form = item.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const filled = [...new FormData(form)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value);
      ask("PUT", fault, {options: Object.fromEntries(filled)});
    });
    item.querySelector(".clear").addEventListener("click", () => ask("DELETE", fault));
  }
  for (const tile of panel.querySelectorAll("[data-sample]")) {
    tile.addEventListener("click", () => (tile.getAttribute("aria-pressed") === "true"
      ? ask("DELETE", `${path}/laid`)
      : ask("PUT", `${path}/laid`, {sample: tile.dataset.sample})));
  }
}
byId("shut").addEventListener("click", () => byId("large").close());
byId("large").addEventListener("click", (event) => { if (event.target === byId("large")) byId("large").close(); });
setInterval(age, 1000);
setInterval(look, 1000);
look().then(age);

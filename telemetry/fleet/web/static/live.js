// Keeps an open page true: ages tick, old chips lose their colour, changed parts are fetched again, a lost stream is said.
(function () {
  "use strict";
  var zh = document.documentElement.lang.indexOf("zh") === 0;
  var body = document.body;
  var born = new WeakMap();           // when an element with an age came onto the page, by the monotonic clock
  var LOST_AFTER_MS = 5000;           // two and a half beats of the stream
  var GAP_MS = 250;                   // between two fetches, so that a storm of changes is a few fetches
  var MOST_GAP_MS = 2000;             // a slow server is asked less often: four times what the last answer took, up to this
  var IDLE_FETCH_MS = 30000;          // silence changes pages too: nothing is sent when nothing is heard
  var AWAY_GAP_MS = 5000;             // a server whose store is away is asked so often
  var keptS = +body.dataset.kept || 0;   // how old the page was when it came: the server had nothing newer
  var asOf = +body.dataset.now;       // up to when what is shown is true, by the server's clock

  function words(s) {
    s = Math.floor(s);
    if (s < 60) { return s + (zh ? " 秒" : " s"); }
    if (s < 3600) { return Math.floor(s / 60) + (zh ? " 分" : " min"); }
    if (s < 86400) { return Math.floor(s / 3600) + (zh ? " 小时 " : " h ") + Math.floor(s % 3600 / 60) + (zh ? " 分" : " min"); }
    return Math.floor(s / 86400) + (zh ? " 天 " : " d ") + Math.floor(s % 86400 / 3600) + (zh ? " 小时" : " h");
  }
  function ageOf(el, said) {
    if (!born.has(el)) { born.set(el, performance.now()); }
    return +said + keptS + (performance.now() - born.get(el)) / 1000;
  }
  function tick() {
    document.querySelectorAll("[data-age]").forEach(function (el) {
      var s = ageOf(el, el.dataset.age), text = words(s);
      if (el.textContent !== text) { el.textContent = text; }
      el.classList.toggle("t-att", el.dataset.old !== undefined && s > +el.dataset.old);
    });
    document.querySelectorAll("[data-clock]").forEach(function (el) {   // the server's time, told to run on from here
      el.textContent = clock(+body.dataset.now + performance.now()).slice(0, 5);
    });
    document.querySelectorAll("[data-chip]").forEach(function (el) {
      if (ageOf(el, el.dataset.chip) <= +el.dataset.limit || el.classList.contains("unk")) { return; }
      var word = el.querySelector(".word"), use = el.querySelector("use");
      el.classList.remove("ok", "part", "no", "act");
      el.classList.add("unk");
      if (word && el.dataset.stale) { word.textContent = el.dataset.stale; }
      if (use) { use.setAttribute("href", "#i-unknown"); }
    });
  }

  // Changed parts. What only grew older keeps its elements, so that a reader's selection and focus stay.
  function bare(html) { return html.replace(/data-age="[^"]*"([^>]*>)[^<]*/g, "$1").replace(/data-chip="[^"]*"/g, ""); }
  var last = {};
  function put(text) {
    var doc = new DOMParser().parseFromString(text, "text/html");
    var focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.row : undefined;
    doc.querySelectorAll("[data-part]").forEach(function (fresh) {
      var old = document.getElementById(fresh.id);
      if (!old) { return; }
      var form = bare(fresh.innerHTML);
      if (last[fresh.id] === form) { older(old, fresh); return; }
      last[fresh.id] = form;
      old.replaceChildren.apply(old, Array.prototype.slice.call(document.importNode(fresh, true).childNodes));
    });
    if (focused) {
      var row = document.querySelector('[data-row="' + CSS.escape(focused) + '"]');
      if (row && row !== document.activeElement) { row.focus({ preventScroll: true }); }
    }
    var seen = doc.querySelector("[data-seen]");
    if (seen) { body.dataset.seen = seen.dataset.seen; }
    tick();
  }
  function older(old, fresh) {
    ["age", "chip"].forEach(function (name) {
      var now = old.querySelectorAll("[data-" + name + "]"), then = fresh.querySelectorAll("[data-" + name + "]");
      if (now.length !== then.length) { return; }
      then.forEach(function (el, i) {
        now[i].dataset[name] = el.dataset[name];
        born.delete(now[i]);
        if (name === "chip" && now[i].className !== el.className) { now[i].replaceWith(document.importNode(el, true)); }
      });
    });
  }

  var kept = document.getElementById("kept");
  function away() {                   // the service lives, its store does not answer
    body.classList.add("is-kept");
    kept.hidden = false;
    document.getElementById("kept-at").textContent = clock(asOf);
  }

  var fetching = false, again = false, lastFetch = 0, gap = GAP_MS;
  function refresh() {
    if (!body.dataset.fragment) { return; }
    if (fetching) { again = true; return; }
    var wait = lastFetch + gap - performance.now();
    fetching = true;
    setTimeout(function () {
      var asked = performance.now();
      again = false;
      fetch(body.dataset.fragment + location.search, { headers: { Accept: "text/html" } })
        .then(function (answer) {
          if (answer.status === 401) { location.reload(); }   // the session is over: the door leads to the sign-in page and back
          if (answer.status === 503) { away(); }
          if (!answer.ok) { throw new Error(String(answer.status)); }
          keptS = 0;
          asOf = Date.parse(answer.headers.get("Date")) || asOf;
          return answer.text();
        })
        .then(function (text) { body.classList.remove("is-kept"); kept.hidden = true; put(text); }, function () { again = true; })
        .then(function () {
          lastFetch = performance.now();
          gap = Math.min(MOST_GAP_MS, Math.max(GAP_MS, 4 * (lastFetch - asked)));
          fetching = false;
          if (again) { setTimeout(refresh, kept.hidden ? body.classList.contains("is-lost") ? MOST_GAP_MS : 0 : AWAY_GAP_MS); }
        });
    }, Math.max(0, wait));
  }

  // The stream. A page that does not hear it says so and takes its colours off.
  var stream = null, heard = performance.now(), heardAt = null, tries = 0, retry = null;
  function hear(event) {
    heard = performance.now();
    if (event && isFinite(Date.parse(event.data))) { heardAt = Date.parse(event.data); }   // hello and beat say the server's time
    if (body.classList.contains("is-lost")) {
      body.classList.remove("is-lost");
      document.getElementById("lost").hidden = true;
      refresh();
    }
    tries = 0;
  }
  function concerns(kiosks) { return !body.dataset.kiosk || kiosks.indexOf(body.dataset.kiosk) >= 0; }
  function open() {
    retry = null;
    if (stream) { stream.close(); }
    stream = new EventSource("/events?after=" + encodeURIComponent(body.dataset.seen));
    stream.addEventListener("hello", hear);
    stream.addEventListener("beat", hear);
    stream.addEventListener("change", function (event) {
      hear();
      body.dataset.seen = event.lastEventId;
      if (concerns(JSON.parse(event.data).kiosks)) { refresh(); }
    });
    stream.addEventListener("reload", function (event) { hear(); body.dataset.seen = event.lastEventId; refresh(); });
    stream.onerror = function () {
      tries += 1;
      if (stream.readyState === EventSource.CLOSED && !retry) {
        refresh();                    // which finds out whether the session is over
        retry = setTimeout(open, Math.min(10000, 500 * tries));
      }
    };
  }
  function two(n) { return (n < 10 ? "0" : "") + n; }
  function clock(ms) {                // the wall clock of the bureau, not of the browser
    var at = new Date(ms + body.dataset.offset * 1000);
    return two(at.getUTCHours()) + ":" + two(at.getUTCMinutes()) + ":" + two(at.getUTCSeconds());
  }
  function watch() {
    var quiet = performance.now() - heard, banner = document.getElementById("lost");
    if (quiet > LOST_AFTER_MS && banner) {
      body.classList.add("is-lost");
      banner.hidden = false;
      document.getElementById("lost-at").textContent = heardAt === null ? "–" : clock(heardAt);
      document.getElementById("lost-for").textContent = words(quiet / 1000);
      document.getElementById("lost-tries").textContent = String(Math.max(1, tries));
    }
    if (performance.now() - lastFetch > IDLE_FETCH_MS && !document.hidden) { refresh(); }
  }

  // Keys: "/" finds; j and k go to the next and previous kiosk, or walk the rows; Enter opens a row.
  document.addEventListener("keydown", function (event) {
    var el = event.target, row;
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (el.matches("input:not([type=checkbox]), select, textarea")) { if (event.key === "Escape") { el.blur(); } return; }
    if (event.key === "/" && document.getElementById("find")) { event.preventDefault(); document.getElementById("find").focus(); return; }
    if (event.key === "Enter" && el.matches("tr") && el.dataset && el.dataset.href) { location.href = el.dataset.href; return; }
    if (event.key !== "j" && event.key !== "k") { return; }
    row = document.querySelector('[data-key="' + event.key + '"]');
    if (row) { location.href = row.href; return; }
    if (document.querySelector("[data-key]")) { return; }
    var rows = Array.prototype.slice.call(document.querySelectorAll("tbody tr[tabindex]"));
    var at = rows.indexOf(el.closest("tr")) + (event.key === "j" ? 1 : -1);
    if (rows[at]) { rows[at].focus(); }
  });
  document.addEventListener("click", function (event) {
    var row = event.target.closest("tr[data-href]");
    if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) { location.href = row.dataset.href; }
  });
  document.querySelectorAll("form:not([method=post]) select").forEach(function (el) {
    el.addEventListener("change", function () { el.form.requestSubmit(); });
  });
  document.querySelectorAll("form:not([method=post])").forEach(function (form) {
    form.addEventListener("submit", function () {   // empty conditions do not belong in the address
      form.querySelectorAll("input, select").forEach(function (el) { if (!el.value) { el.disabled = true; } });
    });
  });
  addEventListener("pageshow", function () { document.querySelectorAll("form :disabled").forEach(function (el) { el.disabled = false; }); });
  var side = document.querySelector(".side"), more = document.getElementById("more-nav");
  function unfold(isOpen) { side.classList.toggle("open", isOpen); more.setAttribute("aria-expanded", String(isOpen)); }
  if (more) {                         // on a phone: what does not fit the bar opens above it
    more.addEventListener("click", function () { unfold(!side.classList.contains("open")); });
    document.addEventListener("click", function (event) { if (!side.contains(event.target)) { unfold(false); } });
    document.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && side.classList.contains("open")) { unfold(false); more.focus(); }
    });
  }
  var theme = document.getElementById("theme");
  if (theme) { theme.addEventListener("click", function () {
    var root = document.documentElement;
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = "theme=" + root.dataset.theme + ";path=/;max-age=31536000;samesite=lax";
  }); }
  var language = document.getElementById("language"), asked = new URLSearchParams(location.search);
  asked.set("lang", zh ? "en" : "zh");
  if (language) { language.href = "?" + asked.toString(); }

  document.querySelectorAll("[data-part]").forEach(function (el) { last[el.id] = bare(el.innerHTML); });
  if (body.classList.contains("is-kept")) { again = true; setTimeout(refresh, AWAY_GAP_MS); }
  lastFetch = performance.now();
  tick();
  setInterval(tick, 1000);
  setInterval(watch, 1000);
  if (document.getElementById("lost") && body.dataset.fragment) { open(); }
}());

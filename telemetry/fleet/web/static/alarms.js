// What was chosen stays chosen while the rows behind it are fetched anew; x chooses, a acknowledges what is chosen.
(function () {
  "use strict";
  var form = document.getElementById("acts"), rows = document.getElementById("rows");
  var comment = document.getElementById("comment"), chosen = document.getElementById("chosen");
  if (!form || !rows || !chosen) { return; }
  var kept = new Set();

  function boxes() { return Array.prototype.slice.call(rows.querySelectorAll('input[name="alarm"]')); }
  function show() {
    var all = document.getElementById("all"), list = boxes();
    chosen.textContent = String(list.filter(function (box) { return box.checked; }).length);
    if (all) { all.checked = list.length > 0 && list.every(function (box) { return box.checked; }); }
  }
  function remember() {
    kept = new Set(boxes().filter(function (box) { return box.checked; }).map(function (box) { return box.value; }));
    show();
  }
  rows.addEventListener("change", function (event) {
    if (event.target.id === "all") { boxes().forEach(function (box) { box.checked = event.target.checked; }); }
    remember();
  });
  new MutationObserver(function () {
    boxes().forEach(function (box) { box.checked = kept.has(box.value); });
    show();
  }).observe(rows, { childList: true });

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    if (event.target.matches("input:not([type=checkbox]), select, textarea")) { return; }
    var row = event.target.closest("tr"), box = row ? row.querySelector('input[name="alarm"]') : null;
    if (event.key === "x" && box) { box.checked = !box.checked; remember(); }
    if (event.key === "a" && comment) {
      if (box && !boxes().some(function (one) { return one.checked; })) { box.checked = true; remember(); }
      event.preventDefault();
      comment.focus();                 // Enter acknowledges: the first button of the form
    }
  });
  remember();
}());

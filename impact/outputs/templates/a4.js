"use strict";
// Make the letters as large as still lets everything stand on one sheet of A4 (landscape, margins of
// 9 mm): measured in millimetres, whatever the screen.

(function fitOnPaper() {
  const root = document.documentElement;
  const sheet = document.getElementById("sheet");
  const probe = document.createElement("div");
  probe.style.cssText = "position:absolute;height:188mm;visibility:hidden";
  document.body.append(probe);
  const room = probe.getBoundingClientRect().height;
  probe.remove();
  root.classList.add("measuring");
  for (let size = 9.4; size >= 4; size -= 0.2) {
    root.style.setProperty("--paper", size.toFixed(1) + "pt");
    if (sheet.getBoundingClientRect().height <= room) break;
  }
  root.classList.remove("measuring");
}());

"use strict";
// Fit everything on the front and back of one sheet of A4 (portrait, margins of 11 and 12 mm), measured
// in millimetres whatever the screen: letters as large as fit, never below 9 points. A table that is
// longer than the front runs on over the back; rows that find no room there are counted. What a
// treatment is in plain words then stands on the back, where it takes less room.

(function fitOnPaper() {
  const SMALLEST = 9, LARGEST = 11, ROOM = 273;
  const root = document.documentElement;
  const front = document.getElementById("front");
  const back = document.getElementById("back");
  const head = document.querySelector("#rows thead");
  const rows = Array.from(document.querySelectorAll("#rows tbody tr"));
  const probe = document.createElement("div");
  probe.style.cssText = `position:absolute;height:${ROOM}mm;visibility:hidden`;
  document.body.append(probe);
  const room = probe.getBoundingClientRect().height;
  probe.remove();
  const height = (part) => part.getBoundingClientRect().height;
  // height on the second page of a table of which so many rows are shown: rows are not broken
  const second = (shown) => {
    const top = front.getBoundingClientRect().top;
    const moved = rows.slice(0, shown).filter((row) => row.getBoundingClientRect().bottom - top > room);
    const behind = height(front) - (rows[shown - 1].getBoundingClientRect().bottom - top);
    return (moved.length ? height(head) : 0) + moved.reduce((sum, row) => sum + height(row), behind) + height(back);
  };

  root.classList.add("measuring");
  for (let size = LARGEST; size >= SMALLEST; size -= 0.25) {
    root.style.setProperty("--paper", size + "pt");
    if (height(front) <= room && height(back) <= room) break;
  }
  if (height(front) > room) {
    root.classList.add("runs-on");
    let shown = rows.length;
    // what a treatment is goes to the back, in smaller space, and gives way before a row does
    if (second(shown) > room) root.classList.add("explaining");
    if (second(shown) > room) document.querySelector(".explained")?.remove();
    const said = document.getElementById("unprinted");
    while (shown > 1 && second(shown) > room) {
      shown -= 1;
      rows[shown].classList.add("unprinted");
      said.textContent = said.dataset.text.replace("#", rows.length - shown);
      said.hidden = false;
    }
  }
  root.classList.remove("measuring");
}());

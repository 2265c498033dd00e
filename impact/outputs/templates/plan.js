"use strict";
const plan = JSON.parse(document.getElementById("plan-data").textContent);
const slider = document.getElementById("day");
const choice = document.getElementById("treatment");
const said = document.getElementById("day-said");
const words = document.getElementById("place-said").dataset;

function show() {
  if (!slider) return;
  const day = Number(slider.value);
  const treatment = Number(choice.value);
  slider.setAttribute("aria-valuetext", plan.days[day]);
  said.textContent = plan.days[day];
  for (const panel of document.querySelectorAll(".panel")) {
    const days = panel.dataset.days.split(" ").map(Number);
    panel.hidden = Number(panel.dataset.treatment) !== treatment || !days.includes(day);
  }
}

function longer(minutes) {
  if (minutes === null) return words.noRoute;
  if (minutes === 0) return words.same;
  if (minutes === 1) return words.longerOne;
  return (minutes > 0 ? words.longer : words.shorter).replace("{count}", Math.abs(minutes));
}

function find(event) {
  event.preventDefault();
  const code = document.getElementById("postcode").value.trim().slice(0, 4);
  const place = plan.postcodes.indexOf(code);
  const list = document.getElementById("place-said");
  list.replaceChildren();
  const add = (text) => {
    const line = document.createElement("li");
    line.textContent = text;
    list.append(line);
  };
  if (place < 0) return add(words.unknown);
  let any = false;
  plan.treatments.forEach((treatment, number) => {
    let before = 0;
    plan.extra[number].forEach((row, day) => {
      if (day && row[place] !== before) {
        any = true;
        const filled = words.row.replace("{treatment}", () => treatment)
          .replace("{day}", () => plan.days[day]).replace("{minutes}", () => longer(row[place]));
        add(filled);
      }
      before = row[place];
    });
  });
  if (!any) add(words.unchanged.replace("{postcode}", () => code));
}

if (slider) {
  slider.addEventListener("input", show);
  choice.addEventListener("change", show);
  document.getElementById("place").addEventListener("submit", find);
  show();
}
addEventListener("beforeprint", () => document.querySelectorAll(".panel").forEach((each) => { each.hidden = false; }));
addEventListener("afterprint", show);

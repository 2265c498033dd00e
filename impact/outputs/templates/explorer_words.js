"use strict";
// Numbers and sentences as impact/outputs/text/wording.py writes them: whole, and never 0 for some.

function impactWords(texts, lang) {
  const thousands = lang === "nl" ? "." : ",";
  const fill = (key, fields = {}) => texts[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);

  // halves go to the even neighbour, as Python rounds
  function rounded(value) {
    const floor = Math.floor(value);
    const rest = value - floor;
    if (rest === 0.5) return floor % 2 === 0 ? floor : floor + 1;
    return Math.round(value);
  }

  function number(value) {
    if (Number.isNaN(value)) return "–";
    const whole = rounded(value);
    const digits = String(Math.abs(whole)).replace(/\B(?=(\d{3})+$)/g, thousands);
    return whole < 0 ? `−${digits}` : digits;
  }

  const whole = (value) => (value > 0 && value <= 0.5 ? texts.less_than_one : number(value));

  // as impact/outputs/text/people.py: an estimate of a few patients knows no units
  function amount(value, kind) {
    if (kind !== "modelled" || value === 0 || Number.isNaN(value)) return whole(value);
    if (value < 10) return fill("fewer", { count: number(10) });
    const step = value >= 1000 ? 100 : 10;
    return fill("about", { value: number(step * rounded(value / step)) });
  }

  function minutes(value) {
    const single = (value > 0 && value <= 0.5) || Math.abs(rounded(value)) === 1;
    return fill(single ? "one_minute" : "some_minutes", { count: whole(value) });
  }

  // as impact/outputs/text/rounding.py: 'at least' down, 'at most' up
  const down = (value) => Math.floor(value + 1e-9);
  const up = (value) => -down(-value);
  const differenceOf = (before, after) => rounded(after) - rounded(before);

  const about = (value) => (value > 0 && value <= 0.5 ? minutes(value) : fill("about", { value: minutes(value) }));

  // once where both look alike, and no 'about less than 1'
  function span(low, high) {
    if (whole(low) !== whole(high)) return fill("from_to", { low: whole(low), high: minutes(high) });
    return low === high ? minutes(high) : about(high);
  }

  function share(value) {
    if (value > 0 && value <= 0.005) return texts.less_than_one_percent;
    if (value >= 0.995 && value < 1 - 1e-9) return texts.more_than_99_percent;
    return `${number(100 * value)}%`;
  }

  function names(list) {
    if (list.length < 2) return list.join("");
    return fill("and", { first: list.slice(0, -1).join(", "), last: list[list.length - 1] });
  }

  function difference(extra) {
    if (!Number.isFinite(extra)) return texts.no_route;
    if (Math.abs(extra) < 0.005) return texts.equally_long;
    return fill(extra > 0 ? "longer" : "shorter", { minutes: minutes(Math.abs(extra)) });
  }

  const reached = (value) => (Number.isFinite(value) ? minutes(value) : texts.no_route);

  return { fill, number, whole, amount, minutes, about, span, down, up, differenceOf, share, names, difference, reached };
}

// an element with text in it, never HTML: names come from files
function impactElement(tag, className = "", text = undefined, attributes = {}) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

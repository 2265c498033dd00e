"use strict";
// From what a reader types to postcodes, as impact/tables/place_search.py finds them.
//
// const places = impactPlaces(data)
//   data.postcodes  rows that begin with [code, place, municipality]
//   data.search     of search_data() in impact/outputs/pages/place_names.py
// places.find(text)    -> null, or { places: [position in data.postcodes, ..], title, municipality };
//                         of several places of one name { places: [], which: [label, ..] };
//                         of a place in another region { places: [], outside: { region, study } }
// places.suggest(text) -> texts that find() understands, at most eight
// impactSuggestions(input, suggest, chosen): suggestions under an input while typing, by keyboard
//   too; chosen(text) is called when one is taken or Enter is pressed. Styled by search.css.

const MOST_PLACES = 12;
const MOST_SUGGESTIONS = 8;

function searchedName(text) {
  return text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "")
    .replace(/\b(?:sint|st)[.\-\s]+/g, "sint")
    .replace(/['’‘`´.,()/\-]+/g, " ")
    .split(/\s+/).filter(Boolean).join(" ");
}

function impactPlaces({ postcodes, search }) {
  const labelOf = (at) => search.labels[at] ?? postcodes[at][1];
  const codes = new Map(postcodes.map(([code], at) => [code.toLowerCase(), at]));
  const others = search.others.map(([name, of, kind]) => [searchedName(name), searchedName(of), kind]);
  const grouped = (key) => {
    const groups = new Map();
    postcodes.forEach((_, at) => {
      const name = key(at);
      if (name) groups.set(name, [...(groups.get(name) || []), at]);
    });
    return groups;
  };
  const labels = grouped(labelOf);
  const towns = grouped((at) => postcodes[at][2]);
  const people = (at) => search.people[at] ?? 0;
  const most = (ats) => ats.reduce((sum, at) => sum + people(at), 0);
  // those of one name with most residents first
  const named = new Map();
  for (const [label, ats] of labels) {
    const name = searchedName(postcodes[ats[0]][1]);
    named.set(name, [...(named.get(name) || []), label]);
  }
  for (const list of named.values()) list.sort((a, b) => most(labels.get(b)) - most(labels.get(a)) || labels.get(a)[0] - labels.get(b)[0]);
  const townNamed = new Map([...towns.keys()].map((name) => [searchedName(name), name]));

  function place(found) {
    if (!found.length) return null;
    if (found.length > 1) return { places: [], which: found };
    const at = labels.get(found[0]);
    return { places: at, title: found[0], municipality: postcodes[at[0]][2] };
  }

  function postcode(asked) {
    let at = codes.get(asked.replace(/ /g, ""));
    if (at === undefined) {
      const match = asked.match(/(?<!\d)(\d{4})\s?([a-z]{2})?(?![a-z\d])/);
      if (match) at = codes.get(match[1] + (match[2] || "")) ?? codes.get(match[1]);
    }
    if (at === undefined) return null;
    const [code, name, municipality] = postcodes[at];
    return { places: [at], title: name ? `${code} ${labelOf(at)}` : code, municipality };
  }

  const standsFor = (asked, kind) => others.filter(([name, , of]) => name === asked && of === kind).map(([, of]) => of);

  function byName(asked) {
    const found = [asked, ...standsFor(asked, "place")].flatMap((name) => named.get(name) || []);
    if (found.length) return found;
    const more = [];
    for (const [name, list] of named) {
      if (!asked.startsWith(`${name} `)) continue;
      more.push(...list.filter((label) => searchedName(label) === asked
        || searchedName(`${postcodes[labels.get(label)[0]][1]} ${postcodes[labels.get(label)[0]][2]}`) === asked));
    }
    return more;
  }

  function elsewhere(asked) {
    const match = asked.match(/(?<!\d)(\d{4})\s?(?:[a-z]{2})?(?![a-z\d])/);
    for (const { region, study, codes: ranges, names } of search.elsewhere) {
      const inside = match && ranges.some(([low, high]) => Number(match[1]) >= low && Number(match[1]) <= high);
      if (inside || names.includes(asked)) return { places: [], outside: { region, study } };
    }
    return null;
  }

  function find(text) {
    const asked = searchedName(text);
    if (!asked) return null;
    const known = postcode(asked) || place(byName(asked));
    if (known) return known;
    for (const name of [asked, ...standsFor(asked, "municipality")]) {
      const town = townNamed.get(name);
      if (town) return { places: towns.get(town), title: town, municipality: town };
    }
    const away = elsewhere(asked);
    if (away) return away;
    const starts = [...named.keys()].filter((name) => name.startsWith(asked)).sort();
    return starts.length > MOST_PLACES ? null : place(starts.flatMap((name) => named.get(name)));
  }

  function suggest(text) {
    const asked = searchedName(text);
    if (!asked) return [];
    if (/^\d+$/.test(asked)) {
      return [...codes].filter(([code]) => code.startsWith(asked)).slice(0, MOST_SUGGESTIONS)
        .map(([, at]) => [postcodes[at][0], labelOf(at)].filter(Boolean).join(" "));
    }
    const starts = (name) => name.startsWith(asked);
    const inside = (name) => name.includes(` ${asked}`);
    const sorted = (test) => [...named].filter(([name]) => test(name))
      .flatMap(([, list]) => list).sort((a, b) => most(labels.get(b)) - most(labels.get(a)));
    const other = others.filter(([name, , kind]) => kind === "place" && starts(name)).flatMap(([, of]) => named.get(of) || []);
    const town = [...townNamed].filter(([name]) => starts(name) && !named.has(name)).map(([, name]) => name);
    const otherTown = others.filter(([name, , kind]) => kind === "municipality" && starts(name))
      .map(([, of]) => townNamed.get(of)).filter(Boolean);
    return [...new Set([...sorted(starts), ...other, ...town, ...otherTown, ...sorted(inside)])].slice(0, MOST_SUGGESTIONS);
  }

  return { find, suggest };
}

let suggestionLists = 0;

function impactSuggestions(input, suggest, chosen) {
  const list = document.createElement("ul");
  suggestionLists += 1;
  list.id = `place-suggestions-${suggestionLists}`;
  list.className = "place-suggestions";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label") || (input.labels[0] || input).textContent);
  list.hidden = true;
  input.after(list);
  for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-controls", list.id], ["aria-expanded", "false"], ["autocomplete", "off"]]) input.setAttribute(name, value);
  let active = -1;

  function mark(at) {
    active = at;
    [...list.children].forEach((each, n) => each.setAttribute("aria-selected", String(n === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  function take(text) {
    input.value = text;
    close();
    chosen(text);
  }

  function show() {
    const found = suggest(input.value);
    list.replaceChildren(...found.map((text, n) => {
      const option = document.createElement("li");
      option.id = `${list.id}-${n}`;
      option.setAttribute("role", "option");
      option.textContent = text;
      // before the input loses the focus
      option.addEventListener("mousedown", (event) => { event.preventDefault(); take(text); });
      return option;
    }));
    mark(-1);
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
  }

  input.addEventListener("input", show);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const count = list.hidden ? 0 : list.children.length;
    if (event.key === "ArrowDown" && count) mark((active + 1) % count);
    else if (event.key === "ArrowUp" && count) mark((active + count - (active < 0 ? 0 : 1)) % count);
    else if (event.key === "Escape" && count) close();
    else if (event.key === "Enter") take(active >= 0 ? list.children[active].textContent : input.value);
    else return;
    event.preventDefault();
  });
  return { close };
}

"use strict";
// The front door: from a place to what changes there. Text from data is only ever set as textContent.

const MOST_NAMES = 3;

function impactIndex() {
  const data = JSON.parse(document.getElementById("impact-data").textContent);
  const { texts, locations } = data;
  const words = impactWords(data.card, data.lang);
  const fill = (key, fields) => texts[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
  const card = impactCard(data.card, data.lang);
  const places = impactPlaces(data);
  const ways = impactWays(data);
  const element = impactElement;
  const by = (id) => document.getElementById(`index-${id}`);

  // as the case holds them: before, after, and the share where there are several
  function rowsOf({ rows }, chosen) {
    return chosen.flatMap((at) => {
      const row = rows[at];
      if (row.length === 2) return [{ at, from: row[0], to: row[1], demand: people(at) }];
      return Array.from({ length: row.length / 3 }, (_, n) => ({ at, from: row[3 * n], to: row[3 * n + 1], demand: row[3 * n + 2] }));
    });
  }

  const people = (at) => data.search.people[at];

  function figuresOf(each, chosen) {
    const remarks = new Set(chosen.map((at) => data.postcodes[at][3]));
    const rows = rowsOf(each, chosen);
    const figures = card.figures(rows, ways, (at) => locations[at]);
    const changed = new Set(rows.filter(({ from, to }) => from !== to).map(({ at }) => at)).size;
    return { ...figures, changed, asked: chosen.length, ferry: remarks.size === 1 ? [...remarks][0] : "", abroad: data.abroad };
  }

  const moves = ({ before, after, then }) => !Number.isFinite(then) || JSON.stringify(before) !== JSON.stringify(after);

  function mapLink({ name }, each, asked) {
    const said = new URLSearchParams({ behandeling: name });
    for (const stop of each.stops) said.append("stopt", stop);
    for (const start of each.opens) said.append("begint", start);
    if (asked) said.append("zoek", asked);
    return `explorer.html#${said}`;
  }

  // all of them, or the first few and how many more
  function namesOf(list, most) {
    if (list.length <= most) return words.names(list);
    return words.names([...list.slice(0, most - 1), fill("others", { count: words.number(list.length - most + 1) })]);
  }

  function changesOf({ stops, opens, fact }, most) {
    const list = [];
    if (stops.length) list.push(fill(fact ? "stops" : "stops_if", { names: namesOf(stops, most) }));
    if (opens.length) list.push(fill(fact ? "opens" : "opens_if", { names: namesOf(opens, most) }));
    return list;
  }

  // large: the minutes; small: whose they are
  function amount(figure, unit, under, same) {
    const box = element("p", same ? "amount same" : "amount");
    box.append(element("strong", "", figure), element("span", "", ` ${unit}`), element("small", "", under));
    return box;
  }

  // the figure of the other pages: rounded minutes now and then may differ by one more or less
  function regionAmount({ extra, incomplete }) {
    // a mean that nobody should believe is not shown as one
    if (incomplete) return element("p", "amount same", "–");
    if (extra === null) return element("p", "amount same", texts.nobody);
    const single = words.differenceOf(0, Math.abs(extra)) <= 1;
    const unit = `${extra < 0 ? "shorter" : "longer"}${single ? "_one" : ""}`;
    return amount(words.whole(Math.abs(extra)), texts[unit], texts.everyone, false);
  }

  function placeAmount(figures) {
    const { now, then } = figures;
    if (!Number.isFinite(now) || !Number.isFinite(then)) return element("p", "amount", card.words(figures).headline);
    const said = card.words(figures);
    if (!moves(figures)) return amount(words.whole(now), texts.minutes_unit, texts.stays, true);
    // a mean over a town hides who it is about
    const part = { extra: said.line[0], count: words.number(figures.changed), total: words.number(figures.asked) };
    const pair = fill("from_to", { now: words.whole(now), then: words.whole(then) });
    return amount(pair, texts.minutes_unit, figures.asked > 1 ? fill("part", part) : said.line[0], false);
  }

  function caseRow(treatment, each, figures, asked) {
    const box = element("div", "case");
    const head = element("div", "case-head");
    head.append(element("span", "place-badge", each.badge));
    if (treatment.cases.length > 1) head.append(element("span", "case-name", each.name));
    for (const line of changesOf(each, MOST_NAMES)) head.append(element("p", "soft", line));
    if (each.incomplete) head.append(element("p", "caveat", data.caveat));
    box.append(head, figures ? placeAmount(figures) : regionAmount(each));
    if (figures) {
      const more = element("details");
      more.append(element("summary", "", fill("more", { treatment: treatment.name })));
      more.append(card.element(figures, { title: `${treatment.name}: ${asked.title}`, badge: each.badge, level: 4, more: card.lookup(data.lookup, data.postcodes[asked.places[0]][0]) }));
      const link = element("a", "", texts.on_map, { href: mapLink(treatment, each, asked.text) });
      const line = element("p", "soft");
      line.append(link);
      if (each.stops.length > MOST_NAMES) more.append(element("p", "soft", changesOf(each, Infinity).join(" ")));
      more.append(line);
      box.append(more);
    }
    return box;
  }

  function treatmentRow(treatment, shown, asked) {
    const item = element("li", shown.some(({ figures }) => figures && moves(figures)) ? "treatment changed" : "treatment");
    const head = element("div", "treatment-head");
    head.append(element("h3", "", treatment.name));
    if (treatment.plain) head.append(element("p", "plain", treatment.plain));
    const cases = element("div", "cases");
    cases.append(...shown.map(({ each, figures }) => caseRow(treatment, each, figures, asked)));
    item.append(head, cases);
    return item;
  }

  function show(asked) {
    const rows = data.treatments.map((treatment) => ({
      treatment,
      shown: treatment.cases.map((each) => ({ each, figures: asked ? figuresOf(each, asked.places) : null })),
    }));
    const extra = ({ shown }) => Math.max(...shown.map(({ figures }) => {
      if (!figures || !moves(figures)) return -Infinity;
      return Number.isFinite(figures.then) ? figures.then - figures.now : Infinity;
    }));
    // what somebody named goes before calculation examples, then what changes most
    const named = ({ shown }) => shown.some(({ each, figures }) => each.named && (!figures || moves(figures)));
    const order = (a, b) => Number(named(b)) - Number(named(a)) || (extra(a) === extra(b) ? 0 : extra(b) > extra(a) ? 1 : -1);
    rows.sort(order);
    by("treatments").replaceChildren(...rows.map(({ treatment, shown }) => treatmentRow(treatment, shown, asked)));
    by("heading").textContent = asked ? fill("heading_here", { place: asked.title }) : texts.heading;
    by("intro").textContent = asked ? fill("intro_here", { one_way: data.oneWay, profile: data.profile }) : texts.intro;
    by("explorer").href = asked ? `explorer.html#${new URLSearchParams({ behandeling: rows[0].treatment.name, zoek: asked.text })}` : "explorer.html";
    return rows.filter(({ shown }) => shown.some(({ figures }) => figures && moves(figures))).length;
  }

  function choices(which) {
    const list = element("ul", "which");
    for (const label of which) {
      const button = element("button", "", label, { type: "button" });
      button.addEventListener("click", () => { by("place").value = label; ask(label); });
      const item = element("li");
      item.append(button);
      list.append(item);
    }
    return list;
  }

  function answer(found, text) {
    if (!found) return [element("p", "", texts.not_found)];
    if (found.which) return [element("p", "", texts.which), choices(found.which)];
    if (found.outside) {
      const { region, study } = found.outside;
      const fields = { place: text, region, here: data.region, study };
      return [fill("outside", fields), ...(study ? [fill("outside_how", fields)] : [])].map((line) => element("p", "", line));
    }
    return [];
  }

  function ask(text, quiet = false) {
    const asked = text.trim();
    const found = asked ? places.find(asked) : null;
    const known = found && found.places.length > 0;
    by("found").replaceChildren(...(asked && !known ? answer(found, asked) : []));
    const count = show(known ? { ...found, text: asked } : null);
    if (known) {
      const fields = { count: words.number(count), total: words.number(data.treatments.length) };
      by("found").replaceChildren(element("p", "count", fill(count ? "changes_count" : "changes_none", fields)));
      history.replaceState(null, "", `#${new URLSearchParams({ zoek: asked })}`);
      if (!quiet) by("heading").scrollIntoView({ block: "nearest" });
    }
  }

  const suggestions = impactSuggestions(by("place"), places.suggest, (text) => ask(text));
  by("form").addEventListener("submit", (event) => {
    event.preventDefault();
    suggestions.close();
    ask(by("place").value);
  });
  by("print").addEventListener("click", () => window.print());
  const linked = new URLSearchParams(window.location.hash.replace(/^#/, "")).get("zoek") || "";
  by("place").value = linked;
  ask(linked, true);
}

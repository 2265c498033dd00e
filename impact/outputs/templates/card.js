"use strict";
// The place card: what one case means for one place, in the words of impact/outputs/text/card.py.
//
// const card = impactCard(texts, lang)   texts: card_texts(t) of text/card.py, in the data of a page
// card.words(figures)            -> { headline, way, line: [..], missing }, all plain text
// card.element(figures, heading) -> an <article class="place-card">, styled by card.css
//
// figures, as CardFigures.plain() of text/card.py; what is left out was not computed:
//   before, after   lists of names of hospitals
//   now, then       minutes one way, unrounded; null or Infinity: no route. Of several postcodes the mean
//   postcodes       how many the card is about (1)
//   spread          [least, most] minutes then, over several postcodes
//   margin          [low, high] of the minutes then
//   peak, both      [now, then]: in the peak, there and back
//   bus             [now, then] by public transport; null or Infinity: no connection
//   changes         of the trip by public transport then
//   last_home       seconds of the day after which nobody gets home by public transport
//   without         [now, then]: shares of people without a connection, where some have one
//   ferry           "", "car ferry", "no visitor cars" or "no route"
//   abroad          "", "counted" or "missing"
// card.figures(rows, ways, nameOf) -> such figures of one or several postcodes
//   rows            [{ at, from, to, demand }, ..]: position of the postcode, of the hospitals now and
//                   then among ways.locations (-1: none), and how many
//   ways            impactWays(data), or any { out, back, peak } of functions (at, hospital) -> minutes;
//                   back and peak may be null; bus: null or { minutes, changes, last } of such functions
//   nameOf          hospital -> name
// impactTransit(said, wide) reads what transit_data(result) of pages/transit_data.py wrote
// impactWays(data) reads what ways_data(result) of pages/index.py wrote, with data.locations
// heading: { title, badge, plain, level, print, more }, each may be left out: a title (place or
//   treatment), a status, the treatment in plain words, the level of the heading (3), whether there
//   is a button to print (true), a last line
// card.lookup(command, postcode) -> a last line: which command computes its margin; "" without
// Needs impactWords and impactElement (explorer_words.js).

const CARD_HOUR = 60;
const CARD_HALF = 30;
const CARD_NEAR = 2;
const CARD_UNTIMED = 2047;
const CARD_UNCOUNTED = 31;

function impactCard(texts, lang) {
  const words = impactWords(texts, lang);
  const { fill } = words;
  const reached = (value) => Number.isFinite(value);
  const rounded = (value) => words.differenceOf(0, value);
  const known = (pair) => Boolean(pair) && pair.every(reached);

  function duration(minutes) {
    if (minutes < CARD_HOUR - CARD_NEAR) {
      return fill("roughly", { time: fill("minutes", { count: Math.max(5, 5 * rounded(minutes / 5)) }) });
    }
    const halves = rounded(minutes / CARD_HALF);
    const rest = minutes - halves * CARD_HALF;
    const hours = Math.floor(halves / 2);
    let time = fill("hours", { count: hours });
    if (halves % 2) time = hours === 1 ? texts.hour_and_half : fill("hours_and_half", { count: hours });
    const key = Math.abs(rest) <= CARD_NEAR ? "roughly" : rest < 0 ? "nearly" : "over";
    return fill(key, { time });
  }

  function headlineOf({ now, then, before, after, postcodes = 1 }, stays) {
    const several = Math.max(postcodes, before.length, after.length) > 1;
    const said = { now: words.whole(now), then: words.whole(then) };
    if (!reached(now) && !reached(then)) return texts.headline_none;
    if (!reached(now) || !reached(then)) return fill(reached(now) ? "headline_lost" : "headline_found", said);
    return fill(`headline${stays ? "_stays" : ""}${several ? "_mean" : ""}`, said);
  }

  function longer({ now, then }) {
    const extra = words.differenceOf(now, then);
    if (extra === 0) return texts.equal;
    return fill(extra > 0 ? "longer" : "shorter", { minutes: words.minutes(Math.abs(extra)) });
  }

  const outward = ([low, high]) => ({ low: words.number(words.down(low)), high: words.number(words.up(high)) });

  function lineOf(figures, stays) {
    const { now, then, postcodes = 1, spread, ferry, abroad } = figures;
    const line = [];
    const missing = [];
    if (reached(now) && reached(then) && !stays) line.push(longer(figures));
    if (spread && postcodes > 1) {
      const ends = outward(spread);
      line.push(fill(ends.low === ends.high ? "spread_one" : "spread", { ...ends, count: words.number(postcodes) }));
    }
    for (const name of ["margin", "peak", "both"]) {
      const pair = figures[name];
      if (!known(pair) || (name === "margin" && !reached(then))) {
        if (reached(then)) missing.push(texts[`missing_${name}`]);
      } else if (name === "margin") line.push(fill("margin", { then: words.whole(then), ...outward(pair) }));
      else if (name === "both") line.push(fill(stays ? "both_stays" : "both", { now: duration(pair[0]), then: duration(pair[1]) }));
      else line.push(fill(name, { now: words.whole(pair[0]), then: words.whole(pair[1]) }));
    }
    const ridden = byBus(figures, stays);
    line.push(...ridden);
    if (!ridden.length && reached(then)) missing.push(texts.missing_bus);
    if (ferry) line.push(texts[ferry.replaceAll(" ", "_")]);
    if (abroad) line.push(texts[`abroad_${abroad}`]);
    return [line, missing];
  }

  function changesOf(count) {
    if (count === null || count === undefined) return "";
    return `, ${fill({ 0: "change_none", 1: "change_one" }[count] || "change_some", { count: words.number(count) })}`;
  }

  // nothing where it was not computed
  function byBus({ bus, changes, without, last_home: last }, stays) {
    const line = [];
    if (bus) {
      const ends = bus.map((each) => each ?? Infinity);
      const [had, has] = ends.map(reached);
      const said = { now: words.whole(ends[0]), then: words.whole(ends[1]) };
      let key = stays ? "bus_stays" : "bus";
      if (!had && !has) key = "bus_none";
      else if (!had || !has) key = had ? "bus_lost" : "bus_found";
      line.push(fill(key, said) + (has ? changesOf(changes) : ""));
    }
    if (without) line.push(fill(stays ? "bus_without_stays" : "bus_without", { now: words.share(without[0]), then: words.share(without[1]) }));
    if (Number.isFinite(last)) {
      const minute = String(Math.floor(last / 60) % 60).padStart(2, "0");
      line.push(fill("bus_last", { time: fill("clock", { hour: Math.floor(last / 3600), minute }) }));
    }
    return line;
  }

  function wayOf({ before, after }, stays) {
    const [first, last] = [words.names(before), words.names(after)];
    if (stays && first) return fill("stays", { before: first });
    return last ? fill("way", { before: first || texts.no_route, after: last }) : `${texts.no_route}.`;
  }

  function said(figures) {
    const clean = { ...figures, now: figures.now ?? Infinity, then: figures.then ?? Infinity };
    const stays = JSON.stringify(clean.before) === JSON.stringify(clean.after);
    const [line, missing] = lineOf(clean, stays);
    return {
      headline: headlineOf(clean, stays),
      way: wayOf(clean, stays),
      line,
      missing: missing.length ? fill("missing", { names: words.names(missing) }) : "",
    };
  }

  // two bars on one scale, of an hour or of the longest; the headline says the same to who sees none
  function bars({ now, then }) {
    const most = Math.max(CARD_HOUR, ...[now, then].filter(reached));
    const box = impactElement("div", "place-bars", undefined, { "aria-hidden": "true" });
    for (const [name, value] of [["now", now], ["then", then]]) {
      const bar = impactElement("span", `place-bar place-bar-${name}`);
      bar.style.width = `${reached(value) ? Math.max(0.5, (100 * value) / most) : 0}%`;
      box.append(bar);
    }
    return box;
  }

  // only this card on paper
  function printOnly(article) {
    const root = document.documentElement;
    article.classList.add("place-printed");
    root.classList.add("place-printing");
    window.print();
    root.classList.remove("place-printing");
    article.classList.remove("place-printed");
  }

  // as a shell takes it
  function lookup(command, postcode) {
    if (!command) return "";
    const where = /^[\p{L}\p{N}-]+$/u.test(postcode) ? postcode : `"${postcode.replace(/["\\$`]/g, "")}"`;
    return fill("margin_by_lookup", { postcode, command: command.replace("{where}", () => where) });
  }

  function element(figures, { title = "", badge = "", plain = "", level = 3, print = true, more = "" } = {}) {
    const { headline, way, line, missing } = said(figures);
    const article = impactElement("article", "place-card");
    if (title) article.append(impactElement(`h${level}`, "place-title", title));
    if (badge) article.append(impactElement("p", "place-badge", badge));
    if (plain) article.append(impactElement("p", "place-plain", plain));
    article.append(impactElement("p", "place-headline", headline), bars(figures));
    article.append(impactElement("p", "place-way", way), impactElement("p", "place-line", line.join(" · ")));
    for (const last of [missing, more].filter(Boolean)) article.append(impactElement("p", "place-missing", last));
    if (print) {
      const button = impactElement("button", "place-print", texts.print, { type: "button" });
      button.addEventListener("click", () => printOnly(article));
      article.append(button);
    }
    return article;
  }

  // means by demand, as evidence/postcode.py; where nobody lives every row counts alike
  function figures(rows, ways, nameOf) {
    const total = rows.reduce((sum, { demand }) => sum + demand, 0);
    const weight = ({ demand }) => (total > 0 ? demand : 1);
    const counted = rows.filter((row) => weight(row) > 0);
    const mean = (list, minutes) => list.reduce((sum, row) => sum + weight(row) * minutes(row), 0)
      / list.reduce((sum, row) => sum + weight(row), 0);
    const both = (way) => (way ? [mean(counted, ({ at, from }) => way(at, from)), mean(counted, ({ at, to }) => way(at, to))] : null);
    const weigh = (list) => list.reduce((sum, row) => sum + weight(row), 0);
    const names = (end) => [...new Set(counted.map((row) => row[end]))].filter((at) => at >= 0).map(nameOf);
    const [now, then] = both(ways.out);
    const back = both(ways.back);
    const codes = [...new Set(counted.map(({ at }) => at))];
    const thens = codes.map((code) => mean(counted.filter(({ at }) => at === code), ({ at, to }) => ways.out(at, to)));
    return {
      before: names("from"),
      after: names("to"),
      now,
      then,
      postcodes: codes.length,
      spread: codes.length > 1 && thens.every(reached) ? [Math.min(...thens), Math.max(...thens)] : null,
      peak: both(ways.peak),
      both: back ? [now + back[0], then + back[1]] : null,
      ...(ways.bus ? ridden(counted, ways.bus, { mean, weigh }) : {}),
    };
  }

  // as impact/analysis/transit.py:ridden
  function ridden(rows, bus, { mean, weigh }) {
    const had = ({ at, from }) => reached(bus.minutes(at, from));
    const has = ({ at, to }) => reached(bus.minutes(at, to));
    const [one] = rows;
    const kept = rows.filter((row) => had(row) && has(row));
    const [now, then] = [rows.filter(had), rows.filter(has)];
    const meanOf = (list, end) => (list.length ? mean(list, (row) => bus.minutes(row.at, row[end])) : Infinity);
    let pair = null;
    if (kept.length) pair = [meanOf(kept, "from"), meanOf(kept, "to")];
    else if (!now.length || !then.length) pair = [meanOf(now, "from"), meanOf(then, "to")];
    const lacking = [now, then].map((list) => 1 - weigh(list) / weigh(rows));
    const some = (now.length > 0 && now.length < rows.length) || (then.length > 0 && then.length < rows.length);
    const single = rows.length === 1 && has(one);
    const known = (value) => (single && Number.isFinite(value) ? value : null);
    return {
      bus: pair,
      changes: known(single ? bus.changes(one.at, one.to) : NaN),
      last_home: known(single ? bus.last(one.at, one.to) : NaN),
      without: some ? lacking : null,
    };
  }

  return { words: said, element, figures, lookup };
}

function impactWays(data) {
  const read = (text) => {
    if (!text) return null;
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    const values = new Float32Array(bytes.buffer);
    return (at, place) => (place < 0 ? Infinity : values[at * data.locations.length + place]);
  };
  return { out: read(data.minutes), back: read(data.back), peak: read(data.peak), bus: impactTransit(data.transit, data.locations.length) };
}

// null where the study has none
function impactTransit(said, wide) {
  if (!said) return null;
  const bytesOf = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
  const has = bytesOf(said.has);
  const [minutes, more] = [said.minutes, said.more].map((text) => new DataView(bytesOf(text).buffer));
  const places = new Int32Array(8 * has.length).fill(-1);
  let count = 0;
  places.forEach((_, i) => {
    if (has[i >> 3] & (128 >> (i & 7))) {
      places[i] = count;
      count += 1;
    }
  });
  const word = (view, at, place) => (place < 0 || places[at * wide + place] < 0 ? NaN : view.getUint16(2 * places[at * wide + place], true));
  const known = (value, nothing) => (value === nothing ? NaN : value);
  return {
    minutes: (at, place) => {
      const value = word(minutes, at, place);
      return Number.isNaN(value) ? Infinity : value / 100;
    },
    last: (at, place) => 60 * known(word(more, at, place) % (CARD_UNTIMED + 1), CARD_UNTIMED),
    changes: (at, place) => known(Math.floor(word(more, at, place) / (CARD_UNTIMED + 1)), CARD_UNCOUNTED),
  };
}
